"""Verify a bundle offline; the steps carry the numbers of docs/spec/evidence.md.

`verifier/` is a second implementation of the same steps that shares no line with this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from azukari.completeness.leaf import Leaf, is_leaf
from azukari.errors import (
    BurnedError,
    CommitmentError,
    EvidenceError,
    ForeignReceiptError,
    FormatError,
    NotRecomputed,
    ProofError,
    SpecimenError,
)
from azukari.evidence.bundle import Accused, Bundle, Excluded
from azukari.fields.kinds import derivable
from azukari.fields.spelling import RULES
from azukari.fingerprint import likelihood, order
from azukari.fingerprint.codes import CODE
from azukari.fingerprint.keys import Channel
from azukari.ledger.checkpoint import open_checkpoint
from azukari.ledger.entry import canonical, entry_type, parse_canonical
from azukari.ledger.note import Verifier
from azukari.ledger.tree import leaf_hash, root_of, verify_inclusion
from azukari.seal.commitments import (
    cell_commitment,
    row_leaf,
    source_row_commitment,
    verify_commitment,
)
from azukari.seal.manifest import ENTRY, SMALL_COUNT, Entry, rows_bytes
from azukari.seal.receipt import Grade, verify_receipt
from azukari.trace.finding import EPSILON, Leaked, threshold
from azukari.trace.linkage import Link, counts, plain_cell
from azukari.trace.measure import FLOORS, canary_value, leaked_fields, reference_value, sham_values
from azukari.trace.specimen import (
    DISCLOSURE,
    SPECIMEN,
    Specimen,
    SpecimenFile,
    read_disclosure_entry,
    read_specimen_entry,
)

TOLERANCE: Final = 0.01  # bits; figures are written with three places
SHAMS: Final = 20
DRAWN: Final = 10_000


@dataclass(frozen=True)
class Verified:
    """検証の結果。 What holds, and to how much it amounts; logarithms are base 2."""

    hand_overs: int
    specimens_in_case: int
    epsilon: str
    threshold: float
    accused: Mapping[str, float]
    excluded: Mapping[str, Excluded]

    @property
    def bound(self) -> float:
        """k x eps."""
        return self.specimens_in_case * float(self.epsilon)


@dataclass(frozen=True)
class _Ledger:
    entries: tuple[bytes, ...]
    specimen: int
    committed: bytes
    specimen_id: str
    hand_overs: dict[str, tuple[int, Entry]]
    specimens_in_case: int


def verify_bundle(
    data: bytes,
    specimen_file: bytes | None = None,
    *,
    vkey: str | None = None,
    step: Callable[[int], None] = lambda number: None,
) -> Verified:
    """Steps 1 to 11. Raises the verdicts of the specification; NotRecomputed, carrying the result, without a specimen."""
    bundle = Bundle.parse(data)
    file = None if specimen_file is None else SpecimenFile.parse(specimen_file)
    if (bundle.rules, bundle.code) != (RULES, CODE):
        raise FormatError("rules")
    step(1)
    checkpoint = open_checkpoint(bundle.checkpoint.encode(), bundle.origin, [Verifier.parse(vkey or bundle.vkey)])
    step(2)
    if len(bundle.entries) != checkpoint.size or root_of([leaf_hash(e) for e in bundle.entries]) != checkpoint.root:
        raise ProofError("entries")
    step(3)
    ledger = _ledger(bundle)
    limit = _threshold(bundle, ledger)
    step(4)
    accused = {one.hand_over: _accused_entry(bundle, ledger, one, limit) for one in bundle.accused}
    if len(accused) != len(bundle.accused):
        raise EvidenceError("accused twice")
    step(5)
    for one in bundle.accused:
        _verify_links(one, accused[one.hand_over], bundle.rows)
    step(6)
    excluded = _verify_exclusions(bundle, ledger)
    step(7)
    result = Verified(
        len(ledger.hand_overs),
        ledger.specimens_in_case,
        bundle.epsilon,
        limit,
        {one.hand_over: one.log2_e["total"] for one in bundle.accused},
        excluded,
    )
    if file is None:
        raise NotRecomputed(result=result)
    _verify_specimen(bundle, ledger, file, accused, limit, step)
    if not bundle.accused:  # then nothing ties `leaked`, and with it the exclusions, to any copy
        raise NotRecomputed(result=result)
    return result


def _ledger(bundle: Bundle) -> _Ledger:
    """Step 4: every entry is well formed; hand-overs and specimens count up to this specimen."""
    if not bundle.specimen < len(bundle.entries):
        raise EvidenceError("specimen entry")
    known: dict[str, tuple[int, Entry]] = {}
    cases: dict[int, str] = {}
    for index, data in _named(bundle.entries):
        kind = entry_type(data)
        if kind == ENTRY:
            entry = Entry.parse(data)
            if entry.hand_over in known:
                raise EvidenceError("two hand-overs with one identifier")
            known[entry.hand_over] = (index, entry)
        elif kind == SPECIMEN:
            cases[index] = read_specimen_entry(data)["case"]
        elif kind == DISCLOSURE:
            read_disclosure_entry(data)
        else:
            parse_canonical(data, kind)
    if bundle.specimen not in cases:
        raise EvidenceError("specimen entry")
    hand_overs = {h: at for h, at in known.items() if at[0] < bundle.specimen}
    if not hand_overs:
        raise EvidenceError("no hand-over before the specimen")
    specimen = read_specimen_entry(bundle.entries[bundle.specimen])
    in_case = sum(case == specimen["case"] for index, case in cases.items() if index <= bundle.specimen)
    committed = bytes.fromhex(specimen["commitment"])
    return _Ledger(bundle.entries, bundle.specimen, committed, specimen["specimen"], hand_overs, in_case)


def _named(entries: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """The entries that name what they are, with their indexes: all but people's leaves, which have nothing to say here."""
    for index, data in enumerate(entries):
        if is_leaf(data):
            Leaf.parse(data)
        else:
            yield index, data


