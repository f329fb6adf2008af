"""The spelling rules on whole columns: what `azukari.fields.spelling` says of a cell, for a million at once.

The patterns are shared, the code is not: sealing compares what this module produced with the
presentation form, and a property test holds both implementations together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

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

_FULL: Final = list(FULL_DIGITS)
_HALF: Final = list(HALF_DIGITS)


def presentation(kind: Kind, column: pl.Expr) -> pl.Expr:
    """The presentation normal form of a text column."""
    if kind in (Kind.NAME, Kind.KANA):
        plain = _without_spaces(column)
    elif kind is Kind.PHONE:
        plain = _if(_has(column, spelling.HYPHENED_PHONE), column.str.replace_all("-", "", literal=True), column)
    elif kind is Kind.ADDRESS:
        plain = _plain_address(column)
    else:
        return column
    return _if(_has(column, spelling.LINE_BREAK), column, plain)


def plain_column(values: pl.Series, kind: Kind) -> list[str]:
    """The presentation form of every cell of a text column."""
    plain: list[str] = values.alias("cell").to_frame().select(presentation(kind, pl.col("cell")))["cell"].to_list()
    return plain


def bearing(kind: Kind, column: pl.Expr) -> dict[str, pl.Expr]:
    """For each slot of the kind, by name: whether a source cell bears it (boolean column)."""
    if kind in (Kind.NAME, Kind.KANA):
        found = {SLOTS[kind][0].name: _has(column, spelling.ONE_GAP)}
    elif kind is Kind.PHONE:
        found = {PHONE_HYPHEN.name: _has(column, spelling.HYPHENED_PHONE)}
    elif kind is Kind.ADDRESS:
        found = _address_bearing(column)
    else:
        found = {}
    whole = ~_has(column, spelling.LINE_BREAK)
    return {name: mask & whole for name, mask in found.items()}


def read(kind: Kind, column: pl.Expr) -> dict[str, pl.Expr]:
    """For each slot of the kind, by name: the form that can be read off (integer column, null if none)."""
    if kind in (Kind.NAME, Kind.KANA):
        states = {SLOTS[kind][0].name: _read_gap(column)}
    elif kind is Kind.PHONE:
        states = {PHONE_HYPHEN.name: _first(column, (spelling.HYPHENED_PHONE, spelling.PLAIN_PHONE))}
    elif kind is Kind.ADDRESS:
        states = _read_address(column)
    else:
        states = {}
    whole = ~_has(column, spelling.LINE_BREAK)
    return {name: pl.when(whole).then(state) for name, state in states.items()}


def spell(kind: Kind, column: pl.Expr, forms: Mapping[str, pl.Expr]) -> pl.Expr:
    """Re-spell a column; ``forms`` gives, by slot name, the wanted form, null where the cell bears no such slot."""
    if kind in (Kind.NAME, Kind.KANA):
        return _spell_gap(column, forms[SLOTS[kind][0].name])
    if kind is Kind.PHONE:
        return _if(forms[PHONE_HYPHEN.name] == 1, column.str.replace_all("-", "", literal=True), column)
    if kind is Kind.ADDRESS:
        return _spell_address(column, forms)
    return column


def _if(condition: pl.Expr, then: pl.Expr, otherwise: pl.Expr) -> pl.Expr:
    return pl.when(condition.fill_null(value=False)).then(then).otherwise(otherwise)


def _has(column: pl.Expr, pattern: str) -> pl.Expr:
    return column.str.contains(pattern)


def _first(column: pl.Expr, patterns: tuple[str, ...]) -> pl.Expr:
    """The number of the first pattern that matches, else null."""
    return pl.coalesce(*(pl.when(_has(column, p)).then(pl.lit(i, pl.Int8)) for i, p in enumerate(patterns)))


def _without_spaces(column: pl.Expr) -> pl.Expr:
    return column.str.replace_all(" ", "", literal=True).str.replace_all("\u3000", "", literal=True)


def _half(column: pl.Expr) -> pl.Expr:
    return column.str.replace_many(_FULL, _HALF)


def _full(column: pl.Expr) -> pl.Expr:
    return column.str.replace_many(_HALF, _FULL)


def _plain_block(half: pl.Expr) -> pl.Expr:
    half = half.str.replace(spelling.CHOME_WORDS, "${1}${2}-${3}-${4}${5}")
    half = half.str.replace(spelling.CHOME_MIXED, "${1}${2}-${3}-${4}${5}")
    return half.str.replace(spelling.BAN_WORDS, "${1}${2}-${3}${4}")


def _plain_address(column: pl.Expr) -> pl.Expr:
    block = _plain_block(_half(column))
    closed = _if(_has(block, spelling.DIGIT_GAP), block, _without_spaces(block))
    return closed.str.replace(spelling.ROOM_LONG, "${1}号")


def _read_gap(column: pl.Expr) -> pl.Expr:
    wide = column.str.contains("\u3000", literal=True).cast(pl.Int8)
    return pl.when(_has(column, spelling.ONE_GAP)).then(wide)


def _read_width(column: pl.Expr) -> pl.Expr:
    has_half, has_full = _has(column, "[0-9]"), _has(column, "[０-９]")
    return pl.when(has_half != has_full).then(has_full.cast(pl.Int8))


def _read_address(column: pl.Expr) -> dict[str, pl.Expr]:
    half = _half(column)
    chome = _first(half, (spelling.CHOME_WORDS, spelling.CHOME_MIXED, spelling.CHOME_HYPHEN))
    ban = _first(half, (spelling.BAN_WORDS, spelling.BAN_HYPHEN))
    return {
        ADDRESS_WIDTH.name: _read_width(column),
        ADDRESS_GAP.name: pl.when(~_has(_plain_block(half), spelling.DIGIT_GAP)).then(_read_gap(column)),
        ADDRESS_CHOME.name: chome,
        ADDRESS_BAN.name: pl.when(chome.is_null()).then(ban),
        ADDRESS_ROOM.name: _first(half, (spelling.ROOM_LONG, spelling.ROOM_SHORT)),
    }


def _address_bearing(column: pl.Expr) -> dict[str, pl.Expr]:
    states = _read_address(column)
    width = states[ADDRESS_WIDTH.name]
    other_hyphen = pl.when(width == 1).then(_has(column, "-")).otherwise(_has(column, "－"))
    uniform = width.is_not_null() & ~other_hyphen
    return {
        ADDRESS_WIDTH.name: uniform,
        ADDRESS_GAP.name: states[ADDRESS_GAP.name].is_not_null(),
        ADDRESS_CHOME.name: uniform & states[ADDRESS_CHOME.name].eq_missing(pl.lit(0)),
        ADDRESS_BAN.name: uniform & states[ADDRESS_BAN.name].eq_missing(pl.lit(0)),
        ADDRESS_ROOM.name: states[ADDRESS_ROOM.name].eq_missing(pl.lit(0)),
    }


def _spell_gap(column: pl.Expr, form: pl.Expr) -> pl.Expr:
    narrow = column.str.replace_all("\u3000", " ", literal=True)
    wide = column.str.replace_all(" ", "\u3000", literal=True)
    return pl.when(form == 0).then(narrow).when(form == 1).then(wide).otherwise(column)


def _spell_block(half: pl.Expr, chome: pl.Expr, ban: pl.Expr) -> pl.Expr:
    mixed = half.str.replace(spelling.CHOME_WORDS, "${1}${2}丁目${3}-${4}${5}")
    hyphens = half.str.replace(spelling.CHOME_WORDS, "${1}${2}-${3}-${4}${5}")
    ban_hyphen = half.str.replace(spelling.BAN_WORDS, "${1}${2}-${3}${4}")
    return (
        pl.when(chome == 1).then(mixed).when(chome == 2).then(hyphens).when(ban == 1).then(ban_hyphen).otherwise(half)
    )


def _spell_address(column: pl.Expr, forms: Mapping[str, pl.Expr]) -> pl.Expr:
    width = forms[ADDRESS_WIDTH.name]
    block = _spell_block(_half(column), forms[ADDRESS_CHOME.name], forms[ADDRESS_BAN.name])
    # Where the width slot is not borne nothing about digits or notation may be touched.
    text = pl.when(width == 0).then(block).when(width == 1).then(_full(block)).otherwise(column)
    text = _spell_gap(text, forms[ADDRESS_GAP.name])
    return _if(forms[ADDRESS_ROOM.name] == 1, text.str.replace("号室$", "号"), text)
