"""How long a copy record is kept."""

from __future__ import annotations

from datetime import date
from typing import Final

# Leaks have surfaced three years and more after the hand-over; without its record a copy cannot be traced.
YEARS: Final = 5


def record_expiry(last_day: date) -> date:
    """The last day on which the copy record of an entrustment that ends on ``last_day`` is kept."""
    try:
        return last_day.replace(year=last_day.year + YEARS)
    except ValueError:  # 29 February
        return last_day.replace(year=last_day.year + YEARS, day=28)
