"""Tables of any make under a saved mapping of their columns (docs/spec/use.md, Sources 2 and 3)."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import polars as pl

from azukari.errors import ColumnError, FormatError
from azukari.ledger.entry import canonical, parse_canonical
from azukari.uses.use import MEMBERS, Raw

TYPE: Final = "azukari/use-mapping/v1"
MAX_BYTES: Final = 65_536
_CHUNK: Final = 10_000  # rows held as Python objects at a time


@dataclass(frozen=True)
class ColumnMapping:
    """列の対応。 Which heading tells which member, what is always so, and what a cell's word stands for."""

    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in (self.columns, self.constants, self.words):
            if set(part) - MEMBERS:
                raise FormatError("a mapping names a member that there is not")
        if set(self.columns) & set(self.constants):
            raise FormatError("a mapping gives a member twice")

    def encode(self) -> bytes:
        """The canonical bytes."""
        words = {member: dict(table) for member, table in self.words.items()}
        value = {"type": TYPE, "columns": dict(self.columns), "constants": dict(self.constants), "words": words}
        return canonical(value)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a mapping strictly. FormatError."""
        if len(data) > MAX_BYTES:
            raise FormatError("a mapping has at most 65,536 bytes")
        value = parse_canonical(data, TYPE)
        if set(value) != {"type", "columns", "constants", "words"}:
            raise FormatError("mapping")
        words = value["words"]
        if not isinstance(words, dict):
            raise FormatError("mapping")
        return cls(_texts(value["columns"]), _texts(value["constants"]), {m: _texts(t) for m, t in words.items()})


def rows(frame: pl.DataFrame, mapping: ColumnMapping, key: bytes) -> Iterator[Raw]:
    """The members that each row tells, in order. ColumnError if a heading of the mapping is not there.

    Where no column is the ``id``, it is made of the row and of how often that row came before, under ``key``.
    """
    missing = sorted(set(mapping.columns.values()) - set(frame.columns))
    if missing:
        raise ColumnError(", ".join(missing))
    seen: Counter[bytes] = Counter()
    places = [(member, frame.columns.index(heading)) for member, heading in mapping.columns.items()]
    for first in range(0, frame.height, _CHUNK):
        for row in frame.slice(first, _CHUNK).iter_rows():
            raw = {member: _word(mapping, member, row[place]) for member, place in places}
            raw |= mapping.constants
            if "id" not in raw:
                raw["id"] = _id(row, seen, key)
            yield raw


def _word(mapping: ColumnMapping, member: str, cell: str | None) -> str:
    text = (cell or "").strip()
    return mapping.words.get(member, {}).get(text, text)


def _id(row: tuple[Any, ...], seen: Counter[bytes], key: bytes) -> str:
    """A file that is read twice gives the same ids; two equal rows of one file do not. Without the key nobody can try rows."""
    whole = hmac.digest(key, canonical(["" if cell is None else str(cell) for cell in row]), "sha256")
    seen[whole] += 1
    return hmac.digest(key, whole + seen[whole].to_bytes(8, "big"), "sha256").hex()


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
        raise FormatError("mapping")
    return value


def exchange(provider: bool) -> ColumnMapping:
    """Exchange records (情報提供等記録) as Number Act art. 23(1) and (2) has them kept, of the organ that provides or inquires.

    The headings are the words of the article; an export with others takes a mapping of its own.
    """
    columns = {
        "subject": "宛名番号",
        "time": "提供の日時" if provider else "提供の求めの日時",
        "party": "情報照会者" if provider else "情報提供者",
        "items": "特定個人情報の項目",
        "purpose_label": "事務",
        "visibility": "不開示",
    }
    constants = {
        "act": "provide" if provider else "receive",
        "basis": "番号法第23条",
        "system": "情報提供ネットワークシステム",
    }
    marks = {"1": "unanswered", "有": "unanswered", "0": "shown", "無": "shown"}
    return ColumnMapping(columns, constants, {"visibility": marks})
