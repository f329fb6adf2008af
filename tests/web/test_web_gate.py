"""Who may ask for what: every address, every role, the own body and another one. The list is read from the addresses."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.web import bodies
from tests.web.addresses import addresses, asked
from tests.web.bodies import PASSWORD, Records, client_of, code_now, furnish
from tests.web.conftest import AT, BY, Ledger


@pytest.fixture
def two(ledger: Ledger) -> Iterator[tuple[Records, Records]]:
    """The own body and another one."""
    with bodies.screens():
        yield furnish(ledger, "kasumi"), furnish(ledger, "betsu", bodies.another_body(ledger))


def test_addresses_when_walked_then_each_has_a_rule_and_arguments_that_are_known(two: tuple[Records, Records]) -> None:
    found = list(addresses("inside"))
    assert len(found) > 45
    for address in found:
        assert address.rule is not None, f"{address.route} has no rule"
        address.filled(two[0])


def test_matrix_when_every_role_asks_for_everything_then_only_what_its_rule_allows(
    two: tuple[Records, Records],
) -> None:
    from azukari.web.accounts.rules import here

    own, foreign = two
    tried = 0
    for role, person_id in own.people.items():
        client = client_of(person_id)
        for address in addresses("inside"):
            for method in ("GET", "POST"):
                for records in (own, foreign) if set(address.arguments) & set(own.arguments) else (own,):
                    answer, body = asked(client, method, address.filled(records))
                    where = (role, method, address.route, records is own, answer.status_code)
                    tried += 1
                    assert not [name for name in foreign.names if name.encode() in body], where
                    if address.rule.roles is not None and role not in address.rule.roles & here():
                        assert answer.status_code == 403, where
                    elif records is foreign:
                        assert answer.status_code in {404, 405}, where
                    else:
                        assert answer.status_code != 403, where
                        assert answer.status_code < 500 or (answer.status_code, "package" in address.route) == (
                            503,
                            True,
                        )
                        again = answer.headers.get("Location", "").startswith("/sign-in/again")
                        assert not (again and address.rule.fresh), where
                    if "/sign-out" in answer.request["PATH_INFO"]:
                        client = client_of(person_id)
    assert tried > 600


def test_matrix_when_nobody_is_signed_in_or_the_second_factor_is_missing_then_only_the_way_in_is_open(
    two: tuple[Records, Records],
) -> None:
    from azukari.web.accounts.actions import person

    own, _ = two
    new = person.create(body_id=own.body_id, login="atarashii", name="新", role="officer", by=BY, at=AT)
    for person_id, way_in in ((None, "/sign-in"), (new, "/account/second-factor")):
        for address in addresses("inside"):
            for method in ("GET", "POST"):
                client = client_of(person_id, shown=None)
                answer, body = asked(client, method, address.filled(own))
                where = (way_in, method, address.route, answer.status_code)
                assert not [name for name in own.names if name.encode() in body], where
                open_to = address.rule.roles is None or (person_id is not None and address.rule.enrolling)
                if not open_to:
                    assert answer.status_code == 302 and answer.headers["Location"].startswith(way_in), where
                else:
                    assert answer.status_code < 500, where


def test_fresh_pages_when_the_second_factor_was_shown_long_ago_then_it_is_asked_for_again(
    two: tuple[Records, Records],
) -> None:
    from azukari.web.accounts.rules import here

    own, _ = two
    fresh = [address for address in addresses("inside") if address.rule.fresh]
    assert {"permissions/<uuid:permission_id>/grant", "people/add"} <= {address.route for address in fresh}
    for shown in (timedelta(seconds=301), None, timedelta(seconds=-3_600)):
        for address in fresh:
            role = sorted(address.rule.roles & here())[0]
            answer, _ = asked(client_of(own.people[role], shown=shown), "POST", address.filled(own))
            assert answer.status_code == 302, address.route
            assert answer.headers["Location"].startswith("/sign-in/again"), address.route


def test_view_when_it_has_no_rule_then_nobody_is_answered(two: tuple[Records, Records]) -> None:
    from django.core.exceptions import PermissionDenied
    from django.http import HttpResponse
    from django.test import RequestFactory

    from azukari.web.accounts.gate import GateMiddleware

    gate = GateMiddleware(lambda request: HttpResponse())
    with pytest.raises(PermissionDenied):
        gate.process_view(RequestFactory().get("/"), lambda request: HttpResponse(), (), {})


# ---- Signing in ---------------------------------------------------------------------------------------------------


def invitation_of(person_id: UUID) -> str:
    from azukari.stores.clock import now
    from azukari.web.accounts.actions import consent

    return consent.on_machine(person_id=person_id, by=BY, at=now())


def first(login: str, code: str, password: str = PASSWORD) -> Any:
    given = {"login": login, "code": code, "password": password, "again": password}
    return client_of(None).post("/sign-in/first", given)


def test_invitation_when_used_then_once_and_never_after_five_wrong_codes(two: tuple[Records, Records]) -> None:
    own, _ = two
    code = invitation_of(own.people["approver"])
    assert first("kasumi-approver", code, "short").status_code == 400
    assert first("kasumi-approver", code.lower().replace("-", "　")).status_code == 302
    used = first("kasumi-approver", code)
    unknown = first("nobody-here", code)
    code = invitation_of(own.people["approver"])
    wrong = [first("kasumi-approver", "AAAA-AAAA-AAAA-AAAA-AAAA") for _ in range(5)]
    ended = first("kasumi-approver", code)
    said = {answer.status_code for answer in (used, unknown, *wrong, ended)}
    assert said == {400}
    assert all("ログイン" in answer.content.decode() for answer in (used, unknown, ended))


def test_invitation_when_late_then_refused(two: tuple[Records, Records]) -> None:
    from azukari.errors import NotPermittedError
    from azukari.web.accounts.actions import consent, invitation
    from azukari.web.accounts.rules import here

    own, _ = two
    code = consent.on_machine(person_id=own.people["auditor"], by=BY, at=AT)
    late = AT + timedelta(days=7, seconds=1)
    with pytest.raises(NotPermittedError):
        invitation.accept(login="kasumi-auditor", code=code, password=PASSWORD, roles=here(), by=BY, at=late)


def test_invitation_when_accepted_then_every_factor_of_before_is_gone(two: tuple[Records, Records]) -> None:
    from allauth.mfa.models import Authenticator

    own, _ = two
    assert first("kasumi-auditor", invitation_of(own.people["auditor"])).status_code == 302
    assert not Authenticator.objects.filter(user_id=own.people["auditor"]).exists()


def with_password(person_id: UUID) -> None:
    from azukari.web.accounts.actions import person

    person.set_password(person_id=person_id, password=PASSWORD, by=BY, at=AT)


def test_password_when_there_is_no_second_factor_then_it_opens_nothing(two: tuple[Records, Records]) -> None:
    from azukari.web.accounts.actions import person

    own, _ = two
    new = person.create(body_id=own.body_id, login="atarashii", name="新", role="officer", by=BY, at=AT)
    with_password(new)
    client = client_of(None)
    answer = client.post("/sign-in", {"login": "atarashii", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert client.get("/").headers["Location"].startswith("/sign-in")


def test_password_when_followed_by_the_code_then_in_and_the_same_code_never_again(
    two: tuple[Records, Records],
) -> None:
    own, _ = two
    with_password(own.people["officer"])
    code, answers = "", []
    for _ in range(2):
        client = client_of(None)
        answer = client.post("/sign-in", {"login": "kasumi-officer", "password": PASSWORD})
        assert answer.headers["Location"] == "/sign-in/second-factor"
        assert client.get("/").headers["Location"].startswith("/sign-in"), "the password alone opens nothing"
        code = code or code_now()
        answers.append(client.post("/sign-in/second-factor", {"code": code}))
    assert [answer.status_code for answer in answers] == [302, 200]
    assert answers[0].headers["Location"] == "/"


def test_last_factor_when_somebody_removes_it_then_it_stays(two: tuple[Records, Records]) -> None:
    from allauth.mfa.models import Authenticator

    own, _ = two
    client = client_of(own.people["officer"])
    client.post("/account/app/remove")
    assert Authenticator.objects.filter(user_id=own.people["officer"], type="totp").exists()
    assert client.get("/").status_code == 200


def test_passkey_when_it_is_the_last_factor_then_it_cannot_be_removed(two: tuple[Records, Records]) -> None:
    from allauth.mfa.models import Authenticator

    own, _ = two
    Authenticator.objects.filter(user_id=own.people["officer"]).update(type="webauthn", data={"name": "USB"})
    key = Authenticator.objects.get(user_id=own.people["officer"])
    assert client_of(own.people["officer"]).post(f"/account/passkeys/{key.pk}/remove").status_code == 409
    assert Authenticator.objects.filter(pk=key.pk).exists()


@pytest.mark.parametrize("kinds", [("webauthn", "webauthn"), ("webauthn", "totp")])
def test_last_factors_when_two_tabs_remove_them_at_once_then_one_stays(
    two: tuple[Records, Records], kinds: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from allauth.mfa.models import Authenticator
    from django.db import connection

    from azukari.web.accounts import factors

    person_id, both = two[0].people["officer"], threading.Barrier(2)
    Authenticator.objects.filter(user_id=person_id).delete()
    made = [Authenticator.objects.create(user_id=person_id, type=kind, data={"name": "USB"}) for kind in kinds]
    paths = {"webauthn": "/account/passkeys/{}/remove", "totp": "/account/app/remove"}
    clients = [client_of(person_id) for _ in made]
    is_last = factors.is_last

    def slow(person_id: UUID) -> bool:
        """Each has looked before either goes on, if nothing holds one of them back."""
        found = is_last(person_id)
        try:
            both.wait(1)
        except threading.BrokenBarrierError:
            pass
        return found

    def remove(number: int) -> None:
        clients[number].post(paths[kinds[number]].format(made[number].pk))
        connection.close()

    monkeypatch.setattr(factors, "is_last", slow)
    tabs = [threading.Thread(target=remove, args=[number]) for number in range(2)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(60)
    assert Authenticator.objects.filter(user_id=person_id).count() == 1


def test_person_when_let_go_then_every_session_ends(two: tuple[Records, Records]) -> None:
    own, _ = two
    officer, administrator = client_of(own.people["officer"]), client_of(own.people["administrator"])
    assert officer.get("/").status_code == 200
    assert administrator.post(f"/people/{own.people['officer']}/deactivate").status_code == 302
    assert officer.get("/").headers["Location"].startswith("/sign-in")


def test_secret_of_an_app_when_stored_then_only_the_offices_key_opens_it(two: tuple[Records, Records]) -> None:
    from allauth.mfa.models import Authenticator

    from azukari.errors import KeyFileError
    from azukari.stores.keys import KeyEncryptionKey
    from azukari.web import office
    from azukari.web.accounts.adapters import FactorAdapter

    own, _ = two
    stored = Authenticator.objects.get(user_id=own.people["officer"]).data["secret"]
    assert bodies.SECRET not in stored
    assert FactorAdapter().decrypt(stored) == bodies.SECRET
    office.unlock(KeyEncryptionKey(b"\x01" * 32))
    with pytest.raises(KeyFileError):
        FactorAdapter().decrypt(stored)


def test_page_when_answered_then_its_headers_keep_it_to_itself(two: tuple[Records, Records]) -> None:
    own, _ = two
    one, two_ = (client_of(own.people["officer"]).get("/") for _ in range(2))
    policy = one.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert one.headers["Cache-Control"] == "no-store"
    assert one.headers["X-Frame-Options"] == "DENY"
    assert "script-src 'nonce-" not in policy or policy != two_.headers["Content-Security-Policy"]
    answer = client_of(None).get("/sign-in")
    assert all(cookie["httponly"] and cookie["samesite"] == "Lax" for cookie in answer.cookies.values())


def test_logs_when_people_sign_in_and_are_refused_then_no_name_is_in_them(
    two: tuple[Records, Records], caplog: pytest.LogCaptureFixture
) -> None:
    own, foreign = two
    with caplog.at_level(logging.DEBUG):
        client_of(None).post("/sign-in", {"login": "kasumi-officer", "password": "wrong-wrong-wrong"})
        client = client_of(own.people["officer"])
        client.get(f"/parties/{foreign.arguments['party_id']}")
        client.get("/people")
        client.get("/entrustments?q=nothing")
    shown = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django.db"))
    assert not [name for name in (*own.names, *foreign.names) if name in shown]
