"""The terms of an entrustment: its period and its fields, and that a sub-entrustment stays within those above."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from azukari.errors import NotPermittedError, OptionError
from azukari.fields.kinds import REFERENCE, Field
from azukari.web.custody.models import Entrustment


@dataclass(frozen=True)
class Period:
    """期間。 First and last day, both included. OptionError if it ends before it starts."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise OptionError("the period ends before it starts")

    def holds(self, other: Period) -> bool:
        """Whether the other period lies in this one."""
        return self.starts_on <= other.starts_on and other.ends_on <= self.ends_on


def parse_fields(fields: Iterable[Field | str]) -> list[str]:
    """Sorted ``kind/role``. FormatError for an unknown field, OptionError for none or for azukari's own reference."""
    parsed = {field if isinstance(field, Field) else Field.parse(field) for field in fields}
    if not parsed or REFERENCE.kind in {field.kind for field in parsed}:
        raise OptionError("an entrustment needs kinds of field; a reference is azukari's own")
    return sorted(map(str, parsed))


def require_within(above: Entrustment, period: Period, permitted: Iterable[str]) -> None:
    """NotPermittedError for a day or a field that the entrustment above does not have."""
    if not Period(above.starts_on, above.ends_on).holds(period):
        raise NotPermittedError("outside the period of the entrustment above")
    if not set(above.permitted.values_list("field", flat=True)).issuperset(permitted):
        raise NotPermittedError("a field that the entrustment above does not permit")
