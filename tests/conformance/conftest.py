"""Offices for tests that talk over loopback: the fixtures of tests/web."""

from __future__ import annotations

from tests.web.conftest import ledger, new_office, open_office, postgresql, template

__all__ = ["ledger", "new_office", "open_office", "postgresql", "template"]
