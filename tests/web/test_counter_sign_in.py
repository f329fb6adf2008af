"""Signing in on the contractors' face: with an invitation that came over, with every second factor, and who may not."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web import bodies
from tests.web.bodies import PASSWORD, client_of
from tests.web.conftest import AT, BY, Ledger
from tests.web.stalls import Stall, a_body, outside, pair

from azukari.errors import LimitError, NotFoundError, OptionError
from azukari.seal.items import AccountItem, moment_text
from azukari.stores.clock import now

CODE = "ABCD-EFGH-JKLM-NPQR-STUV"


@pytest.fixture
def own(sqlite_office: Path) -> Iterator[Stall]:
    with outside():
        yield pair(a_body("霞ヶ浜年金機構"), "aoi", sqlite_office)[0]


def crossed(stall: Stall, login: str = "seiran", **changes: Any) -> UUID:
    """The account and its invitation come over, as the crossing brings them: the hash of the code, never the code."""
    from django.contrib.auth.hashers import make_password

    from azukari.web.counter.actions import shelving

    person, at = changes.pop("person", uuid4()), changes.pop("at", now())
    days = (moment_text(at), moment_text(at + timedelta(days=7)))
    hashed = make_password(CODE.replace("-", ""))
    item = AccountItem(person.hex, stall.firm.hex, login, "藤波　花", changes.get("is_active", True), hashed, *days)
    shelving.put_account(body_id=stall.body, item=item, by=BY, at=at)
    return UUID(hex=person.hex)


def first_sign_in(client: Any, login: str, code: str = CODE) -> Any:
    given = {"login": login, "code": code, "password": PASSWORD, "again": PASSWORD}
    return client.post("/sign-in/first", given)


def enrolled(client: Any) -> list[str]:
    """An authenticator app is set up as a person would do it; the recovery codes."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    shown = client.get("/account/app").content.decode()
    found = re.search(r'value="([A-Z2-7]{32})"', shown)
    assert found, shown
    code = format_hotp_value(hotp_value(found.group(1), int(time.time()) // 30))
    assert client.post("/account/app", {"code": code}).status_code == 302
    kept = re.search(r'id="recovery_codes"[^>]*>([^<]*)<', client.get("/account/recovery-codes").content.decode())
    assert kept
    return kept.group(1).split()


def test_invitation_when_it_came_over_then_it_opens_and_a_recovery_code_opens_again(own: Stall) -> None:
    crossed(own)
    client = client_of(None)
    assert first_sign_in(client, "seiran").headers["Location"] == "/account/second-factor"
    assert client.get("/").headers["Location"] == "/account/second-factor", "nothing opens before a second factor"
    codes = enrolled(client)
    assert len(codes) == 10 and own.name in client.get("/").content.decode()
    for _ in range(2):  # the same code twice: once it opens
        later = client_of(None)
        assert later.post("/sign-in", {"login": "seiran", "password": PASSWORD}).status_code == 302
        assert later.get("/").status_code == 302, "the password alone opens nothing"
        answer = later.post("/sign-in/second-factor", {"code": codes[0]})
        assert (answer.status_code == 302) is (_ == 0)
    assert first_sign_in(client_of(None), "seiran").status_code == 400, "the invitation is used up"


def test_invitation_when_late_wrong_or_of_somebody_let_go_then_it_opens_nothing(own: Stall) -> None:
    crossed(own, "late", at=now() - timedelta(days=8))
    crossed(own, "gone", is_active=False)
    crossed(own, "right")
    for login, code in (("late", CODE), ("gone", CODE), ("right", "AAAA-AAAA-AAAA-AAAA-AAAA"), ("nobody", CODE)):
        answer = first_sign_in(client_of(None), login, code)
        assert answer.status_code == 400 and "ログイン" in answer.content.decode(), login
    crossed(own, "seiran", at=now())
    assert first_sign_in(client_of(None), "seiran").status_code == 302


def with_password(person_id: UUID) -> None:
    from azukari.web.accounts.actions import person

    person.set_password(person_id=person_id, password=PASSWORD, by=BY, at=AT)


def said_at_sign_in(login: str) -> str:
    """What somebody reads who types the right password; nothing is open to them afterwards."""
    client = client_of(None)
    answer = client.post("/sign-in", {"login": login, "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")
    assert client.get("/").headers["Location"].startswith("/sign-in")
    shown = str(client.get("/sign-in").content.decode())
    return " ".join(re.findall(r'<p class="message error">([^<]*)</p>', shown))


def test_staff_when_they_sign_in_outside_then_one_sentence_and_the_code_is_not_used_up(own: Stall) -> None:
    from azukari.web.accounts.actions import invitation, person

    made = person.create(body_id=own.body, login="shokuin", name="職員", role="officer", by=BY, at=AT)
    code = invitation.invite(person_id=made, by=BY, at=now())
    answer = first_sign_in(client_of(None), "shokuin", code)
    assert answer.status_code == 400 and "庁内の画面からログインしてください" in answer.content.decode()
    wrong = first_sign_in(client_of(None), "shokuin", "AAAA-AAAA-AAAA-AAAA-AAAA")
    assert "庁内" not in wrong.content.decode(), "who has no good code is told nothing of the account"
    bodies.give_factor(made)
    with_password(made)
    assert said_at_sign_in("shokuin").startswith("職員の方は、委託先用の画面には入れません。")
    with bodies.screens("inside"):
        assert first_sign_in(client_of(None), "shokuin", code).status_code == 302, "inside it opens"


def test_contractors_when_they_sign_in_inside_then_one_sentence_and_nothing_opens(ledger: Ledger) -> None:
    with bodies.screens("inside"):
        records = bodies.furnish(ledger, "kasumi")
        contractor = records.people["contractor"]
        with_password(contractor)
        assert said_at_sign_in("kasumi-contractor").startswith("委託先の方は、庁内の画面には入れません。")
        assert client_of(contractor).get("/").status_code == 403, "even with a session"
        from azukari.web.accounts.actions import consent

        code = consent.on_machine(person_id=contractor, by=BY, at=now())
        answer = first_sign_in(client_of(None), "kasumi-contractor", code)
        assert answer.status_code == 400 and "委託先用の画面から" in answer.content.decode()


def test_cookies_when_both_faces_are_on_one_host_then_neither_takes_the_others(tmp_path: Path) -> None:
    """Settings are read once a process: a process for each face, with and without TLS."""
    import subprocess
    import sys

    names = set()
    for face in ("inside", "outside"):
        for plain in ("", "1"):
            script = "from azukari.web import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
            given = {"AZUKARI_FACE": face, "AZUKARI_PLAIN_HTTP": plain, "AZUKARI_OFFICE": str(tmp_path), "PATH": ""}
            done = subprocess.run([sys.executable, "-c", script], env=given, capture_output=True, text=True, check=True)
            found = done.stdout.split()
            assert all(name.startswith("__Host-") is (not plain) for name in found)
            names |= set(found)
    assert len(names) == 8


# ---- Access tokens ------------------------------------------------------------------------------------------------


def made_by_hand(client: Any, **changes: str) -> Any:
    return client.post("/account/tokens/new", {"label": "受領の自動送信", "days": "30"} | changes)


def test_token_when_made_then_shown_once_and_only_its_hash_is_kept(own: Stall) -> None:
    from azukari.web.accounts.models import Token

    client = own.client()
    answer = made_by_hand(client)
    (token,) = re.findall(r'id="token">([^<]+)<', answer.content.decode())
    assert answer.headers["Cache-Control"] == "no-store" and len(token) > 40
    assert client.get("/api/packages", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert token not in client.get("/account/tokens").content.decode()
    kept = " ".join(str(row) for row in Token.objects.values_list())
    assert token not in kept and token.removeprefix("azukari_") not in kept


def test_token_when_the_form_is_wrong_then_none_is_made(own: Stall) -> None:
    from azukari.web.accounts.models import Token

    before = Token.objects.count()
    for change in ({"label": ""}, {"label": "x" * 101}, {"days": "0"}, {"days": "367"}, {"days": "x"}, {"days": ""}):
        assert made_by_hand(own.client(), **change).status_code == 400, change
    assert Token.objects.count() == before


def works(token: str) -> bool:
    from django.core.cache import cache

    cache.clear()
    answer = client_of(None).get("/api/packages", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code in {200, 401}
    return bool(answer.status_code == 200)


def test_first_sign_in_when_refused_then_as_much_is_computed_for_nobody_as_for_somebody_invited(
    own: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the time of an answer would tell which logins are waiting for their first sign-in."""
    import hashlib

    real, counted = hashlib.scrypt, list[int]()

    def scrypt(*given: Any, **named: Any) -> bytes:
        counted.append(1)
        return real(*given, **named)

    crossed(own, "invited")
    first_sign_in(client_of(None), "nobody", "ABCD")  # what is computed once in a process
    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    found = {}
    for login in ("invited", "nobody", "aoi-a-person"):
        counted.clear()
        assert first_sign_in(client_of(None), login, "WRNG-WRNG-WRNG-WRNG-WRNG").status_code == 400
        found[login] = len(counted)
    assert set(found.values()) == {1}, found


def test_first_sign_in_when_one_address_tries_too_often_then_nothing_is_computed_for_it(
    own: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.accounts import provider

    monkeypatch.setitem(provider.RATES, "provider", "2/m/ip")
    crossed(own, "invited")
    for _ in range(2):
        assert first_sign_in(client_of(None), "nobody", "ABCD").status_code == 400
    late = first_sign_in(client_of(None), "invited")
    assert late.status_code == 400 and "1 分待って" in late.content.decode()


def test_person_when_let_go_and_an_older_state_comes_over_then_no_passkey_and_no_code_of_before_opens(
    own: Stall,
) -> None:
    """An inside that was restored from a backup still takes the person for active."""
    from allauth.mfa.models import Authenticator
    from django.test import Client

    at, person = now() - timedelta(days=1), crossed(own)
    bodies.give_factor(person)
    crossed(own, person=person, at=at, is_active=False)
    crossed(own, person=person, at=at)
    assert not Authenticator.objects.filter(user_id=person).exists()
    assert "_auth_user_id" not in first_sign_in(client := Client(), "seiran").wsgi_request.session
    assert client.get("/").status_code == 302
    crossed(own, person=person, at=now() + timedelta(minutes=1))
    assert first_sign_in(Client(), "seiran").headers["Location"] == "/account/second-factor"


def test_token_when_revoked_expired_or_its_person_is_let_go_or_invited_anew_then_it_opens_nothing(own: Stall) -> None:
    from azukari.web.accounts.actions import token
    from azukari.web.counter.actions import shelving

    assert own.person is not None and works(own.token)
    late = token.make(person_id=own.person, label="x", days=1, by=BY, at=now() - timedelta(days=1, seconds=1))
    assert not works(late)
    assert own.client().post(f"/account/tokens/{own.arguments['token_id']}/revoke").status_code == 302
    assert not works(own.token)

    person = crossed(own, "seiran")
    kept = token.make(person_id=person, label="x", days=1, by=BY, at=now())
    assert works(kept)
    assert first_sign_in(client_of(None), "seiran").status_code == 302
    assert not works(kept), "whoever is invited anew has lost what the token was made with"
    again = token.make(person_id=person, label="x", days=1, by=BY, at=now())
    gone = AccountItem(person.hex, own.firm.hex, "seiran", "藤波　花", False, "", "", "")
    for active, opens in ((True, True), (False, False), (True, False)):
        shelving.put_account(body_id=own.body, item=replace(gone, is_active=active), by=BY, at=now())
        assert works(again) is opens, "and does not come back with its person"


def test_token_when_malformed_or_of_nobody_then_refused_and_after_too_many_nothing_is_looked_at(own: Stall) -> None:
    from azukari.web.accounts.bearer import WRONG

    client = client_of(None)
    wrong = ["", "Bearer", "Bearer ", "Basic eDp4", f"bearer {own.token}", f"Bearer {own.token}x", own.token]
    wrong += [f"Bearer  {own.token}", f"Bearer {own.token} ", "Bearer " + "a" * 101, "Bearer あ", "Bearer a\x00b"]
    for shown in wrong:
        answer = client.get("/api/packages", headers={"Authorization": shown})
        assert (answer.status_code, answer.json()["error"]) == (401, "not-permitted"), shown
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    good = {"Authorization": f"Bearer {own.token}"}
    assert client.get("/api/packages", headers=good).status_code == 200
    for _ in range(WRONG - len(wrong)):
        client.get("/api/packages", headers={"Authorization": f"Bearer {secrets.token_urlsafe(32)}"})
    answer = client.get("/api/packages", headers=good)
    assert (answer.status_code, answer.json()["error"]) == (429, "limit") and int(answer.headers["Retry-After"]) > 0
    elsewhere = client.get("/api/packages", headers=good, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200, "others are not held up"


def test_token_when_made_without_sense_or_too_often_then_refused(own: Stall) -> None:
    from azukari.web.accounts.actions import token

    assert own.person is not None
    given: dict[str, Any] = {"person_id": own.person, "label": "x", "days": 30, "by": BY, "at": now()}
    for error, change in (
        (OptionError, {"label": " "}),
        (OptionError, {"label": "x" * 101}),
        (OptionError, {"days": 0}),
        (OptionError, {"days": -1}),
        (OptionError, {"days": 367}),
        (NotFoundError, {"person_id": uuid4()}),
    ):
        with pytest.raises(error):
            token.make(**(given | change))
    for _ in range(9):
        token.make(**given)
    with pytest.raises(LimitError):
        token.make(**given)
    with pytest.raises(NotFoundError):
        token.revoke(token_id=own.arguments["token_id"], person_id=uuid4(), by=BY, at=now())
