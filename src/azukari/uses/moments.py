"""Moments as sources write them: RFC 3339, or a date as Japanese offices write it, with a time."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Final

from azukari.fields.dates import parse_date
from azukari.fields.days import JAPAN

_TIME: Final = re.compile(
    r"[\sT]*(午前|午後)?\s*(\d{1,2})(?::|時)\s*(\d{1,2})(?:(?::|分)\s*(?:(\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?\s*(Z|[+-]\d\d:?\d\d|JST|UTC)?$"
)
_ZONES: Final = {"": JAPAN, "JST": JAPAN, "Z": UTC, "UTC": UTC}


def parse_moment(text: str) -> datetime | None:
    """The moment that a cell says, in UTC, or None. Without an offset it is Japan's; a date alone is its midnight.

    Read are ``2026-11-20T14:30:05+09:00``, ``2026/11/20 14:30``, ``令和8年11月20日 14時30分5秒``, ``R8.11.20 午後2時30分`` and
    whatever `fields.dates.parse_date` reads, in digits of either width.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _TIME.search(plain)
    day = parse_date(plain[: found.start()] if found else plain)
    clock = _clock(found) if found else time(tzinfo=JAPAN)
    if day is None or clock is None:
        return None
    try:
        return datetime.combine(day, clock).astimezone(UTC)
    except OverflowError:
        return None


def _clock(found: re.Match[str]) -> time | None:
    half, hours, minutes, seconds, fraction, zone = (part or "" for part in found.groups())
    hour = int(hours)
    if half:
        if hour > 12:
            return None
        hour = hour % 12 + (12 if half == "午後" else 0)
    micro = int(fraction.ljust(6, "0")[:6] or 0)
    try:
        return time(hour, int(minutes), int(seconds or 0), micro, tzinfo=_zone(zone))
    except ValueError:
        return None


def _zone(text: str) -> timezone:
    if text in _ZONES:
        return _ZONES[text]
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
