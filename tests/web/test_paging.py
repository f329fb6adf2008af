"""A page of a long list: which one is asked for, what is read for it, and whether there is another."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def configured(template: object) -> None:
    """Settings are read once a process."""


@pytest.mark.parametrize(("text", "number"), [
    ("2", 2), ("99999", 99_999), ("007", 7),
    ("0", 1), ("", 1), ("-1", 1), ("1.5", 1), ("100000", 1), ("９", 1), ("²", 1), ("1 ", 1), ("9" * 5_000, 1), ("x", 1),
])  # fmt: skip
def test_page_number_when_asked_for_then_it_is_that_or_the_first(text: str, number: int) -> None:
    from django.http import QueryDict
    from django.test import RequestFactory

    from azukari.web.ui.paging import page_number

    request = RequestFactory().get("/")
    request.GET = QueryDict(mutable=True)
    request.GET["page"] = text
    assert page_number(request) == number
    assert page_number(RequestFactory().get("/")) == 1


@settings(max_examples=60)
@given(st.integers(0, 260), st.integers(1, 8))
def test_pages_when_a_list_is_gone_through_then_each_row_once_and_the_last_page_says_so(
    length: int, wanted: int
) -> None:
    from azukari.web.ui.paging import PAGE, cut, page_of

    rows = list(range(length))
    page = page_of(rows[cut(wanted)], wanted)
    assert list(page.rows) == rows[(wanted - 1) * PAGE : wanted * PAGE] and page.number == wanted
    assert page.more is (length > wanted * PAGE)
