"""Does the ledger keep every entry it acknowledged, while its processes are killed at random?

    python bench/hammer.py [--quick] [--seconds N] [--database sqlite|postgresql]

Writers append and note each index only after its commit; an integrator signs and exports; a web process serves the
log; readers fetch each new checkpoint over HTTP, prove it consistent with the one before and check the inclusion of
entries. All the while the integrator, the web process or a writer is killed with SIGKILL at random and started again.
Afterwards the whole ledger is recomputed: every acknowledged entry must stand at its index, none twice, and every
checkpoint that a reader saw must be a prefix. The last line is JSON; any other outcome is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from azukari.errors import AzukariError
from azukari.ledger.bundles import BUNDLE_ENTRIES, parse_bundle
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.entry import canonical
from azukari.ledger.note import Signer
from azukari.ledger.tiles import TileReader
from azukari.ledger.tree import leaf_hash, verify_consistency, verify_inclusion
from azukari.stores.remote import RemoteLog

BY = UUID(int=0)
ORIGIN = "ledger.example/hammer"
SIGNER = Signer(ORIGIN, bytes(32))
WRITERS, READERS = 2, 2
PAUSE = (0.3, 1.2)  # seconds between two kills


# --- what the processes do -----------------------------------------------------------------------------------------


def start_office(folder: Path, database: str | None) -> UUID:
    """Make an office with one log; its id."""
    from azukari.web import office

    office.create(folder, **({"database": database} if database else {}))
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    at = datetime.now(UTC)
    body_id = body.create(name="霞ヶ浜年金機構", by=BY, at=at)
    return log.create(body_id=body_id, origin=ORIGIN, vkey=SIGNER.vkey, wrapped_key=b"-", by=BY, at=at, log_id=uuid4())


def write(folder: Path, log_id: UUID, acknowledged: Path) -> None:
    """Append one to five entries at a time for ever; note index and number of each after its commit."""
    from azukari.web import office

    office.start(folder)
    from django.db import transaction

    from azukari.web.sequencer.actions import entry

    draw = random.Random(os.getpid())
    with acknowledged.open("a", buffering=1) as notes:
        while True:
            numbers = [uuid4().hex for _ in range(draw.randint(1, 5))]
            with transaction.atomic():
                indexes = [
                    entry.append(log_id=log_id, data=content(number), by=BY, at=datetime.now(UTC)) for number in numbers
                ]
            notes.write("".join(f"{index} {number}\n" for index, number in zip(indexes, numbers, strict=True)))


def content(number: str) -> bytes:
    """The entry of a number."""
    return canonical({"number": number, "type": "azukari/hammer/v1"})


def integrate(folder: Path, log_id: UUID, export: Path) -> None:
    """The integrator, until killed."""
    from azukari.web import office

    office.start(folder)
    from azukari.stores.clock import SystemClock
    from azukari.web.sequencer.actions import integrator
    from azukari.web.sequencer.export import export_log

    integrator.run(
        log_id=log_id,
        signers=lambda at: [SIGNER],
        clock=SystemClock(),
        stop=threading.Event(),
        after=lambda signed: export_log(log_id, export, whole=False),
        interval=0.05,
        lease=timedelta(milliseconds=300),
        by=BY,
        at=datetime.now(UTC),
    )


def serve(folder: Path, port: int) -> None:
    """The web process, until killed."""
    from azukari.web import office

    office.start(folder)
    from azukari.web.serving import serve as serving  # Django is set up

    serving("127.0.0.1", port)


# --- what the readers do -------------------------------------------------------------------------------------------


class Reader(threading.Thread):
    """読み手。 Follows the log over HTTP and verifies all that it is given; ``problem`` tells what did not hold."""

    def __init__(self, url: str, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.log, self.draw, self.stop_event = RemoteLog(url), random.Random(seed), stop
        self.seen: list[Checkpoint] = []
        self.checked = self.unanswered = 0
        self.problem: BaseException | None = None

    def run(self) -> None:
        while not self.stop_event.is_set():
            try:
                note = self.log.checkpoint()
            except (AzukariError, LookupError, OSError):  # the web process was just killed
                self.unanswered += 1
                time.sleep(0.02)
                continue
            try:
                self._verify(note)
            except (LookupError, OSError):
                self.unanswered += 1
            except AzukariError as error:
                if error.word in ("storage", "not-found"):
                    self.unanswered += 1
                else:
                    self.problem = error
                    return
            time.sleep(0.01)

    def _verify(self, note: bytes) -> None:
        new = open_checkpoint(note, ORIGIN, [SIGNER.verifier])
        tiles = TileReader(self._tile(new.size), new.size)
        if self.seen:
            old = self.seen[-1]
            if new.size < old.size:
                raise RuntimeError("the served checkpoint went back")
            verify_consistency(old.size, old.root, new.size, new.root, tiles.consistency_path(old.size))
        if new.size:
            index = self.draw.randrange(new.size)
            width = min(BUNDLE_ENTRIES, new.size - index // BUNDLE_ENTRIES * BUNDLE_ENTRIES)
            data = parse_bundle(self.log.bundle(index // BUNDLE_ENTRIES, width), width)[index % BUNDLE_ENTRIES]
            verify_inclusion(leaf_hash(data), index, new.size, tiles.inclusion_path(index), new.root)
            self.checked += 1
        if not self.seen or new != self.seen[-1]:
            self.seen.append(new)

    def _tile(self, size: int):  # type: ignore[no-untyped-def]
        def read(level: int, index: int) -> bytes:
            return self.log.tile(level, index, min(256, (size >> 8 * level) - index * 256))

        return read


# --- killing -------------------------------------------------------------------------------------------------------


class Crew:
    """係。 Child processes by role, which are killed and started again."""

    def __init__(self, commands: dict[str, list[str]]) -> None:
        self.commands = commands
        self.processes = {role: self._start(role) for role in commands}
        self.killed: Counter[str] = Counter()

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, __file__, *self.commands[role]], stderr=subprocess.PIPE)

    def kill(self, role: str) -> None:
        """SIGKILL, and start again. RuntimeError if it had ended by itself: nothing but us may end it."""
        process = self.processes[role]
        if process.poll() is not None:
            assert process.stderr is not None
            raise RuntimeError(f"{role} ended by itself: {process.stderr.read().decode()[-2000:]}")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.killed[role.rstrip("0123456789")] += 1
        self.processes[role] = self._start(role)

    def end(self) -> None:
        """End all, by their process ids."""
        for process in self.processes.values():
            process.kill()
            process.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def office_database(kind: str) -> Iterator[str | None]:
    """None for SQLite, or the address of a PostgreSQL server that ends with the block."""
    if kind == "sqlite":
        yield None
        return
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from tools.postgres import throwaway

    with throwaway() as conninfo:
        yield conninfo


def hammer(seconds: float, kind: str, seed: int) -> dict[str, int]:
    """Run it all for so long, check it all, and return the counts. RuntimeError for anything that was lost."""
    draw = random.Random(seed)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(office_database(kind))
        log_id = start_office(folder / "office", database)
        port = free_port()
        common = ["--folder", str(folder), "--log", str(log_id)]
        roles = {
            "integrator": ["--role", "integrator", *common],
            "web": ["--role", "web", "--port", str(port), *common],
            **{f"writer{n}": ["--role", "writer", "--number", str(n), *common] for n in range(WRITERS)},
        }
        crew = Crew(roles)
        stop = threading.Event()
        readers = [Reader(f"http://127.0.0.1:{port}/ledger/{log_id}", n, stop) for n in range(READERS)]
        try:
            for reader in readers:
                reader.start()
            end = time.monotonic() + seconds
            time.sleep(3)  # imports
            while time.monotonic() < end:
                time.sleep(draw.uniform(*PAUSE))
                crew.kill(
                    draw.choice(["integrator", "integrator", "web", "web", *(f"writer{n}" for n in range(WRITERS))])
                )
        finally:
            stop.set()
            crew.end()
        for reader in readers:
            reader.join(30)
            if reader.problem:
                raise RuntimeError(f"a reader found: {reader.problem}")
        counts = settle(folder, log_id, [point for reader in readers for point in reader.seen])
        close()
        return {
            **counts,
            "kills": sum(crew.killed.values()),
            **{f"kills_{role}": count for role, count in crew.killed.items()},
            "checked_by_readers": sum(reader.checked for reader in readers),
            "unanswered": sum(reader.unanswered for reader in readers),
        }


def settle(folder: Path, log_id: UUID, seen: list[Checkpoint]) -> dict[str, int]:
    """Integrate what is left, recompute everything, and compare it with what was acknowledged and seen."""
    from azukari.web.sequencer import queries, rows
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.check import check_log
    from azukari.web.sequencer.export import export_log

    signed = checkpoint.integrate(log_id=log_id, signers=[SIGNER], by=BY, at=datetime.now(UTC))
    size = check_log(log_id, [SIGNER.vkey])
    export_log(log_id, folder / "export")
    stored = list(queries.entries(log_id))
    if len(stored) != size or len(set(stored)) != size:
        raise RuntimeError("an entry stands twice, or is not under the checkpoint")
    acknowledged = 0
    for notes in folder.glob("acknowledged*"):
        for line in notes.read_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # killed in the midst of noting it
            index, number = line.split()
            if stored[int(index)] != content(number):
                raise RuntimeError(f"the acknowledged entry {index} is lost")
            acknowledged += 1
    reader = TileReader(rows.tile_reader(log_id), signed.size)
    for old in set(seen):
        verify_consistency(old.size, old.root, signed.size, signed.root, reader.consistency_path(old.size))
    return {"entries": size, "acknowledged": acknowledged, "lost": 0, "doubled": 0, "checkpoints_seen": len(set(seen))}


def close() -> None:
    """Django's connections."""
    from django.db import connections

    connections.close_all()


