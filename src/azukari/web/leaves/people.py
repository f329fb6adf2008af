"""Who stands in which delivered row: one file beside the payload, encrypted, while the leaves are on their way.

A number is that of a person in the keystore's count, `NOBODY` a row in which the body knows nobody, `EMPTY` a part of a
row that is not filled in and gets no leaf.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from azukari.handover.record import RecordReader, RecordWriter
from azukari.stores.files import creating

NOBODY: Final = 0
EMPTY: Final = -1
_SECRET: Final = "nobody"
_ROLE: Final = "role/"
_PURPOSE: Final = b"azukari/people/v1"


@dataclass(frozen=True, repr=False)
class People:
    """受渡しに載る人。 Per role the person of each delivered row; ``secret``: the 32 bytes x of leaves that are nobody's."""

    secret: bytes
    roles: Mapping[str, NDArray[np.int64]]

    @property
    def known(self) -> NDArray[np.int64]:
        """Everybody who gets a leaf, role after role; who stands in several rows is there several times."""
        return np.concatenate([self.of(role) for role in self.roles])

    def of(self, role: str) -> NDArray[np.int64]:
        """Who gets a leaf for this role, by number: in this order a page of keys or of counters is touched once."""
        numbers = self.roles[role]
        return np.sort(numbers[numbers > NOBODY])

    @property
    def unknown(self) -> int:
        """How many leaves are nobody's."""
        return sum(int((numbers == NOBODY).sum()) for numbers in self.roles.values())

    @property
    def leaves(self) -> int:
        """How many leaves there will be."""
        return sum(int((numbers >= NOBODY).sum()) for numbers in self.roles.values())


def write(path: Path, key: bytes, bulk_id: UUID, people: People) -> None:
    """Write the file, durable. ``key``: 32 bytes of this hand-over alone. Raises StateError, StorageError."""
    with creating(path) as file:
        out = RecordWriter(file, _own(key), bulk_id.hex)
        out.section(_SECRET, [people.secret])
        for role, numbers in people.roles.items():
            out.section(_ROLE + role, [numbers.astype("<i8").tobytes()])
        out.close()


def read(path: Path, key: bytes, bulk_id: UUID) -> People:
    """What `write` wrote. Raises FormatError, WrongKeyError, OSError."""
    with path.open("rb") as file:
        found = RecordReader(file, _own(key), bulk_id.hex)
        names = [name for name in found.names if name.startswith(_ROLE)]
        roles = {name.removeprefix(_ROLE): found.numbers(name, "<i8").astype(np.int64) for name in names}
        return People(found.read(_SECRET), roles)


def _own(key: bytes) -> bytes:
    """A key of this file alone: its counters are nonces, and the copy record counts from the same number."""
    return hmac.digest(key, _PURPOSE, "sha256")
