"""How long does it take to give a million people a key each, beside inserting as many plain rows, and to move the keys?

    python bench/subjects.py [--quick]

An office of its own on SQLite, in WAL mode with FULL sync, on one core. Ours normalises the local ids, makes pseudonyms,
draws and wraps a key for each person, looks for who is there, inserts, and reads back whose key counts; then the same
ids come again. Plain is executemany of rows of the same width with the same unique index into another table of the same
database. ``rekey`` moves all keys to another key-encryption key. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from azukari.stores.keys import KeyEncryptionKey

PEOPLE, QUICK_PEOPLE = 1_000_000, 20_000
RATIO, STATEMENTS_PER_1000 = 12.0, 1.0  # goals
BY, AT = UUID(int=0), datetime(2026, 4, 1, tzinfo=UTC)


def seconds(run: Callable[[], Any]) -> float:
    """How long it took."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def plain(count: int) -> float:
    """The same number of rows of the same width, without anything of ours."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain (id char(32) PRIMARY KEY, body char(32), name BLOB, wrapped BLOB, at text)")
        cursor.execute("CREATE UNIQUE INDEX plain_once ON plain (body, name)")
    rows = [(uuid4().hex, "b", secrets.token_bytes(32), secrets.token_bytes(72), "2026") for _ in range(count)]

    def insert() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany("INSERT INTO plain VALUES (%s, %s, %s, %s, %s)", rows)

    return seconds(insert)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="20,000 people")
    count = QUICK_PEOPLE if parser.parse_args().quick else PEOPLE
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder) / "office", count)


def measure(folder: Path, count: int) -> None:
    """All measurements in one office."""
    from azukari.web import office

    office.create(folder)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from azukari.web.accounts.actions import body
    from azukari.web.rekeying import rekey
    from azukari.web.subjects.actions import subject

    kek, new = KeyEncryptionKey(bytes(32)), KeyEncryptionKey(bytes([1]) * 32)
    body_id = body.create(name="霞浜市", key_id=kek.key_id, by=BY, at=AT)
    ids = [f"{number:010d}" for number in range(count)]

    def ensure() -> None:
        subject.ensure(body_id=body_id, local_ids=ids, kek=kek, by=BY, at=AT)

    beside = plain(count)
    connection.force_debug_cursor = False
    first = seconds(ensure)
    again = seconds(ensure)
    moved = seconds(lambda: rekey(old=kek, new=new, by=BY, at=AT))
    with CaptureQueriesContext(connection) as seen:
        subject.ensure(body_id=body_id, local_ids=[f"n{i}" for i in ids[:40_000]], kek=new, by=BY, at=AT)
    print(f"{count:,} people: {first:.1f} s new, {again:.1f} s again, plain rows {beside:.1f} s; rekey {moved:.1f} s")
    print(f"{len(seen)} statements for 40,000 new people")
    size = "" if count == PEOPLE else "_20k"
    ratio = {"figure": round(first / beside, 1), "goal": RATIO, "better": "lower"}
    statements = {"figure": round(len(seen) / 40, 2), "goal": STATEMENTS_PER_1000, "better": "lower"}
    rate = {"figure": round(count / moved), "goal": 5_000, "better": "higher"}
    print(
        json.dumps(
            {f"people_to_plain{size}": ratio, "statements_per_1000": statements, f"rekeyed_per_second{size}": rate}
        )
    )


if __name__ == "__main__":
    main()
