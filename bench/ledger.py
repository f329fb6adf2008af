"""How fast is the ledger, beside what its database and another Merkle tree do, and does it stay so as it grows?

    python bench/ledger.py [--quick]

Each part is a process of its own on one core; peers run in the same part, in turns with ours. Durable: SQLite in WAL
mode with FULL sync, as the office has it. Ours writes an entry row, the tile rows, recomputes the root by a second code
path and inserts the signed checkpoint; plain is executemany of (entry, hash) into a table without an index; pymerkle
is its SQLite tree with a root after each batch. "Cold" proofs come from a reader that has read nothing yet. An urgent
entry is appended alone and committed, also while another process appends a bulk of leaves in polite chunks. The last
line is JSON.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

BATCH = 1_000
ENTRY = 100  # bytes
AT = datetime(2026, 4, 1, tzinfo=UTC)
BY = UUID(int=0)
ORIGIN = "ledger.example/bench"
GOALS = {
    "append_to_sqlite": (0.25, "higher"),
    "append_to_pymerkle": (1.2, "higher"),
    "urgent_p99_ms": (5.0, "lower"),
    "urgent_beside_bulk_p99_ms": (30.0, "lower"),
    "proof_cold_to_pymerkle": (2.0, "higher"),
    "proof_warm_to_pymerkle": (1.0, "higher"),
}


def entries(count: int, seed: int = 0) -> list[bytes]:
    """Random entries of ENTRY bytes."""
    draw = random.Random(seed)
    return [draw.randbytes(ENTRY) for _ in range(count)]


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def megabytes() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# --- a log in an office of its own ---------------------------------------------------------------------------------


class Log:
    """台帳。 One log in an office in ``folder``; ``conninfo`` puts the office on PostgreSQL."""

    def __init__(self, folder: Path, conninfo: str | None = None, *, new: bool = True) -> None:
        """Make it, or open what another process made."""
        from azukari.ledger.note import Signer
        from azukari.web import office

        self.signer = Signer(ORIGIN, bytes(32))
        if new:
            office.create(folder, **({"database": conninfo} if conninfo else {}))
            self.id = self._make()
        else:
            office.start(folder)
            from azukari.web.accounts import queries as accounts
            from azukari.web.sequencer import queries

            self.id = queries.log_of(accounts.bodies()[0].id).id

    def _make(self) -> UUID:
        from azukari.web.accounts.actions import body
        from azukari.web.sequencer.actions import log

        body_id = body.create(name="霞ヶ浜年金機構", by=BY, at=AT)
        return log.create(
            body_id=body_id, origin=ORIGIN, vkey=self.signer.vkey, wrapped_key=b"-", by=BY, at=AT, log_id=uuid4()
        )

    def append(self, data: list[bytes]) -> None:
        """One transaction of entries."""
        from django.db import transaction

        from azukari.web.sequencer.actions import entry

        with transaction.atomic():
            entry.append_many(log_id=self.log_id, entries=data, by=BY, at=AT)

    @property
    def log_id(self) -> UUID:
        """The log's id."""
        return self.id

    def integrate(self) -> Any:
        """The next signed checkpoint."""
        from azukari.web.sequencer.actions import checkpoint

        return checkpoint.integrate(log_id=self.id, signers=[self.signer], by=BY, at=AT)

    def urgent(self, data: bytes) -> None:
        """One entry, committed alone."""
        from django.db import transaction

        from azukari.web.sequencer.actions import entry

        with transaction.atomic():
            entry.append(log_id=self.id, data=data, by=BY, at=AT)


def plain_table(folder: Path) -> Any:
    """A connection with the office's pragmas and one table without an index."""
    from azukari.web.sqlite import sqlite3

    connection = sqlite3.connect(folder / "plain.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE plain (entry BLOB, hash BLOB)")
    return connection


