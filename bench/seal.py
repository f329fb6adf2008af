"""How long does it take to seal a million people, and how much memory?

    python bench/seal.py [--quick]

A table of twelve columns is read and sealed whole: four marks, a commitment to every cell, linkage digests, row root,
CSV, age encryption, copy record; all of it written to a temporary folder and synced. The people are made in another
process; each measurement is a process of its own on one core. Marking alone is compared, in one process, with the
scheme of Agrawal and Kiernan (bench/agrawal_kiernan.py), which gets its columns as integers, ready made. The last line
is JSON.
"""

from __future__ import annotations

import os

os.environ["POLARS_MAX_THREADS"] = "1"  # read once, when polars is imported

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import GeneratorType
from typing import Any

import numpy as np
import polars as pl

from azukari.fields.spelling import SLOTS
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.marking import spell_column
from azukari.fingerprint.order import delivered_order
from azukari.fingerprint.references import references
from azukari.handover import sealing
from azukari.handover.decoys import canary_count, decoy_rows
from azukari.handover.record import RecordWriter
from azukari.handover.sealing import Parties, Plan, Secrets, seal_table
from azukari.seal.identity import Identity
from azukari.testing import COLUMNS, fictitious_people

ROWS, QUICK_ROWS = 1_000_000, 100_000
TENTH = 10  # growth is measured against a table of a tenth of the rows
CHUNK = 65_536
SECONDS, MEMORY_GB, GROWTH, RATIO = 60.0, 2.0, 11.0, 5.0  # goals; seconds for a million rows
LOCAL_ID = "宛名番号"
PEER_COLUMNS = ("年金額", "配偶者所得", "生年月日", "配偶者生年月日", "電話番号", "郵便番号")

# What is timed inside a sealing: name -> where it is called from, under which name.
STAGES: dict[str, tuple[Any, str]] = {
    "canary rows": (sealing, "decoy_rows"),
    "row order": (sealing, "delivered_order"),
    "references and spellings": (sealing, "_mark"),
    "CSV": (sealing, "table_to_csv_bytes"),
    "source row commitments": (sealing, "source_row_commitments"),
    "cell commitments": (sealing, "_cell_rows"),
    "row leaves": (sealing, "_leaf_hashes"),
    "linkage digests": (sealing, "_gather_links"),
    "row root": (sealing, "root_of"),
    "archive": (sealing, "payload_archive"),
    "age encryption": (sealing, "_encrypt"),
    "copy record": (RecordWriter, "section"),
    "copy record, sorting": (sealing, "_write_rest"),
}


class Laps:
    """Seconds by stage; a stage inside another one is not counted twice."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._running: list[str] = []
        self._since = time.perf_counter()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self._running:
            name = self._running[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Count the block to a stage."""
        self._turn()
        self._running.append(name)
        try:
            yield
        finally:
            self._turn()
            self._running.pop()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, counted to a stage; a generator is run to its end within it."""

        def call(*given: Any, **named: Any) -> Any:
            with self.lap(name):
                found = function(*given, **named)
                return list(found) if isinstance(found, GeneratorType) else found

        return call


def one_core() -> None:
    """Stay on the last core that this process may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_gb() -> float:
    """The highest memory of this process so far; 0 where it is not told."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)


def parties() -> Parties:
    """Made-up parties with keys of their own."""
    who, oversight = Identity.generate(), Identity.generate()
    hand_over, body, entrustment, party, snapshot = (os.urandom(16).hex() for _ in range(5))
    return Parties(
        hand_over, body, entrustment, party, snapshot, "", "架空の会社", "試験",
        who.recipient, who.vkey, oversight.recipient, oversight.vkey, "2026-04-01", "2027-03-31",
    )  # fmt: skip


def seal(path: Path, rows: int, laps: Laps) -> float:
    """Seconds to read the table and seal its first rows, everything synced."""
    secrets = Secrets(HandOverKey(os.urandom(32)), os.urandom(32), os.urandom(32))
    plan = Plan(tuple(COLUMNS.items()), LOCAL_ID)
    start = time.perf_counter()
    with laps.lap("read the table"):
        source = pl.read_parquet(path, n_rows=rows)
    with tempfile.TemporaryDirectory() as folder:
        with Path(folder, "payload.age").open("wb") as payload, Path(folder, "record").open("wb") as record:
            with laps.lap("everything else"):
                seal_table(source, plan, parties(), secrets, payload, record)
            with laps.lap("sync"):
                for file in (payload, record):
                    file.flush()
                    os.fsync(file.fileno())
        return time.perf_counter() - start


def child_seal(path: Path, rows: int) -> dict[str, Any]:
    """One sealing in this process: seconds, peak memory, stages."""
    laps = Laps()
    for name, (owner, attribute) in STAGES.items():
        setattr(owner, attribute, laps.timed(name, getattr(owner, attribute)))
    seconds = seal(path, rows, laps)
    return {"seconds": seconds, "memory_gb": peak_gb(), "stages": laps.seconds}


def mark(source: pl.DataFrame, key: HandOverKey) -> int:
    """Mark a table as it is delivered, canaries, order, references, spellings; returns the slots coded."""
    columns = tuple(COLUMNS.items())
    decoys, _ = decoy_rows(source, columns, key, canary_count(source.height))
    everything = pl.concat([source.select(decoys.columns), decoys])
    order = delivered_order(key.channel(Channel.ORDER), np.arange(everything.height, dtype=np.uint64))
    for first in range(0, len(order), CHUNK):
        chunk = everything[order[first : first + CHUNK]]
        references(key.channel(Channel.REFERENCE), chunk.height, first)
        for header, field in columns:
            if field.kind in SLOTS:
                spell_column(chunk[header], field.kind, key.channel(Channel.SPELLING))
    return len(order)


def peer_columns(source: pl.DataFrame) -> list[list[int | None]]:
    """The integer attributes: amounts, dates as days, telephone number and postal code as numbers."""
    return [[_integer(cell) for cell in source[name].to_list()] for name in PEER_COLUMNS]


def _integer(cell: str) -> int | None:
    digits = cell.replace("-", "")
    if not digits:
        return None
    return date.fromisoformat(cell).toordinal() if len(cell) == 10 and cell[4] == "-" else int(digits)


def child_mark(path: Path, rows: int) -> dict[str, Any]:
    """Rows a second of marking, ours and the peer's, the better of three runs in turn."""
    import agrawal_kiernan as peer

    source = pl.read_parquet(path, n_rows=rows)
    primary, columns = [cell.encode() for cell in source[LOCAL_ID].to_list()], peer_columns(source)
    ours, theirs, marks = [], [], 0
    for _ in range(3):
        start = time.perf_counter()
        mark(source, HandOverKey(os.urandom(32)))
        ours.append(time.perf_counter() - start)
        fresh = [list(column) for column in columns]
        start = time.perf_counter()
        marks = peer.mark(os.urandom(32), primary, fresh)
        theirs.append(time.perf_counter() - start)
    return {"ours": rows / min(ours), "theirs": rows / min(theirs), "their_marks": marks / rows}


