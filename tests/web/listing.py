"""People with lists in an office of a test: hand-overs, single events, indexes, reports that are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
KEY = bytes(range(32, 64))


def event(**changed: Any) -> Any:
    from azukari.completeness.event import Act, Event

    known: dict[str, Any] = {
        "act": Act.USE, "basis": "法第69条", "body": "霞ヶ浜年金機構", "country": "", "day": TODAY, "entrustment": "",
        "fields": (), "id": uuid4().hex, "next": "", "party": "", "purpose": "給付の審査", "role": "person",
    }  # fmt: skip
    if changed.get("act", Act.USE) is Act.USE:
        known |= {"at": NOW, "deed": "view"}
    return Event(**(known | changed))


@dataclass
class Office:
    """A body with a log and people known by local ids."""

    ledger: Ledger

    def numbers(self, ids: Sequence[str]) -> Any:
        from azukari.web.subjects.actions import subject

        return subject.numbers(body_id=self.ledger.body_id, local_ids=ids, kek=KEK, by=BY, at=NOW)

    def person(self, local_id: str) -> Any:
        from azukari.web.subjects import queries

        return queries.known(self.ledger.body_id, local_id, KEK)

    def note(self, local_id: str, **named: Any) -> Any:
        from django.db import transaction

        from azukari.web.leaves.actions import single

        self.numbers([local_id])
        told = {"event": event()} | named
        with transaction.atomic():
            return single.note(subject_id=self.person(local_id).id, kek=KEK, by=BY, at=NOW, **told)

    def begin(self, ids: Sequence[str], nobody: int = 0, spouses: Sequence[str] = ()) -> UUID:
        """A hand-over that is logged, with its people spooled; "" among ``spouses`` for a row without one."""
        from django.db import transaction

        from azukari.completeness.event import Act
        from azukari.web.leaves.actions import bulk
        from azukari.web.leaves.people import EMPTY
        from azukari.web.sequencer.actions import entry

        made, work = uuid4(), uuid4()
        roles = {"person": np.concatenate([self.numbers(ids), np.zeros(nobody, dtype=np.int64)])}
        if spouses:
            filled = iter(self.numbers([one for one in spouses if one]))
            roles["spouse"] = np.array([next(filled) if one else EMPTY for one in spouses], dtype=np.int64)
        leaves = bulk.spool(bulk_id=made, key=KEY, roles=roles, by=BY, at=NOW)
        told = {
            "act": Act.HAND_OVER,
            "entrustment": work.hex,
            "id": made.hex,
            "party": "青嵐データ入力",
            "country": "JP",
        }
        with transaction.atomic():
            entry.append(log_id=self.ledger.log_id, data=b'{"type":"hand-over"}', by=BY, at=NOW)
            of = bulk.HandOver(made, self.ledger.body_id, 1, work, TODAY, b'{"type":"hand-over"}', len(ids) + nobody)
            events = {role: event(role=role, **told) for role in roles}
            bulk.begin(of=of, leaves=leaves, events=events, by=BY, at=NOW)
        return made

    def finish(self, bulk_id: UUID, **named: Any) -> str | None:
        from azukari.web.leaves.actions import bulk

        return bulk.finish(bulk_id=bulk_id, key=KEY, kek=KEK, by=BY, at=NOW, **named)

    def hand_over(self, ids: Sequence[str], **named: Any) -> UUID:
        made = self.begin(ids, **named)
        assert self.finish(made) == "released"
        return made

    def index(self, at: datetime = NOW) -> int:
        from azukari.web.leaves.actions import epoch

        size = epoch.make(body_id=self.ledger.body_id, by=BY, at=at)
        self.ledger.integrate()
        return size

    def report(self, local_id: str, today: date = TODAY, since: int | None = None) -> Any:
        from azukari.web.leaves.queries.reporting import report

        return report(self.person(local_id).id, KEK, today, since)

    def checked(self, local_id: str, now: datetime = NOW, **given: Any) -> Any:
        """The report, checked as its person would."""
        from azukari.completeness.checking import verify_report

        made = self.report(local_id, (now + timedelta(hours=9)).date(), given.pop("since", None))
        return verify_report(made.encode(), now, [self.ledger.verifier], **given), made
