"""The leaf: 90 bytes of the ledger that tell a stranger a day, at most (docs/spec/completeness.md, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from struct import Struct
from typing import Final

from azukari.errors import FormatError

VERSION: Final = 1
LEAF_BYTES: Final = 90
HEAD_BYTES: Final = 26
UNSTATED: Final = 0
LAST_KIND: Final = 9
NO_ENTRUSTMENT: Final = bytes(16)
_FIXED: Final = bytes([VERSION])
_HEAD: Final = Struct(">BBBB16sIH")
_SCHEME: Final = 1
_EPOCH: Final = date(1970, 1, 1)
_LAST_DAY: Final = (date.max - _EPOCH).days
_TAIL_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Leaf:
    """記載の葉。 One entry of one person's list, as it stands in the public ledger.

    ``kind``: 0 unstated, 1 to 9 the acts of an event in their order. ``entrustment``: 16 bytes, zeros where it is not
    stated. ``day``: of Japan, on which it was logged. ``withheld``: days after ``day`` on which it is opened, 0 to 65,535;
    such a leaf states neither kind nor entrustment. ``label``, ``commit``: 32 bytes each. Anything else raises FormatError.
    """

    kind: int
    entrustment: bytes
    day: date
    withheld: int
    label: bytes
    commit: bytes

    def __post_init__(self) -> None:
        _require_head(self.kind, self.entrustment, self.day, self.withheld)
        if len(self.label) != _TAIL_BYTES or len(self.commit) != _TAIL_BYTES:
            raise FormatError("a leaf has a label or commitment that is not 32 bytes long")

    @property
    def opens(self) -> date:
        """The day from which the entry must be open: its own one, unless it is withheld."""
        return self.day + timedelta(days=self.withheld)

    def encode(self) -> bytes:
        """The 90 bytes of the ledger entry."""
        return head(self.kind, self.entrustment, self.day, self.withheld) + self.label + self.commit

    @classmethod
    def parse(cls, entry: bytes) -> Leaf:
        """Read what `encode` wrote; FormatError for anything else."""
        if len(entry) != LEAF_BYTES:
            raise FormatError("a leaf is not 90 bytes long")
        version, kind, scheme, flags, entrustment, days, withheld = _HEAD.unpack_from(entry)
        if (version, scheme, flags) != (VERSION, _SCHEME, 0):
            raise FormatError("a leaf of another version, scheme or flags")
        if days > _LAST_DAY:
            raise FormatError("the day of a leaf is out of range")
        day = _EPOCH + timedelta(days=days)
        return cls(kind, entrustment, day, withheld, entry[HEAD_BYTES:58], entry[58:])


def is_leaf(entry: bytes) -> bool:
    """Whether an entry of the ledger is meant as a leaf: no other begins with 01. It may still be malformed."""
    return entry[:1] == _FIXED


def head(kind: int, entrustment: bytes, day: date, withheld: int = 0) -> bytes:
    """The 26 bytes before label and commitment, the same for a whole hand-over. FormatError as `Leaf`."""
    _require_head(kind, entrustment, day, withheld)
    return _HEAD.pack(VERSION, kind, _SCHEME, 0, entrustment, (day - _EPOCH).days, withheld)


def _require_head(kind: int, entrustment: bytes, day: date, withheld: int) -> None:
    if not UNSTATED <= kind <= LAST_KIND or len(entrustment) != len(NO_ENTRUSTMENT):
        raise FormatError("the kind or entrustment of a leaf")
    if not 0 <= withheld <= 0xFFFF or not 0 <= (day - _EPOCH).days <= _LAST_DAY - withheld:
        raise FormatError("a day of a leaf is out of range")
    if withheld and (kind != UNSTATED or entrustment != NO_ENTRUSTMENT):
        raise FormatError("a withheld leaf states a kind or an entrustment")
