"""The linkage normal form: tolerant, for matching only. Two cells that are equal here may still differ in value.

Nothing that is delivered or committed to ever passes through this form.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from azukari.fields.dates import parse_date
from azukari.fields.kinds import Kind
from azukari.fields.spelling import presentation

# Glyph variants that clerks and machines exchange freely. For matching only; the value keeps its glyph.
_GLYPHS: Final = str.maketrans(
    "髙﨑邉邊齋齊斎濵濱澤廣德惠國眞條櫻龍瀨嶋冨",
    "高崎辺辺斉斉斉浜浜沢広徳恵国真条桜竜瀬島富",
)
_SMALL_KANA: Final = str.maketrans("ァィゥェォッャュョヮヵヶヅヂヰヱ", "アイウエオツヤユヨワカケズジイエ")
_KANJI_DIGITS: Final = str.maketrans("〇一二三四五六七八九", "0123456789")
_HIRAGANA: Final = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_DROPPED: Final = {ord(c): None for c in " \u3000\t-‐‑–—―−ー－・.()（）"}
_VARIATION: Final = {code: None for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}


def linkage(kind: Kind, text: str) -> str:
    """The linkage form of a cell, "" if it is blank or useless for matching (a date that is none)."""
    text = text.strip()
    if not text:
        return ""
    if kind is Kind.BIRTH_DATE:
        date = parse_date(text)
        return date.isoformat() if date else ""
    if kind is Kind.ADDRESS:
        return _address(text)
    folded = unicodedata.normalize("NFKC", text)
    if kind in (Kind.PHONE, Kind.POSTAL_CODE):
        return "".join(c for c in folded if c.isdigit())
    if kind is Kind.NAME:
        return folded.translate(_VARIATION).translate(_GLYPHS).translate(_DROPPED)
    if kind is Kind.KANA:
        return folded.translate(_HIRAGANA).translate(_SMALL_KANA).translate(_DROPPED)
    return folded.casefold().replace(" ", "")


def _address(text: str) -> str:
    """Whatever the notation: numbers joined by hyphens, kanji chome as digits, glyphs and 大字 folded."""
    text = presentation(Kind.ADDRESS, unicodedata.normalize("NFKC", text))
    text = text.replace("大字", "").translate(_GLYPHS).translate(_SMALL_KANA)
    head, chome, tail = text.partition("丁目")
    if chome:
        text = f"{head[:-1]}{head[-1:].translate(_KANJI_DIGITS)}-{tail}"
    for word in ("番地の", "番地", "番", "号室", "号"):
        text = text.replace(word, "-")
    return "".join(c for c in text if c not in " -")
