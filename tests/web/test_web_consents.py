"""Nobody alone takes over somebody's account: two people invite who has a second factor, or the machine, and it is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web import bodies
from tests.web.bodies import PASSWORD, Records, client_of, furnish
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import NotFoundError, NotPermittedError, StateError
from azukari.stores.clock import now


@pytest.fixture
def two(ledger: Ledger) -> Iterator[tuple[Records, Records]]:
    """The own body and another one."""
    with bodies.screens():
        yield furnish(ledger, "kasumi"), furnish(ledger, "betsu", bodies.another_body(ledger))


@pytest.fixture
def own(two: tuple[Records, Records]) -> Records:
    return two[0]


def code_in(answer: Any) -> str:
    """The code that a page shows once."""
    assert answer.status_code == 200
    found = re.search(r'id="code">([A-Z2-9-]{24})<', answer.content.decode())
    assert found is not None
    return found.group(1)


def used(login: str, code: str) -> Any:
    """A browser in which somebody has used the code: signed in, without a second factor yet."""
    client = client_of(None)
    given = {"login": login, "code": code, "password": PASSWORD, "again": PASSWORD}
    assert client.post("/sign-in/first", given).status_code == 302
    return client


def asked(own: Records, whom: str = "officer") -> UUID:
    """What the administrator has asked for, on the page."""
    from azukari.web.accounts.models import Consent

    answer = client_of(own.people["administrator"]).post(f"/people/{own.people[whom]}/ask")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/invitations")
    return Consent.objects.get(person_id=own.people[whom], status="asked").id


def has_factor(person_id: UUID) -> bool:
    from allauth.mfa.models import Authenticator

    return Authenticator.objects.filter(user_id=person_id).exists()


def add(own: Records, login: str, role: str) -> UUID:
    from azukari.web.accounts.actions import person

    return person.create(body_id=own.body_id, login=login, name=login, role=role, by=BY, at=AT)


def test_invite_when_the_person_has_a_second_factor_then_no_administrator_does_it_alone(own: Records) -> None:
    from azukari.web.accounts.models import Invitation

    administrator, officer = client_of(own.people["administrator"]), own.people["officer"]
    assert administrator.post(f"/people/{officer}/invite").status_code == 409
    page = administrator.get("/people").content.decode()
    assert f"/people/{officer}/invite" not in page and f"/people/{officer}/ask" in page
    consent_id = asked(own)
    assert asked(own) == consent_id, "asked twice is asked once"
    assert administrator.post(f"/invitations/{consent_id}/give").status_code == 409, "who asked does not consent"
    assert f"/invitations/{consent_id}/give" not in administrator.get("/invitations").content.decode()
    assert has_factor(officer) and not Invitation.objects.filter(person_id=officer).exists()


def test_consent_when_an_approver_gives_it_then_that_one_gets_the_code_and_the_person_is_told_for_thirty_days(
    own: Records,
) -> None:
    from azukari.web.accounts.queries import consents

    consent_id, officer = asked(own), own.people["officer"]
    approver, administrator = client_of(own.people["approver"]), client_of(own.people["administrator"])
    assert "2 件の招待" in approver.get("/").content.decode(), "that of the auditor waits, too"
    code = code_in(approver.post(f"/invitations/{consent_id}/give"))
    assert has_factor(officer), "nothing is gone before the code is used"
    for page in ("/invitations", "/people"):
        assert code not in administrator.get(page).content.decode()
    client = used("kasumi-officer", code)
    assert not has_factor(officer)
    bodies.give_factor(officer)
    for path in ("/", "/account/invitations", "/"):
        assert "頼んだ人: kasumi 職員、同意した人: kasumi 職員" in client.get(path).content.decode(), path
    assert "頼んだ人" not in client.get("/entrustments").content.decode()
    assert "頼んだ人" not in client_of(own.people["approver"]).get("/").content.decode()
    assert consents.lately(officer, now() + timedelta(days=31)) == [] != consents.given_to(officer)
    assert "同意" in client_of(own.people["auditor"]).get("/invitations").content.decode()


def test_consent_when_another_administrator_gives_it_then_it_holds(own: Records) -> None:
    other = add(own, "kanri-2", "administrator")
    bodies.give_factor(other)
    used("kasumi-officer", code_in(client_of(other).post(f"/invitations/{asked(own)}/give")))
    assert not has_factor(own.people["officer"])


def test_consent_when_given_or_refused_by_somebody_else_then_not_permitted(two: tuple[Records, Records]) -> None:
    from azukari.web.accounts.actions import consent, person
    from azukari.web.accounts.models import Consent

    own, foreign = two
    consent_id, gone = asked(own), add(own, "gone", "approver")
    person.deactivate(person_id=gone, by=BY, at=AT)
    others = [own.people[role] for role in ("officer", "auditor", "contractor")]
    for by in (*others, foreign.people["approver"], gone, uuid4()):
        for action in (consent.give, consent.refuse):
            with pytest.raises(NotPermittedError):
                action(consent_id=consent_id, by=by, at=now())
    assert Consent.objects.get(id=consent_id).status == "asked"
    for action in (consent.give, consent.refuse):
        with pytest.raises(NotFoundError):
            action(consent_id=uuid4(), by=own.people["approver"], at=now())


def test_consent_when_refused_or_given_then_decided_once_and_it_can_be_asked_again(own: Records) -> None:
    first, approver = asked(own), client_of(own.people["approver"])
    assert approver.post(f"/invitations/{first}/refuse").status_code == 302
    assert "同意されませんでした" in approver.get("/invitations").content.decode()
    assert approver.post(f"/invitations/{first}/give").status_code == 409
    second = asked(own)
    assert second != first
    code_in(approver.post(f"/invitations/{second}/give"))
    for way in ("give", "refuse"):
        assert approver.post(f"/invitations/{second}/{way}").status_code == 409
    third = asked(own)
    administrator = client_of(own.people["administrator"])
    assert administrator.post(f"/invitations/{third}/refuse").status_code == 302, "taken back"


def test_invite_when_a_code_was_used_and_no_factor_set_up_then_still_nobody_alone(own: Records) -> None:
    """Between the old second factor and the next one there is none: the one moment in which one could slip in."""
    code = code_in(client_of(own.people["approver"]).post(f"/invitations/{asked(own)}/give"))
    used("kasumi-officer", code)
    assert not has_factor(own.people["officer"])
    answer = client_of(own.people["administrator"]).post(f"/people/{own.people['officer']}/invite")
    assert answer.status_code == 409


def test_add_when_the_role_may_consent_then_the_administrator_gets_no_code(own: Records) -> None:
    """Else an administrator would make an approver to consent to what the administrator has asked."""
    from azukari.web.accounts.models import Consent, User

    administrator = client_of(own.people["administrator"])
    for role in ("approver", "administrator"):
        answer = administrator.post("/people/add", {"login": f"new-{role}", "name": "新", "role": role})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/invitations")
        made = User.objects.get(login=f"new-{role}")
        assert administrator.post(f"/people/{made.id}/invite").status_code == 409
        waits = Consent.objects.get(person=made)
        assert administrator.post(f"/invitations/{waits.id}/give").status_code == 409
        code = code_in(client_of(own.people["approver"]).post(f"/invitations/{waits.id}/give"))
        used(f"new-{role}", code)


def test_invite_when_somebody_new_has_lost_the_first_code_then_one_alone_gives_the_next(own: Records) -> None:
    made, administrator = add(own, "atarashii", "officer"), client_of(own.people["administrator"])
    first, second = (code_in(administrator.post(f"/people/{made}/invite")) for _ in range(2))
    assert first != second
    assert administrator.post(f"/people/{made}/ask").status_code == 409, "nobody's consent is needed"
    used("atarashii", second)


def test_machine_when_it_invites_anew_then_it_stands_in_the_list_and_the_person_is_told(own: Records) -> None:
    from azukari.web.accounts.actions import consent

    code = consent.on_machine(person_id=own.people["officer"], by=own.people["officer"], at=now())
    client = used("kasumi-officer", code)
    bodies.give_factor(own.people["officer"])
    assert "機械の上で招待。行った人: kasumi 職員" in client.get("/").content.decode()
    assert "機械の上で招待" in client_of(own.people["auditor"]).get("/invitations").content.decode()


def test_machine_when_it_invites_somebody_new_then_nothing_is_to_be_told(own: Records) -> None:
    from azukari.web.accounts.actions import consent
    from azukari.web.accounts.queries import consents

    made = add(own, "atarashii", "officer")
    consent.on_machine(person_id=made, by=BY, at=now())
    assert consents.given_to(made) == []
    for action in (consent.on_machine, consent.ask):
        with pytest.raises(NotFoundError):
            action(person_id=uuid4(), by=BY, at=now())


def test_person_when_let_go_then_what_was_asked_is_refused(own: Records) -> None:
    from azukari.web.accounts.actions import consent, person
    from azukari.web.accounts.models import Consent

    consent_id = asked(own)
    person.deactivate(person_id=own.people["officer"], by=own.people["administrator"], at=now())
    assert Consent.objects.get(id=consent_id).status == "refused"
    with pytest.raises(StateError):
        consent.give(consent_id=consent_id, by=own.people["approver"], at=now())


def test_consent_when_no_code_can_be_made_then_it_is_not_given_either(
    own: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.accounts.actions import consent, invitation
    from azukari.web.accounts.models import Consent, Invitation

    def broken(**given: Any) -> str:
        issue(**given)
        raise OSError("struck")

    consent_id, issue = asked(own), invitation.issue
    monkeypatch.setattr(invitation, "issue", broken)
    with pytest.raises(OSError):
        consent.give(consent_id=consent_id, by=own.people["approver"], at=now())
    assert Consent.objects.get(id=consent_id).status == "asked"
    assert not Invitation.objects.filter(person_id=own.people["officer"]).exists()


def test_consent_when_two_give_it_at_once_then_one_code_holds(own: Records) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from azukari.web.accounts.actions import consent

    consent_id, other = asked(own), add(own, "shonin-2", "approver")

    def give(by: UUID) -> str:
        try:
            return consent.give(consent_id=consent_id, by=by, at=now())
        except StateError:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(give, (own.people["approver"], other)))
    assert sorted(map(bool, codes)) == [False, True]


def test_consent_when_a_row_says_what_cannot_be_then_the_database_refuses(own: Records) -> None:
    from django.db import IntegrityError, transaction

    from azukari.web.accounts.models import Consent

    changes: dict[str, dict[str, Any]] = {
        "self": {"status": "given", "decided_by": BY, "decided_at": AT},
        "undecided": {"status": "given"},
        "way": {"way": "alone"},
        "status": {"status": "maybe"},
        "again": {},
    }
    values = {"body_id": own.body_id, "way": "two", "status": "asked", "created_at": AT, "created_by": BY}
    for name, change in changes.items():
        person = own.people["auditor" if name == "again" else "officer"]  # that of the auditor is asked for already
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.create(**values | change, person_id=person)
    Consent.objects.create(**values, person_id=own.people["officer"])


def test_account_outside_when_invited_anew_inside_then_its_person_is_told_there(own: Records) -> None:
    from django.contrib.auth.hashers import make_password

    from azukari.web.accounts.actions.mirroring import mirror
    from azukari.web.accounts.queries import Invited, consents

    person_id, at = own.people["contractor"], now()
    account = {
        "body_id": own.body_id, "person_id": person_id, "party": own.arguments["party_id"], "is_active": True,
        "login": "kasumi-contractor", "name": "係", "by": BY, "at": at,
    }  # fmt: skip
    invited = Invited(make_password("x", hasher="scrypt"), at, at + timedelta(days=7))
    for _ in range(2):
        mirror(**account, invited=invited)
    assert [one.way for one in consents.given_to(person_id)] == ["inside"], "once for one invitation"
    new = account | {"person_id": uuid4(), "login": "kasumi-new"}
    mirror(**new, invited=Invited(make_password("y", hasher="scrypt"), at, at + timedelta(days=7)))
    assert consents.given_to(new["person_id"]) == [], "nobody could sign in yet"
