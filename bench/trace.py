"""How many leaked rows does it take to name the copy they came from, and how long does it take?

    python bench/trace.py [--quick] [--draw] [--trials N]

100,000 people, 100 hand-overs of eleven fields each (no individual number), eps = 1e-9. A trial takes rows out of one
copy, does to their text what a leaker might do, and measures all 100 copies with the product's own functions; every
copy but the leaker's that reaches the threshold is a false accusation. Rows are taken to be linked; what linking costs
is told by the last figure, a whole trace of 1,000 rows over real copy records. The sample has no row references unless
the attack is to keep them, and its rows are shuffled unless the attack is called intact or adjacent. With --draw the
whole matrix is written to docs/bench/ instead. The last line is JSON.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # read once, when polars is imported

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.fields.kinds import REFERENCE, Kind
from azukari.fields.spelling import (
    BAN_HYPHEN,
    CHOME_HYPHEN,
    CHOME_MIXED,
    FULL_DIGITS,
    HALF_DIGITS,
    RULES,
    SLOTS,
    presentation,
    read,
    spell,
)
from azukari.fingerprint import likelihood
from azukari.fingerprint.codes import CODE
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.likelihood import observe
from azukari.fingerprint.marking import spell_column
from azukari.fingerprint.order import delivered_order
from azukari.fingerprint.references import references
from azukari.handover.decoys import canary_count
from azukari.handover.linking import Digester, link_columns, role_columns
from azukari.handover.record import RecordReader, RecordWriter
from azukari.ledger.entry import canonical
from azukari.seal.commitments import HASH_BYTES, cell_commitments
from azukari.seal.manifest import LABELS, Entry
from azukari.seal.receipt import Grade
from azukari.tables.spelling import plain_column
from azukari.testing import COLUMNS, digits_only, fictitious_people, keep_columns, nfkc, strip_spaces
from azukari.trace.copies import Copy
from azukari.trace.finding import threshold
from azukari.trace.linkage import Link
from azukari.trace.measure import reference_value
from azukari.trace.specimen import Specimen
from azukari.trace.tracing import trace

PEOPLE, COPIES, MOST_ROWS = 100_000, 100, 60
TRIALS, QUICK_TRIALS = 200, 24
RATE = 0.99  # of trials that must name the right copy
SIZES = (1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 50, 60)  # of the matrix
FIELDS = {header: kind for header, kind in COLUMNS.items() if kind.kind is not Kind.INDIVIDUAL_NUMBER}
DOCS = Path(__file__).resolve().parent.parent / "docs" / "bench"

Rows = pl.DataFrame
Change = Callable[[Rows, Rows, np.random.Generator], Rows]


# --- what a leaker does to the text of rows ------------------------------------------------------------------


def nothing(rows: Rows, _source: Rows, _rng: np.random.Generator) -> Rows:
    """The rows as they were delivered."""
    return rows


def folded(rows: Rows, _source: Rows, _rng: np.random.Generator) -> Rows:
    """NFKC."""
    return nfkc(rows)


def unspaced(rows: Rows, _source: Rows, _rng: np.random.Generator) -> Rows:
    """NFKC, and no spaces."""
    return strip_spaces(nfkc(rows))


def dialled(rows: Rows, source: Rows, rng: np.random.Generator) -> Rows:
    """NFKC, no spaces, and of telephone numbers only the digits."""
    return digits_only(unspaced(rows, source, rng), ["電話番号"])


def normalised(rows: Rows, source: Rows, rng: np.random.Generator) -> Rows:
    """All of that, and addresses in one notation."""
    cleaned = dialled(rows, source, rng)
    plain = [presentation(Kind.ADDRESS, cell) for cell in cleaned["住所"]]
    return cleaned.with_columns(pl.Series("住所", plain, dtype=pl.String))


def only(columns: Sequence[str], rows: Rows, _source: Rows, _rng: np.random.Generator) -> Rows:
    """Some columns, untouched."""
    return keep_columns(rows, list(columns))


def retyped(rate: float, rows: Rows, source: Rows, rng: np.random.Generator) -> Rows:
    """Somebody keyed the rows in: each readable form of a spelling is another one with probability ``rate``."""
    columns = {
        header: [_retyped_cell(kind.kind, *two, rate, rng) for two in zip(rows[header], source[header], strict=True)]
        for header, kind in FIELDS.items()
        if kind.kind in SLOTS
    }
    return rows.with_columns(pl.Series(header, cells, dtype=pl.String) for header, cells in columns.items())


def _retyped_cell(kind: Kind, delivered: str, source: str, rate: float, rng: np.random.Generator) -> str:
    counts = {slot.name: slot.forms for slot in SLOTS[kind]}
    forms = read(kind, delivered)
    wanted = {
        name: (form + int(rng.integers(1, counts[name]))) % counts[name] if rng.random() < rate else form
        for name, form in forms.items()
    }
    if wanted == forms:
        return delivered
    typed = spell(kind, _longest(kind, source), wanted)
    return typed if read(kind, typed) == wanted else delivered


def _longest(kind: Kind, cell: str) -> str:
    """A cell written out as far as it goes, so that every form can be had from it by shortening."""
    if kind is Kind.PHONE and re.fullmatch(r"0[0-9]{9,10}", cell):
        return f"{cell[:3]}-{cell[3:-4]}-{cell[-4:]}"
    if kind is Kind.ADDRESS:
        half = cell.translate(str.maketrans(FULL_DIGITS, HALF_DIGITS))
        for pattern in (CHOME_MIXED, CHOME_HYPHEN):
            half = re.sub(pattern, r"\1\2丁目\3番\4号\5", half)
        if "丁目" not in half:
            half = re.sub(BAN_HYPHEN, r"\1\2番\3号\4", half)
        return re.sub(r"([^0-9番-][0-9]+)号$", r"\1号室", half)
    return cell


@dataclass(frozen=True)
class Attack:
    """流出の形。 What happened to the rows: what was done to the text, how rows were chosen, from how many copies."""

    name: str
    ja: str
    change: Change
    order: str = "shuffled"  # shuffled, kept (scattered rows in the copy's order), adjacent
    copies: int = 1
    token: bool = False


ATTACKS = (
    Attack("intact", "そのまま", nothing, "kept"),
    Attack("shuffled", "並べ替え", nothing),
    Attack("NFKC", "NFKC", folded),
    Attack("NFKC + spaces stripped", "NFKC＋空白除去", unspaced),
    Attack("... + phone digits only", "…＋電話は数字のみ", dialled),
    Attack("... + full address normaliser", "…＋住所正規化", normalised),
    Attack("name + kana only", "氏名・カナのみ", partial(only, ("氏名", "フリガナ"))),
    Attack("phone + address only", "電話・住所のみ", partial(only, ("電話番号", "住所"))),
    Attack("re-typed, 15 % wrong", "打直し・誤り15％", partial(retyped, 0.15)),
    Attack("two recipients mixed", "２者混合", nothing, copies=2),
    Attack("five recipients mixed", "５者混合", nothing, copies=5),
    Attack("adjacent", "連続した行", nothing, "adjacent"),
    Attack("adjacent + full normaliser", "連続＋全正規化", normalised, "adjacent"),
    Attack("row reference kept", "行参照あり", nothing, token=True),
)
BY_NAME = {attack.name: attack for attack in ATTACKS}

# figure -> (attack, sizes tried, goal)
FEWEST: dict[str, tuple[str, Sequence[int], int]] = {
    "rows_intact": ("intact", range(3, 14), 10),
    "rows_nfkc_spaces": ("NFKC + spaces stripped", range(8, 31), 20),
    "rows_adjacent": ("adjacent", range(1, 7), 3),
    "rows_token": ("row reference kept", (1, 2, 3), 1),
    "rows_retyped_15": ("re-typed, 15 % wrong", range(18, 61, 2), 40),
}


# --- the copies ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """People and hand-overs: where each source row stands in each copy."""

    people: Rows
    keys: list[HandOverKey]
    channels: list[dict[Channel, bytes]]
    orders: list[NDArray[np.intp]]
    positions: list[NDArray[np.int32]]
    canaries: int

    @property
    def rows(self) -> int:
        """Delivered rows of a copy, canaries included."""
        return self.people.height + self.canaries

    @classmethod
    def draw(cls, people: int, copies: int, rng: np.random.Generator) -> World:
        """Keys from ``rng``; every copy has the same people and canaries of its own."""
        canaries = canary_count(people)
        keys = [HandOverKey(rng.bytes(32)) for _ in range(copies)]
        channels = [{channel: key.channel(channel) for channel in Channel} for key in keys]
        numbers = np.arange(people + canaries, dtype=np.uint64)
        orders = [delivered_order(c[Channel.ORDER], numbers) for c in channels]
        return cls(fictitious_people(people, 1), keys, channels, orders, [inverse(o) for o in orders], canaries)


def inverse(order: NDArray[np.intp]) -> NDArray[np.int32]:
    """The delivered position of each source row."""
    positions = np.empty(len(order), dtype=np.int32)
    positions[order] = np.arange(len(order), dtype=np.int32)
    return positions


def delivered(world: World, copy: int, rows: Sequence[int]) -> Rows:
    """These source rows as copy ``copy`` has them; no reference."""
    source = world.people[list(rows)].select(list(FIELDS))
    return source.with_columns(
        spell_column(source[header], kind.kind, world.channels[copy][Channel.SPELLING])[0]
        for header, kind in FIELDS.items()
        if kind.kind in SLOTS
    )


@dataclass(frozen=True)
class Sample:
    """流出行。 Leaked rows, the source row of each, and the copies they came from."""

    text: Rows
    rows: list[int]
    culprits: list[int]
    shown: list[str]  # row references, if they were kept


def leak(world: World, attack: Attack, most: int, rng: np.random.Generator) -> Sample:
    """``most`` rows; the first k of them are a sample of k rows."""
    culprits = [int(copy) for copy in rng.choice(len(world.keys), attack.copies, replace=False)]
    picked = _picked(world, culprits[0], attack, most, rng)
    sources = [int(world.orders[culprits[0]][position]) for position in picked]
    parts = np.array([rng.permutation(culprits) for _ in range(-(-most // len(culprits)))]).ravel()[:most]
    columns = pl.concat([delivered(world, int(copy), [row]) for copy, row in zip(parts, sources, strict=True)]) \
        if len(culprits) > 1 else delivered(world, culprits[0], sources)  # fmt: skip
    text = attack.change(columns, world.people[sources], rng)
    key = world.channels[culprits[0]][Channel.REFERENCE]
    shown = [references(key, 1, position)[0] for position in picked] if attack.token else []
    return Sample(text, sources, culprits, shown)


def _picked(world: World, copy: int, attack: Attack, most: int, rng: np.random.Generator) -> list[int]:
    """Delivered positions in random order, or one block; a row of a canary is passed over (no help from them)."""
    people = np.flatnonzero(world.orders[copy] < world.people.height)
    if attack.order == "adjacent":
        start = int(rng.integers(len(people) - most))
        return [int(p) for p in people[start : start + most]]
    return [int(p) for p in rng.choice(people, most, replace=False)]


# --- measuring -----------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Trials by (attack, rows): how many there were, how many named a right copy, how many innocents were accused."""

    trials: Counter[tuple[str, int]] = field(default_factory=Counter)
    found: Counter[tuple[str, int]] = field(default_factory=Counter)
    false: int = 0
    runs: int = 0

    def rate(self, attack: str, size: int) -> float:
        """Share of trials that named a right copy."""
        return self.found[attack, size] / self.trials[attack, size]

    def fewest(self, attack: str, sizes: Sequence[int]) -> int | None:
        """The smallest size from which on RATE is kept; None if it is not even at the largest."""
        enough = None
        for size in sorted(sizes, reverse=True):
            if self.rate(attack, size) < RATE:
                break
            enough = size
        return enough


