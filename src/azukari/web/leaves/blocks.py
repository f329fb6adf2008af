"""Uses side by side: the event without what differs, and 28 bytes for what does (docs/spec/completeness.md, 4).

A row is u32 pattern ‖ i64 POSIX seconds ‖ id (16 bytes), big-endian. The canonical event is put together by cutting its
pattern at the three members that differ: no value can hold their bytes, since a quote within a text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from typing import Final, Self

from azukari.completeness.event import Act, Event
from azukari.errors import FormatError, OptionError
from azukari.fields.days import day_of

ID_BYTES: Final = 16
ROW: Final = Struct(">Iq16s")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_DAY: Final = date(1970, 1, 1)
_NO_ID: Final = "0" * 32
_CUTS: Final = (b'"at":"1970-01-01T00:00:00Z"', b'"day":"1970-01-01"', b'"id":"' + _NO_ID.encode() + b'"')


@dataclass(frozen=True)
class Template:
    """利用のひな型。 A pattern: canonical bytes of an event without its moment, day and id, cut into the four pieces between
    which those go.
    """

    data: bytes
    pieces: tuple[bytes, ...]

    @classmethod
    def of(cls, pattern: bytes) -> Self:
        """Cut a pattern. FormatError for what is none."""
        pieces, rest = [], pattern
        for cut in _CUTS:
            before, found, rest = rest.partition(cut)
            if not found:
                raise FormatError("pattern")
            pieces.append(before)
        return cls(pattern, (*pieces, rest))

    def event(self, moment: int, use_id: bytes) -> bytes:
        """The canonical event of a use at ``moment`` (POSIX seconds) with this id (16 bytes)."""
        at = EPOCH + timedelta(seconds=moment)
        first, second, third, last = self.pieces
        when, day = at.replace(tzinfo=None).isoformat(), day_of(at).isoformat()
        return b'%b"at":"%bZ"%b"day":"%b"%b"id":"%b"%b' % (
            first, when.encode(), second, day.encode(), third, use_id.hex().encode(), last,
        )  # fmt: skip


def pattern_of(event: Event) -> Template:
    """What an event has in common with others. OptionError for one that is no use, or that ends."""
    if event.act is not Act.USE or event.until is not None:
        raise OptionError("only a use has a pattern")
    return Template.of(replace(event, at=EPOCH, day=_NO_DAY, id=_NO_ID).encode())


def packed(rows: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Rows of pattern (its number in the register), moment and id, one after another."""
    return b"".join(ROW.pack(*row) for row in rows)


def row_at(rows: bytes, place: int) -> tuple[int, int, bytes]:
    """The row at a place, from 0."""
    pattern, moment, use_id = ROW.unpack_from(rows, place * ROW.size)
    return pattern, moment, use_id
