"""Columns typed as (kind, role): header and content must agree, and what is in doubt has no type.

A column without a type never leaves. A column of mostly twelve digits is the individual number, whatever
its header says; only an officer's explicit word makes it anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import polars as pl

from azukari.fields.kinds import Field, Kind
from azukari.tables.contents import Content, contents
from azukari.tables.grounds import Ground, GroundCode
from azukari.tables.vocabulary import HeaderReading, read_header

Confidence: TypeAlias = Literal["high", "medium", "low"]

_AGREES: Final = 0.7  # share of cells that must fit what the header says
_DECIDES: Final = 0.9  # share of cells at which the content decides alone
_SOME_TWELVE: Final = 0.05  # share of twelve-digit cells from which an identifier or amount is in doubt
_CODE_ROWS: Final = 50  # cells needed before "few different values" means anything
# Kinds whose look is unmistakable, the more special first. An amount or an identifier never is.
_TELLING: Final = (Kind.EMAIL, Kind.PHONE, Kind.ADDRESS, Kind.KANA, Kind.NAME)


@dataclass(frozen=True)
class ColumnTyping:
    """列の種類。 ``field`` None means untyped: the column never leaves. ``grounds`` say why, in order."""

    header: str
    field: Field | None
    grounds: tuple[Ground, ...]
    confidence: Confidence
    mostly_twelve: bool = False  # the content is that of the individual number


def type_columns(frame: pl.DataFrame) -> list[ColumnTyping]:
    """Type every column of a frame of strings, in order. The same frame always gets the same answer.

    ``confidence``: high if header and content agree or the twelve digits decide, medium if only one of them
    speaks, low if nothing does.
    """
    return [_typing(name, read_header(name), content) for name, content in contents(frame).items()]


def _typing(header: str, reading: HeaderReading, content: Content) -> ColumnTyping:
    if content.filled and content.mostly_twelve:
        return _individual_number(header, reading, content)
    if reading.other_party:
        return _untyped(header, Ground(GroundCode.OTHER_PARTY))
    if reading.kind is not None:
        return _by_header(header, reading, reading.kind, content)
    return _by_content(header, reading, content)


def _individual_number(header: str, reading: HeaderReading, content: Content) -> ColumnTyping:
    field = Field(Kind.INDIVIDUAL_NUMBER, reading.role)
    grounds = [Ground(GroundCode.TWELVE_DIGITS, field.kind, content.twelve, content.filled)]
    if reading.kind is not field.kind:
        grounds.append(Ground(GroundCode.HEADER_OVERRULED, reading.kind))
    return ColumnTyping(header, field, tuple(grounds), "high", mostly_twelve=True)


def _by_header(header: str, reading: HeaderReading, kind: Kind, content: Content) -> ColumnTyping:
    says = Ground(GroundCode.HEADER, kind)
    if not content.filled:
        grounds = (says, Ground(GroundCode.BLANK))
        return ColumnTyping(header, Field(kind, reading.role), grounds, "medium")
    if kind is not Kind.FREE_TEXT and content.twelve > _SOME_TWELVE * content.filled:
        return _untyped(header, says, Ground(GroundCode.SOME_TWELVE, kind, content.twelve, content.filled))
    if _fits(kind, content):
        # A column of readings under the header 氏名 is the readings; foreigners' names alone are not.
        seen = Kind.KANA if kind is Kind.NAME and content.shares[Kind.KANA] >= _DECIDES else kind
        code = GroundCode.CONTENT if seen is kind else GroundCode.CONTENT_DECIDES
        return ColumnTyping(header, Field(seen, reading.role), (says, Ground(code, seen)), "high")
    decided = _telling(content)
    if decided is None:
        return _untyped(header, says, Ground(GroundCode.DISAGREE, kind))
    grounds = (says, Ground(GroundCode.CONTENT_DECIDES, decided))
    return ColumnTyping(header, Field(decided, reading.role), grounds, "medium")


def _by_content(header: str, reading: HeaderReading, content: Content) -> ColumnTyping:
    decided = _telling(content)
    if decided is None and reading.positional:
        decided = _without_header(content)
    if decided is None and _few_values(content):
        decided = Kind.CODE
    if decided is None or content.twelve > _SOME_TWELVE * content.filled:
        code = GroundCode.UNKNOWN if content.filled else GroundCode.BLANK
        return _untyped(header, Ground(code))
    grounds = (Ground(GroundCode.NO_HEADER), Ground(GroundCode.CONTENT, decided))
    return ColumnTyping(header, Field(decided, reading.role), grounds, "medium")


def _telling(content: Content) -> Kind | None:
    return next((kind for kind in _TELLING if content.filled and content.shares[kind] >= _DECIDES), None)


def _without_header(content: Content) -> Kind | None:
    """Pasted rows have no header: there a date is a birth date, 3 + 4 digits a postal code if not a date."""
    if not content.filled:
        return None
    date, postal = (content.shares[kind] >= _DECIDES for kind in (Kind.BIRTH_DATE, Kind.POSTAL_CODE))
    if date == postal:
        return None
    return Kind.BIRTH_DATE if date else Kind.POSTAL_CODE


def _few_values(content: Content) -> bool:
    return content.sampled >= _CODE_ROWS and content.distinct <= 10 and content.longest <= 4


_FITS: Final[Mapping[Kind, Callable[[Content], bool]]] = {
    # Addresses abroad or in shorthand are many; a column of plain numbers is still none.
    Kind.ADDRESS: lambda content: content.shares[Kind.ADDRESS] >= 0.5,
    Kind.CODE: lambda content: content.longest <= 20 and content.distinct <= max(50, content.sampled // 10),
    Kind.FREE_TEXT: lambda content: True,
    Kind.INDIVIDUAL_NUMBER: lambda content: False,  # too few twelve digits, or we would not be here
    # One part of a name may be a single character.
    Kind.NAME: lambda content: content.shares[Kind.NAME] >= _AGREES,
}


def _fits(kind: Kind, content: Content) -> bool:
    if kind in _FITS:
        return _FITS[kind](content)
    return content.shares[kind] >= _AGREES


def _untyped(header: str, *grounds: Ground) -> ColumnTyping:
    return ColumnTyping(header, None, grounds, "low")
