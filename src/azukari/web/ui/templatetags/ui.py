"""``{% load ui %}``: both languages in one place, days and moments as people in Japan read them, labels of fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django import template

from azukari.fields.days import JAPAN, day_of
from azukari.fields.kinds import Field
from azukari.web.ui.words import language, pick

register = template.Library()


@register.simple_tag
def say(ja: str, en: str) -> str:
    """The sentence in the language of the page, escaped as any other text."""
    return pick(ja, en)


@register.filter
def day(value: date | None) -> str:
    """2026年4月1日, 2026-04-01; a moment is shown as its day in Japan."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = day_of(value)
    return pick(f"{value.year}年{value.month}月{value.day}日", value.isoformat())


@register.filter
def moment(value: datetime | None) -> str:
    """Day and minute in Japan."""
    if value is None:
        return ""
    local = value.astimezone(JAPAN)
    return f"{day(value)} {local:%H:%M}"


@register.filter
def number(value: int | None) -> str:
    """A count with separators."""
    return "" if value is None else f"{value:,}"


@register.filter
def span(ends: list[int]) -> str:
    """A number, or from at least to at most."""
    low, high = ends
    if low == high:
        return f"{low:,}"
    return pick(f"{low:,} 人以上、{high:,} 人以下", f"at least {low:,}, at most {high:,}")


@register.filter
def spaces(text: str) -> str:
    """A cell whose spaces can be seen: □ for a wide one, ␣ for a narrow one."""
    return text.replace("\u3000", "□").replace(" ", "␣")


@register.filter
def labels(fields: Iterable[Field]) -> str:
    """氏名、フリガナ; name, kana."""
    return pick("、", ", ").join(field.label(language()) for field in fields)


@register.filter
def attribute(element: object, name: str) -> object:
    """An attribute of an element of allauth's templates, or nothing."""
    return element.get(name, "") if isinstance(element, dict) else ""
