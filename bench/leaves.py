"""How fast does everybody of a hand-over get a leaf, from the people who are known to an index that proves it?

    python bench/leaves.py [--quick] [--rows N]

The people are known beforehand, as those of a register are. Then, in one process: numbers are taken, labels and
commitments made, all leaves sorted, appended in short durable transactions, and the entry that says where they stand; in
another, as in an office, tiles are made, the root is computed a second way and checkpoints are signed. The clock stops
when a signed checkpoint covers an index over all of it. Plain inserts are the same rows into a table of their own with the
same primary key, in transactions of 2,000, in the same run, with nothing hashed or signed. Storage is everything that the
office's folder has grown by, without what is removed again. SQLite in WAL mode with FULL sync. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

BY, AT, DAY = UUID(int=0), datetime(2026, 4, 1, tzinfo=UTC), date(2026, 4, 1)
ORIGIN = "ledger.example/bench"
KEY = bytes(range(32))
GOALS = {
    "person_events_per_second": (60_000, "higher"),
    "person_events_to_plain": (0.08, "higher"),
    "seconds_5m_provable": (90.0, "lower"),
    "bytes_per_person_event": (500.0, "lower"),
}
QUICK, WHOLE = 100_000, 5_000_000


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder, as they are stored."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Office:
    """A body with a log and ``count`` people who are known."""

    def __init__(self, folder: Path, count: int) -> None:
        from azukari.ledger.note import Signer
        from azukari.stores.keys import KeyEncryptionKey
        from azukari.web import office

        self.folder, self.kek, self.signer = folder, KeyEncryptionKey(bytes(32)), Signer(ORIGIN, bytes(32))
        office.create(folder)
        from azukari.web.accounts.actions import body
        from azukari.web.sequencer.actions import log
        from azukari.web.subjects.actions import subject

        self.body = body.create(name="霞浜市", key_id=self.kek.key_id, by=BY, at=AT)
        named = {"body_id": self.body, "origin": ORIGIN, "vkey": self.signer.vkey, "wrapped_key": b"-"}
        self.log = log.create(by=BY, at=AT, log_id=uuid4(), **named)
        ids = [f"{number:010d}" for number in range(count)]
        self.people = subject.numbers(body_id=self.body, local_ids=ids, kek=self.kek, by=BY, at=AT)

    def settle(self) -> None:
        """The journal goes into the database, so that sizes can be compared."""
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def begin(self) -> UUID:
        """A hand-over of everybody that is logged; its people are spooled."""
        from django.db import transaction

        from azukari.completeness.event import Act, Event
        from azukari.web.leaves.actions import bulk
        from azukari.web.sequencer.actions import entry

        made, work = uuid4(), uuid4()
        leaves = bulk.spool(bulk_id=made, key=KEY, roles={"person": self.people}, by=BY, at=AT)
        event = Event(
            Act.HAND_OVER,
            "法第69条",
            "霞浜市",
            "JP",
            DAY,
            work.hex,
            (),
            made.hex,
            "",
            "青嵐データ入力",
            "入力",
            "person",
        )
        with transaction.atomic():
            data = b'{"type":"bench"}'
            entry.append(log_id=self.log, data=data, by=BY, at=AT)
            of = bulk.HandOver(made, self.body, 1, work, DAY, data, len(self.people))
            bulk.begin(of=of, leaves=leaves, events={"person": event}, by=BY, at=AT)
        return made

    def steps(self, made: UUID) -> dict[str, float]:
        """Seconds of each step of the way, the last of which ends with a signed index."""
        from azukari.web.leaves.actions import bulk, epoch
        from azukari.web.leaves.models import Bulk
        from azukari.web.sequencer import queries
        from azukari.web.sequencer.actions import checkpoint

        row = Bulk.objects.get(id=made)
        told = {}
        told["plan"] = seconds(lambda: bulk._planned(row, KEY, self.kek, BY, AT))
        told["finish"] = seconds(lambda: bulk.finish(bulk_id=made, key=KEY, kek=self.kek, by=BY, at=AT))
        told["index"] = seconds(lambda: epoch.make(body_id=self.body, by=BY, at=AT))
        told["sign"] = seconds(lambda: checkpoint.integrate(log_id=self.log, signers=[self.signer], by=BY, at=AT))
        signed = queries.latest(self.log)
        assert signed is not None and signed.size == queries.count(self.log) > len(self.people)
        return told


_INTEGRATOR = """
import sys, threading, signal
from pathlib import Path
from uuid import UUID
from azukari.web import office
office.start(Path(sys.argv[1]))
from datetime import UTC, datetime
from azukari.ledger.note import Signer
from azukari.web.sequencer.actions import checkpoint
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
signer, log = Signer(sys.argv[3], bytes(32)), UUID(sys.argv[2])
print("ready", flush=True)
while not stop.is_set():
    checkpoint.integrate(log_id=log, signers=[signer], by=UUID(int=0), at=datetime.now(UTC), going_on=lambda: not stop.is_set())
    stop.wait(1.0)
