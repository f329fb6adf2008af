"""kill -9, a full disk and an I/O error at every durable step of sealing: afterwards finished or voided, nothing between.

A child process seals; at its k-th durable step (a sync, a rename, a link, a removal, a commit: before and after
each) it is killed, or the step fails. Then the office is opened again, as every command does, and looked at.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

DRIVER = textwrap.dedent(
    '''
    """Seal in forked children that die, or see the disk fail, at step k; check the office after each."""
    import errno, functools, io, json, os, shutil, signal, sys
    from pathlib import Path

    from azukari.cli.options import open_office  # imports only: no thread is started before the forks
    from azukari.errors import StorageError

    template, work, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    STEPS = {"kill": None, "full": errno.ENOSPC, "broken": errno.EIO}


    class Stop:
        """Counts durable steps; at the k-th it kills the process or makes the step fail."""

        def __init__(self, k):
            self.k, self.seen = k, 0

        def at(self):
            self.seen += 1
            if self.seen == self.k:
                if mode == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(STEPS[mode], os.strerror(STEPS[mode]))

        def around(self, call):
            @functools.wraps(call)
            def wrapped(*args, **kwargs):
                self.at()
                result = call(*args, **kwargs)
                if mode == "kill":
                    self.at()  # killed after the step; an error after it would be no error of the step
                return result
            return wrapped


    def seal(folder, k):
        office = open_office(folder / "office", folder / "office.key", None)
        import polars as pl
        from azukari.handover.choosing import choose
        from azukari.tables import type_columns
        from azukari.web.custody import queries
        from azukari.web.custody.actions.sealing import Order, seal as action
        from django.db.backends.base.base import BaseDatabaseWrapper

        (terms,) = queries.entrustments(office.body_id)
        (party,) = queries.parties(office.body_id)
        frame = pl.read_csv(folder / "table.csv", infer_schema=False)
        order = Order(terms.id, party.id, choose(type_columns(frame), terms.fields), folder / "out.azk")
        stop = Stop(k)
        names = ["fsync", "replace", "rename", "unlink", "link"]
        saved = {name: getattr(os, name) for name in names}
        for name in names:
            setattr(os, name, stop.around(saved[name]))
        commit = BaseDatabaseWrapper._commit
        if mode == "kill":
            BaseDatabaseWrapper._commit = stop.around(commit)
        try:
            action(source=frame, order=order, kek=office.kek, by=office.by, at=office.at)
        except StorageError:
            os._exit(51)
        finally:
            for name in names:
                setattr(os, name, saved[name])
            BaseDatabaseWrapper._commit = commit
        os._exit(0 if stop.seen < k else 52)


    def check(folder):
        """What must hold after any crash, once the office has been opened again."""
        office = open_office(folder / "office", folder / "office.key", None)
        from azukari.ledger.entry import entry_type
        from azukari.seal.manifest import ENTRY, Entry
        from azukari.seal.package import verify_package
        from azukari.web.custody import places, queries
        from azukari.web.sequencer import queries as sequencer
        from azukari.web.sequencer.check import check_log

        log = sequencer.log_of(office.body_id)
        rows = {h.id.hex: h for h in queries.hand_overs(office.body_id)}
        entries = {Entry.parse(e).hand_over: e for e in sequencer.entries(log.id, 0, sequencer.count(log.id))
                   if entry_type(e) == ENTRY}
        assert set(entries) == set(rows), "register and ledger disagree"
        kept = {p.stem for p in (folder / "office" / "packages").iterdir()}
        assert kept == {str(h.id) for h in rows.values()}, "package without entry, or entry without package"
        for hand_over in rows.values():
            assert hand_over.status == "released", hand_over.status
            with places.package(hand_over.id).open("rb") as package:
                assert verify_package(package, log.vkey).entry_bytes == entries[hand_over.id.hex]
            assert places.record(hand_over.id).is_file()
            assert (folder / "out.azk").read_bytes() == places.package(hand_over.id).read_bytes()
        if not rows:
            assert not (folder / "out.azk").exists(), "a package left without an entry"
        left = [p.name for name in ("spool", "packages", "index") for p in (folder / "office" / name).iterdir()
                if p.suffix not in (".azk", ".record") and not p.name.startswith("lock.sqlite3")]
        assert not left, left
        assert [p.name for p in folder.iterdir() if p.name.startswith(".")] == [], "a half-written output"
        if entries:
            check_log(log.id, log.vkey)
        os._exit(20 + len(rows))


    def forked(work_of, *arguments):
        child = os.fork()
        if child == 0:
            try:
                work_of(*arguments)
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(99)
        _, status = os.waitpid(child, 0)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


    results = []
    for k in range(1, 400):
        folder = work / str(k)
        shutil.copytree(template, folder)
        done = forked(seal, folder, k)
        after = forked(check, folder)
        retry = None
        if mode != "kill" and after == 20:
            retry = forked(seal, folder, 10**9), forked(check, folder)
        results.append((k, done, after, retry))
        shutil.rmtree(folder)
        if done == 0:
            break
    print(json.dumps(results))
    '''
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office with one confirmed party and one entrustment, made by the command line in a process of its own."""
    folder = tmp_path_factory.mktemp("crash") / "template"
    folder.mkdir()
    script = textwrap.dedent(
        """
        import datetime, json, sys
        from pathlib import Path
        from azukari.cli.main import run
        from azukari.seal.identity import card_of, Identity
        from azukari.testing import fictitious_people

        folder = Path(sys.argv[1])
        fictitious_people(80, 1).write_csv(folder / "table.csv")
        office = ["--office", str(folder / "office"), "--keys", str(folder / "office.key")]
        def do(*args):
            assert run([*map(str, args)]) == 0, args
        do("init", folder / "office", "--keys", folder / "office.key", "--oversight", folder / "ov", "--body", "b",
           "--origin", "ledger.example/b", "--officer", "o")
        do("keygen", folder / "firm")
        do("party", "add", folder / "firm.card", "--name", "f", "-o", folder / "challenge", *office)
        do("answer", folder / "challenge", "-i", folder / "firm", "-o", folder / "answer")
        fingerprint = card_of(Identity.parse((folder / "firm").read_text())).fingerprint
        do("party", "confirm", "f", folder / "answer", "--fingerprint", fingerprint, *office)
        today = datetime.datetime.now(datetime.UTC).date()
        do("entrust", "--party", "f", "--title", "t", "--purpose", "p", "--fields", "name,kana,address",
           "--from", today, "--until", today + datetime.timedelta(days=3), *office)
        """
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, capture_output=True, timeout=120)
    return folder


