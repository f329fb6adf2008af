"""The clock, given to actions as an argument: one reading per operation, always aware, always UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from azukari.errors import OptionError
from azukari.fields.days import day_of


class Clock(Protocol):
    """時計。 Anything that tells an aware UTC time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """計算機の時計。 The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """止めた時計。 A clock for tests and the demo: it stands still until it is moved forward.

    Raises OptionError if the moment has no time zone.
    """

    moment: datetime

    def __post_init__(self) -> None:
        if self.moment.tzinfo is None:
            raise OptionError("a clock needs a time zone")
        self.moment = self.moment.astimezone(UTC)

    def now(self) -> datetime:
        """The moment at which the clock stands, in UTC."""
        return self.moment

    def advance(self, step: timedelta) -> datetime:
        """Move the clock forward and return the new moment; OptionError for a step backwards."""
        if step < timedelta(0):
            raise OptionError("a clock does not go back")
        self.moment += step
        return self.moment


def now() -> datetime:
    """One reading of the machine's clock: aware, in UTC."""
    return SystemClock().now()


def today() -> date:
    """The day that it is now in Japan: one reading of the machine's clock, for whoever needs no moment besides."""
    return day_of(now())
