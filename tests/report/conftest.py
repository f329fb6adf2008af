"""One browser, and one page for all that only ask its verifier, for each test file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.report.browser import Checker, chromium, opened


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def checker(running: Browser) -> Iterator[Checker]:
    with opened(running, fixed=False) as page:
        yield Checker(page)