def totals(world: World, attack: Attack, sample: Sample, size: int) -> NDArray[np.float64]:
    """log2 E of every copy for the first ``size`` rows."""
    rows = sample.rows[:size]
    if attack.order == "kept":  # scattered, but as they stand in the copy
        rows = sorted(rows, key=lambda row: int(world.positions[sample.culprits[0]][row]))
    seen = observe(_cells(sample.text[:size]))
    canary = likelihood.canaries([], size, world.canaries)
    out = []
    for copy, channels in enumerate(world.channels):
        positions = [int(world.positions[copy][row]) for row in rows]
        total = (
            canary
            + likelihood.spelling(channels[Channel.SPELLING], seen)
            + likelihood.order(positions, world.rows, size)
        )
        out.append(total + _reference(sample, channels[Channel.REFERENCE], positions, world.rows))
    return np.array(out)


def _cells(text: Rows) -> Iterator[tuple[Kind, str]]:
    for header in text.columns:
        for cell in text[header].to_list():
            yield FIELDS[header].kind, cell


def _reference(sample: Sample, key: bytes, positions: Sequence[int], rows: int) -> float:
    if not sample.shown:
        return 0.0
    specimen = Specimen((REFERENCE,), tuple((text,) for text in sample.shown[: len(positions)]))
    return reference_value(specimen, key, [Link(i, p, (0,), counts=True) for i, p in enumerate(positions)], rows)


