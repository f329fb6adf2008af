"""Whole files or none, also when the disk refuses or the process is killed between two steps."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import azukari
from azukari.errors import StateError, StorageError
from azukari.stores import files

STEPS = ("write", "fsync", "replace")


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(files.TEMPORARY_SUFFIX))


def test_replacing_when_the_block_ends_then_the_file_is_new(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    path.write_bytes(b"old")
    with files.replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_replacing_when_no_mode_is_given_then_only_the_owner_reads(tmp_path: Path) -> None:
    with files.replacing(tmp_path / "a") as file:
        file.write(b"x")
    assert (tmp_path / "a").stat().st_mode & 0o777 == files.PRIVATE


def test_replacing_when_the_block_raises_then_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), files.replacing(path) as file:
        file.write(b"half")
        raise KeyError
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_replacing_when_the_disk_refuses_then_storage_error_and_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    path = tmp_path / "package.bin"
    path.write_bytes(b"old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, refuse)
        with pytest.raises(StorageError) as caught, files.replacing(path) as file:
            file.write(b"new")
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []
    assert "package.bin" in caught.value.detail
    assert str(tmp_path) not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_replacing_when_a_write_finds_the_disk_full_then_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    full = Path("/dev/full")
    monkeypatch.setattr(files, "_open_new", lambda *_: full.open("wb"))
    with pytest.raises(StorageError, match="no space left"), files.replacing(path) as file:
        file.write(b"x" * 1_000_000)
    assert path.read_bytes() == b"old"


def test_replacing_when_the_folder_is_missing_then_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError), files.replacing(tmp_path / "none" / "a") as file:
        file.write(b"x")


@pytest.mark.skipif(os.name == "nt", reason="Windows syncs no folders")
def test_replacing_when_the_folder_cannot_be_synced_then_the_file_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, []

    def refuse_second(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.EINVAL, "")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_second)
    with files.replacing(tmp_path / "a") as file:
        file.write(b"x")
    assert len(calls) == 2
    assert (tmp_path / "a").read_bytes() == b"x"


def test_creating_when_the_file_exists_then_it_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with files.creating(path) as file:
        file.write(b"first")
    with pytest.raises(StateError), files.creating(path) as file:
        file.write(b"second")
    assert path.read_bytes() == b"first"


def test_creating_when_the_file_appears_meanwhile_then_it_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with pytest.raises(StateError), files.creating(path) as file:
        file.write(b"second")
        path.write_bytes(b"first")
    assert path.read_bytes() == b"first"
    assert leftovers(tmp_path) == []


def test_creating_when_there_are_no_hard_links_then_a_rename_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "")

    monkeypatch.setattr(os, "link", refuse)
    with files.creating(tmp_path / "key") as file:
        file.write(b"x")
    assert (tmp_path / "key").read_bytes() == b"x"
    assert leftovers(tmp_path) == []


def test_remove_when_the_file_is_gone_already_then_no_error(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    files.remove(path)
    files.remove(path)
    assert not path.exists()


def test_remove_when_it_is_a_folder_then_storage_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(StorageError):
        files.remove(tmp_path / "a")


def test_sweep_when_there_are_leftovers_then_only_those_go(tmp_path: Path) -> None:
    (tmp_path / f".a.00{files.TEMPORARY_SUFFIX}").write_bytes(b"half")
    (tmp_path / "a").write_bytes(b"whole")
    assert files.sweep_temporary(tmp_path, before=0.0) == 0
    assert files.sweep_temporary(tmp_path) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


KILLED = """
import os, signal, sys
from pathlib import Path
from azukari.stores import files

path, step, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
if step in ("fsync", "replace"):
    real = getattr(os, step)
    def wrapped(*args):
        if when == "before":
            die()
        real(*args)
        die()
    setattr(os, step, wrapped)
with files.replacing(path) as file:
    file.write(b"new" * 100_000)
    if step == "write":
        die()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_replacing_when_killed_at_a_step_then_old_or_new_is_whole(tmp_path: Path, step: str, when: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    environment = os.environ | {"PYTHONPATH": str(Path(azukari.__file__).parents[1])}
    command = [sys.executable, "-c", KILLED, str(path), step, when]
    done = subprocess.run(command, check=False, env=environment)
    assert done.returncode == -signal.SIGKILL
    replaced = (step, when) == ("replace", "after")
    assert path.read_bytes() == (b"new" * 100_000 if replaced else b"old")
    files.sweep_temporary(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
