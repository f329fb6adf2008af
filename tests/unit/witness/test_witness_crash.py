"""Killed, starved and raced: a witness never answers what its disk does not hold, and never cosigns two histories."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.witness.logs import NOON, Log, again, witness_for

ROOT = Path(__file__).resolve().parents[3]
LOG, FORKED = Log(), Log(fork_at=4)  # both tell the same of the first four entries

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="platform: signals and limits of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A witness that cosigned size 3."""
    return seen_three(tmp_path / "w")


def seen_three(folder: Path) -> Path:
    witness = witness_for(folder, LOG.key)
    assert witness.add_checkpoint(LOG.request(0, 3), NOON).status == 200
    witness.folder.close()
    return folder


def command(folder: Path, *requests: tuple[int, int], **job: object) -> list[str]:
    whole = {"folder": str(folder), "requests": requests, **job}
    return [sys.executable, "-m", "tests.unit.witness.child", json.dumps(whole)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}


def run(arguments: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(folder: Path, answers: list[dict[str, Any]]) -> int:
    """After a crash between 3 and 5: an answered state is stored, and only one story goes on. The size stored."""
    witness = again(folder)
    with witness.folder.reading() as record:
        seen = record.seen_of(LOG.origin)
    assert seen is not None and seen.size in (3, 5)
    if any(answer.get("status") == 200 for answer in answers):
        assert seen.size == 5
    if seen.size == 5:
        assert witness.add_checkpoint(FORKED.request(5, 5), NOON).status == 422
        assert witness.add_checkpoint(LOG.request(5, 5), NOON).status == 200, "a lost answer can be asked for again"
    assert witness.add_checkpoint(FORKED.request(3, 5), NOON).status == (409 if seen.size == 5 else 200)
    witness.folder.close()
    return seen.size


def test_witness_when_killed_between_store_and_answer_then_the_state_is_stored(folder: Path) -> None:
    answers = run(command(folder, (3, 5), killed_at="answer"))
    assert (answers, check(folder, answers)) == ([], 5)


def test_witness_when_killed_before_the_commit_then_nothing_was_seen(folder: Path) -> None:
    answers = run(command(folder, (3, 5), killed_at="commit"))
    assert (answers, check(folder, answers)) == ([], 3)


STRACE = shutil.which("strace")
# What one cosignature asks of the disk: journal, folder, header of the journal, pages, end of the journal, folder.
POINTS = [("pwrite64", number) for number in range(1, 11)] + [("fdatasync", number) for number in range(1, 6)]
POINTS.append(("unlink", 1))


@pytest.mark.skipif(STRACE is None or sys.platform != "linux", reason="platform: no strace here")
@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO", "error=ENOSPC"])
def test_witness_when_each_write_of_the_disk_fails_or_is_the_last_then_no_two_histories(
    tmp_path: Path, fault: str
) -> None:
    stored = set()
    for call, number in POINTS:
        folder = seen_three(tmp_path / f"{call}{number}")
        injected = [str(STRACE), "-qq", "-o", os.devnull, "-e", f"trace={call}"]
        injected += ["-e", f"inject={call}:{fault}:when={number}"]
        answers = run([*injected, *command(folder, (3, 5))])
        assert all(answer.get("error") == "storage" or answer.get("status") == 200 for answer in answers), answers
        stored.add(check(folder, answers))
    assert stored == {3, 5}, "the faults reached both sides of the commit"


def test_witness_when_files_may_not_grow_then_storage_error_and_the_old_state(folder: Path) -> None:
    (answer,) = run(command(folder, (3, 5), file_bytes=1024))
    assert answer["error"] == "storage"
    assert check(folder, [answer]) == 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "azukari-test", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("platform: no tmpfs can be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_witness_when_the_disk_is_full_then_it_says_so_and_goes_on_once_there_is_room(small_disk: Path) -> None:
    folder = seen_three(small_disk / "w")
    free = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes(free.f_bavail * free.f_frsize))
    (answer,) = run(command(folder, (3, 5)))
    assert answer["error"] == "storage" and "full" in answer["detail"]
    (small_disk / "filler").unlink()
    assert run(command(folder, (3, 5)))[0]["status"] == 200
    assert check(folder, []) == 5


def test_witness_when_the_folder_is_read_only_then_storage_error_and_nothing_is_cosigned() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        folder = seen_three(Path(place) / "w")
        Path(place).chmod(0o755)
        (folder / "witness.db").chmod(0o444)
        folder.chmod(0o555)
        (answer,) = run(command(folder, (3, 5), as_nobody=True))
        folder.chmod(0o755)
        (folder / "witness.db").chmod(0o644)
        assert answer["error"] == "storage" and "cannot be written" in answer["detail"]
        assert check(folder, [answer]) == 3


def test_witness_when_two_processes_are_asked_for_two_stories_at_once_then_one_is_cosigned(folder: Path) -> None:
    requests = [(0, size) for size in range(4, 44)]
    children = [
        subprocess.Popen(
            command(folder, *requests, fork_at=fork_at, race=True),
            cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True,
        )
        for fork_at in (1 << 30, 4)
    ]  # fmt: skip
    answers = [[json.loads(line) for line in child.communicate(timeout=60)[0].splitlines()] for child in children]
    cosigned = {(one["size"], one["root"]) for story in answers for one in story if one.get("status") == 200}
    told = [{(size, log.checkpoint(size).root.hex()) for size in range(44)} for log in (LOG, FORKED)]
    assert len(cosigned) > 5 and not [one for story in answers for one in story if "error" in one]
    assert cosigned <= told[0] or cosigned <= told[1]
