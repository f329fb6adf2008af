"""Killed at any step of an integration, the office goes on from a whole state; two writers never fork."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.web.conftest import ORIGIN, SEED, Ledger

import azukari
from azukari.ledger import verify_consistency, verify_proof

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(azukari.__file__).parents[1])}

PREPARED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from azukari.ledger import Signer
from azukari.web import office

folder, log_id, origin, seed, mode = sys.argv[1:]
office.start(Path(folder))
from django.db import transaction
from azukari.web.sequencer import queries, rows
from azukari.web.sequencer.actions import checkpoint, entry
from azukari.web.sequencer.models import SignedCheckpoint

acting = {"log_id": UUID(log_id), "by": UUID(int=7), "at": datetime(2026, 4, 1, tzinfo=UTC)}
signer = Signer(origin, bytes.fromhex(seed))

def append(*entries):
    with transaction.atomic():
        for data in entries:
            entry.append(data=data, **acting)
        if mode == "append":
            os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED = (
    PREPARED
    + """
def kill_at(where, name, when):
    real = getattr(where, name)
    def wrapped(*args, **kwargs):
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(where, name, wrapped)

step, _, when = mode.partition("-")
if step == "store":
    kill_at(rows, "store_tiles", when)
elif step == "sign":
    kill_at(checkpoint, "sign_checkpoint", when)
elif step == "insert":
    kill_at(SignedCheckpoint, "save", when)
elif step == "commit":
    kill_at(transaction.get_connection(), "commit", when)
if mode == "append":
    append(b"lost")
checkpoint.integrate(signers=[signer], **acting)
"""
)

WRITER = (
    PREPARED
    + """
for number in range(15):
    append(b"%d %d" % (os.getpid(), number))
    checkpoint.integrate(signers=[signer], **acting)
"""
)


def command(ledger: Ledger, script: str, mode: str) -> list[str]:
    return [sys.executable, "-c", script, str(ledger.folder), str(ledger.log_id), ORIGIN, SEED.hex(), mode]


STEPS = [f"{step}-{when}" for step in ("store", "sign", "insert", "commit") for when in ("before", "after")]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
@pytest.mark.parametrize("mode", ["append", *STEPS])
def test_integrate_when_killed_at_a_step_then_the_log_goes_on(ledger: Ledger, mode: str) -> None:
    from django.db import connections

    from azukari.web.sequencer import check, queries
    from azukari.web.sequencer.queries import proving

    ledger.append(*(b"%d" % number for number in range(255)))
    old = ledger.integrate()
    ledger.append(b"255", b"256")
    connections.close_all()
    done = subprocess.run(command(ledger, KILLED, mode), check=False, capture_output=True, env=ENVIRONMENT)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert queries.count(ledger.log_id) == 257
    committed = mode in ("commit-after",)
    assert [signed.size for signed in queries.checkpoints(ledger.log_id)] == [255] + [257] * committed
    check.check_log(ledger.log_id, [ledger.vkey])
    new = ledger.integrate()
    path = queries.consistency(ledger.log_id, old.size, new.size)
    verify_consistency(old.size, old.root, new.size, new.root, path)
    verify_proof(proving.proof(ledger.log_id, 256), b"256", ORIGIN, [ledger.verifier])
    assert check.check_log(ledger.log_id, [ledger.vkey]) == 257


def test_integrate_when_an_exception_comes_before_the_commit_then_nothing_is_left(ledger: Ledger) -> None:
    from django.db import transaction

    from azukari.web.sequencer import queries
    from azukari.web.sequencer.models import Tile

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ledger.append(b"a")
        assert ledger.integrate().size == 1
        raise ZeroDivisionError
    assert queries.latest(ledger.log_id) is None
    assert queries.count(ledger.log_id) == Tile.objects.count() == 0


def test_integrate_when_two_processes_write_then_one_history_and_no_gap(ledger: Ledger) -> None:
    from azukari.web.sequencer import check, queries

    writers = [subprocess.Popen(command(ledger, WRITER, ""), stderr=subprocess.PIPE, env=ENVIRONMENT) for _ in range(2)]
    errors = [writer.communicate(timeout=120)[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], errors
    assert queries.count(ledger.log_id) == 30
    assert check.check_log(ledger.log_id, [ledger.vkey]) == 30
    assert len(set(queries.entries(ledger.log_id))) == 30
    sizes = [signed.size for signed in queries.checkpoints(ledger.log_id)]
    assert sizes == sorted(set(sizes))


def test_office_when_killed_while_it_is_created_then_migrate_finishes_it(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from azukari.web import office
folder = Path(sys.argv[1])
def killed():
    from django.core.management import call_command
    call_command("migrate", "sequencer", verbosity=0)
    os.kill(os.getpid(), signal.SIGKILL)
office.migrate = killed
office.create(folder)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "office")], check=False, env=ENVIRONMENT)
    assert done.returncode == -signal.SIGKILL
    from django.db import connections

    from azukari.web import office
    from azukari.web.accounts import queries

    office.start(tmp_path / "office")
    office.migrate()
    assert queries.bodies() == []
    connections.close_all()