def insert_plain(connection: Any, data: list[bytes]) -> None:
    """One transaction of plain rows, with a hash that costs nothing."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT INTO plain VALUES (?, ?)", [(each, data[0][:32]) for each in data])
    connection.execute("COMMIT")


# --- parts ---------------------------------------------------------------------------------------------------------


def appending(quick: bool) -> dict[str, float]:
    """Entries per second: ours, plain SQLite, pymerkle, and the limit of two hashes an entry."""
    from pymerkle import SqliteTree

    rounds = 60 if quick else 300
    data = entries(BATCH)
    spent = {"azukari": 0.0, "sqlite": 0.0, "pymerkle": 0.0, "hashes": 0.0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, plain, tree = Log(folder / "office"), plain_table(folder), SqliteTree(str(folder / "peer.sqlite3"))

        def ours() -> None:
            log.append(data)
            log.integrate()

        def peer() -> None:
            tree.append_entries(data)
            tree.get_root()

        def hashes() -> None:
            for each in data:
                sha256(b"\x00" + each).digest()
                sha256(b"\x01" + each[:64]).digest()

        ours(), peer(), insert_plain(plain, data)  # imports and first pages
        for _ in range(rounds):  # in turns, so that a busy moment of the machine hits all alike
            spent["azukari"] += seconds(ours)
            spent["sqlite"] += seconds(lambda: insert_plain(plain, data))
            spent["pymerkle"] += seconds(peer)
            spent["hashes"] += seconds(hashes)
    return {name: rounds * BATCH / total for name, total in spent.items()}


def profile(quick: bool) -> dict[str, float]:
    """Microseconds an entry of one append with its checkpoint, by the function that spends them, the largest first."""
    rounds = 20 if quick else 100
    data = entries(BATCH)
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name) / "office")
        log.append(data)
        log.integrate()
        profiler = cProfile.Profile()
        profiler.enable()
        for _ in range(rounds):
            log.append(data)
            log.integrate()
        profiler.disable()
        spent = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    own = {f"{Path(file).name}:{function}": row[2] for (file, _, function), row in spent.items()}
    largest = sorted(own.items(), key=lambda item: -item[1])[:12]
    return {function: 1e6 * total / rounds / BATCH for function, total in largest}


def appending_on_postgresql(quick: bool) -> dict[str, float]:
    """The same two figures on PostgreSQL: ours, and plain rows by executemany."""
    import psycopg

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tools.postgres import throwaway

    rounds = 20 if quick else 100
    data = entries(BATCH)
    spent = {"azukari": 0.0, "postgresql": 0.0}
    with throwaway() as conninfo, tempfile.TemporaryDirectory() as name:
        log = Log(Path(name) / "office", conninfo)
        with psycopg.connect(conninfo) as connection:
            connection.execute("CREATE TABLE plain (entry bytea, hash bytea)")
            connection.commit()

            def ours() -> None:
                log.append(data)
                log.integrate()

            def plain() -> None:
                with connection.cursor() as cursor:
                    rows = [(each, data[0][:32]) for each in data]
                    cursor.executemany("INSERT INTO plain VALUES (%s, %s)", rows)
                connection.commit()

            ours(), plain()
            for _ in range(rounds):
                spent["azukari"] += seconds(ours)
                spent["postgresql"] += seconds(plain)
        close_connections()
    return {name: rounds * BATCH / total for name, total in spent.items()}


def close_connections() -> None:
    """Django's, before a server that they go to is stopped."""
    from django.db import connections

    connections.close_all()