"""


@contextmanager
def integrating(office: Office) -> Iterator[None]:
    """Checkpoints are signed each second by a process of its own, as `azukari ledger integrate` does."""
    command = [sys.executable, "-c", _INTEGRATOR, str(office.folder), str(office.log), ORIGIN]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def plain(folder: Path, count: int) -> float:
    """Seconds for ``count`` rows of an entry's columns in transactions of 2,000, by the same library and pragmas."""
    from azukari.web.sqlite import sqlite3

    connection = sqlite3.connect(folder / "plain.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        'CREATE TABLE plain (log TEXT, "index" INTEGER, data BLOB, hash BLOB, at TEXT, by TEXT, PRIMARY KEY (log, "index"))'
    )
    log, data = uuid4().hex, os.urandom(122)

    def work() -> None:
        for first in range(0, count, 2_000):
            rows = [(log, first + n, data[:90], data[90:], "2026-04-01 00:00:00", log) for n in range(2_000)]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO plain VALUES (?, ?, ?, ?, ?, ?)", rows)
            connection.execute("COMMIT")

    taken = seconds(work)
    connection.close()
    return taken


def measure(rows: int) -> dict[str, Any]:
    """One hand-over of ``rows`` people."""
    with tempfile.TemporaryDirectory(prefix="azukari-leaves-") as place:
        folder = Path(place) / "office"
        office = Office(folder, rows)
        office.settle()
        before = size_of(folder)
        made = office.begin()
        with integrating(office):
            used = time.process_time()
            told = office.steps(made)
            used = time.process_time() - used
        office.settle()
        grown = size_of(folder) - before
        share = min(rows, 1_000_000)
        plainly = plain(Path(place), share) / share
    total = sum(told.values())
    print(f"{rows} people: " + ", ".join(f"{name} {value:.1f} s" for name, value in told.items()), flush=True)
    print(f"of the processor this process took {used:.1f} s: what the wall shows beyond is syncs, pauses, and others")
    print(f"plain rows: {1 / plainly:.0f}/s; grown by {grown / rows:.0f} bytes a person and event", flush=True)
    return {
        "person_events_per_second": rows / total,
        "person_events_to_plain": plainly * rows / total,
        "bytes_per_person_event": grown / rows,
        **({"seconds_5m_provable": total} if rows == WHOLE else {}),
    }


def measures(rows: int) -> dict[str, dict[str, Any]]:
    """The figures of `measure` as the last line has them."""
    mark = "" if rows == WHOLE else f"_{rows}"
    return {
        f"{name}{mark}": {"figure": round(value, 3), "goal": GOALS[name][0], "better": GOALS[name][1]}
        for name, value in measure(rows).items()
    }


def main() -> None:
    """Print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", type=int, help="people of the hand-over")
    given = parser.parse_args()
    print(json.dumps(measures(given.rows or (QUICK if given.quick else WHOLE))))


if __name__ == "__main__":
    main()
