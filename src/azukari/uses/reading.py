"""Whatever a source tells, one outcome for each line, row or element: taken, or waiting with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

import polars as pl

from azukari.uses import audit_event, cloudevents, mapping, pgaudit, tracker
from azukari.uses.reasons import Reason, UnusableError
from azukari.uses.use import Raw, Use, use_of


@dataclass(frozen=True)
class Taken:
    """取り込める利用。 A use, and where it was told (line, row or element, from 1)."""

    place: int
    use: Use


@dataclass(frozen=True)
class Quarantined:
    """保留。 Where it was told, why it is no use, and the member that it is about, "" for the whole."""

    place: int
    reason: Reason
    member: str = ""


Outcome = Taken | Quarantined


@dataclass
class Tally:
    """件数。 What came of a file: told = taken + quarantined; the second by reason."""

    taken: int = 0
    quarantined: Counter[Reason] = field(default_factory=Counter)

    @property
    def told(self) -> int:
        """All that was read."""
        return self.taken + self.quarantined.total()


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """Count what came of a file."""
    found = Tally()
    for one in outcomes:
        if isinstance(one, Taken):
            found.taken += 1
        else:
            found.quarantined[one.reason] += 1
    return found


def read_events(file: BinaryIO, now: datetime) -> Iterator[Outcome]:
    """CloudEvents: lines (JSONL), a batch, or one event over several lines, told apart by how the file begins."""
    head = file.readline(cloudevents.EVENT_BYTES + 1)
    if head.lstrip()[:1] == b"[" or not _is_event_line(head):
        yield from read_batch(head + file.read(cloudevents.BATCH * cloudevents.EVENT_BYTES + 1), now)
        return
    place = 0
    while head:
        if head.strip():
            place += 1
            yield _line(place, head, now)
            if not head.endswith(b"\n") and len(head) > cloudevents.EVENT_BYTES:
                _skip_line(file)
        head = file.readline(cloudevents.EVENT_BYTES + 1)


def read_batch(data: bytes, now: datetime) -> Iterator[Outcome]:
    """A JSON array of events, or one event."""
    try:
        value = cloudevents.parse_json(data)
        events: list[Any] = value if isinstance(value, list) else [value]
        if len(events) > cloudevents.BATCH:
            raise UnusableError(Reason.TOO_LONG)
    except UnusableError as error:
        yield Quarantined(1, error.reason, error.member)
        return
    for place, event in enumerate(events, 1):
        yield _judged(place, partial(cloudevents.members_of, event), now)


def read_rows(frame: pl.DataFrame, columns: mapping.ColumnMapping, key: bytes, now: datetime) -> Iterator[Outcome]:
    """The rows of a table. ColumnError if a heading is not there."""
    for place, raw in enumerate(mapping.rows(frame, columns, key), 1):
        yield _use(place, raw, now)


def read_audit_events(data: bytes, source: str, now: datetime) -> Iterator[Outcome]:
    """FHIR: one AuditEvent, a list of them, or a Bundle."""
    try:
        value = cloudevents.parse_json(data)
    except UnusableError as error:
        yield Quarantined(1, error.reason, error.member)
        return
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        found = value.get("entry")
        value = (
            [one.get("resource") if isinstance(one, dict) else None for one in found] if isinstance(found, list) else []
        )
    for place, event in enumerate(value if isinstance(value, list) else [value], 1):
        yield _judged(place, partial(audit_event.members_of, event, source), now)


def read_usages(usages: Any, source: str, subject: str, key: bytes, now: datetime) -> Iterator[Outcome]:
    """What a register of the Data Tracker protocol answered about ``subject``."""
    try:
        for place, raw in enumerate(tracker.members_of(usages, source, subject, key), 1):
            if isinstance(raw, UnusableError):
                yield Quarantined(place, raw.reason, raw.member)
            else:
                yield _use(place, raw, now)
    except UnusableError as error:
        yield Quarantined(1, error.reason, error.member)


def read_log(lines: Iterable[str], told: pgaudit.LogMapping, key: bytes, now: datetime) -> Iterator[Outcome | None]:
    """A PostgreSQL log; None for an entry that concerns nobody."""
    for place, entry in pgaudit.entries(lines):
        try:
            raw = pgaudit.members_of(entry, told, key)
        except UnusableError as error:
            yield Quarantined(place, error.reason, error.member)
            continue
        yield None if raw is None else _use(place, raw, now)


def _judged(place: int, tell: Callable[[], Raw], now: datetime) -> Outcome:
    """What ``tell`` tells, judged; it may refuse, too."""
    try:
        return Taken(place, use_of(tell(), now))
    except UnusableError as error:
        return Quarantined(place, error.reason, error.member)


def _use(place: int, raw: Raw, now: datetime) -> Outcome:
    return _judged(place, lambda: raw, now)


def _line(place: int, line: bytes, now: datetime) -> Outcome:
    if len(line) > cloudevents.EVENT_BYTES:
        return Quarantined(place, Reason.TOO_LONG)
    return _judged(place, lambda: cloudevents.members_of(cloudevents.parse_json(line)), now)


def _is_event_line(line: bytes) -> bool:
    """Whether the first line is an event by itself, or too long to tell: then the file is read line by line."""
    if len(line) > cloudevents.EVENT_BYTES:
        return True
    try:
        return isinstance(cloudevents.parse_json(line), dict)
    except UnusableError:
        return line.strip() not in (b"{", b"")


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(cloudevents.EVENT_BYTES)) and not rest.endswith(b"\n"):
        pass