def urgent(quick: bool) -> dict[str, float]:
    """Milliseconds of one urgent entry, alone and beside a bulk append of another process."""
    count = 500 if quick else 3_000
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name) / "office")
        data = entries(count)
        alone = [1e3 * seconds(lambda one=one: log.urgent(one)) for one in data]
        bulk = subprocess.Popen(
            [sys.executable, __file__, "--part", "bulk", "--folder", name], stdout=subprocess.PIPE, text=True
        )
        assert bulk.stdout is not None
        bulk.stdout.readline()  # it has begun
        beside = []
        for one in data:
            beside.append(1e3 * seconds(lambda one=one: log.urgent(one)))
            time.sleep(0.002)
        if bulk.poll() is not None:
            raise RuntimeError("the bulk append ended too early to measure anything beside it")
        bulk.terminate()
        bulk.wait(timeout=30)
        appended = _count(log.id) - 2 * count
    return {
        "alone_p50": statistics.median(alone),
        "alone_p99": percentile(alone, 99),
        "beside_p50": statistics.median(beside),
        "beside_p99": percentile(beside, 99),
        "beside_max": max(beside),
        "bulk_leaves_meanwhile": appended,
    }


def _count(log_id: UUID) -> int:
    from azukari.web.sequencer import queries

    return queries.count(log_id)


