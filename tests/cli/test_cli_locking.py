"""A lock has one holder, ends with the block or the process, and says what is wrong with the disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from azukari.cli.locking import alone
from azukari.errors import StateError, StorageError

HOLD = """
import sys
from pathlib import Path
from azukari.cli.locking import alone
with alone(Path(sys.argv[1]), "held"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_lock_when_the_block_ends_or_raises_then_it_is_free_again(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), alone(tmp_path / "lock", "held"):
            with pytest.raises(StateError, match="somebody"), alone(tmp_path / "lock", "somebody"):
                raise AssertionError
            raise ZeroDivisionError
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_lock_when_its_process_is_killed_then_it_is_free_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "held\n"
        with pytest.raises(StateError), alone(tmp_path / "lock", "held"):
            raise AssertionError
        child.kill()
        child.wait(30)
    with alone(tmp_path / "lock", "held"):
        pass


def test_lock_when_there_is_no_such_folder_or_it_is_one_then_storage_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none" / "lock", tmp_path):
        with pytest.raises(StorageError), alone(path, "held"):
            raise AssertionError