def _threshold(bundle: Bundle, ledger: _Ledger) -> float:
    try:
        epsilon = float(bundle.epsilon)
    except ValueError as error:
        raise FormatError("epsilon") from error
    if not 0 < epsilon <= float(EPSILON):
        raise EvidenceError("epsilon")
    return threshold(len(ledger.hand_overs), epsilon)


def _accused_entry(bundle: Bundle, ledger: _Ledger, one: Accused, limit: float) -> Entry:
    """Step 5."""
    index, entry = ledger.hand_overs.get(one.hand_over, (-1, None))
    if entry is None or index != one.entry:
        raise EvidenceError("accused entry")
    if (entry.rules, entry.code) != (bundle.rules, bundle.code):
        raise EvidenceError("rules")
    _verify_disclosure(bundle, ledger, one)
    _verify_declared(one, limit)
    for channel, opened in one.channels.items():
        label = f"channel/{channel.value}"
        verify_commitment(label, opened.opening, opened.key, entry.committed(label))
    verify_commitment("rows", one.rows_opening, rows_bytes(one.rows), entry.committed("rows"))
    if entry.rows != (one.rows if one.rows >= SMALL_COUNT else None):
        raise EvidenceError("row count")
    if (one.canaries is None) != (Channel.CANARY not in one.channels):
        raise FormatError("canary list")
    if one.canaries is not None:
        pairs = canonical([list(pair) for pair in one.canaries.pairs])
        verify_commitment("canaries", one.canaries.opening, pairs, entry.committed("canaries"))
    return entry


def _verify_declared(one: Accused, limit: float) -> None:
    """The declared total is the sum of the declared channels and the floors of the others, and reaches the threshold."""
    names = {channel.value for channel in one.channels}
    if set(one.log2_e) != names | {"total"}:
        raise EvidenceError("channels")
    total = sum(one.log2_e[c.value] if c in one.channels else FLOORS[c] for c in Channel)
    if not abs(one.log2_e["total"] - total) <= TOLERANCE or one.log2_e["total"] < limit - TOLERANCE:
        raise EvidenceError("declared e-value")


