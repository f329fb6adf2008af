"""What a source tells, cut into lines that can be judged one by one, and again after a mapping was mended (docs/spec/use.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO, Final

import polars as pl

from azukari.errors import ColumnError, FormatError, LimitError, OptionError
from azukari.uses import Reason, audit_event, cloudevents, mapping
from azukari.uses.reasons import UnusableError
from azukari.uses.use import Raw, Use, use_of
from azukari.web.trail.queries import SourceInfo

_FEW: Final = 1_000


@dataclass(frozen=True, repr=False)
class Element:
    """告げられた一件。 ``place`` from 1, the bytes from which it can be judged again, and the use, or why it is none."""

    place: int
    line: bytes
    judged: Use | UnusableError


def of_batch(source: SourceInfo, data: bytes, now: datetime) -> list[Element]:
    """The elements of a JSON array of events, or of one event; of other forms as their files.

    FormatError for what is no JSON, LimitError for more than 1,000: of these nothing is taken.
    """
    try:
        value = cloudevents.parse_json(data)
    except UnusableError as error:
        raise (LimitError if error.reason is Reason.TOO_LONG else FormatError)("a batch of events") from None
    events = _resources(value) if source.form == "fhir" else value if isinstance(value, list) else [value]
    if len(events) > cloudevents.BATCH:
        raise LimitError(f"at most {cloudevents.BATCH} events in one batch")
    return [judged(source, place, _line(event), now) for place, event in enumerate(events, 1)]


def of_text(source: SourceInfo, data: bytes, now: datetime) -> list[Element]:
    """JSON lines of one request. LimitError for more than 1,000: of these nothing is taken."""
    found = list(islice(of_lines(source, BytesIO(data), now), cloudevents.BATCH + 1))
    if len(found) > cloudevents.BATCH:
        raise LimitError(f"at most {cloudevents.BATCH} events in one request")
    return found


def of_lines(source: SourceInfo, file: BinaryIO, now: datetime) -> Iterator[Element]:
    """JSON lines, one event each; empty ones are none. A line over 65,536 bytes waits as its beginning."""
    most, place = cloudevents.EVENT_BYTES + 1, 0
    while line := file.readline(most):
        whole = line
        while not whole.endswith(b"\n") and len(whole) >= most and (whole := file.readline(most)):
            pass  # the rest of a line that is too long
        if line.strip():
            place += 1
            yield judged(source, place, line.strip(), now)


def of_table(source: SourceInfo, frame: pl.DataFrame, key: bytes, now: datetime) -> Iterator[Element]:
    """The rows of a table under the source's mapping. ``key``: of the ids that are made of rows. ColumnError."""
    columns = _columns(source)
    told = mapping.rows(frame, columns, key)
    cells = (dict(zip(frame.columns, row, strict=True)) for row in frame.iter_rows())
    for place, (raw, row) in enumerate(zip(told, cells, strict=True), 1):
        yield _element(source, place, _line({"id": raw["id"], "row": row}), raw, now)


def judged(source: SourceInfo, place: int, line: bytes, now: datetime) -> Element:
    """A line, judged under what the source is like now."""
    try:
        raw = _raw(source, line)
    except UnusableError as error:
        return Element(place, line, error)
    return _element(source, place, line, raw, now)


def _element(source: SourceInfo, place: int, line: bytes, raw: Raw, now: datetime) -> Element:
    try:
        use = use_of(raw, now)
    except UnusableError as error:
        return Element(place, line, error)
    if use.source != source.name:
        return Element(place, line, UnusableError(Reason.ENVELOPE, "source"))  # nobody tells in another's name
    if use.time.year < 1970:  # before the first day that a leaf can have
        return Element(place, line, UnusableError(Reason.TIME, "time"))
    return Element(place, line, use)


def _raw(source: SourceInfo, line: bytes) -> Raw:
    if len(line) > cloudevents.EVENT_BYTES:
        raise UnusableError(Reason.TOO_LONG)
    value = cloudevents.parse_json(line)
    if source.form == "fhir":
        return audit_event.members_of(value, source.name)
    return _row(source, value) if source.form == "table" else cloudevents.members_of(value)


def _row(source: SourceInfo, value: Any) -> Raw:
    """A row again: its id is the one that it had in its file."""
    if not isinstance(value, dict) or set(value) != {"id", "row"}:
        raise UnusableError(Reason.NOT_READABLE)
    columns = _columns(source)
    frame = pl.DataFrame([dict(value["row"])], infer_schema_length=None)
    try:
        (raw,) = mapping.rows(frame.cast(pl.String), columns, bytes(32))
    except ColumnError:
        raise UnusableError(Reason.MISSING) from None
    return {**raw, "id": raw["id"] if "id" in columns.columns else value["id"]}


def _columns(source: SourceInfo) -> mapping.ColumnMapping:
    if not source.mapping:
        raise OptionError("this source has no mapping of columns")
    read = mapping.ColumnMapping.parse(source.mapping)
    return replace(read, constants={**read.constants, "source": source.name}) if "source" not in read.columns else read


def _resources(value: Any) -> list[Any]:
    """FHIR: one resource, a list, or the entries of a Bundle."""
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        entries = value.get("entry")
        found = entries if isinstance(entries, list) else []
        return [one.get("resource") if isinstance(one, dict) else None for one in found]
    return value if isinstance(value, list) else [value]


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


@dataclass
class Counts:
    """件数。 What came of it: told = taken + before + waiting. ``reasons``: (place, reason, member) of the first that wait."""

    taken: int = 0
    before: int = 0
    waiting: int = 0
    reasons: list[tuple[int, Reason, str]] = field(default_factory=list)

    @property
    def told(self) -> int:
        """All that was told."""
        return self.taken + self.before + self.waiting

    def wait(self, places: Iterable[tuple[int, Reason, str]]) -> None:
        """Count what waits, and name the first thousand."""
        found = list(places)
        self.waiting += len(found)
        self.reasons += found[: max(0, _FEW - len(self.reasons))]

    def add(self, other: Counts) -> None:
        """Count on."""
        self.taken, self.before = self.taken + other.taken, self.before + other.before
        self.waiting += other.waiting
        self.reasons += other.reasons[: max(0, _FEW - len(self.reasons))]


def looked(told: Iterable[Element]) -> Counts:
    """What would come of it, as far as a file tells: who is known, and what was told before, is seen when it is taken."""
    found = Counts()
    for one in told:
        if isinstance(one.judged, Use):
            found.taken += 1
        else:
            found.wait([(one.place, one.judged.reason, one.judged.member)])
    return found
