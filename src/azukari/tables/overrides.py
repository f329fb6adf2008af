"""What the officer declares about columns: ``--columns "氏名=name,配偶者所得=amount/spouse,備考=drop"``."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Final

from azukari.errors import ColumnError, FormatError, OptionError
from azukari.fields.kinds import Field, Kind
from azukari.tables.grounds import Ground, GroundCode
from azukari.tables.typing import ColumnTyping

DROP: Final = "drop"


def parse_columns_option(text: str, headers: Sequence[str]) -> dict[str, Field | None]:
    """Read ``HEADER=KIND[/ROLE]`` or ``HEADER=drop``, separated by commas; None means drop.

    A header with a comma stands in quotation marks together with its kind: ``"a,b=name"``. Raises OptionError
    (not of this form, unknown kind or role, the reference, a header twice), ColumnError (no such column).
    """
    declared: dict[str, Field | None] = {}
    for item in _items(text):
        header, sign, word = item.rpartition("=")
        header = header.strip()
        if not sign:
            raise OptionError("each part of the columns must be HEADER=KIND")
        if header not in headers:
            raise ColumnError(f"no column named {header}")
        if header in declared:
            raise OptionError(f"column {header} is declared twice")
        declared[header] = _field(header, word.strip())
    return declared


def apply_overrides(
    typings: Sequence[ColumnTyping],
    overrides: Mapping[str, Field | None],
    *,
    declare_number: Mapping[str, bool] | None = None,
) -> list[ColumnTyping]:
    """The typings with what the officer declared, in the same order; the grounds say who decided.

    ``declare_number`` holds the officer's word on columns of twelve digits: header -> whether it is the
    individual number. Without a False there, an override that makes such a column anything else is refused
    with OptionError. ColumnError if a header is not there.
    """
    words = declare_number or {}
    known = {typing.header for typing in typings}
    for header in (*overrides, *words):
        if header not in known:
            raise ColumnError(f"no column named {header}")
    return [_applied(typing, overrides, words.get(typing.header)) for typing in typings]


def _applied(typing: ColumnTyping, overrides: Mapping[str, Field | None], is_number: bool | None) -> ColumnTyping:
    if typing.header in overrides:
        return _declared(typing, overrides[typing.header], is_number)
    if is_number:
        role = typing.field.role if typing.field else "person"
        return _declared(typing, Field(Kind.INDIVIDUAL_NUMBER, role), is_number)
    if is_number is False and typing.mostly_twelve:
        # Not the number, but what it is has not been said: it stays here.
        grounds = (Ground(GroundCode.DECLARED_NOT_NUMBER), Ground(GroundCode.UNKNOWN))
        return ColumnTyping(typing.header, None, grounds, "low", mostly_twelve=True)
    return typing


def _declared(typing: ColumnTyping, field: Field | None, is_number: bool | None) -> ColumnTyping:
    if field is None:
        grounds: tuple[Ground, ...] = (Ground(GroundCode.DROPPED),)
        return ColumnTyping(typing.header, None, grounds, "high", typing.mostly_twelve)
    other = field.kind is not Kind.INDIVIDUAL_NUMBER
    if other and is_number:
        raise OptionError(f"column {typing.header} is declared to be the individual number and not to be it")
    if other and typing.mostly_twelve and is_number is None:
        raise OptionError(f"column {typing.header} is 12 digits: it is the individual number unless declared otherwise")
    grounds = (Ground(GroundCode.DECLARED, field.kind),)
    if other and typing.mostly_twelve:
        grounds += (Ground(GroundCode.DECLARED_NOT_NUMBER),)
    return ColumnTyping(typing.header, field, grounds, "high", typing.mostly_twelve)


def _items(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        rows = []
    if len(rows) != 1:
        raise OptionError("columns: quotation marks do not match")
    return [item for item in rows[0] if item.strip()]


def _field(header: str, word: str) -> Field | None:
    if word == DROP:
        return None
    try:
        field = Field.parse(word)
    except FormatError as error:
        raise OptionError(f"column {header}: unknown kind or role") from error
    if field.kind is Kind.REFERENCE:
        raise OptionError(f"column {header}: the reference is added by azukari")
    return field
