"""The linkage normal form: tolerant, for matching only. Two cells that are equal here may still differ in value.

Nothing that is delivered or committed to ever passes through this form.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from azukari.fields.dates import parse_date
from azukari.fields.kinds import Kind
from azukari.fields.spelling import presentation


def _pairs(before: str, after: str) -> dict[int, int | str | None]:
    return {ord(b): a for b, a in zip(before, after, strict=True)}


# Glyph variants that clerks and machines exchange freely. For matching only; the value keeps its glyph.
_GLYPHS: Final = _pairs(
    "髙﨑邉邊齋齊斎濵濱澤廣德惠國眞條櫻龍瀨嶋冨",
    "高崎辺辺斉斉斉浜浜沢広徳恵国真条桜竜瀬島富",
)
_SMALL_KANA: Final = _pairs("ァィゥェォッャュョヮヵヶヅヂヰヱ", "アイウエオツヤユヨワカケズジイエ")
_HIRAGANA: Final = {code: chr(code + 0x60).translate(_SMALL_KANA) for code in range(0x3041, 0x3097)}
_DROPPED: Final = dict.fromkeys(map(ord, " \u3000\t-‐‑–—―−ー－・.()（）"))
_VARIATION: Final = dict.fromkeys((*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
_KANJI_DIGITS: Final = _pairs("〇一二三四五六七八九", "0123456789")

_NAME: Final = _VARIATION | _GLYPHS | _DROPPED
_KANA: Final = _HIRAGANA | _SMALL_KANA | _DROPPED
_ADDRESS: Final = _GLYPHS | _SMALL_KANA | dict.fromkeys(map(ord, " \u3000-−"))
_ADDRESS_WORDS: Final = ("大字", "番地の", "番地", "番", "号室", "号")


def linkage(kind: Kind, text: str) -> str:
    """The linkage form of a cell, "" if it is blank or useless for matching (a date that is none)."""
    return fold(kind, presentation(kind, text.strip()))


def fold(kind: Kind, plain: str) -> str:
    """The linkage form of a cell that is in presentation form already."""
    if not plain:
        return ""
    if kind is Kind.BIRTH_DATE:
        date = parse_date(plain)
        return date.isoformat() if date else ""
    folded = unicodedata.normalize("NFKC", plain)
    if kind is Kind.NAME:
        return folded.translate(_NAME)
    if kind is Kind.KANA:
        return folded.translate(_KANA)
    if kind is Kind.ADDRESS:
        return _address(folded)
    if kind in (Kind.PHONE, Kind.POSTAL_CODE):
        return folded if folded.isdigit() else "".join(c for c in folded if c.isdigit())
    return folded.casefold().replace(" ", "")


def _address(text: str) -> str:
    """Whatever the notation: numbers joined, kanji chome as digits, glyphs and 大字 folded."""
    head, chome, tail = text.partition("丁目")
    if chome:
        text = f"{head[:-1]}{head[-1:].translate(_KANJI_DIGITS)}{tail}"
    for word in _ADDRESS_WORDS:
        if word in text:
            text = text.replace(word, "")
    return text.translate(_ADDRESS)