def run(
    world: World, attack: Attack, sizes: Sequence[int], trials: int, rng: np.random.Generator, tally: Tally
) -> None:
    """Trials of one attack; in each all sizes are read off one sample, and all copies are measured."""
    limit = threshold(len(world.keys))
    for _ in range(trials):
        sample = leak(world, attack, max(sizes), rng)
        tally.runs += 1
        for size in sizes:
            accused = np.flatnonzero(totals(world, attack, sample, size) >= limit).tolist()
            tally.trials[attack.name, size] += 1
            tally.found[attack.name, size] += bool(set(accused) & set(sample.culprits))
            tally.false += len(set(accused) - set(sample.culprits))


# --- a whole trace over real copy records --------------------------------------------------------------------


@dataclass(frozen=True)
class Index:
    """索引。 The linkage digests of a snapshot, ascending, and the source row of each; by combination."""

    digests: dict[str, NDArray[np.uint64]]
    rows: dict[str, NDArray[np.intp]]


def index_of(people: Rows, index_key: bytes) -> Index:
    """As sealing computes it; equal for all copies of one snapshot."""
    fields, digester = list(FIELDS.values()), Digester(index_key)
    found: dict[str, list[NDArray[np.uint64]]] = {}
    for first in range(0, people.height, 65_536):
        chunk = people[first : first + 65_536].select(list(FIELDS))
        columns = link_columns(fields)
        forms = {
            n: digester.forms(kind, plain_column(chunk.to_series(n), kind))
            for n, kind in role_columns(columns, fields).items()
        }
        for number, column in enumerate(columns):
            digests = digester.digests(column.combination, [forms[n] for n in column.columns])
            found.setdefault(f"{number} {column.combination.name}", []).append(digests)
    whole: dict[str, list[NDArray[np.uint64]]] = {}
    for name, parts in found.items():
        whole.setdefault(name.split()[1], []).append(np.concatenate(parts))
    index = Index({}, {})
    for name, columns_ in whole.items():
        rows = np.concatenate([np.flatnonzero(column) for column in columns_])
        digests = np.concatenate([column[column != 0] for column in columns_])
        ascending = np.argsort(digests, kind="stable")
        index.digests[name], index.rows[name] = digests[ascending], rows[ascending]
    return index


