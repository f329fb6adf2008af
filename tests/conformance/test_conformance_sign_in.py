"""Signing in through the body's own provider: over real HTTP, with real tokens, on both databases."""

from __future__ import annotations

import html
import logging
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from tests.conformance import openid as provider
from tests.conformance.openid import CLIENT, SECRET, SUBJECT, Provider, sent_back
from tests.web import bodies
from tests.web.bodies import KEK, PASSWORD, Records, client_of, code_now, furnish
from tests.web.conftest import AT, BY, Ledger

SORRY = "ログインできませんでした"
DOWN = "接続できないか"


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    from django.core.cache import cache

    cache.clear()  # it is one for the whole run: tries of other tests are counted in it
    with bodies.screens():
        yield furnish(ledger, "kasumi")


@pytest.fixture
def there() -> Iterator[Provider]:
    with provider.running() as found:
        yield found


def configure(body_id: UUID, there: Provider, **changes: Any) -> UUID:
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import provider as action

    given = {"label": "霞ヶ浜 ID", "issuer": there.issuer, "client_id": CLIENT, "algorithm": "ES256"} | changes
    made = action.configure(body_id=body_id, settings=action.Settings(**given), kek=KEK, by=BY, at=AT)
    there.client_jwk = queries.provider(made).public_jwk or None
    return made


def link(person_id: UUID, there: Provider, subject: str = SUBJECT) -> None:
    from azukari.web.accounts.actions import provider as action

    action.link(person_id=person_id, issuer=there.issuer, subject=subject, by=person_id, at=AT)


def answered(client: Any, provider_id: UUID, query: str = "") -> Any:
    """There and back: what the office says to the provider's answer."""
    from django.core.cache import cache

    cache.clear()  # the count of tries of this minute
    answer = client.get(f"/sign-in/provider/{provider_id}{query}")
    assert answer.status_code == 302, answer.content.decode()
    return client.get(sent_back(answer.headers["Location"]))


def onward(page: Any) -> str:
    """Follow the one link of the page that leads to the provider."""
    assert page.status_code == 200
    found = re.search(r'id="onward" href="([^"]+)"', page.content.decode())
    assert found is not None
    return sent_back(html.unescape(found[1]))


def said(client: Any, answer: Any) -> str:
    """What the page says on which a browser ends that was not signed in."""
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in"), answer.headers
    assert client.get("/").headers["Location"].startswith("/sign-in"), "nobody is in"
    return str(client.get("/sign-in").content.decode())


def test_account_when_it_is_linked_then_the_second_factor_is_asked_for_and_opens(own: Records, there: Provider) -> None:
    for method in ({}, {"algorithm": "PS256"}, {"secret": SECRET}):
        made = configure(own.body_id, there, **method)
        link(own.people["officer"], there)
        client = client_of(None)
        answer = answered(client, made)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/second-factor")
        assert client.get("/").headers["Location"].startswith("/sign-in"), "the provider alone opens nothing"
    answer = client.post("/sign-in/second-factor", {"code": code_now()})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    page = client.get("/")
    assert page.status_code == 200 and "霞ヶ浜年金機構" in page.content.decode()
    assert not there.refused
    kept = str(dict(client.session))
    assert "nonce" not in kept and SUBJECT not in kept and "eyJ" not in kept


def test_token_when_it_is_signed_by_another_published_key_then_good(own: Records, there: Provider) -> None:
    made, there.sign = configure(own.body_id, there), provider.elliptic
    link(own.people["officer"], there)
    assert answered(client_of(None), made).headers["Location"] == "/sign-in/second-factor"


def bad_claims(now: int) -> list[dict[str, Any]]:
    """What no honest provider says at this POSIX time, in seconds."""
    return [
        {"nonce": "another"}, {"nonce": None}, {"nonce": 5}, {"aud": "somebody-else"}, {"aud": None},
        {"aud": [CLIENT, "somebody-else"], "azp": CLIENT}, {"azp": "somebody-else"}, {"iss": "https://other.example"},
        {"iss": None}, {"exp": now - 121}, {"exp": None}, {"exp": "2099"}, {"exp": True}, {"iat": now + 600},
        {"iat": now - 7_200}, {"iat": None}, {"nbf": now + 3_600}, {"sub": ""}, {"sub": None}, {"sub": "x" * 256},
        {"sub": "水鏡"}, {"sub": ["a"]}, {"sub": "nobody-s"},
    ]  # fmt: skip


