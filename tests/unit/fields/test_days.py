"""A day of the office is a day in Japan."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.fields.days import JAPAN, day_of

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(("moment", "day"), [
    ("2026-03-31T14:59:59+00:00", date(2026, 3, 31)),
    ("2026-03-31T15:00:00+00:00", date(2026, 4, 1)),
    ("2026-04-01T00:00:00+09:00", date(2026, 4, 1)),
    ("2026-03-31T23:59:59.999999+09:00", date(2026, 3, 31)),
    ("2026-12-31T10:00:00-05:00", date(2027, 1, 1)),
    ("2028-02-28T15:00:00+00:00", date(2028, 2, 29)),
])  # fmt: skip
def test_day_of_when_the_fiscal_year_turns_then_it_is_the_day_in_japan(moment: str, day: date) -> None:
    assert day_of(datetime.fromisoformat(moment)) == day


@given(st.datetimes(datetime(1970, 1, 3), datetime(9999, 12, 29)), ZONES)
def test_day_of_when_any_moment_in_any_zone_then_nine_hours_after_utc(moment: datetime, zone: timezone) -> None:
    at = moment.replace(tzinfo=zone)
    assert day_of(at) == (at.astimezone(UTC) + timedelta(hours=9)).date() == at.astimezone(JAPAN).date()


def test_day_of_when_the_moment_knows_no_zone_then_value_error() -> None:
    with pytest.raises(ValueError):
        day_of(datetime(2026, 4, 1))


def test_japan_when_compared_with_the_table_of_zones_then_the_same_since_the_last_summer_time() -> None:
    from zoneinfo import ZoneInfo

    tokyo = ZoneInfo("Asia/Tokyo")
    for day in range(0, 365 * 80, 17):
        at = datetime(1952, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
        assert at.astimezone(tokyo).utcoffset() == at.astimezone(JAPAN).utcoffset()
