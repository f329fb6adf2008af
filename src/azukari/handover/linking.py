"""Keyed digests over what identifies a person, so that a sample finds its rows without a clear copy.

The index key belongs to one snapshot of the source. The individual number is in none of the digests
(docs/spec/trace.md, section 3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.fields.kinds import Field, Kind
from azukari.fields.linkage import fold


@dataclass(frozen=True)
class Combination:
    """ひも付けの組合せ。 Kinds that together point to a person; ``strong`` ones suffice by themselves."""

    name: str
    kinds: tuple[Kind, ...]
    strong: bool


COMBINATIONS: Final = (
    Combination("name-birth", (Kind.NAME, Kind.BIRTH_DATE), strong=True),
    Combination("kana-birth", (Kind.KANA, Kind.BIRTH_DATE), strong=True),
    Combination("name-phone", (Kind.NAME, Kind.PHONE), strong=True),
    Combination("kana-phone", (Kind.KANA, Kind.PHONE), strong=True),
    Combination("name-address", (Kind.NAME, Kind.ADDRESS), strong=True),
    Combination("email", (Kind.EMAIL,), strong=True),
    Combination("name-kana", (Kind.NAME, Kind.KANA), strong=False),
)


@dataclass(frozen=True)
class LinkColumn:
    """A combination over the columns of one role: column numbers in the order of its kinds."""

    combination: Combination
    columns: tuple[int, ...]


def link_columns(fields: Sequence[Field | None]) -> list[LinkColumn]:
    """Which digests a table with these fields allows; the first column of a field counts, None is skipped."""
    where: dict[Field, int] = {}
    for number, field in enumerate(fields):
        if field is not None:
            where.setdefault(field, number)
    roles = sorted({field.role for field in where})
    return [
        LinkColumn(combination, tuple(where[Field(kind, role)] for kind in combination.kinds))
        for combination in COMBINATIONS
        for role in roles
        if all(Field(kind, role) in where for kind in combination.kinds)
    ]


class Digester:
    """ひも付けダイジェストの計算。 Computes 8-byte digests under the index key of a snapshot (32 bytes)."""

    def __init__(self, index_key: bytes) -> None:
        self._key = index_key
        self._fold = lru_cache(maxsize=1 << 17)(fold)  # names, readings and dates recur

    def forms(self, kind: Kind, plain: Sequence[str]) -> list[bytes]:
        """The linkage forms, UTF-8, of a column of cells in presentation form."""
        if kind in (Kind.NAME, Kind.KANA):
            folded = _folded_together(kind, plain)
        else:
            form = fold if kind in (Kind.ADDRESS, Kind.PHONE) else self._fold
            folded = [form(kind, cell) for cell in plain]
        return [text.encode("utf-8", "surrogatepass") for text in folded]

    def digests(self, combination: Combination, forms: Sequence[Sequence[bytes]]) -> NDArray[np.uint64]:
        """One digest per row, 0 where a form is blank; ``forms``: one sequence per kind."""
        return keyed_digests(self._key, combination, joined_forms(forms))


def joined_forms(forms: Iterable[Sequence[bytes]]) -> list[bytes]:
    """What is digested of each row, ``b""`` where a form is blank; no key is in it, so it serves under every key."""
    return [b"\0".join(row) if all(row) else b"" for row in zip(*forms, strict=True)]


def keyed_digests(index_key: bytes, combination: Combination, joined: Iterable[bytes]) -> NDArray[np.uint64]:
    """One digest per row of ``joined_forms`` under an index key (32 bytes), 0 where it is blank."""
    keyed = hashlib.blake2b(combination.name.encode() + b"\0", digest_size=8, key=index_key)
    out = bytearray()
    for row in joined:
        if row:
            state = keyed.copy()
            state.update(row)
            out += state.digest()
        else:
            out += bytes(8)
    return np.frombuffer(bytes(out), dtype="<u8")


def _folded_together(kind: Kind, plain: Sequence[str]) -> list[str]:
    """Names and readings fold character by character, so a whole column folds faster as one text."""
    folded = fold(kind, "\n".join(plain)).split("\n")
    return folded if len(folded) == len(plain) else [fold(kind, cell) for cell in plain]


def role_columns(columns: Sequence[LinkColumn], fields: Sequence[Field | None]) -> Mapping[int, Kind]:
    """The columns whose linkage forms are needed, with their kinds."""
    needed = {number for column in columns for number in column.columns}
    return {number: field.kind for number, field in enumerate(fields) if field is not None and number in needed}
