"""Bodies and the people who work for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web import bodies
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import NotFoundError, OptionError, StateError

PASSWORD = "mikan-no-ki-no-shita"  # made up for this test


@pytest.fixture
def body_id(open_office: object) -> UUID:
    from azukari.web.accounts.actions import body

    return body.create(name="水底市", name_en="City of Minasoko", recipient="age1x", by=BY, at=AT)


def create(body_id: UUID, **changes: Any) -> UUID:
    from azukari.web.accounts.actions import person

    given: dict[str, Any] = {"login": "mizukagami", "name": "水鏡　文代", "role": "officer"} | changes
    return person.create(body_id=body_id, by=BY, at=AT, **given)


def test_body_when_created_then_it_is_read_back(body_id: UUID) -> None:
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import body

    assert queries.body(body_id).name_en == "City of Minasoko"
    assert queries.bodies() == [queries.body(body_id)]
    with pytest.raises(NotFoundError):
        queries.body(uuid4())
    with pytest.raises(OptionError):
        body.create(name=" ", by=BY, at=AT)


def test_person_when_created_then_read_back_without_a_password_or_a_name_in_the_repr(body_id: UUID) -> None:
    from azukari.web.accounts import queries
    from azukari.web.accounts.models import User

    person_id = create(body_id)
    found = queries.person("mizukagami")
    assert found == queries.person_by_id(person_id)
    assert (found.role, found.body, found.is_active) == ("officer", body_id, True)
    assert "水鏡" not in repr(found)
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize("change", [{"role": "king"}, {"login": " "}, {"login": "x" * 151}, {"name": ""}])
def test_person_when_malformed_then_option_error(body_id: UUID, change: dict[str, str]) -> None:
    with pytest.raises(OptionError):
        create(body_id, **change)


def test_person_when_the_login_is_taken_or_the_body_unknown_then_refused(body_id: UUID) -> None:
    create(body_id)
    with pytest.raises(StateError) as caught:
        create(body_id)
    assert "mizukagami" not in str(caught.value)
    with pytest.raises(NotFoundError):
        create(uuid4(), login="other")


def test_password_when_set_then_only_its_hash_is_stored(body_id: UUID) -> None:
    from azukari.web.accounts.actions import person
    from azukari.web.accounts.models import User

    person_id = create(body_id)
    person.set_password(person_id=person_id, password=PASSWORD, by=BY, at=AT)
    stored = User.objects.get()
    assert stored.password.startswith("scrypt$")
    assert stored.check_password(PASSWORD)
    for weak in ("short", "1234567890"):
        with pytest.raises(OptionError):
            person.set_password(person_id=person_id, password=weak, by=BY, at=AT)
    with pytest.raises(NotFoundError):
        person.set_password(person_id=uuid4(), password=PASSWORD, by=BY, at=AT)


def test_person_when_let_go_then_the_account_opens_nothing(body_id: UUID) -> None:
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import person
    from azukari.web.accounts.models import User

    person_id = create(body_id)
    person.set_password(person_id=person_id, password=PASSWORD, by=BY, at=AT)
    person.deactivate(person_id=person_id, by=BY, at=AT)
    assert queries.people(body_id) == []
    assert [found.id for found in queries.people(body_id, active_only=False)] == [person_id]
    assert not User.objects.get().check_password(PASSWORD)
    with pytest.raises(NotFoundError):
        queries.person("nobody")


def test_role_when_unknown_then_the_database_refuses(body_id: UUID) -> None:
    from django.db import IntegrityError, transaction

    from azukari.web.accounts.models import User

    create(body_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.update(role="king")


def test_sessions_when_over_then_swept_and_the_others_stay(open_office: Path) -> None:
    from datetime import timedelta

    from django.contrib.sessions.models import Session

    from azukari.web.accounts.actions import session

    for key, ends in (("over", AT - timedelta(seconds=1)), ("not-yet", AT + timedelta(seconds=1))):
        Session.objects.create(session_key=key, session_data="x", expire_date=ends)
    assert session.sweep(by=BY, at=AT) == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["not-yet"]


def test_people_when_an_administrator_looks_then_each_contractor_stands_with_the_firm_and_no_statement_is_added(
    ledger: Ledger,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with bodies.screens():
        own = bodies.furnish(ledger, "kasumi")
        bodies.furnish(ledger, "betsu", bodies.another_body(ledger))
        client, counts = bodies.client_of(own.people["administrator"]), []
        for login in ("hitori", "futari"):
            with CaptureQueriesContext(connection) as asked:
                page = client.get("/people").content.decode()
            counts.append(len(asked))
            create(own.body_id, login=login, role="contractor", party=own.arguments["party_id"])
        row = next(one for one in page.split("<tr>") if "kasumi-clerk" in one)
        assert "kasumi 委託先" in row and counts[0] == counts[1]
        assert "kasumi 委託先" not in next(one for one in page.split("<tr>") if "kasumi-auditor" in one)
        assert "betsu" not in page
