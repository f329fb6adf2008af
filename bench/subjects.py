"""How long does it take to give a million people a key each, to know them again, to make their list keys and to count on their lists?

    python bench/subjects.py [--quick]

An office of its own on SQLite (WAL, FULL sync), then one on a throw-away PostgreSQL, on one core. Ours normalises the local
ids, makes pseudonyms, draws a key for each person in the keystore, looks for who is there, and inserts; then the same ids come
again. Beside it: plain inserts of rows of the same width with the same indexes into another table of the same database, and
plain updates of one number by primary key. ``rekey`` moves the office to another key-encryption key. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np

from azukari.stores.keys import KeyEncryptionKey

PEOPLE, QUICK_PEOPLE = 1_000_000, 20_000
NEW, KNOWN = 25.0, 8.0  # goals, in seconds for a million
LIST_KEYS, COUNTED, STATEMENTS_PER_1000 = 300_000, 0.5, 1.0  # goals: a second; to plain updates; statements
PART = 2_000  # people in one transaction
BY, AT = UUID(int=0), datetime(2026, 4, 1, tzinfo=UTC)
TYPES = {"sqlite": ("BLOB", "char(32)"), "postgresql": ("bytea", "uuid")}


def seconds(run: Callable[[], Any]) -> float:
    """How long it took."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def plain(count: int) -> tuple[float, float]:
    """The same number of rows of the same width, without anything of ours: inserted, and one number of each updated."""
    from django.db import connection, transaction

    blob, own = TYPES[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE plain (id {own} PRIMARY KEY, number bigint UNIQUE, body {own}, name {blob}, at text, by {own})"
        )
        cursor.execute("CREATE UNIQUE INDEX plain_once ON plain (body, name)")
        cursor.execute("CREATE TABLE plain_count (number bigint PRIMARY KEY, count bigint)")
        numbers = ", ".join(["(%s, 0)"] * 1_000)
        for first in range(0, count, 1_000):
            cursor.execute(f"INSERT INTO plain_count VALUES {numbers}", list(range(first, first + 1_000)))
    body, who = uuid4().hex, uuid4().hex
    rows = [(uuid4().hex, n, body, secrets.token_bytes(32), "2026-04-01", who) for n in range(count)]

    def insert() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany("INSERT INTO plain VALUES (%s, %s, %s, %s, %s, %s)", rows)

    def update() -> None:
        """In transactions of 2,000, as lists are counted on."""
        for first in range(0, count, PART):
            numbers = [(n,) for n in range(first, first + PART)]
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany("UPDATE plain_count SET count = count + 1 WHERE number = %s", numbers)

    return seconds(insert), seconds(update)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20,000 people")
    count = QUICK_PEOPLE if parser.parse_args().quick else PEOPLE
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tools.postgres import throwaway

    with tempfile.TemporaryDirectory() as folder, throwaway() as conninfo:
        from azukari.web import office

        office.create(Path(folder) / "sqlite")
        found = measure("sqlite", count)
        office.create(Path(folder) / "postgresql", conninfo)
        found |= measure("postgresql", count)
    print(json.dumps(found))


def measure(name: str, count: int) -> dict[str, Any]:
    """All measurements in the open office."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from azukari.web.accounts.actions import body
    from azukari.web.rekeying import rekey
    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import counting, subject

    kek, new = KeyEncryptionKey(bytes(32)), KeyEncryptionKey(bytes([1]) * 32)
    body_id = body.create(name="霞浜市", key_id=kek.key_id, by=BY, at=AT)
    ids = [f"{number:010d}" for number in range(count)]
    given: dict[str, Any] = {"body_id": body_id, "kek": kek, "by": BY, "at": AT}
    zeros = np.zeros(count, dtype=np.int64)

    def take() -> None:
        for first in range(0, count, PART):
            with transaction.atomic():
                counting.take(body_id=body_id, numbers=numbers[first : first + PART], by=BY, at=AT)

    inserts, updates = plain(count)
    connection.force_debug_cursor = False
    made = seconds(lambda: subject.ensure(local_ids=ids, **given))
    known = seconds(lambda: subject.ensure(local_ids=ids, **given))
    looked = seconds(lambda: subject.numbers(local_ids=ids, **given))
    numbers = subject.numbers(local_ids=ids, **given)
    keys = seconds(lambda: queries.list_keys(numbers, zeros, kek))
    first, again = seconds(take), seconds(take)
    with CaptureQueriesContext(connection) as seen:
        subject.ensure(local_ids=[f"n{one}" for one in range(40_000)], **given)
    moved = seconds(lambda: rekey(old=kek, new=new, by=BY, at=AT))
    print(
        f"{name}, {count:,} people: {made:.1f} s new (plain inserts {inserts:.1f} s), {known:.1f} s known, {looked:.1f} s numbers"
    )
    print(
        f"  list keys {count / keys:,.0f} a second; counted {count / first:,.0f} and then {count / again:,.0f} a second"
    )
    print(
        f"  (plain updates {count / updates:,.0f}); {len(seen)} statements for 40,000 new people; rekey {moved:.2f} s"
    )
    # Of twenty thousand the opening of files and the syncs are a good part, so three times the share is let pass.
    scale, size = (1.0, "") if count == PEOPLE else (3 * count / PEOPLE, "_20k")
    return {
        f"{name}_new_seconds{size}": {"figure": round(made, 1), "goal": NEW * scale, "better": "lower"},
        f"{name}_known_seconds{size}": {"figure": round(known, 1), "goal": KNOWN * scale, "better": "lower"},
        f"{name}_list_keys_per_second{size}": {"figure": round(count / keys), "goal": LIST_KEYS, "better": "higher"},
        f"{name}_counted_to_plain_updates{size}": {
            "figure": round(updates / again, 2),
            "goal": 1.0,
            "better": "higher",
        },
        f"{name}_statements_per_1000": {"figure": len(seen) / 40, "goal": STATEMENTS_PER_1000, "better": "lower"},
    }


if __name__ == "__main__":
    main()
