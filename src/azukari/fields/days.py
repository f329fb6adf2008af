"""The day of a moment, for everything in which an office counts days: it is a day in Japan (docs/adr/0013-days.md)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9), "JST")
"""Without summer time since 1952, so that no table of time zones is needed, which Windows has not."""


def day_of(at: datetime) -> date:
    """The day in Japan of a moment that knows its zone. ValueError for one that does not: whose noon would it be?"""
    if at.tzinfo is None:
        raise ValueError("a moment without a zone has no day")
    return at.astimezone(JAPAN).date()
