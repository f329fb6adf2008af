"""A permission that was revoked: what was sealed under it before is handed out by nobody any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.web.bodies import KEK, client_of, furnish, hand_over, screens
from tests.web.conftest import AT, BY, Ledger
from tests.web.stalls import Stall, a_body, outside, pair, shelve_certificate

from azukari.stores.clock import today


@pytest.fixture
def two(sqlite_office: Path) -> Iterator[tuple[Stall, Stall]]:
    with outside():
        yield pair(a_body("霞ヶ浜年金機構"), "aoi", sqlite_office)


def revoke(permission_id: UUID) -> None:
    from azukari.web.custody.actions import permission

    permission.revoke(permission_id=permission_id, reason="事故", by=BY, at=AT)


def got(client: Any, path: str, **named: Any) -> int:
    """The status of an answer, whose file is closed."""
    answer = client.get(path, **named)
    answer.close()
    return int(answer.status_code)


def page(client: Any, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def permit(work: UUID, sub: UUID) -> tuple[UUID, UUID]:
    """A permission that was granted, and the entrustment that it opened."""
    from azukari.web.custody.actions import permission

    days = {"starts_on": date(2026, 4, 1), "ends_on": date(2099, 3, 31)}
    asked = permission.ask(
        entrustment_id=work, party_id=sub, country="JP", fields=["name"], people=100, safeguards="施錠", by=BY, at=AT,
        **days,
    )  # fmt: skip
    decision = permission.Decision(ends_on=date(2099, 3, 31))
    return asked, permission.grant(permission_id=asked, decision=decision, by=BY, at=AT)


def test_package_inside_when_the_permission_is_revoked_then_it_is_neither_saved_nor_carried_out(ledger: Ledger) -> None:
    from azukari.web.accounts.actions import person
    from azukari.web.custody import places, queries
    from azukari.web.custody.queries.crossing import outgoing

    records = furnish(ledger, "甲")
    _, sub = sorted(queries.parties(records.body_id), key=lambda one: one.id != records.arguments["party_id"])
    asked, child = permit(records.arguments["entrustment_id"], sub.id)
    person.create(body_id=records.body_id, login="sub-1", name="灘", role="contractor", party=sub.id, by=BY, at=AT)
    given = [records.arguments["hand_over_id"], hand_over(records.body_id, child, sub.id)]
    for one in given:
        places.package(one).write_bytes(b"sealed")

    def carried() -> set[UUID]:
        ledger.integrate()
        return {item.id for item in outgoing(records.body_id, KEK) if item.kind == "package"}

    with screens():
        client = client_of(records.people["officer"])
        assert carried() == set(given)
        assert [got(client, f"/hand-overs/{one}/package") for one in given] == [200, 200]
        revoke(asked)
        assert carried() == {given[0]}
        assert [got(client, f"/hand-overs/{one}/package") for one in given] == [200, 403]
        assert [f"/hand-overs/{one}/package" in page(client, f"/hand-overs/{one}") for one in given] == [True, False]
        assert "許諾が取り消されています" in page(client, f"/hand-overs/{given[1]}")


def test_taken_back_when_a_permission_is_revoked_then_all_below_it_is(ledger: Ledger) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.queries import permissions

    records = furnish(ledger, "甲")
    own, sub = sorted(queries.parties(records.body_id), key=lambda one: one.id != records.arguments["party_id"])
    asked, child = permit(records.arguments["entrustment_id"], sub.id)
    _, below = permit(child, own.id)
    permit(records.arguments["entrustment_id"], sub.id)
    assert permissions.taken_back(records.body_id) == set()
    revoke(asked)
    assert permissions.taken_back(records.body_id) == {child, below}


@pytest.mark.parametrize("whose", ["own", "above"])
def test_package_outside_when_the_permission_is_revoked_then_it_is_fetched_no_more(
    two: tuple[Stall, Stall], whose: str
) -> None:
    from django.test import Client

    first, sub = two

    def asked(one: Stall) -> list[int]:
        program = got(Client(), f"/api/packages/{one.package}/package", headers=one.bearer)
        return [got(one.client(), f"/packages/{one.package}/package"), program]

    assert asked(first) == asked(sub) == [200, 200]
    assert first.permission is not None
    if whose == "above":
        _above(sub)
    shelve_certificate(first, sub, today(), first.permission, revoked=True)
    assert (asked(first), asked(sub)) == ([200, 200], [403, 403])
    offered = [f"/packages/{one.package}/package" in page(one.client(), f"/packages/{one.package}") for one in two]
    assert offered == [True, False]


def _above(sub: Stall) -> None:
    """The work of the package lies one level deeper than the one that was permitted."""
    from azukari.web.counter.models import Shelved, Work

    row = Work.objects.get(id=sub.work)
    deeper = Work.objects.create(
        id=UUID(int=9), body_id=row.body_id, firm_id=row.firm_id, parent=row.id, title="下", purpose="下", fields=row.fields,
        starts_on=row.starts_on, ends_on=row.ends_on, stage=row.stage, updated_at=AT, updated_by=BY,
    )  # fmt: skip
    Shelved.objects.filter(id=sub.package).update(work=deeper)
