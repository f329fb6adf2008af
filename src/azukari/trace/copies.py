"""The copies that are measured: what the office can say of each hand-over in its ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property

from azukari.fields.kinds import Field
from azukari.fingerprint.keys import HandOverKey
from azukari.handover.record import RecordReader
from azukari.seal.commitments import HASH_BYTES, cell_commitment, salts
from azukari.seal.manifest import Entry
from azukari.seal.receipt import Grade


@dataclass(frozen=True, repr=False)
class Copy:
    """写し。 One hand-over: entry, secrets, and its copy record (opened when needed).

    ``burned``: its key was disclosed before the specimen was logged. ``expired``: its copy record was
    removed when its time was over, so nothing can be said of it. ``grade``: how its field list is backed.
    """

    entry: Entry
    index: int
    key: HandOverKey
    index_key: bytes
    rows: int
    burned: bool
    grade: Grade
    open_record: Callable[[], AbstractContextManager[RecordReader]]
    expired: bool = False

    @cached_property
    def first_columns(self) -> dict[Field, int]:
        """The first delivered column of each field."""
        where: dict[Field, int] = {}
        for number, field in enumerate(self.entry.fields):
            where.setdefault(field, number)
        return where

    @cached_property
    def cell_key(self) -> bytes:
        """The key that salts the cells."""
        return self.key.derive("cells")

    def salt(self, column: int, position: int) -> bytes:
        """The salt of one cell."""
        return salts(self.cell_key, column, position, 1)[0]

    def source_salt(self, position: int) -> bytes:
        """The salt of a source row number."""
        return salts(self.key.derive("source-rows"), 0, position, 1)[0]

    def cell_hashes(self, record: RecordReader, position: int) -> list[bytes]:
        """The stored commitments of one delivered row, in column order."""
        width = len(self.entry.fields) * HASH_BYTES
        stored = record.read("cells", position * width, width)
        return [stored[i : i + HASH_BYTES] for i in range(0, width, HASH_BYTES)]

    def opens(self, hashes: list[bytes], column: int, position: int, plain: str) -> bool:
        """Whether the stored commitment of a cell is one to this presentation form."""
        return cell_commitment(column, self.salt(column, position), plain) == hashes[column]