def main() -> None:
    """The hammer, or one of its processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--role", choices=["integrator", "web", "writer"])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--log", type=UUID)
    parser.add_argument("--port", type=int)
    parser.add_argument("--number", type=int)
    options = parser.parse_args()
    if options.role == "integrator":
        integrate(options.folder / "office", options.log, options.folder / "export")
    elif options.role == "web":
        serve(options.folder / "office", options.port)
    elif options.role == "writer":
        write(options.folder / "office", options.log, options.folder / f"acknowledged{options.number}")
    else:
        _run(options)


def _run(options: argparse.Namespace) -> None:
    seconds = options.seconds or (12 if options.quick else 60)
    kinds = [options.database] if options.database else ["sqlite", "postgresql"]
    total: Counter[str] = Counter()
    for number, kind in enumerate(kinds):
        if number:  # Django is set up once in a process
            command = [sys.executable, __file__, "--seconds", str(seconds), "--database", kind]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            print(done.stdout.splitlines()[0])
            total.update({key: value["figure"] for key, value in json.loads(done.stdout.splitlines()[-1]).items()})
        else:
            counts = hammer(seconds, kind, options.seed)
            print(f"{kind}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
            total.update({name: counts[name] for name in ("lost", "doubled", "acknowledged", "kills")})
    goals = {"lost": (0, "lower"), "doubled": (0, "lower"), "acknowledged": (100, "higher"), "kills": (5, "higher")}
    measures = {name: {"figure": total[name], "goal": goal, "better": better} for name, (goal, better) in goals.items()}
    print(json.dumps(measures))


if __name__ == "__main__":
    main()
