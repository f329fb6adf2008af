"""Private folders for what is being taken, beside the register; what a crash left there a day ago goes."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from azukari.errors import StorageError
from azukari.web import office

_DAY: Final = 86_400.0  # seconds


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder that only this office reads, as long as the block runs. StorageError."""
    above = office.folder() / "crossings"
    folder = above / secrets.token_hex(8)
    try:
        above.mkdir(mode=0o700, exist_ok=True)
        _sweep(above)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StorageError((error.strerror or "input/output error").lower()) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(above: Path) -> None:
    for left in above.iterdir():
        if left.stat().st_mtime < time.time() - _DAY:
            shutil.rmtree(left, ignore_errors=True)
