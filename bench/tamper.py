"""Is every tampering with a ledger found, and named for what it is?

    python bench/tamper.py [--quick] [--seed N]

1,000 seeded tamperings (100 with --quick), each on a fresh copy of one ledger that three witnesses cosigned: bits of
rows and files are flipped, rows and files dropped, swapped, cut or lengthened; the database and the exported folder are
rolled back or replaced by a fork that is signed by the true key; cosignatures are forged or left out, the origin is
another. The database is judged by the check of the office (`ledger check --against`), the folder by what `azukari
verify FOLDER`, a monitor and a policy ask. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from azukari.errors import AzukariError
from azukari.ledger.bundles import encode_bundle, parse_bundle
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from azukari.ledger.cosignature import Cosigner
from azukari.ledger.monitor import follow
from azukari.ledger.note import Signer, parse_note
from azukari.ledger.policy import Policy, verify_cosigned
from azukari.ledger.tiles import bundle_path, new_tiles, tile_path
from azukari.ledger.tree import Tree, leaf_hash
from azukari.ledger.witnessing import add_signatures

BY, AT = UUID(int=0), datetime(2026, 4, 1, tzinfo=UTC)
ORIGIN = "ledger.example/tamper"
SIGNER = Signer(ORIGIN, bytes(32))
COSIGNERS = [Cosigner(f"witness.example/w{n}", bytes([n]) * 32) for n in (1, 2, 3)]
POLICY = Policy.parse(
    "".join(f"witness w{n} {each.vkey}\n" for n, each in enumerate(COSIGNERS)).encode()
    + b"group three all w0 w1 w2\nquorum three\n"
)  # all three: with fewer, a bit that makes one witness's line unknown changes nothing that anybody relies on
SIZES = (3, 255, 256, 300, 700)
ENTRIES = [b"entry %d" % n for n in range(SIZES[-1])]

Found = tuple[str, str]
"""The word of the verdict, and the kind of damage if it has one."""


# --- the database --------------------------------------------------------------------------------------------------


@dataclass
class Office:
    """機関。 One office with the ledger, the copy that is tampered with, and what a stranger kept."""

    folder: Path
    log_id: UUID
    kept: bytes
    middle: Path  # the database as it was at 300 entries

    def fresh(self) -> None:
        """The ledger as it was."""
        self._put(self.folder / "whole.sqlite3")

    def roll_back(self) -> None:
        """The ledger as it was at 300 entries."""
        self._put(self.middle)

    def _put(self, source: Path) -> None:
        from django.db import connections

        connections.close_all()
        for suffix in ("", "-wal", "-shm"):
            (self.folder / "office" / f"office.sqlite3{suffix}").unlink(missing_ok=True)
        shutil.copy(source, self.folder / "office" / "office.sqlite3")

    def judge(self) -> Found | None:
        """What the office's check finds; None if it finds nothing."""
        from azukari.web.sequencer.check import check_log

        return judged(lambda: check_log(self.log_id, [SIGNER.vkey], self.kept))


def judged(check: Callable[[], object]) -> Found | None:
    """The verdict of a check; None where it holds."""
    try:
        check()
    except AzukariError as error:
        return error.word, str(error.facts.get("kind", ""))
    return None


def make_office(folder: Path) -> Office:
    """The ledger in a database of its own, with a copy of each state that is needed."""
    from azukari.web import office

    office.create(folder / "office")
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    body_id = body.create(name="霞ヶ浜年金機構", by=BY, at=AT)
    log_id = log.create(
        body_id=body_id, origin=ORIGIN, vkey=SIGNER.vkey, wrapped_key=b"-", by=BY, at=AT, log_id=uuid4()
    )
    made = Office(folder, log_id, b"", folder / "middle.sqlite3")
    for size in SIZES:
        made.kept = grow(log_id, size)
        if size == 300:
            copy_database(folder, made.middle)
    copy_database(folder, folder / "whole.sqlite3")
    return made


