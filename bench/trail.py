"""How many uses come in per second, and what does each weigh?

    python bench/trail.py [--quick] [--people N] [--uses N]

An office of its own on SQLite (WAL, FULL sync), then one on a throw-away PostgreSQL; one process. A source tells CloudEvents as
JSON lines about people in random order, batches of 1,000; each use is judged, found, counted, made a leaf, noted under its
number, and at the end of each round an index over all leaves is made. Beside it, in the same run: executemany of the same
rows into a table without any index, also 1,000 to a durable transaction. Rounds follow one another, so that it is seen
whether a use costs more once many are there. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from azukari.ledger import Signer
from azukari.stores.keys import KeyEncryptionKey

PEOPLE, USES, ROUNDS = 100_000, 20_000, 3
QUICK = (2_000, 2_000)
RATIO, WEIGHT, FLAT = 0.08, 500, 0.8  # goals: of plain inserts; bytes of a use; the last round's share to the first's
BY, AT = UUID(int=0), datetime(2026, 11, 20, tzinfo=UTC)
NAME, ORIGIN = "urn:bench", "ledger.example/bench"


def seconds(run: Callable[[], Any]) -> float:
    """How long it took."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def events(first: int, count: int, people: int) -> bytes:
    """Uses of a body: a few hundred patterns, random people and moments."""
    lines = []
    for number in range(first, first + count):
        data = {
            "act": random.choice(["view", "search", "print", "change"]),
            "purpose": "https://w3id.org/dpv#Verification",
            "purpose_label": f"事務{random.randrange(20)}",
            "basis": "住民基本台帳法第12条",
            "unit": f"第{random.randrange(5)}課",
            "party": "霞ヶ浜市",
            "system": "住民記録",
            "fields": ["name/person", "address/person"],
        }
        moment = datetime.fromtimestamp(AT.timestamp() - random.randrange(86_400), UTC).isoformat()
        told = {
            "specversion": "1.0",
            "type": "azukari.use.v1",
            "source": NAME,
            "id": f"20261120-{number:09d}",
            "time": moment,
            "subject": f"{random.randrange(people):010d}",
            "data": data,
        }
        lines.append(json.dumps(told, ensure_ascii=False))
    return "\n".join(lines).encode()


def plain(count: int) -> float:
    """The same rows into a table without an index: leaf, its hash, pattern, moment, id, number, mark."""
    from django.db import connection, transaction

    blob = "bytea" if connection.vendor == "postgresql" else "BLOB"
    made = (
        f"CREATE TABLE plain (leaf {blob}, hash {blob}, pattern int, at bigint, id {blob}, place bigint, mark {blob})"
    )
    with connection.cursor() as cursor:
        cursor.execute(made)
    drawn = secrets.token_bytes(154)
    rows = [(drawn[:90], drawn[90:122], 7, 1_700_000_000, drawn[122:138], n, drawn[138:]) for n in range(1_000)]

    def run() -> None:
        for _ in range(count // 1_000):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany("INSERT INTO plain VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)

    took = seconds(run)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE plain")
    return took


def weigh(folder: Path) -> int:
    """Bytes of the register, and of the files of the index."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            register = int(cursor.fetchone()[0])
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            numbers = []
            for name in ("page_count", "freelist_count", "page_size"):
                cursor.execute(f"PRAGMA {name}")
                numbers.append(int(cursor.fetchone()[0]))
            register = (numbers[0] - numbers[1]) * numbers[2]
    return register + sum(path.stat().st_size for path in (folder / "epochs").rglob("*") if path.is_file())


def body_with_log() -> tuple[UUID, Signer]:
    """A body, its log, and who signs it."""
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    signer = Signer(ORIGIN, secrets.token_bytes(32))
    body_id = body.create(name="霞ヶ浜市", by=BY, at=AT)
    log.create(body_id=body_id, origin=ORIGIN, vkey=signer.vkey, wrapped_key=b"x", by=BY, at=AT, log_id=uuid4())
    return body_id, signer


def measure(name: str, folder: Path, people: int, uses: int) -> dict[str, Any]:
    """All rounds in the open office."""
    from azukari.web.leaves.actions import epoch
    from azukari.web.sequencer import queries as sequencer
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.subjects.actions import subject
    from azukari.web.trail import elements, queries
    from azukari.web.trail.actions import source, taking

    kek = KeyEncryptionKey(secrets.token_bytes(32))
    body_id, signer = body_with_log()
    subject.numbers(body_id=body_id, local_ids=[f"{n:010d}" for n in range(people)], kek=kek, by=BY, at=AT)
    made, _ = source.add(body_id=body_id, name=NAME, terms=source.Terms(), by=BY, at=AT)
    told, log_id = queries.source(made), sequencer.log_of(body_id).id

    def take(data: bytes) -> int:
        given = elements.of_lines(told, BytesIO(data), AT)
        return taking.all_of(source=told, elements=given, kek=kek, by=BY, at=AT).taken

    def index() -> None:
        epoch.make(body_id=body_id, by=BY, at=AT)
        checkpoint.integrate(log_id=log_id, signers=[signer], by=BY, at=AT)

    before, rounds = weigh(folder), []
    for turn in range(ROUNDS):
        data, beside = events(turn * uses, uses, people), plain(uses)
        counted: list[int] = []
        told_once = partial(lambda given, counted: counted.append(take(given)), data, counted)
        taken, indexed, again = seconds(told_once), seconds(index), seconds(told_once)
        if counted != [uses, 0]:
            raise SystemExit(f"taken {counted}, not {uses} and then 0")
        whole = taken + indexed
        rounds.append((whole, beside))
        print(
            f"{name}, {people:,} people, {turn * uses:,} uses there: {uses / taken:,.0f} a second,"
            f" {uses / whole:,.0f} with the index; plain {uses / beside:,.0f}; told again {uses / again:,.0f}",
            flush=True,
        )
    weight = (weigh(folder) - before) / (ROUNDS * uses)
    spent, beside = (sum(column) for column in zip(*rounds, strict=True))
    shares = [plain_one / own for own, plain_one in rounds]
    print(
        f"  {weight:.0f} bytes a use; of plain inserts {beside / spent:.3f}; last round to first {shares[-1] / shares[0]:.2f}"
    )
    return {
        f"{name}_uses_to_plain_inserts": {"figure": round(beside / spent, 3), "goal": RATIO, "better": "higher"},
        f"{name}_bytes_per_use": {"figure": round(weight), "goal": WEIGHT, "better": "lower"},
        f"{name}_last_round_to_first": {"figure": round(shares[-1] / shares[0], 2), "goal": FLAT, "better": "higher"},
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 people, 2,000 uses a round")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--uses", type=int, default=USES, help="uses of one round, in thousands that are whole")
    given = parser.parse_args()
    people, uses = QUICK if given.quick else (given.people, given.uses)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tools.postgres import throwaway

    with tempfile.TemporaryDirectory() as folder, throwaway() as conninfo:
        from azukari.web import office

        office.create(Path(folder) / "sqlite")
        found = measure("sqlite", Path(folder) / "sqlite", people, uses)
        office.create(Path(folder) / "postgresql", conninfo)
        found |= measure("postgresql", Path(folder) / "postgresql", people, uses)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