def percentile(values: list[float], rank: int) -> float:
    """The value below which ``rank`` per cent of the values lie."""
    return sorted(values)[min(len(values) - 1, len(values) * rank // 100)]


def bulk(folder: Path) -> None:
    """Append leaves in polite chunks until ended; says so when it has begun."""
    log = Log(folder / "office", new=False)
    from azukari.web.sequencer.actions import bulk as bulk_actions

    leaves = entries(2_000)
    total = 50_000_000
    batch = bulk_actions.prepare(log_id=log.id, total=total, by=BY, at=AT)

    def read(start: int, count: int) -> list[bytes]:
        if start and start % 20_000 < 2_000:
            log.integrate()
        return leaves[:count]

    print("begun", flush=True)
    bulk_actions.append_all(batch_id=batch, read=read, by=BY, at=AT)


def proofs(quick: bool) -> dict[str, float]:
    """Inclusion proofs per second at one size, cold and warm, beside pymerkle's two trees."""
    from pymerkle import InmemoryTree, SqliteTree

    size, wanted = 100_000, 300 if quick else 2_000
    data = entries(size)
    draw = random.Random(1)
    picked = [draw.randrange(size) for _ in range(wanted)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = Log(folder / "office")
        grow(log, data)
        stored, memory = SqliteTree(str(folder / "peer.sqlite3")), InmemoryTree()
        stored.append_entries(data)
        memory.append_entries(data)
        ours = prover(log)
        warm = prover(log)
        for index in range(0, size, 256):
            warm(index)
        memory.prove_inclusion(1)
        return {
            "cold": wanted / seconds(partial(prove_all, ours, picked)),
            "pymerkle_sqlite": wanted / seconds(lambda: [stored.prove_inclusion(1 + index) for index in picked]),
            "warm": wanted / seconds(partial(prove_all, warm, picked)),
            "pymerkle_memory": wanted / seconds(lambda: [memory.prove_inclusion(1 + index) for index in picked]),
        }


def prover(log: Log) -> Callable[[int], object]:
    """Inclusion paths of the newest checkpoint out of stored rows, by a reader that is new."""
    from azukari.ledger.tiles import TileReader
    from azukari.web.sequencer import queries, rows

    return TileReader(rows.tile_reader(log.id), queries.checkpoint(log.id).size).inclusion_path


def prove_all(prove: Callable[[int], object], indexes: list[int]) -> None:
    """A proof of each."""
    for index in indexes:
        prove(index)


def grow(log: Log, data: list[bytes]) -> None:
    """Append in batches of 10,000 and sign."""
    for at in range(0, len(data), 10_000):
        log.append(data[at : at + 10_000])
    log.integrate()


def growing(quick: bool) -> dict[str, list[float]]:
    """At 10^4, 10^5 ...: microseconds of a cold proof, its hashes, resident MB, entries per second since before."""
    last = 200_000 if quick else 10_000_000
    found: dict[str, list[float]] = {"size": [], "proof_us": [], "hashes": [], "memory_mb": [], "entries_per_s": []}
    with tempfile.TemporaryDirectory() as name:
        log = Log(Path(name) / "office")
        from azukari.web.sequencer import queries

        data = entries(10_000)
        done, spent, marked = 0, 0.0, 0
        for size in _sizes(last):
            while done < size:
                spent += seconds(lambda: (log.append(data), log.integrate()))
                done += len(data)
            draw = random.Random(size)
            picked = [draw.randrange(size) for _ in range(200)]
            found["proof_us"].append(1e6 * seconds(partial(prove_all, prover(log), picked)) / len(picked))
            found["hashes"].append(len(prover(log)(0)))
            found["size"].append(queries.count(log.id))
            found["memory_mb"].append(megabytes())
            found["entries_per_s"].append((done - marked) / spent)
            marked, spent = done, 0.0
    return found


def _sizes(last: int) -> Iterator[int]:
    size = 10_000
    while size < last:
        yield size
        size *= 10
    yield last


PARTS: dict[str, Callable[[bool], Any]] = {
    "appending": appending,
    "appending_on_postgresql": appending_on_postgresql,
    "urgent": urgent,
    "proofs": proofs,
    "growing": growing,
    "profile": profile,
}


def part(name: str, quick: bool) -> Any:
    """One part in a process of its own."""
    command = [sys.executable, __file__, "--part", name, *(["--quick"] if quick else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def report(found: dict[str, Any]) -> dict[str, float]:
    """Print what was measured, and return the measures by name."""
    appended, urgents, proved, grown = (found[name] for name in ("appending", "urgent", "proofs", "growing"))
    on_pg = found["appending_on_postgresql"]
    ours = appended["azukari"]
    print(f"durable append, batches of {BATCH:,}: {ours:,.0f} entries/s")
    print(f"  plain SQLite rows {appended['sqlite']:,.0f}/s: {ours / appended['sqlite']:.2f} of it")
    print(f"  pymerkle batch + root {appended['pymerkle']:,.0f}/s: {ours / appended['pymerkle']:.2f} x")
    print(f"  limit of two hashes an entry {appended['hashes']:,.0f}/s: {ours / appended['hashes']:.2f} of it")
    print(
        f"  on PostgreSQL {on_pg['azukari']:,.0f}/s, plain rows {on_pg['postgresql']:,.0f}/s: "
        f"{on_pg['azukari'] / on_pg['postgresql']:.2f} of it"
    )
    print("urgent entry, ms: " + ", ".join(f"{name} {value:,.2f}" for name, value in urgents.items()))
    print("inclusion proofs/s at 100,000: " + ", ".join(f"{name} {value:,.0f}" for name, value in proved.items()))
    print("growing:")
    for values in zip(*grown.values(), strict=True):
        print("  " + ", ".join(f"{name} {value:,.0f}" for name, value in zip(grown, values, strict=True)))
    print("where an append with its checkpoint spends its time, µs an entry (the profiler itself adds some):")
    for function, spent in found["profile"].items():
        print(f"  {spent:6.2f}  {function}")
    return {
        "append_to_sqlite": ours / appended["sqlite"],
        "append_to_pymerkle": ours / appended["pymerkle"],
        "urgent_p99_ms": urgents["alone_p99"],
        "urgent_beside_bulk_p99_ms": urgents["beside_p99"],
        "proof_cold_to_pymerkle": proved["cold"] / proved["pymerkle_sqlite"],
        "proof_warm_to_pymerkle": proved["warm"] / proved["pymerkle_memory"],
    }


def main() -> None:
    """All parts, or one of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--part", choices=[*PARTS, "bulk"])
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.part == "bulk":
        bulk(options.folder)
    elif options.part:
        print(json.dumps(PARTS[options.part](options.quick)))
    else:
        measured = report({name: part(name, options.quick) for name in PARTS})
        print(json.dumps({name: _measure(name, value) for name, value in measured.items()}))


def _measure(name: str, value: float) -> dict[str, object]:
    goal, better = GOALS[name]
    return {"figure": round(value, 3), "goal": goal, "better": better}


if __name__ == "__main__":
    main()