def child_people(path: Path, rows: int) -> dict[str, Any]:
    """Write the table."""
    fictitious_people(rows, 1).write_parquet(path)
    return {"slots": slots_borne(pl.read_parquet(path, n_rows=CHUNK))}


def slots_borne(source: pl.DataFrame) -> float:
    """How many spelling slots a row bears on average."""
    from azukari.tables import spelling

    borne = 0
    for header, field in COLUMNS.items():
        if field.kind in SLOTS:
            forms = spelling.read(field.kind, source[header]).forms
            borne += sum(int(mask.sum()) for mask in spelling.bearing(field.kind, source[header], forms).values())
    return borne / source.height


CHILDREN = {"people": child_people, "seal": child_seal, "mark": child_mark}


def child(job: str, path: Path, rows: int) -> dict[str, Any]:
    """Run one job in a process of its own on one core."""
    command = [sys.executable, __file__, "--job", job, "--table", str(path), "--rows", str(rows)]
    source = str(Path(__file__).resolve().parent.parent / "src")
    paths = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, check=True, text=True, stdout=subprocess.PIPE
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def report(whole: dict[str, Any], tenth: dict[str, Any], rows: int) -> None:
    """Print the stages of both sizes."""
    print(f"{'stage':28}{rows:>12,}{rows // TENTH:>12,}   seconds, one core")
    for name, seconds in sorted(whole["stages"].items(), key=lambda item: -item[1]):
        print(f"{name:28}{seconds:12.2f}{tenth['stages'].get(name, 0.0):12.2f}")
    print(f"{'all':28}{whole['seconds']:12.2f}{tenth['seconds']:12.2f}")


def measured(rows: int) -> dict[str, float]:
    """Run everything; the figures by measure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "people.parquet")
        slots = child("people", path, rows)["slots"]
        marking = child("mark", path, rows // TENTH)
        tenth = min((child("seal", path, rows // TENTH) for _ in range(2)), key=lambda one: float(one["seconds"]))
        whole = child("seal", path, rows)
    report(whole, tenth, rows)
    ratio = marking["ours"] / marking["theirs"]
    marks = marking["their_marks"]
    print(
        f"marking {rows // TENTH:,} rows: {marking['ours']:,.0f} rows a second; {slots:.1f} spelling slots a row, and"
    )
    print(
        f"reference, order, canaries. Agrawal-Kiernan: {marking['theirs']:,.0f} rows a second, {marks:.2f} marks a row."
    )
    print(f"Spelling marks alone, a second: {ratio * slots / marks:.1f} times theirs")
    return {
        "seconds_1m": whole["seconds"],
        "memory_gb": whole["memory_gb"],
        "growth": whole["seconds"] / tenth["seconds"],
        "ratio_to_ak": ratio,
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time a sealing.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows")
    parser.add_argument("--job", choices=CHILDREN, help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        one_core()
        print(json.dumps(CHILDREN[options.job](options.table, options.rows)))
        return 0
    rows = QUICK_ROWS if options.quick else ROWS
    figures = measured(rows)
    goals = {"seconds_1m": SECONDS * rows / ROWS, "memory_gb": MEMORY_GB, "growth": GROWTH, "ratio_to_ak": RATIO}
    size = f" ({rows:,} rows)" if options.quick else ""
    print(
        json.dumps(
            {
                name + size: {
                    "figure": round(figure, 3),
                    "goal": goals[name],
                    "better": "higher" if name == "ratio_to_ak" else "lower",
                }
                for name, figure in figures.items()
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