BAD_SIGNS = [
    provider.unsigned, provider.under_the_public_key, provider.under_another_key, provider.under_a_key_of_its_own,
    provider.with_an_unknown_key, lambda there, claims: "no.token", lambda there, claims: "a.b.c",
]  # fmt: skip
BAD_KEYS: list[list[dict[str, Any]]] = [
    [], [{"kty": "RSA", "kid": "one"}], [{"kty": "oct", "k": "AAAA", "kid": "one"}],
    [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "one"}],
]  # fmt: skip
BAD_ANSWERS: list[dict[str, str | None]] = [
    {"state": "another"}, {"state": None}, {"iss": "https://other.example"}, {"iss": None}, {"code": None},
    {"code": "x" * 5_000}, {"error": "access_denied"}, {"id_token": "a.b.c"}, {"access_token": "a"}, {"code": "made-up"},
]  # fmt: skip


def test_answers_when_anything_of_them_is_wrong_then_nobody_is_in_and_one_sentence_says_so(
    own: Records, there: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    made = configure(own.body_id, there)
    link(own.people["officer"], there)
    wrong: list[tuple[str, Any]] = [
        *(("claims", one) for one in bad_claims(int(time.time()))), *(("sign", one) for one in BAD_SIGNS),
        *(("keys", one) for one in BAD_KEYS), *(("answer", one) for one in BAD_ANSWERS),
    ]  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        for name, value in wrong:
            before = getattr(there, name)
            setattr(there, name, value)
            client = client_of(None)
            assert SORRY in said(client, answered(client, made)), (name, value)
            setattr(there, name, before)
    client = client_of(None)
    assert answered(client, made).headers["Location"] == "/sign-in/second-factor", "all of it was good but for that"
    shown = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("django.db"))
    assert not [word for word in (SUBJECT, "eyJ", "code=", "state=", "職員") if word in shown]


def test_code_when_it_is_replayed_or_its_verifier_is_another_then_nobody_is_in(own: Records, there: Provider) -> None:
    from azukari.stores.clock import now

    made = configure(own.body_id, there)
    link(own.people["officer"], there)
    client = client_of(None)
    back = sent_back(client.get(f"/sign-in/provider/{made}").headers["Location"])
    assert client.get(back).headers["Location"] == "/sign-in/second-factor"
    assert client.get(back).headers["Location"] == "/sign-in", "the same answer again"
    other = client_of(None)
    assert SORRY in said(other, other.get(back)), "in another browser"
    kept = client_of(None)
    answer = kept.get(f"/sign-in/provider/{made}")
    session = kept.session
    session["sign-in-provider"] |= {"verifier": "another" * 8}
    session.save()
    assert SORRY in said(kept, kept.get(sent_back(answer.headers["Location"])))
    late = client_of(None)
    answer = late.get(f"/sign-in/provider/{made}")
    session = late.session
    session["sign-in-provider"] |= {"at": now().timestamp() - 601}
    session.save()
    assert SORRY in said(late, late.get(sent_back(answer.headers["Location"])))
    assert there.refused == ["pkce"]


