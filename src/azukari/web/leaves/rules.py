"""Which day it is for a list: that of Japan, nine hours before it is one in UTC (docs/spec/completeness.md)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final

JAPAN: Final = timezone(timedelta(hours=9))


def day_of(at: datetime) -> date:
    """The day of a moment in Japan."""
    return at.astimezone(JAPAN).date()