def write_record(path: Path, copy: Hidden, order: NDArray[np.intp], index: Index, cells: Iterator[bytes]) -> None:
    """A copy record by the product's writer. The digests of its canaries are left out: nobody looks them up here."""
    positions = inverse(order)
    with path.open("wb") as file:
        record = RecordWriter(file, copy.record_key, copy.name)
        record.section("cells", cells)
        record.section("source-rows", [order.astype("<u8").tobytes()])
        for name, digests in index.digests.items():
            record.section(f"digest/{name}", [digests.tobytes()])
            record.section(f"position/{name}", [positions[index.rows[name]].astype("<u4").tobytes()])
        record.section("canaries", [canonical([])])
        record.close()


@dataclass(frozen=True)
class Hidden:
    """Name and secrets of a copy."""

    name: str
    key: HandOverKey
    record_key: bytes
    path: Path

    @contextmanager
    def open(self) -> Iterator[RecordReader]:
        """The record, from the disk."""
        with self.path.open("rb") as file:
            yield RecordReader(file, self.record_key, self.name)


def cell_rows(people: Rows, order: NDArray[np.intp], key: HandOverKey) -> Iterator[bytes]:
    """The cell commitments of every delivered row, as sealing writes them."""
    for first in range(0, len(order), 65_536):
        chunk = people[order[first : first + 65_536]].select(list(FIELDS))
        plain = [references(key.channel(Channel.REFERENCE), chunk.height, first)]
        plain += [plain_column(chunk[header], kind.kind) for header, kind in FIELDS.items()]
        columns = [cell_commitments(key.derive("cells"), n, first, values) for n, values in enumerate(plain)]
        yield b"".join(b"".join(row) for row in zip(*columns, strict=True))


