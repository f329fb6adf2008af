"""Rules for every test: no network, the same generated cases in CI each time, and nothing skipped there."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

IN_CI = bool(os.environ.get("CI"))
PLATFORM = "platform:"  # a skip whose reason starts so is one that no installation could mend

LOOPBACK = {"journeys", "conformance"}

settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if IN_CI else "dev")


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sockets other than AF_UNIX raise, except in the folders of ``LOOPBACK``, where servers are started here."""
    if not LOOPBACK & set(Path(request.node.path).relative_to(Path(__file__).parent).parts):
        original = socket.socket.__init__

        def guarded(self: socket.socket, family: int = -1, *rest: Any, **named: Any) -> None:
            original(self, family, *rest, **named)
            if self.family != getattr(socket, "AF_UNIX", None):
                self.close()
                raise RuntimeError("a test tried to open a network socket")

        monkeypatch.setattr(socket.socket, "__init__", guarded)
    yield


def _skipped(config: pytest.Config) -> list[str]:
    """Where and why a test or a whole file was skipped, except for reasons of the platform."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    found = []
    for report in reporter.stats.get("skipped", []) if reporter else []:
        where = report.longrepr
        reason = str(where[2] if isinstance(where, tuple) else where).removeprefix("Skipped: ")
        if not reason.startswith(PLATFORM):
            found.append(f"{report.nodeid}: {reason}")
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failed run."""
    if IN_CI and session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name what was skipped, where that makes the run fail."""
    skipped = _skipped(config) if IN_CI else []
    if skipped:
        terminalreporter.section("skipped in CI, so the run fails", red=True)
        for line in skipped:
            terminalreporter.write_line(line)
