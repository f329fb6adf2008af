"""The spelling rules on whole columns: what `azukari.fields.spelling` says of a cell, for a million at once.

The patterns are shared, the code is not: sealing compares what this module produced with the
presentation form, and a property test holds both implementations together. Text columns have no nulls;
forms are int8 arrays with one number a cell, ``NONE`` where there is no form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.fields import spelling
from azukari.fields.kinds import Kind
from azukari.fields.spelling import (
    ADDRESS_BAN,
    ADDRESS_CHOME,
    ADDRESS_GAP,
    ADDRESS_ROOM,
    ADDRESS_WIDTH,
    FULL_DIGITS,
    HALF_DIGITS,
    PHONE_HYPHEN,
    SLOTS,
)

NONE: Final = -1
Forms: TypeAlias = NDArray[np.int8]
Mask: TypeAlias = NDArray[np.bool_]

_FULL: Final = list(FULL_DIGITS)
_HALF: Final = list(HALF_DIGITS)


@dataclass(frozen=True)
class Reading:
    """読み取った列。 A column as the rules see it: presentation form, and by slot name the form of each cell.

    ``half`` and ``block`` are steps on the way there that spelling uses again: an address with half-width
    digits, and with hyphens for 丁目・番・号. For other kinds both are the column itself.
    """

    plain: pl.Series
    forms: Mapping[str, Forms]
    half: pl.Series
    block: pl.Series


def read(kind: Kind, column: pl.Series) -> Reading:
    """The presentation form and the form of every slot; a cell with a line break is as it is and has no slot."""
    half = block = column
    if kind is Kind.ADDRESS:
        half = _half(column)
        block = _plain_block(half)
    plain, forms = _plain(kind, column, block), _forms(kind, column, half, block)
    broken = _has(column, spelling.LINE_BREAK)
    if broken.any():
        plain = _choose(broken, column, plain)
        forms = {name: np.where(broken, np.int8(NONE), form) for name, form in forms.items()}
    return Reading(plain, forms, half, block)


def presentation(kind: Kind, column: pl.Series) -> pl.Series:
    """The presentation normal form of a text column."""
    if kind is Kind.INDIVIDUAL_NUMBER:
        return pl.Series(column.name, [""] * len(column), dtype=pl.String)
    if kind not in SLOTS:
        return column
    block = _plain_block(_half(column)) if kind is Kind.ADDRESS else column
    return _choose(_has(column, spelling.LINE_BREAK), column, _plain(kind, column, block))


def plain_column(values: pl.Series, kind: Kind) -> list[str]:
    """The presentation form of every cell of a text column."""
    plain: list[str] = presentation(kind, values).to_list()
    return plain


def bearing(kind: Kind, column: pl.Series, forms: Mapping[str, Forms]) -> dict[str, Mask]:
    """For each slot of the kind, by name: whether a source cell bears it. ``forms``: as read off ``column``."""
    if kind in (Kind.NAME, Kind.KANA):
        return {name: form != NONE for name, form in forms.items()}
    if kind is Kind.PHONE:
        return {name: form == 0 for name, form in forms.items()}
    width = forms[ADDRESS_WIDTH.name]
    other_hyphen = np.where(width == 1, _has(column, HALF_DIGITS[10]), _has(column, FULL_DIGITS[10]))
    uniform = (width != NONE) & ~other_hyphen
    return {
        ADDRESS_WIDTH.name: uniform,
        ADDRESS_GAP.name: forms[ADDRESS_GAP.name] != NONE,
        ADDRESS_CHOME.name: uniform & (forms[ADDRESS_CHOME.name] == 0),
        ADDRESS_BAN.name: uniform & (forms[ADDRESS_BAN.name] == 0),
        ADDRESS_ROOM.name: forms[ADDRESS_ROOM.name] == 0,
    }


def spell(kind: Kind, column: pl.Series, reading: Reading, wanted: Mapping[str, Forms]) -> pl.Series:
    """Re-spell a column; ``wanted`` gives the form of each slot by name, ``NONE`` where a cell does not bear it."""
    if kind in (Kind.NAME, Kind.KANA):
        return _spell_gap(column, wanted[SLOTS[kind][0].name])
    if kind is Kind.PHONE:
        return _choose(wanted[PHONE_HYPHEN.name] == 1, _without_hyphens(column), column)
    return _spell_address(column, reading, wanted)


def _has(column: pl.Series, pattern: str) -> Mask:
    return column.str.contains(pattern).to_numpy()


def _choose(condition: Mask, then: pl.Series, otherwise: pl.Series) -> pl.Series:
    return then.zip_with(pl.Series(condition), otherwise)


def _first(column: pl.Series, *patterns: str) -> Forms:
    """The number of the first pattern that matches."""
    found = np.full(len(column), NONE, dtype=np.int8)
    for number in reversed(range(len(patterns))):
        found[_has(column, patterns[number])] = number
    return found


def _without_spaces(column: pl.Series) -> pl.Series:
    return column.str.replace_all(" ", "", literal=True).str.replace_all("\u3000", "", literal=True)


def _without_hyphens(column: pl.Series) -> pl.Series:
    return column.str.replace_all("-", "", literal=True)


def _half(column: pl.Series) -> pl.Series:
    return column.str.replace_many(_FULL, _HALF)


def _plain_block(half: pl.Series) -> pl.Series:
    half = half.str.replace(spelling.CHOME_WORDS, "${1}${2}-${3}-${4}${5}")
    half = half.str.replace(spelling.CHOME_MIXED, "${1}${2}-${3}-${4}${5}")
    return half.str.replace(spelling.BAN_WORDS, "${1}${2}-${3}${4}")


def _plain(kind: Kind, column: pl.Series, block: pl.Series) -> pl.Series:
    """The presentation form, line breaks aside."""
    if kind in (Kind.NAME, Kind.KANA):
        return _without_spaces(column)
    if kind is Kind.PHONE:
        return _choose(_has(column, spelling.HYPHENED_PHONE), _without_hyphens(column), column)
    if kind is Kind.ADDRESS:
        closed = _choose(_has(block, spelling.DIGIT_GAP), block, _without_spaces(block))
        return closed.str.replace(spelling.ROOM_LONG, "${1}号")
    return column


def _forms(kind: Kind, column: pl.Series, half: pl.Series, block: pl.Series) -> dict[str, Forms]:
    """The form of every slot, line breaks aside."""
    if kind in (Kind.NAME, Kind.KANA):
        return {SLOTS[kind][0].name: _read_gap(column)}
    if kind is Kind.PHONE:
        return {PHONE_HYPHEN.name: _first(column, spelling.HYPHENED_PHONE, spelling.PLAIN_PHONE)}
    if kind is not Kind.ADDRESS:
        return {}
    chome = _first(half, spelling.CHOME_WORDS, spelling.CHOME_MIXED, spelling.CHOME_HYPHEN)
    ban = _first(half, spelling.BAN_WORDS, spelling.BAN_HYPHEN)
    return {
        ADDRESS_WIDTH.name: _read_width(column),
        ADDRESS_GAP.name: np.where(_has(block, spelling.DIGIT_GAP), np.int8(NONE), _read_gap(column)),
        ADDRESS_CHOME.name: chome,
        ADDRESS_BAN.name: np.where(chome == NONE, ban, np.int8(NONE)),
        ADDRESS_ROOM.name: _first(half, spelling.ROOM_LONG, spelling.ROOM_SHORT),
    }


def _read_gap(column: pl.Series) -> Forms:
    return np.where(_has(column, spelling.ONE_GAP), _has(column, "\u3000"), NONE).astype(np.int8)


def _read_width(column: pl.Series) -> Forms:
    has_half, has_full = _has(column, "[0-9]"), _has(column, "[０-９]")
    return np.where(has_half != has_full, has_full, NONE).astype(np.int8)


def _spell_gap(column: pl.Series, form: Forms) -> pl.Series:
    narrow = column.str.replace_all("\u3000", " ", literal=True)
    wide = column.str.replace_all(" ", "\u3000", literal=True)
    return _choose(form == 0, narrow, _choose(form == 1, wide, column))


def _spell_address(column: pl.Series, reading: Reading, wanted: Mapping[str, Forms]) -> pl.Series:
    chome, width = wanted[ADDRESS_CHOME.name], wanted[ADDRESS_WIDTH.name]
    mixed = reading.half.str.replace(spelling.CHOME_WORDS, "${1}${2}丁目${3}-${4}${5}")
    hyphens = (chome == 2) | (wanted[ADDRESS_BAN.name] == 1)
    block = _choose(hyphens, reading.block, _choose(chome == 1, mixed, reading.half))
    # Where the width slot is not borne nothing about digits or notation may be touched.
    text = _choose(width == 0, block, _choose(width == 1, block.str.replace_many(_HALF, _FULL), column))
    text = _spell_gap(text, wanted[ADDRESS_GAP.name])
    return _choose(wanted[ADDRESS_ROOM.name] == 1, text.str.replace("号室$", "号"), text)