def entry_of(name: str, rows: int) -> Entry:
    """What a trace needs of an entry; the rest is zeros."""
    zero = bytes(16).hex()
    return Entry(
        hand_over=name, body=zero, entrustment=zero, party=zero, snapshot=zero, parent="", day="2026-04-01",
        expires="2027-03-31", fields=(REFERENCE, *FIELDS.values()), rows=rows, rules=RULES, code=CODE,
        strict_schema=False, recipient="", oversight="", row_root=bytes(HASH_BYTES).hex(),
        payload=bytes(HASH_BYTES).hex(), payload_bytes=1,
        commitments=dict.fromkeys(LABELS, bytes(HASH_BYTES).hex()),
    )  # fmt: skip


def seconds_of_a_trace(people_count: int, copies_count: int, size: int, rng: np.random.Generator) -> float:
    """Seconds to trace ``size`` rows of one copy over all copies; records on disk, removed afterwards.

    Only the leaker's record has its cells: a trace opens no commitment of any other (41 GB would be read by nobody).
    """
    people, index_key = fictitious_people(people_count, 1), rng.bytes(32)
    index, source_rows = index_of(people, index_key), np.arange(people_count, dtype=np.uint64)
    culprit = int(rng.integers(copies_count))
    with tempfile.TemporaryDirectory() as folder:
        copies, specimen = [], None
        for number in range(copies_count):
            name = rng.bytes(16).hex()
            hidden = Hidden(name, HandOverKey(rng.bytes(32)), rng.bytes(32), Path(folder, name))
            order = delivered_order(hidden.key.channel(Channel.ORDER), source_rows)
            cells = cell_rows(people, order, hidden.key) if number == culprit else iter(())
            write_record(hidden.path, hidden, order, index, cells)
            entry = entry_of(name, people_count)
            copies.append(Copy(entry, number, hidden.key, index_key, people_count, False, Grade.CLAIMED, hidden.open))
            if number == culprit:
                specimen = _specimen(people, order, hidden.key, size, rng)
        assert specimen is not None
        if hasattr(os, "sync"):
            os.sync()  # what was written is at rest, as it would be
        start = time.perf_counter()
        found = trace(specimen, copies, specimen_id="0", committed=rng.bytes(32), specimens_in_case=1)
        seconds = time.perf_counter() - start
    if found.finding.accused != (copies[culprit].entry.hand_over,):
        raise SystemExit("the trace did not accuse the right copy and no other")
    print(
        f"{size:,} rows ({found.finding.linked:,} count), {people_count:,} people, {copies_count} hand-overs:"
        f" {seconds:.2f} s"
    )
    return seconds