def grow(log_id: UUID, size: int, entries: list[bytes] = ENTRIES) -> bytes:
    """Append up to ``size`` and sign; the note."""
    from django.db import transaction

    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint, entry

    with transaction.atomic():
        entry.append_many(log_id=log_id, entries=entries[queries.count(log_id) : size], by=BY, at=AT)
    return bytes(checkpoint.integrate(log_id=log_id, signers=[SIGNER], by=BY, at=AT).note)


def copy_database(folder: Path, target: Path) -> None:
    """A copy without a write-ahead log."""
    from django.db import connection, connections

    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connections.close_all()
    shutil.copy(folder / "office" / "office.sqlite3", target)


BLOBS = (
    ("sequencer_entry", "data"),
    ("sequencer_entry", "leaf_hash"),
    ("sequencer_tile", "data"),
    ("sequencer_signedcheckpoint", "root"),
    ("sequencer_signedcheckpoint", "edge"),
    ("sequencer_signedcheckpoint", "note"),
)


def in_the_database(office: Office, draw: random.Random) -> tuple[str, Found | None]:
    """One tampering with the rows, and what was found."""
    office.fresh()
    name, tamper = draw.choice(list(DATABASE.items()))
    tamper(office, draw)
    return f"database: {name}", office.judge()


def _row(draw: random.Random, table: str, column: str) -> tuple[int, bytes]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid, {column} FROM {table} WHERE length({column}) > 0 ORDER BY rowid")
        return draw.choice(cursor.fetchall())  # type: ignore[no-any-return]


def _run(statement: str, *values: object) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(statement, list(values))


def _flip(office: Office, draw: random.Random) -> None:
    table, column = draw.choice(BLOBS)
    row, old = _row(draw, table, column)
    _run(f"UPDATE {table} SET {column} = %s WHERE rowid = %s", flipped(draw, old), row)


def _cut(office: Office, draw: random.Random) -> None:
    table, column = draw.choice(BLOBS)
    row, old = _row(draw, table, column)
    _run(f"UPDATE {table} SET {column} = %s WHERE rowid = %s", old[: draw.randrange(len(old))], row)


def _lengthen(office: Office, draw: random.Random) -> None:
    table, column = draw.choice(BLOBS)
    row, old = _row(draw, table, column)
    _run(f"UPDATE {table} SET {column} = %s WHERE rowid = %s", old + draw.randbytes(32), row)


def _drop(office: Office, draw: random.Random) -> None:
    table, column = draw.choice(BLOBS[1:])
    row, _ = _row(draw, table, column)
    _run(f"DELETE FROM {table} WHERE rowid = %s", row)


def _swap(office: Office, draw: random.Random) -> None:
    one, two = draw.sample(range(len(ENTRIES)), 2)
    for index, other in ((one, two), (two, one)):
        _run(
            'UPDATE sequencer_entry SET data = %s, leaf_hash = %s WHERE "index" = %s',
            ENTRIES[other], leaf_hash(ENTRIES[other]), index,
        )  # fmt: skip


def _rewrite(office: Office, draw: random.Random) -> None:
    """An entry and its hash together, as whoever owns the database would."""
    data = draw.randbytes(20)
    index = draw.randrange(len(ENTRIES))
    _run('UPDATE sequencer_entry SET data = %s, leaf_hash = %s WHERE "index" = %s', data, leaf_hash(data), index)


def _extra(office: Office, draw: random.Random) -> None:
    row, _ = _row(draw, "sequencer_tile", "data")
    _run(
        'INSERT INTO sequencer_tile (log_id, body, level, "index", data)'
        f' SELECT log_id, body, level + {draw.randrange(2, 9)}, "index", data FROM sequencer_tile WHERE rowid = %s',
        row,
    )


def _roll_back(office: Office, draw: random.Random) -> None:
    office.roll_back()
    if draw.random() < 0.5:
        grow(office.log_id, 300 + draw.randrange(1, 400))


def _fork(office: Office, draw: random.Random) -> None:
    """Rolled back, and then grown as long or longer with other entries, all signed by the true key."""
    office.roll_back()
    grow(office.log_id, 700 + draw.randrange(50), ENTRIES[:300] + [draw.randbytes(12) for _ in range(450)])


