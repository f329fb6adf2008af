"""One process at a time: a lock file that the system lets go of when its process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from azukari.errors import StateError, StorageError
from azukari.stores.files import PRIVATE

_HELD = {errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN}


@contextmanager
def alone(path: Path, told: str) -> Iterator[None]:
    """Hold the lock of the file ``path`` while the block runs; the file is made if need be, and stays.

    StateError, saying ``told``, if another process holds it; StorageError if there can be no lock here.
    """
    descriptor = -1
    try:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
            _take(descriptor)
        except OSError as error:
            if descriptor >= 0 and error.errno in _HELD:
                raise StateError(told) from None
            raise StorageError(f"{path.name}: {(error.strerror or 'no lock').lower()}", file=path.name) from None
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


@contextmanager
def beside(path: Path, told: str) -> Iterator[None]:
    """Hold the lock together with others that hold it like this, and never beside one that is ``alone``.

    Where the platform knows no shared locks (Windows, which serves no office) there is none. Raises as ``alone``.
    """
    descriptor = -1
    try:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
            _share(descriptor)
        except OSError as error:
            if descriptor >= 0 and error.errno in _HELD:
                raise StateError(told) from None
            raise StorageError(f"{path.name}: {(error.strerror or 'no lock').lower()}", file=path.name) from None
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _share(descriptor: int) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _take(descriptor: int) -> None:
    """Without waiting. OSError if another process has it."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