def _specimen(people: Rows, order: NDArray[np.intp], key: HandOverKey, size: int, rng: np.random.Generator) -> Specimen:
    source = people[order[rng.choice(len(order), size, replace=False)]].select(list(FIELDS))
    spelled = source.with_columns(
        spell_column(source[header], kind.kind, key.channel(Channel.SPELLING))[0]
        for header, kind in FIELDS.items()
        if kind.kind in SLOTS
    )
    return Specimen(tuple(FIELDS.values()), tuple(spelled.rows()))


# --- what is printed -----------------------------------------------------------------------------------------


def markdown(tally: Tally, trials: int) -> str:
    """The matrix as a table."""
    lines = [
        "# Which samples name their copy",
        "",
        f"Share of {trials} trials in which a right copy is accused, by number of leaked rows. {PEOPLE:,} people,",
        f"{COPIES} hand-overs of eleven fields, eps = 1e-9. Innocent copies accused in {tally.runs:,} trials, each",
        f"against at least {COPIES - 5} innocents at every size: **{tally.false}**. Mixed: at least one of the",
        "recipients is accused. Rows are shuffled but for *intact* (scattered rows in the order of the copy) and *adjacent*; row",
        "references are dropped but in the last line. Written by `python bench/trace.py --draw`; drawn in",
        "[trace-matrix.svg](trace-matrix.svg).",
        "",
        "| what was done 加工 | " + " | ".join(map(str, SIZES)) + " |",
        "|---|" + "---|" * len(SIZES),
    ]
    for attack in ATTACKS:
        cells = (shown(tally.rate(attack.name, size)) for size in SIZES)
        lines.append(f"| {attack.name} {attack.ja} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def shown(rate: float) -> str:
    """A rate in two places, 1 and 0 only where they are exact."""
    if rate in (0.0, 1.0):
        return str(int(rate))
    return f"{min(max(rate, 0.01), 0.99):.2f}"[1:]


SVG_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d">
<title id="t">Which samples name their copy 標本から写しを特定できる割合</title>
<desc id="d">Share of trials in which the right copy is accused, by attack and number of leaked rows.</desc>
<style>
text {{ font: 13px system-ui, "Hiragino Sans", "Noto Sans JP", sans-serif; fill: #1b1f24 }}
.small {{ font-size: 11px; fill: #57606a }} .cell {{ stroke: #8c959f; stroke-width: .5; fill: #0b6e69 }}
.over {{ fill: #fff }}
@media (prefers-color-scheme: dark) {{
  text {{ fill: #e6edf3 }} .small {{ fill: #9da7b3 }} .cell {{ fill: #2bb8ae }} .over {{ fill: #04211f }}
}}
</style>
"""


def svg(tally: Tally, trials: int) -> str:
    """The matrix as a picture: the fuller a cell, the more trials; every cell also carries its number."""
    left, top, wide, high = 330, 62, 46, 26
    width, height = left + wide * len(SIZES) + 16, top + high * len(ATTACKS) + 46
    parts = [SVG_HEAD.format(width=width, height=height)]
    parts.append('<text x="12" y="22">特定率 share of trials that accuse the right copy</text>\n')
    parts.append(f'<text x="{left}" y="40" class="small">漏えい行数 leaked rows</text>\n')
    for column, size in enumerate(SIZES):
        parts.append(f'<text x="{left + wide * (column + 0.5)}" y="{top - 6}" text-anchor="middle">{size}</text>\n')
    for row, attack in enumerate(ATTACKS):
        y = top + high * row
        parts.append(f'<text x="{left - 8}" y="{y + 17}" text-anchor="end">{attack.ja} {attack.name}</text>\n')
        for column, size in enumerate(SIZES):
            rate = tally.rate(attack.name, size)
            x, over = left + wide * column, ' class="over"' if rate > 0.5 else ""
            place = f'x="{x}" y="{y}" width="{wide}" height="{high}"'
            parts.append(f'<rect class="cell" {place} fill-opacity="{rate:.2f}"/>')
            parts.append(f'<text x="{x + wide / 2}" y="{y + 17}" text-anchor="middle"{over}>{shown(rate)}</text>\n')
    note = f"10万人・受渡し100件・ε = 1e-9・試行 {trials} 回、誤った特定 {tally.false} 件 "
    note += f"100,000 people, 100 hand-overs, {trials} trials, {tally.false} false accusations"
    parts.append(f'<text x="12" y="{height - 14}" class="small">{note}</text>\n</svg>\n')
    return "".join(parts)


def draw(trials: int, rng: np.random.Generator) -> None:
    """Run the matrix and write both forms of it."""
    world, tally = World.draw(PEOPLE, COPIES, rng), Tally()
    for attack in ATTACKS:
        run(world, attack, SIZES, trials, rng, tally)
        rates = " ".join(f"{shown(tally.rate(attack.name, size)):>4}" for size in SIZES)
        print(f"{attack.name:32}{rates}", flush=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "trace-matrix.md").write_text(markdown(tally, trials), encoding="utf-8")
    (DOCS / "trace-matrix.svg").write_text(svg(tally, trials), encoding="utf-8")


def figures(trials: int, quick: bool, rng: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Figure and goal by measure."""
    world, tally, found = World.draw(PEOPLE, COPIES, rng), Tally(), {}
    suffix = f" ({trials} trials)" if quick else ""
    for name, (attack, sizes, goal) in FEWEST.items():
        tried = sorted({*sizes[:: 3 if quick and len(sizes) > 6 else 1], sizes[-1], goal})
        run(world, BY_NAME[attack], tried, trials, rng, tally)
        fewest = tally.fewest(attack, tried)
        found[name + suffix] = (float(fewest if fewest is not None else sizes[-1] + 1), float(goal))
        rates = " ".join(f"{size}:{shown(tally.rate(attack, size))}" for size in tried)
        print(f"{attack:28} {rates}", flush=True)
    found[f"false_accusations ({tally.runs:,} runs)" if quick else "false_accusations"] = (float(tally.false), 0.0)
    print(f"{tally.false} false accusations in {tally.runs:,} runs, each against {COPIES - 1} innocents at every size")
    people, copies = (100_000, 20) if quick else (1_000_000, 100)
    size = f" ({people:,} people, {copies} hand-overs)" if quick else ""
    found["seconds_1000_rows" + size] = (seconds_of_a_trace(people, copies, 1_000, rng), 10.0)
    return found


def main() -> int:
    """Measure or draw."""
    parser = argparse.ArgumentParser(description="Measure what leaked rows tell.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRIALS} trials, a smaller trace")
    parser.add_argument("--draw", action="store_true", help="write the whole matrix to docs/bench/ instead")
    parser.add_argument("--trials", type=int)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    trials = options.trials or (QUICK_TRIALS if options.quick else TRIALS)
    rng = np.random.default_rng(20_261_123)
    if options.draw:
        draw(trials, rng)
        return 0
    found = figures(trials, options.quick, rng)
    print(json.dumps({
        name: {"figure": round(figure, 2), "goal": goal, "better": "lower"} for name, (figure, goal) in found.items()
    }))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
