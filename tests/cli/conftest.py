"""Scenes of one's own for each test, beside its `tmp_path`; see `scene`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene


@pytest.fixture(autouse=True)
def no_office_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture
def registered(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scenes.copied(scenes.registered(), tmp_path_factory.mktemp("registered") / "scene")


@pytest.fixture
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scenes.copied(scenes.sealed(), tmp_path_factory.mktemp("sealed") / "scene")


@pytest.fixture
def traced(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scenes.copied(scenes.traced(), tmp_path_factory.mktemp("traced") / "scene")
