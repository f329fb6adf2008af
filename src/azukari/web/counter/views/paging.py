"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest

from azukari.web.ui.paging import Page, cut, page_number, page_of

T = TypeVar("T")


def page(request: HttpRequest, read: Callable[[slice], list[T]]) -> Page[T]:
    """The page of a list that is asked for; ``read`` cuts the list."""
    number = page_number(request)
    return page_of(read(cut(number)), number)
