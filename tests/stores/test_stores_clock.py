"""Clocks tell aware UTC times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from azukari.errors import OptionError
from azukari.stores.clock import Clock, FixedClock, SystemClock

JST = timezone(timedelta(hours=9))


@pytest.mark.parametrize("clock", [SystemClock(), FixedClock(datetime(2026, 4, 1, tzinfo=JST))])
def test_now_when_read_then_it_is_aware_and_utc(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC


def test_fixed_clock_when_made_in_japan_then_it_tells_utc_and_moves_only_forward() -> None:
    clock = FixedClock(datetime(2026, 4, 1, 8, tzinfo=JST))
    assert clock.now() == clock.now() == datetime(2026, 3, 31, 23, tzinfo=UTC)
    assert clock.advance(timedelta(days=1)) == datetime(2026, 4, 1, 23, tzinfo=UTC)
    with pytest.raises(OptionError):
        clock.advance(timedelta(seconds=-1))


def test_fixed_clock_when_it_has_no_zone_then_option_error() -> None:
    with pytest.raises(OptionError):
        FixedClock(datetime(2026, 4, 1))
