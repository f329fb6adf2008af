"""Strict reading of JSON members: one spelling for each value, FormatError for all others."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from azukari.errors import FormatError

MAX_COUNT: Final = 2**53 - 1
"""Largest count, size and index: what every reader of JSON holds exactly."""
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def require(condition: bool, detail: str) -> None:
    """FormatError unless the condition holds."""
    if not condition:
        raise FormatError(detail)


def members(value: Any, *names: str) -> dict[str, Any]:
    """An object of exactly these members."""
    require(isinstance(value, dict) and set(value) == set(names), "members")
    return dict(value)


def listed(value: Any) -> list[Any]:
    """A list."""
    require(isinstance(value, list), "list")
    return list(value)


def text(value: Any) -> str:
    """A text."""
    require(isinstance(value, str), "text")
    return str(value)


def count(value: Any) -> int:
    """A whole number from 0 to `MAX_COUNT`; true and false are none."""
    require(type(value) is int and 0 <= value <= MAX_COUNT, "count")
    return int(value)


def unhexed(value: Any, size: int) -> bytes:
    """``size`` bytes in lower-case hexadecimal."""
    spelled = text(value)
    require(len(spelled) == 2 * size and _HEX.fullmatch(spelled) is not None, "hex")
    return bytes.fromhex(spelled)


def day(value: Any) -> date:
    """A day, ``2026-11-20``."""
    try:
        found = date.fromisoformat(text(value))
    except ValueError as error:
        raise FormatError("day") from error
    require(found.isoformat() == value, "day")
    return found


def time(value: Any) -> datetime:
    """A time in UTC, to the second, ``2026-11-20T03:00:00Z``."""
    require(_TIME.fullmatch(text(value)) is not None, "time")
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise FormatError("time") from error
    require(timed(found) == value, "time")  # newer Pythons read 24:00:00
    return found


def timed(at: datetime) -> str:
    """A time as `time` reads it. FormatError for one without zone or with a fraction of a second."""
    require(at.utcoffset() == timedelta(0) and at.microsecond == 0, "time")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
