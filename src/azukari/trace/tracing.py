"""Steps 2 to 8 in order, over all copies of an office."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from azukari.fingerprint.likelihood import Spellings, observe
from azukari.handover.record import RecordReader
from azukari.seal.receipt import Grade
from azukari.trace.copies import Copy
from azukari.trace.finding import (
    Exclusion,
    Finding,
    Genuine,
    Leaked,
    excluded_by_field,
    judge_genuine,
    threshold,
)
from azukari.trace.linkage import (
    Link,
    Question,
    candidates,
    open_links,
    positions_by_reference,
    question,
    settle,
    shown_references,
)
from azukari.trace.measure import NOTHING, SHAMS, Measurement, control, leaked_fields, measure
from azukari.trace.specimen import Specimen

WITHIN_REACH: Final = 10.0  # bits below the threshold from which a copy's links are opened, and measured again
Progress = Callable[[int, int], None]


@dataclass(repr=False)
class Examined:
    """調べた写し。 One copy with its links and measurement; ``links`` are opened where they decide anything."""

    copy: Copy
    links: list[Link]
    absent_rows: frozenset[int]  # linkable rows that no combination finds in this copy
    measurement: Measurement
    canary_list: tuple[tuple[int, int], ...]
    opened: bool = False
    source_rows: list[int] = field(default_factory=list)

    @property
    def counted(self) -> list[Link]:
        """The links that count."""
        return [link for link in self.links if link.counts]


@dataclass(frozen=True, repr=False)
class Trace:
    """追跡の結果。 The finding, and the copies as they were examined (for disclosure)."""

    finding: Finding
    examined: dict[str, Examined]
    seen: Spellings


def trace(
    specimen: Specimen,
    copies: Sequence[Copy],
    *,
    specimen_id: str,
    committed: bytes,
    specimens_in_case: int,
    source_rows: Mapping[str, Mapping[int, int]] | None = None,
    shams: int = SHAMS,
    progress: Progress = lambda done, total: None,
) -> Trace:
    """Examine every copy. ``source_rows``: per snapshot, specimen row -> source row, where a source was at hand."""
    seen = observe(specimen.cells())  # step 2
    limit = threshold(len(copies))
    questions = {key: question(specimen, key) for key in {copy.index_key for copy in copies}}
    examined: dict[str, Examined] = {}
    for number, copy in enumerate(copies):
        given = (source_rows or {}).get(copy.entry.snapshot, {})
        found = _examine(specimen, seen, copy, questions[copy.index_key], given, limit)
        examined[copy.entry.hand_over] = found
        progress(number + 1, len(copies))
    best = _best_linked(examined)
    if best is not None and not best.opened and not best.copy.expired:
        _open(specimen, seen, best)
    finding = _finding(
        specimen, examined, best, questions, limit, specimen_id, committed, specimens_in_case, seen, shams
    )
    return Trace(finding, examined, seen)


def _examine(
    specimen: Specimen, seen: Spellings, copy: Copy, asked: Question, given: Mapping[int, int], limit: float
) -> Examined:
    if copy.expired:
        return Examined(copy, [], frozenset(), NOTHING, ())
    with copy.open_record() as record:
        found = candidates(asked, record)  # step 3
        known = _given_positions(record, given)
        by_reference = positions_by_reference(
            copy, {r: ref for r, ref in shown_references(specimen).items() if not found[r] and r not in known}
        )
        links = settle(found, known | by_reference)
        findable = np.flatnonzero(asked.linkable).tolist()
        absent = frozenset(row for row in findable if not found[row] and row not in known)
        canary_list = tuple((p, n) for p, n in json.loads(record.read("canaries")))
        measurement = measure(specimen, seen, copy, links, canary_list)  # step 4
        examined = Examined(copy, links, absent, measurement, canary_list)
        if measurement.total >= limit - WITHIN_REACH or copy.burned:
            _open(specimen, seen, examined, record)
    return examined


def _given_positions(record: RecordReader, given: Mapping[int, int]) -> dict[int, int]:
    if not given:
        return {}
    sources = record.numbers("source-rows", "<u8")
    positions = np.argsort(sources)
    places = np.searchsorted(sources[positions], np.array(list(given.values()), dtype=np.uint64))
    return {
        row: int(positions[place])
        for (row, source), place in zip(given.items(), places.tolist(), strict=True)
        if place < len(sources) and int(sources[positions[place]]) == source
    }


def _open(specimen: Specimen, seen: Spellings, examined: Examined, record: RecordReader | None = None) -> None:
    """Check the links of a copy against its commitments, and measure again on those that count."""
    if record is None:
        with examined.copy.open_record() as opened:
            _open(specimen, seen, examined, opened)
        return
    examined.links = open_links(specimen, examined.copy, record, examined.links)
    examined.opened = True
    sources = record.numbers("source-rows", "<u8")
    examined.source_rows = [int(sources[link.position]) for link in examined.counted]
    examined.measurement = measure(specimen, seen, examined.copy, examined.counted, examined.canary_list)


def _best_linked(examined: Mapping[str, Examined]) -> Examined | None:
    """The copy that can say most: measured highest among those with the most links over the most fields."""
    return max(
        examined.values(),
        key=lambda e: (len(e.counted) if e.opened else len(e.links), len(e.copy.entry.fields), e.measurement.total),
        default=None,
    )


def _finding(
    specimen: Specimen,
    examined: Mapping[str, Examined],
    best: Examined | None,
    questions: Mapping[bytes, Question],
    limit: float,
    specimen_id: str,
    committed: bytes,
    specimens_in_case: int,
    seen: Spellings,
    shams: int,
) -> Finding:
    accused = tuple(h for h, e in examined.items() if e.opened and e.measurement.total >= limit)  # step 5
    judged = examined[accused[0]] if accused else best
    linkable = int(questions[judged.copy.index_key].linkable.sum()) if judged else 0
    linked = len(judged.counted) if judged else 0
    genuine = judge_genuine(linkable, linked) if not accused else Genuine.GENUINE  # step 7
    leaked = (
        tuple(Leaked(*item) for item in leaked_fields(specimen, judged.copy.entry.fields, judged.links))
        if judged
        else ()
    )
    sham = control(  # step 6
        committed,
        seen,
        judged.source_rows if judged else (),
        judged.copy.rows if judged else 1,
        limit,
        len(specimen.rows),
        shams,
    )
    return Finding(
        specimen=specimen_id,
        commitment=committed.hex(),
        rows=len(specimen.rows),
        linkable=linkable,
        linked=linked,
        genuine=genuine,
        hand_overs=len(examined),
        specimens_in_case=specimens_in_case,
        threshold=limit,
        measurements={h: e.measurement for h, e in examined.items()},
        accused=accused,
        burned=tuple(h for h, e in examined.items() if e.copy.burned),
        expired=tuple(h for h, e in examined.items() if e.copy.expired),
        leaked=leaked,
        excluded=_exclusions(examined, accused, judged, leaked) if genuine is Genuine.GENUINE else (),
        shams=sham,
    )


def _exclusions(
    examined: Mapping[str, Examined], accused: Sequence[str], judged: Examined | None, leaked: Sequence[Leaked]
) -> tuple[Exclusion, ...]:
    """Step 8."""
    out = []
    for hand_over, one in examined.items():
        if hand_over in accused:
            continue
        by_field = excluded_by_field(hand_over, one.copy.entry.fields, one.copy.grade, leaked)
        if by_field is not None:
            out.append(by_field)
        elif judged is not None and one is not judged:
            missing = _rows_never_held(one, judged)
            if missing:
                out.append(Exclusion(hand_over, None, missing, Grade.CLAIMED))
    return tuple(out)


def _rows_never_held(one: Examined, judged: Examined) -> int:
    """Counted rows of the judged copy that nothing finds in this copy of the same snapshot and at least its fields."""
    same_snapshot = one.copy.entry.snapshot == judged.copy.entry.snapshot
    holds_as_much = set(judged.copy.entry.fields) <= set(one.copy.entry.fields)
    if not (same_snapshot and holds_as_much):
        return 0
    # A row that only its reference or a source pointed to is found by no combination anywhere: no absence.
    return len(({link.row for link in judged.counted} - judged.absent_rows) & one.absent_rows)
