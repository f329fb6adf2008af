"""Scenes of one's own for each test; see `scene`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene


@pytest.fixture(autouse=True)
def no_office_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture
def registered(tmp_path: Path) -> Scene:
    return scenes.copied(scenes.registered(), tmp_path / "scene")


@pytest.fixture
def sealed(tmp_path: Path) -> Scene:
    return scenes.copied(scenes.sealed(), tmp_path / "scene")


@pytest.fixture
def traced(tmp_path: Path) -> Scene:
    return scenes.copied(scenes.traced(), tmp_path / "scene")
