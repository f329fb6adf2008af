"""Long lists, a page at a time: what a page is, and which one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.http import HttpRequest

PAGE: Final = 50  # rows
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """一頁。 Rows of a list, the number of this page from 1, and whether there is another."""

    rows: Sequence[T]
    number: int
    more: bool


def cut(number: int) -> slice:
    """What to read of a list for this page: one row more than it shows."""
    return slice((number - 1) * PAGE, number * PAGE + 1)


def page_of(taken: Sequence[T], number: int) -> Page[T]:
    """The page out of what was read with ``cut``."""
    return Page(taken[:PAGE], number, len(taken) > PAGE)


def page_number(request: HttpRequest) -> int:
    """The page that is asked for by ``?page=``, the first where that is no number from 1 to 99,999."""
    text = request.GET.get("page", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) else 1
