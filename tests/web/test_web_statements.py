"""How many statements the heaviest pages need: as many with ten records on them as with one."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web.bodies import KEK, Records, client_of, furnish, hand_over, screens
from tests.web.conftest import AT, BY, Ledger

from azukari.seal.identity import Identity, card_of

MOST = 30  # statements of one page, whatever is on it
DAYS = {"starts_on": date(2026, 4, 1), "ends_on": date(2099, 3, 31)}


@pytest.fixture
def inside(ledger: Ledger) -> Iterator[Records]:
    with screens("inside"):
        yield furnish(ledger, "甲")


def sub_contractor(own: Records) -> UUID:
    """One more party, permitted under the entrustment, with a hand-over of its own."""
    from azukari.web.custody.actions import party, permission

    card = card_of(Identity.generate())
    made = party.add(
        body_id=own.body_id, card=card, name="再委託先", country="JP",
        wrapped_challenge=KEK.wrap(secrets.token_bytes(32), "x"), by=BY, at=AT,
    )  # fmt: skip
    asked = permission.ask(
        entrustment_id=own.arguments["entrustment_id"], party_id=made, country="JP", fields=["name"], people=10,
        safeguards="施錠", by=BY, at=AT, **DAYS,
    )  # fmt: skip
    child = permission.grant(permission_id=asked, decision=permission.Decision(), by=BY, at=AT)
    hand_over(own.body_id, child, made)
    return made


def more(own: Records, count: int) -> None:
    """So many more of everything that hangs on the entrustment; other people attach the documents."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from azukari.seal.consignment import Unit
    from azukari.web.accounts.actions import person
    from azukari.web.custody.actions import consignment, document

    work, party = own.arguments["entrustment_id"], own.arguments["party_id"]
    terms = document.Terms("entrustment", work, "contract", "契約書", AT.date())
    for _ in range(count):
        sub_contractor(own)
        hand_over(own.body_id, work, party)
        who = person.create(body_id=own.body_id, login=uuid4().hex[:12], name="職員", role="officer", by=BY, at=AT)
        file = SimpleUploadedFile("x.pdf", b"%PDF-1.7 x", "application/pdf")
        document.add(body_id=own.body_id, terms=terms, file=file, kek=KEK, by=who, at=AT)
        slip = consignment.Slip(
            entrustment_id=work, party_id=party, unit=Unit.BOX, units=1, fields=("name",), carrier="便",
            day=AT.date(), unmatched=True, people=3,
        )  # fmt: skip
        consignment.consign(slip=slip, kek=KEK, by=BY, at=AT)


def statements(client: Any, path: str) -> int:
    """Of a page that is shown; the first request of a client may do more, so it is the second."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    assert client.get(path).status_code == 200, path
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200, path
    return len(seen)


def test_pages_when_more_is_on_them_then_no_more_statements(inside: Records) -> None:
    work, officer = inside.arguments["entrustment_id"], client_of(inside.people["officer"])
    paths = ["/", "/entrustments", f"/entrustments/{work}", f"/entrustments/{work}/documents"]
    paths += ["/hand-overs", "/permissions", "/parties", "/reminders.ics"]
    paths += [
        f"/entrustments/{work}/seal",
        f"/entrustments/{work}/consign",
        f"/hand-overs/{inside.arguments['hand_over_id']}",
    ]
    more(inside, 1)
    few = {path: statements(officer, path) for path in paths}
    more(inside, 9)
    assert {path: statements(officer, path) for path in paths} == few
    assert max(few.values()) <= MOST, few


def test_looked_when_the_tree_grows_then_no_more_statements(inside: Records) -> None:
    from azukari.web.jobs.models import Job

    officer = client_of(inside.people["officer"])
    columns = [{"header": "氏名", "field": "name/person", "fate": "permitted", "ja": "", "en": ""}]
    result = {"columns": columns, "rows": 10, "unique": 10}
    Job.objects.filter(id=inside.arguments["job_id"]).update(status="done", result=result, ended_at=AT)
    path = f"/seals/{inside.arguments['job_id']}"
    more(inside, 1)
    few = statements(officer, path)
    more(inside, 9)
    assert statements(officer, path) == few <= MOST


def test_pages_when_a_statement_for_each_row_is_planted_then_the_count_tells(
    inside: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.queries import naming

    def one_by_one(ids: Iterable[UUID]) -> dict[UUID, str]:
        return {key: queries.party(key).name for key in ids}

    path, officer = f"/entrustments/{inside.arguments['entrustment_id']}", client_of(inside.people["officer"])
    monkeypatch.setattr(naming, "names_of_parties", one_by_one)
    more(inside, 1)
    few = statements(officer, path)
    more(inside, 3)
    assert statements(officer, path) > few