def _verify_disclosure(bundle: Bundle, ledger: _Ledger, one: Accused) -> None:
    for index, data in _named(bundle.entries):
        if entry_type(data) != DISCLOSURE:
            continue
        value = read_disclosure_entry(data)
        if value.get("handover") == one.hand_over and index < ledger.specimen:
            raise BurnedError
        if index == one.disclosure:
            expected = (one.hand_over, ledger.specimen_id, sorted(c.value for c in one.channels))
            if (value.get("handover"), value.get("specimen"), value.get("channels")) == expected:
                return
    raise EvidenceError("disclosure")


def _verify_links(one: Accused, entry: Entry, specimen_rows: int) -> None:
    """Step 6."""
    positions = [link.position for link in one.links]
    rows = [link.row for link in one.links]
    ascending = all(before < after for before, after in pairwise(rows))
    if len(set(positions)) != len(positions) or not ascending or max(rows, default=-1) >= specimen_rows:
        raise ProofError("links")
    for link in one.links:
        if len(link.cells) != len(entry.fields):
            raise FormatError("cells")
        source = source_row_commitment(link.source_salt, link.source_row)
        leaf = leaf_hash(row_leaf(link.position, source, b"".join(link.cells)))
        verify_inclusion(leaf, link.position, one.rows, list(link.path), bytes.fromhex(entry.row_root))
    if Channel.ORDER in one.channels:
        _verify_order(one)


def _verify_order(one: Accused) -> None:
    links = sorted(one.links, key=lambda link: link.position)
    numbers = np.array([link.source_row for link in links], dtype=np.uint64)
    keys = order.sort_keys(one.channels[Channel.ORDER].key, numbers).tolist()
    placed = list(zip(keys, numbers.tolist(), strict=True))
    if placed != sorted(placed):
        raise EvidenceError("row order")


def _verify_exclusions(bundle: Bundle, ledger: _Ledger) -> dict[str, Excluded]:
    """Step 7."""
    leaked = {field: Leaked(field, cells, opened) for field, cells, opened in bundle.leaked}
    excluded = {}
    accused = {one.hand_over for one in bundle.accused}
    if not set(bundle.others) <= set(ledger.hand_overs) - accused:
        raise EvidenceError("others")
    if not set(bundle.receipts) <= set(ledger.hand_overs):
        raise ForeignReceiptError
    grades = {hand_over: _grade(bundle, ledger, hand_over) for hand_over in bundle.receipts}
    for one in bundle.excluded:
        _, entry = ledger.hand_overs.get(one.hand_over, (-1, None))
        if entry is None or one.hand_over in accused:
            raise EvidenceError("exclusion")
        proven = grades.get(one.hand_over, Grade.CLAIMED)
        if one.field is None:
            proven = Grade.CLAIMED
        elif not (one.field in leaked and leaked[one.field].certain):
            raise EvidenceError("leaked field")
        elif derivable(one.field, frozenset(entry.fields)):
            raise EvidenceError("derivable field")
        if one.grade is not proven:
            raise EvidenceError("grade")
        excluded[one.hand_over] = one
    return excluded


def _grade(bundle: Bundle, ledger: _Ledger, hand_over: str) -> Grade:
    index, entry = ledger.hand_overs[hand_over]
    grades = {Grade.CLAIMED}
    for note in bundle.receipts[hand_over]:
        grades.add(verify_receipt(note.encode(), entry, bundle.entries[index]).grade)
    return max(grades, key=list(Grade).index)


