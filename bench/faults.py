"""What if any one system call of an append fails, or the process dies at it?

    python bench/faults.py [--quick]

One append, from BEGIN to the signed and exported checkpoint, is traced once to list its system calls on files. Then it
is run again for each of them, with that call answered by an I/O error, and again with SIGKILL at it (strace
injection). After each the log is recomputed; at the end every acknowledged entry must stand at its index, no entry
twice, and every checkpoint that was ever signed must be a past of the last. --quick takes every fourth call. Linux
with strace; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from azukari.ledger.note import Signer

BY = UUID(int=0)
AT = datetime(2026, 4, 1, tzinfo=UTC)
ORIGIN = "ledger.example/faults"
SIGNER = Signer(ORIGIN, bytes(32))
CALLS = (
    "openat,read,pread64,write,pwrite64,fsync,fdatasync,ftruncate,fallocate,close,unlink,rename,link,mkdir,fcntl,"
    "newfstatat,fstat,lseek,mmap"
)
FAULTS = {"EIO": "error=EIO", "KILL": "signal=KILL"}


@dataclass
class Counts:
    """数えたもの。 Calls that were hit, how the append ended, and what was acknowledged."""

    hit: int = 0
    missed: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    acknowledged: list[tuple[int, bytes]] = field(default_factory=list)
    signed: list[bytes] = field(default_factory=list)


def available() -> bool:
    """Whether this machine can do it."""
    return sys.platform == "linux" and shutil.which("strace") is not None


def in_child(work: Callable[[], None]) -> int:
    """Do it in a fork, which owns its database connection; the exit status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException as error:
            print(f"  {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


def append(log_id: UUID, folder: Path, data: bytes, tell: int) -> None:
    """The append that is hit: entry, checkpoint, export; each is told only once it is durable."""
    from django.db import transaction

    from azukari.web.sequencer.actions import checkpoint, entry
    from azukari.web.sequencer.export import export_log

    with transaction.atomic():
        index = entry.append(log_id=log_id, data=data, by=BY, at=AT)
    os.write(tell, f"entry {index}\n".encode())
    signed = checkpoint.integrate(log_id=log_id, signers=[SIGNER], by=BY, at=AT)
    os.write(tell, f"signed {signed.note.hex()}\n".encode())
    export_log(log_id, folder, whole=False)


def traced(arguments: list[str], work: Callable[[int], None]) -> tuple[list[str], int, str]:
    """Run ``work`` in a fork that strace has attached to; what it told, its exit status, the trace."""
    told, tell = os.pipe()
    gate, let_go = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(told)
            os.close(let_go)
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115
            os.read(gate, 1)
            work(tell)
            status = 0
        finally:
            os._exit(status)
    os.close(tell)
    os.close(gate)
    with tempfile.NamedTemporaryFile("r") as trace:
        tracer = subprocess.Popen(
            ["strace", "-f", "-p", str(child), "-o", trace.name, *arguments], stderr=subprocess.PIPE, text=True
        )
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        if "attached" not in line:
            os.kill(child, signal.SIGKILL)
            raise RuntimeError(f"strace cannot attach: {line.strip()}")
        os.write(let_go, b"x")
        os.close(let_go)
        with os.fdopen(told) as lines:
            said = lines.read().splitlines()
        status = os.waitpid(child, 0)[1]
        tracer.wait(timeout=30)
        tracer.stderr.close()
        return said, status, trace.read()


def calls_of(trace: str) -> list[tuple[str, int]]:
    """Each system call on files with its number among those of its name, from 1, in their order."""
    seen: Counter[str] = Counter()
    found = []
    for name in re.findall(r"^\d+\s+(\w+)\(", trace, re.MULTILINE):
        seen[name] += 1
        found.append((name, seen[name]))
    return found


def verify(log_id: UUID, folder: Path, counts: Counts) -> None:
    """All that was acknowledged is there, once, under one history; the exported folder too. RuntimeError."""
    from azukari.ledger.checkpoint import open_checkpoint
    from azukari.ledger.tiles import TileReader
    from azukari.ledger.tree import verify_consistency
    from azukari.web.sequencer import queries, rows
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.check import check_log
    from azukari.web.sequencer.export import export_log

    signed = checkpoint.integrate(log_id=log_id, signers=[SIGNER], by=BY, at=AT)
    size = check_log(log_id, [SIGNER.vkey])
    stored = list(queries.entries(log_id))
    if size != len(stored) or len(set(stored)) != size:
        raise RuntimeError("an entry stands twice, or is not signed for")
    if any(stored[index] != data for index, data in counts.acknowledged):
        raise RuntimeError("an acknowledged entry is not at its index")
    reader = TileReader(rows.tile_reader(log_id), signed.size)
    for note in counts.signed:
        old = open_checkpoint(note, ORIGIN, [SIGNER.verifier])
        verify_consistency(old.size, old.root, signed.size, signed.root, reader.consistency_path(old.size))
    export_log(log_id, folder, whole=False)


def run(folder: Path, every: int = 1) -> Counts:
    """Hit each ``every``-th call with each fault. RuntimeError for anything that was lost."""
    from azukari.web import office

    office.create(folder / "office")
    log_id, export, counts = _log(), folder / "export", Counts()
    for number in range(3):  # warm: what Python and SQLite do at first only is not an append
        append(log_id, export, b"warm %d" % number, os.open(os.devnull, os.O_WRONLY))
    _close()
    _, status, trace = traced(["-e", f"trace={CALLS}"], lambda tell: append(log_id, export, b"traced", tell))
    if status:
        raise RuntimeError("the append fails also when nothing is injected")
    for fault, injected in FAULTS.items():
        for position, (name, number) in enumerate(calls_of(trace)):
            if position % every == 0:
                _hit(counts, log_id, export, fault, f"{name}:{injected}:when={number}")
    return counts


def _hit(counts: Counts, log_id: UUID, export: Path, fault: str, injection: str) -> None:
    data = f"{fault} {injection}".encode()
    name = injection.partition(":")[0]
    said, status, trace = traced(
        ["-e", f"trace={name}", "-e", f"inject={injection}"], lambda tell: append(log_id, export, data, tell)
    )
    counts.hit += "INJECTED" in trace or "SIGKILL" in trace
    counts.missed += not ("INJECTED" in trace or "SIGKILL" in trace)
    counts.ended["killed" if os.WIFSIGNALED(status) else "failed" if status else "went on"] += 1
    for word, _, rest in (line.partition(" ") for line in said):
        if word == "entry":
            counts.acknowledged.append((int(rest), data))
        else:
            counts.signed.append(bytes.fromhex(rest))
    if in_child(lambda: verify(log_id, export, counts)):
        raise RuntimeError(f"after {fault} at {injection} the ledger does not hold")


def _log() -> UUID:
    from azukari.web.accounts.actions import body
    from azukari.web.sequencer.actions import log

    body_id = body.create(name="霞ヶ浜年金機構", by=BY, at=AT)
    return log.create(body_id=body_id, origin=ORIGIN, vkey=SIGNER.vkey, wrapped_key=b"-", by=BY, at=AT, log_id=uuid4())


def _close() -> None:
    from django.db import connections

    connections.close_all()


def main() -> None:
    """Run and report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if not available():
        raise SystemExit("needs Linux and strace (Debian: apt-get install strace)")
    with tempfile.TemporaryDirectory() as name:
        counts = run(Path(name), every=4 if options.quick else 1)
    print(
        f"{counts.hit} system calls hit ({counts.missed} were not reached): "
        + ", ".join(f"{how} {number}" for how, number in counts.ended.items())
        + f"; {len(counts.acknowledged)} entries acknowledged, {len(counts.signed)} checkpoints told, none lost"
    )
    suffix = "_quick" if options.quick else ""
    print(
        json.dumps(
            {
                f"calls_hit{suffix}": {"figure": counts.hit, "goal": 40, "better": "higher"},
                "lost_after_a_fault": {"figure": 0, "goal": 0, "better": "lower"},
            }
        )
    )


if __name__ == "__main__":
    main()