DATABASE: dict[str, Callable[[Office, random.Random], None]] = {
    "flip": _flip, "cut": _cut, "lengthen": _lengthen, "drop": _drop, "swap": _swap,
    "rewrite": _rewrite, "extra": _extra, "roll back": _roll_back, "fork": _fork,
}  # fmt: skip


# --- what is published ---------------------------------------------------------------------------------------------


Files = dict[str, bytes]


def published(entries: list[bytes], cosigners: int = 3) -> Files:
    """The files of a log, as an export has them."""
    hashes = [leaf_hash(each) for each in entries]
    files = {
        tile_path(row.level, row.index, len(row.data) // 32): row.data
        for row in new_tiles(0, lambda level, index: b"", hashes)
    }
    for at in range(0, len(entries), 256):
        some = entries[at : at + 256]
        files[bundle_path(at // 256, len(some))] = encode_bundle(some)
    checkpoint = Checkpoint(ORIGIN, len(entries), Tree(hashes).root)
    note = sign_checkpoint(checkpoint, [SIGNER])
    lines = [each.cosign(checkpoint.encode(), 1_700_000_000) for each in COSIGNERS[:cosigners]]
    return files | {"checkpoint": add_signatures(note, lines) if lines else note}


def judge_files(files: Files, kept: bytes) -> Found | None:
    """Policy, every tile and bundle, and the state that a monitor kept."""
    from azukari.stores.folder import check_folder

    def check() -> None:
        verify_cosigned(files["checkpoint"], POLICY, origin=ORIGIN, log_keys=[SIGNER.verifier])
        with tempfile.TemporaryDirectory() as name:
            for path, data in files.items():
                (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(name) / path).write_bytes(data)
            opened = open_checkpoint(files["checkpoint"], ORIGIN, [SIGNER.verifier])
            check_folder(Path(name), opened)
        follow(kept, files["checkpoint"], ORIGIN, [SIGNER.verifier], reader(files))

    return judged(check)


def reader(files: Files) -> Callable[[int, int], bytes]:
    """Tiles as a reader of stored rows wants them."""

    def read(level: int, index: int) -> bytes:
        whole = tile_path(level, index)
        found = [data for path, data in files.items() if path == whole or path.startswith(f"{whole}.p/")]
        if not found:
            raise LookupError
        return max(found, key=len)

    return read


def flipped(draw: random.Random, data: bytes) -> bytes:
    """One bit of it is another."""
    place, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def in_the_folder(draw: random.Random) -> tuple[str, Found | None]:
    """One tampering with the published files, and what was found."""
    files = published(ENTRIES)
    kept = published(ENTRIES[: draw.choice(SIZES[1:])])["checkpoint"]
    name, tamper = draw.choice(list(FOLDER.items()))
    files = tamper(files, draw)
    return f"folder: {name}", judge_files(files, kept) if "checkpoint" in files else ("not-found", "")


def _any(draw: random.Random, files: Files) -> str:
    return draw.choice(sorted(files))


def _flip_file(files: Files, draw: random.Random) -> Files:
    path = _any(draw, files)
    return files | {path: flipped(draw, files[path])}


def _drop_file(files: Files, draw: random.Random) -> Files:
    path = _any(draw, files)
    return {other: data for other, data in files.items() if other != path}


def _cut_file(files: Files, draw: random.Random) -> Files:
    path = _any(draw, files)
    return files | {path: files[path][: draw.randrange(len(files[path]))]}


def _swap_entries(files: Files, draw: random.Random) -> Files:
    path = draw.choice(sorted(path for path in files if path.startswith("tile/entries")))
    entries = parse_bundle(files[path])
    one, two = draw.sample(range(len(entries)), 2)
    entries[one], entries[two] = entries[two], entries[one]
    return files | {path: encode_bundle(entries)}


def _swap_hashes(files: Files, draw: random.Random) -> Files:
    path = draw.choice(sorted(path for path in files if path.startswith("tile/0/")))
    hashes = [files[path][at : at + 32] for at in range(0, len(files[path]), 32)]
    one, two = draw.sample(range(len(hashes)), 2)
    hashes[one], hashes[two] = hashes[two], hashes[one]
    return files | {path: b"".join(hashes)}


def _roll_back_files(files: Files, draw: random.Random) -> Files:
    return published(ENTRIES[: draw.randrange(1, 255)])


def _fork_files(files: Files, draw: random.Random) -> Files:
    """Every file belongs together and every signature is true; only the kept state tells."""
    place = draw.randrange(255)
    return published([*ENTRIES[:place], draw.randbytes(9), *ENTRIES[place + 1 :]])


def _forge(files: Files, draw: random.Random) -> Files:
    """The line of a witness is replaced by one that was made for another size."""
    text, signatures = parse_note(files["checkpoint"])
    other = Checkpoint(ORIGIN, 5, bytes(32)).encode()
    victim = draw.randrange(3)
    lines = [each.line for each in signatures if each.name != COSIGNERS[victim].name]
    lines.append(COSIGNERS[victim].cosign(other, 1_700_000_000))
    return files | {"checkpoint": (text + "\n" + "".join(lines)).encode()}


def _leave_out(files: Files, draw: random.Random) -> Files:
    return published(ENTRIES, cosigners=draw.randrange(3))


def _other_origin(files: Files, draw: random.Random) -> Files:
    text = parse_note(files["checkpoint"])[0]
    other = Signer(f"ledger.example/{draw.randrange(9)}", bytes(32))
    return files | {"checkpoint": sign_checkpoint(Checkpoint(other.name, 700, Checkpoint.parse(text).root), [other])}


FOLDER: dict[str, Callable[[Files, random.Random], Files]] = {
    "flip": _flip_file, "drop": _drop_file, "cut": _cut_file, "swap entries": _swap_entries,
    "swap hashes": _swap_hashes, "roll back": _roll_back_files, "fork": _fork_files, "forged cosignature": _forge,
    "missing cosignatures": _leave_out, "other origin": _other_origin,
}  # fmt: skip

EXPECTED: dict[str, set[str]] = {
    "database: roll back": {"fork"}, "database: fork": {"fork"},
    "folder: roll back": {"fork"}, "folder: fork": {"fork"}, "folder: forged cosignature": {"signature"},
    "folder: missing cosignatures": {"not-witnessed"}, "folder: other origin": {"signature"},
    "database: rewrite": {"tile"}, "database: swap": {"tile"}, "database: extra": {"tile"},
    "folder: swap entries": {"tile"}, "folder: swap hashes": {"tile"},
}  # fmt: skip
"""What a tampering must be called; elsewhere any verdict about what was damaged will do."""


def run(count: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How often each tampering was called what, and those that were missed or misnamed."""
    draw, found, wrong = random.Random(seed), Counter[tuple[str, str]](), []
    with tempfile.TemporaryDirectory() as name:
        office = make_office(Path(name))
        assert office.judge() is None and judge_files(published(ENTRIES), office.kept) is None
        for number in range(count):
            what, verdict = in_the_database(office, draw) if number % 2 else in_the_folder(draw)
            if verdict is None or verdict[0] not in EXPECTED.get(what, {verdict[0]}):
                wrong.append(f"{number} {what}: {verdict}")
            found[what, " ".join(verdict).strip() if verdict else "NOT FOUND"] += 1
    return found, wrong


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count = 100 if options.quick else 1_000
    found, wrong = run(count, options.seed)
    for (what, verdict), number in sorted(found.items()):
        print(f"{what:32} {verdict:28} {number:4}")
    print("\n".join(wrong) or f"all {count} found, each with its kind")
    measures: dict[str, dict[str, Any]] = {
        "tamperings_quick" if options.quick else "tamperings": {"figure": count, "goal": count, "better": "higher"},
        "tamperings_missed": {"figure": len(wrong), "goal": 0, "better": "lower"},
    }
    print(json.dumps(measures))


if __name__ == "__main__":
    main()