def _verify_specimen(
    bundle: Bundle,
    ledger: _Ledger,
    file: SpecimenFile,
    accused: Mapping[str, Entry],
    limit: float,
    step: Callable[[int], None],
) -> None:
    file.verify(ledger.committed)
    if (file.specimen.columns, len(file.specimen.rows)) != (bundle.columns, bundle.rows):
        raise SpecimenError("columns and rows")
    step(8)
    links = {one.hand_over: _opened(one, accused[one.hand_over], file) for one in bundle.accused}
    _verify_leaked(bundle, file.specimen, accused, links)
    step(9)
    seen = likelihood.observe(file.specimen.cells())
    for one in bundle.accused:
        _verify_values(one, file.specimen, seen, links[one.hand_over], limit)
    step(10)
    if bundle.accused:
        first = bundle.accused[0]
        rows = {link.row: link.source_row for link in first.links}
        counted = [rows[link.row] for link in links[first.hand_over] if link.counts]
        values = list(sham_values(ledger.committed, seen, counted, first.rows, SHAMS, bundle.rows))
        _verify_shams(bundle, values, limit)
    step(11)


def _opened(one: Accused, entry: Entry, file: SpecimenFile) -> list[Link]:
    """Step 9: which cells of each linked row open, and whether the row counts."""
    where = file.specimen.first_columns()
    out = []
    if not set(file.openings.get(one.hand_over, {})) <= {link.row for link in one.links}:
        raise CommitmentError("a salt that opens nothing")
    for link in one.links:
        if link.row >= len(file.specimen.rows):
            raise EvidenceError("links")
        columns = []
        for column, salt in sorted(file.openings.get(one.hand_over, {}).get(link.row, {}).items()):
            field = entry.fields[column] if column < len(entry.fields) else None
            if field is None or field not in where or entry.fields.index(field) != column:
                raise CommitmentError("a salt that opens nothing")
            plain = plain_cell(field, file.specimen.rows[link.row][where[field]])
            if not plain or cell_commitment(column, salt, plain) != link.cells[column]:
                raise CommitmentError("cell")
            columns.append(column)
        out.append(Link(link.row, link.position, tuple(columns), counts(entry.fields, columns)))
    return out


def _verify_leaked(
    bundle: Bundle, specimen: Specimen, accused: Mapping[str, Entry], links: Mapping[str, list[Link]]
) -> None:
    for hand_over, entry in accused.items():
        if tuple(leaked_fields(specimen, entry.fields, links[hand_over])) != bundle.leaked:
            raise EvidenceError("leaked")
        return


def _verify_values(
    one: Accused, specimen: Specimen, seen: likelihood.Spellings, links: list[Link], limit: float
) -> None:
    """Step 10."""
    counted = [link for link in links if link.counts]
    values: dict[Channel, float] = {}
    if Channel.SPELLING in one.channels:
        values[Channel.SPELLING] = likelihood.spelling(one.channels[Channel.SPELLING].key, seen)
    if Channel.ORDER in one.channels:
        values[Channel.ORDER] = likelihood.order([link.position for link in counted], one.rows, len(specimen.rows))
    if Channel.REFERENCE in one.channels:
        key = one.channels[Channel.REFERENCE].key
        values[Channel.REFERENCE] = reference_value(specimen, key, counted, one.rows)
    if Channel.CANARY in one.channels:
        pairs = one.canaries.pairs if one.canaries else ()
        values[Channel.CANARY] = canary_value(specimen, one.channels[Channel.CANARY].key, counted, pairs)
    total = sum(values.get(channel, FLOORS[channel]) for channel in Channel)
    expected = {channel.value: value for channel, value in values.items()} | {"total": total}
    if any(not abs(one.log2_e[name] - value) <= TOLERANCE for name, value in expected.items()):
        raise EvidenceError("e-value")
    if total < limit:
        raise EvidenceError("below the threshold")


def _verify_shams(bundle: Bundle, values: list[float], limit: float) -> None:
    """Step 11."""
    same = len(values) == len(bundle.shams_first) and all(
        abs(a - b) <= TOLERANCE for a, b in zip(values, bundle.shams_first, strict=True)
    )
    if not same or max(values) >= limit:
        raise EvidenceError("shams")
    if bundle.shams_drawn != DRAWN or bundle.shams_reached or bundle.shams_highest < max(bundle.shams_first):
        raise EvidenceError("number of shams")
