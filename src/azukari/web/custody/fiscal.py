"""The fiscal year of public bodies in Japan: 1 April to 31 March (Local Autonomy Act, art. 208; Public Finance Act, art. 11)."""

from __future__ import annotations

from datetime import date
from typing import Final

LAST_MONTH, LAST_DAY = 3, 31
FIRST_MONTH: Final = 4


def year_end(day: date) -> date:
    """The last day of the fiscal year that holds ``day``."""
    return date(day.year + (day.month >= FIRST_MONTH), LAST_MONTH, LAST_DAY)