def driven(template: Path, tmp_path: Path, mode: str) -> list[tuple[int, int, int, list[int] | None]]:
    """(step, how the seal ended, what the check said, the retry) for every step until a seal runs through."""
    command = [sys.executable, "-c", DRIVER, str(template), str(tmp_path), mode]
    done = subprocess.run(command, capture_output=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert b"Traceback" not in done.stderr, done.stderr.decode()[-2000:]
    results: list[tuple[int, int, int, list[int] | None]] = json.loads(done.stdout.splitlines()[-1])
    return results


def test_seal_when_killed_at_any_step_then_finished_or_voided(template: Path, tmp_path: Path) -> None:
    results = driven(template, tmp_path, "kill")
    *killed, (_, done, after, _) = results
    assert (done, after) == (0, 21)
    assert all(how == -signal.SIGKILL for _, how, _, _ in killed)
    states = [state for _, _, state, _ in killed]
    assert set(states) == {20, 21}, "some steps void, some finish"
    assert states == sorted(states), "once logged, a hand-over is never lost again"


@pytest.mark.parametrize("mode", ["full", "broken"])
def test_seal_when_the_disk_fails_at_any_step_then_refused_and_a_retry_succeeds(
    template: Path, tmp_path: Path, mode: str
) -> None:
    results = driven(template, tmp_path, mode)
    *failed, (_, done, after, _) = results
    assert (done, after) == (0, 21)
    assert len(failed) > 5
    for step, how, state, retry in failed:
        assert how == 51, (step, how)
        assert state in (20, 21), (step, state)
        assert state == 21 or retry == [0, 21], (step, state, retry)


def test_seal_when_the_disk_is_really_full_then_one_sentence_and_nothing_is_left(
    template: Path, tmp_path: Path
) -> None:
    if os.name == "nt" or os.getuid() != 0:
        pytest.skip("platform: only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("platform: no small disk can be mounted here")
    try:
        shutil.copytree(template, disk / "x")
        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="space") as full_disk:
            while True:
                file.write(b"\0" * 4096)
        assert full_disk.value.errno == errno.ENOSPC
        os.truncate(filler, max(0, filler.stat().st_size - 96 * 1024))
        office = ["--office", str(disk / "x/office"), "--keys", str(disk / "x/office.key")]
        seal = [
            "seal",
            str(disk / "x/table.csv"),
            "--entrustment",
            "t",
            "--to",
            "f",
            "-o",
            str(disk / "x/p.azk"),
            *office,
        ]
        full = subprocess.run([sys.executable, "-m", "azukari", *seal], capture_output=True, check=False, timeout=120)
        assert full.returncode == 51, full.stderr.decode()
        assert b"Traceback" not in full.stderr
        assert len(full.stderr.decode().strip().splitlines()) == 1
        assert not (disk / "x/p.azk").exists()
        filler.unlink()
        again = subprocess.run([sys.executable, "-m", "azukari", *seal], capture_output=True, check=False, timeout=120)
        assert again.returncode in (0, 37), again.stderr.decode()  # 37: the first one was logged, and is finished now
        assert (disk / "x/p.azk").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