def test_provider_when_its_description_does_not_fit_then_one_sentence_and_the_password_still_works(
    own: Records, there: Provider
) -> None:
    from azukari.web.accounts.actions import person

    made = configure(own.body_id, there)
    person.set_password(person_id=own.people["officer"], password=PASSWORD, by=BY, at=AT)
    for change in (
        {"issuer": "https://other.example"}, {"response_types_supported": ["id_token"]}, {"token_endpoint": None},
        {"code_challenge_methods_supported": ["plain"]}, {"token_endpoint_auth_methods_supported": None},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]}, {"jwks_uri": "http://keys.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": "file:///etc/passwd"}, {"jwks_uri": 5},
        {"response_types_supported": "code"}, {"authorization_endpoint": f"{there.issuer}/a#b"},
    ):  # fmt: skip
        there.said = change
        client = client_of(None)
        page = said(client, client.get(f"/sign-in/provider/{made}"))
        assert SORRY in page or DOWN in page, change
    there.said = {"authorization_response_iss_parameter_supported": None, "code_challenge_methods_supported": None}
    there.answer = {"iss": None}
    link(own.people["officer"], there)
    assert answered(client_of(None), made).headers["Location"] == "/sign-in/second-factor"
    answer = client_of(None).post("/sign-in", {"login": "kasumi-officer", "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/second-factor"


def test_provider_when_it_is_down_or_talks_nonsense_then_one_sentence(own: Records) -> None:
    with provider.running() as gone:
        made = configure(own.body_id, gone)
        link(own.people["officer"], gone)
        for token in (b"no json", b"[]", b'{"id_token": 5}', b"[" * 100_000):
            gone.token = token
            client = client_of(None)
            assert DOWN in said(client, answered(client, made)), token[:20]
    client = client_of(None)
    assert DOWN in said(client, client.get(f"/sign-in/provider/{made}"))
    assert "霞ヶ浜 ID" in client.get("/sign-in").content.decode()


def test_account_when_its_person_is_let_go_or_a_contractor_or_of_another_body_then_nobody_is_in(
    own: Records, there: Provider, ledger: Ledger
) -> None:
    from azukari.errors import NotPermittedError, StateError
    from azukari.web.accounts.actions import person

    other = furnish(ledger, "betsu", bodies.another_body(ledger))
    made = configure(own.body_id, there)
    link(own.people["auditor"], there, "let-go")
    person.deactivate(person_id=own.people["auditor"], by=BY, at=AT)
    link(other.people["officer"], there, "of-another-body")
    with pytest.raises(NotPermittedError):
        link(own.people["contractor"], there, "contractor")
    with pytest.raises(StateError):
        link(own.people["officer"], there, "of-another-body")
    link(own.people["approver"], there, "became-a-contractor")
    from azukari.web.accounts.models import User

    User.objects.filter(id=own.people["approver"]).update(role="contractor", party=own.arguments["party_id"])
    for there.subject in ("let-go", "of-another-body", "contractor", "became-a-contractor", "unknown"):
        client = client_of(None)
        assert SORRY in said(client, answered(client, made)), there.subject


def test_next_when_it_leads_out_of_the_office_then_it_is_forgotten(own: Records, there: Provider) -> None:
    made = configure(own.body_id, there)
    link(own.people["officer"], there)
    for wanted, where in (
        ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"), ("%0d%0aX:y", "/"), ("/parties", "/parties"),
    ):  # fmt: skip
        client = client_of(None)
        answered(client, made, f"?next={wanted}")
        session = client.session
        assert session["account_login"]["redirect_url"] == where, wanted


def test_link_when_begun_then_only_by_this_person_with_a_fresh_second_factor(own: Records, there: Provider) -> None:
    from datetime import timedelta

    from azukari.web.accounts import queries

    configure(own.body_id, there)
    officer = own.people["officer"]
    stale = client_of(officer, shown=timedelta(seconds=301)).post("/account/provider/link")
    assert stale.headers["Location"].startswith("/sign-in/again")

    def begun(client: Any) -> str:
        return onward(client.post("/account/provider/link"))

    client = client_of(officer)
    back = begun(client)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    client.get(back)
    assert not queries.is_linked(officer, there.issuer), "the second factor was too long ago"
    client = client_of(officer)
    back = begun(client)
    stolen = client_of(own.people["approver"])
    stolen_session = stolen.session
    stolen_session["sign-in-provider"] = client.session["sign-in-provider"]
    stolen_session.save()
    stolen.get(back)
    assert not queries.is_linked(own.people["approver"], there.issuer), "begun by somebody else"
    assert client.get(begun(client)).headers["Location"] == "/account/provider"
    assert queries.is_linked(officer, there.issuer)
    assert "結び付け済み" in client.get("/account/provider").content.decode()
    second = client_of(own.people["approver"])
    second.get(begun(second))
    assert not queries.is_linked(own.people["approver"], there.issuer), "the account is somebody else's"
    assert client.post("/account/provider/unlink").status_code == 302
    assert not queries.is_linked(officer, there.issuer)


def test_first_sign_in_when_the_invitation_is_shown_then_the_account_takes_the_passwords_place(
    own: Records, there: Provider
) -> None:
    from allauth.mfa.models import Authenticator

    from azukari.stores.clock import now
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import consent
    from azukari.web.accounts.models import User

    configure(own.body_id, there, only=True)
    approver = own.people["approver"]

    def shown(code: str) -> tuple[Any, Any]:
        client = client_of(None)
        return client, client.post("/sign-in/first/provider", {"login": "kasumi-approver", "code": code})

    code = consent.on_machine(person_id=approver, by=BY, at=now())
    refused = client_of(None).post(
        "/sign-in/first", {"login": "kasumi-approver", "code": code, "password": PASSWORD, "again": PASSWORD}
    )
    assert refused.status_code == 400, "no passwords in this body"
    assert [shown("AAAA-AAAA-AAAA-AAAA-AAAA")[1].status_code for _ in range(2)] == [400, 400]
    early, page = shown(code)
    code = consent.on_machine(person_id=approver, by=BY, at=now())
    early.get(onward(page))
    assert not queries.is_linked(approver, there.issuer), "the invitation was replaced meanwhile"
    client, page = shown(code)
    back = onward(page)
    assert client.get(back).headers["Location"] == "/account/second-factor"
    assert client.get("/").headers["Location"] == "/account/second-factor"
    assert queries.is_linked(approver, there.issuer)
    assert not User.objects.get(id=approver).has_usable_password()
    assert not Authenticator.objects.filter(user_id=approver).exists()
    assert shown(code)[1].status_code == 400, "once"
    code = consent.on_machine(person_id=approver, by=BY, at=now())
    again, page = shown(code)
    there.subject = "another-account"
    again.get(onward(page))
    assert [one.subject for one in _identities(approver)] == ["another-account"], "those of before are gone"


def _identities(person_id: UUID) -> list[Any]:
    from azukari.web.accounts.models import ExternalIdentity

    return list(ExternalIdentity.objects.filter(person_id=person_id))


def test_body_when_its_people_come_from_the_provider_only_then_neither_password_nor_passkey_opens(
    own: Records, there: Provider
) -> None:
    from allauth.account.adapter import get_adapter
    from django.test import RequestFactory

    from azukari.web.accounts.actions import person
    from azukari.web.accounts.models import User

    person.set_password(person_id=own.people["officer"], password=PASSWORD, by=BY, at=AT)
    made = configure(own.body_id, there, only=True)
    link(own.people["officer"], there)
    client = client_of(None)
    page = said(client, client.post("/sign-in", {"login": "kasumi-officer", "password": PASSWORD}))
    assert "提供元からログインします" in page
    request = RequestFactory().post("/sign-in/passkey")
    request.session = client_of(None).session
    request._messages = type("M", (), {"add": lambda *a, **k: None})()
    user = User.objects.get(id=own.people["officer"])
    hooked = {"email_verification": "none", "email": None, "signup": False, "redirect_url": None}
    refused = get_adapter().pre_login(request, user, signal_kwargs=None, **hooked)
    assert refused is not None and refused.status_code == 302, "what a passkey calls, too"
    assert answered(client_of(None), made).headers["Location"] == "/sign-in/second-factor"
    assert client_of(own.people["officer"]).post("/account/provider/unlink").status_code == 409


def test_answers_when_there_are_too_many_in_a_minute_then_told_to_wait(own: Records, there: Provider) -> None:
    made = configure(own.body_id, there)
    client = client_of(None)
    answers = [client.get("/sign-in/provider/answer?state=x&code=y") for _ in range(31)]
    assert {answer.status_code for answer in answers} == {302}
    assert "1 分待って" in said(client, client.get(f"/sign-in/provider/{made}"))


def test_settings_when_set_again_then_the_key_stays_and_another_issuer_ends_every_link(
    own: Records, there: Provider
) -> None:
    from azukari.errors import KeyFileError, NotFoundError, OptionError
    from azukari.stores.keys import KeyEncryptionKey
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import provider as action

    made = configure(own.body_id, there)
    link(own.people["officer"], there)
    first = queries.provider(made)
    assert b"PRIVATE KEY" not in first.wrapped_secret and "d" not in first.public_jwk
    with pytest.raises(KeyFileError):
        KeyEncryptionKey(b"\x02" * 32).unwrap(first.wrapped_secret, queries.provider_purpose(made))
    configure(own.body_id, there, label="新しい名前")
    assert queries.provider(made).public_jwk == first.public_jwk
    assert queries.is_linked(own.people["officer"], there.issuer)
    for change in (
        {"issuer": "http://provider.example"}, {"issuer": ""}, {"issuer": "https://u:p@provider.example"},
        {"client_id": ""}, {"client_id": "a\nb"}, {"label": " "}, {"algorithm": "HS256"}, {"secret": "ひみつ"},
        {"issuer": "https://provider.example/?a=b"}, {"label": "x" * 61},
    ):  # fmt: skip
        with pytest.raises(OptionError):
            configure(own.body_id, there, **change)
    configure(own.body_id, there, issuer="https://provider.example/realms/main")
    assert not queries.is_linked(own.people["officer"], there.issuer)
    action.remove(body_id=own.body_id, by=BY, at=AT)
    with pytest.raises(NotFoundError):
        action.remove(body_id=own.body_id, by=BY, at=AT)
    assert "の提供元" not in client_of(None).get("/sign-in").content.decode()
