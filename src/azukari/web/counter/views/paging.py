"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.http import HttpRequest

PAGE: Final = 50
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """一頁。 Rows of a list, the number of this page from 1, and whether there is another."""

    rows: Sequence[T]
    number: int
    more: bool


def page(request: HttpRequest, read: Callable[[slice], list[T]]) -> Page[T]:
    """The page of a list that is asked for by ``?page=``, the first where that is no number; ``read`` cuts the list."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) < 100_000 and len(text) < 6 else 1
    taken = read(slice((number - 1) * PAGE, number * PAGE + 1))
    return Page(taken[:PAGE], number, len(taken) > PAGE)
