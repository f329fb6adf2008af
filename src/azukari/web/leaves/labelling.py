"""Leaves out of keys, many at a time; for very many a process beside this one does half of the work.

It reads blocks of keys and numbers from its standard input, answers with leaves, and ends with whoever started it. It needs
neither an office nor Django.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from struct import Struct, iter_unpack
from typing import IO, Final

from azukari.completeness.labels import KEY_BYTES
from azukari.completeness.leaf import HEAD_BYTES, LEAF_BYTES
from azukari.completeness.making import shown
from azukari.errors import StorageError

MANY: Final = 200_000
"""From so many leaves on a second process is worth starting."""
_HEADER: Final = Struct(f">I{HEAD_BYTES}s32s")
_COMMAND: Final = (sys.executable, "-P", "-c", "from azukari.web.leaves.labelling import serve; serve()")
"""``-P``: without it code that lies in the folder in which somebody seals would be run, and be given list keys."""


@dataclass(frozen=True, repr=False)
class Block:
    """一組の葉の材料。 Head and hash of the event of leaves; list keys (32 bytes each) and numbers (u64, little-endian), side by side."""

    head: bytes
    event: bytes
    keys: bytes
    numbers: bytes

    def leaves(self) -> bytes:
        """The leaves, 90 bytes each, one after another. FormatError."""
        keys = (self.keys[at : at + KEY_BYTES] for at in range(0, len(self.keys), KEY_BYTES))
        return b"".join(shown(self.head, keys, (n for (n,) in iter_unpack("<Q", self.numbers)), self.event))


def leaves(blocks: Iterable[Block], total: int) -> Iterator[bytes]:
    """The leaves of each block, in order. ``total``: how many there will be. FormatError, StorageError."""
    if total < MANY:
        yield from (block.leaves() for block in blocks)
        return
    with closing(_Beside()) as beside:
        waiting = False
        for block in blocks:  # the next one is put together while the other process works
            if waiting:
                yield beside.answer()
            beside.ask(block)
            waiting = True
        if waiting:
            yield beside.answer()


class _Beside:
    """傍らの作業。 The other process; one block is with it at a time, so that neither waits with a full pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._count = 0

    def ask(self, block: Block) -> None:
        self._count = len(block.numbers) // 8
        assert self._process.stdin is not None
        try:
            for part in (_HEADER.pack(self._count, block.head, block.event), block.keys, block.numbers):
                self._process.stdin.write(part)
            self._process.stdin.flush()
        except OSError:
            raise StorageError("the process that makes leaves has ended") from None

    def answer(self) -> bytes:
        assert self._process.stdout is not None
        found = self._process.stdout.read(self._count * LEAF_BYTES)
        if len(found) != self._count * LEAF_BYTES:
            raise StorageError("the process that makes leaves has ended")
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def serve() -> None:
    """Answer blocks from standard input until it ends."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(_HEADER.size):
        count, head, event = _HEADER.unpack(header)
        block = Block(head, event, _all(source, KEY_BYTES * count), _all(source, 8 * count))
        out.write(block.leaves())
        out.flush()


def _all(source: IO[bytes], size: int) -> bytes:
    found = source.read(size)
    if len(found) != size:
        sys.exit(1)  # whoever asked is gone
    return found
