"""Backup and restore by the commands, killed or refused by the disk at every step: the warm process of the sealing tests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Answer, Scene, call
from tests.web.test_custody_crash import Forking


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forking]:
    if not hasattr(os, "fork"):
        pytest.skip("platform: no fork here")
    process = Forking(tmp_path_factory.mktemp("forking"))
    yield process
    process.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """An office with one package, and its backup."""
    scene = scenes.copied(scenes.registered(), tmp_path_factory.mktemp("small") / "scene")
    scenes.people().head(60).write_csv(scene / "small.csv")
    scene.seal("seiran", "small.csv")
    scene.json("backup", scene / "backup.azb")
    scenes.close()
    return scene


def restore(scene: Scene, *arguments: object, file: str = "backup.azb") -> Answer:
    keys = ("-i", scene / "oversight.key", "--keys", scene / "office.key")
    return call("restore", scene / file, *arguments, *keys)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".azukari-tmp")]


@pytest.mark.parametrize("how", ["kill", "once", "full"])
def test_backup_when_it_ends_at_any_step_then_the_file_is_whole_or_not_there(
    small: Scene, forking: Forking, tmp_path: Path, how: str
) -> None:
    ended = []
    for at in range(1, 40):
        file = tmp_path / f"{at}.azb"
        options = ["--office", str(small / "office"), "--keys", str(small / "office.key")]
        ended.append(forking.attempt(["backup", str(file), *options], at=at, how=how))
        if file.exists():
            assert restore(small, "--check", file=str(file)).code == 0
        if how != "kill":
            assert not leftovers(tmp_path) and not leftovers(small / "office")
            assert file.exists() == (ended[-1] == 0)
        if ended[-1] == 0 and at > 8:  # an error while the copy of the register is removed at once is none
            break
    assert ended[-1] == 0 and any(ended) and set(ended) <= ({0, -9} if how == "kill" else {0, 51}), ended
    small.json("backup", tmp_path / "last.azb")
    assert not leftovers(small / "office"), "what a kill has left is swept"


@pytest.mark.parametrize("how", ["kill", "once", "full"])
def test_restore_when_it_ends_at_any_step_then_the_office_is_whole_or_not_there(
    small: Scene, forking: Forking, tmp_path: Path, how: str
) -> None:
    entries, ended = scenes.entries(small), []
    scenes.close()
    options = ["-i", str(small / "oversight.key"), "--keys", str(small / "office.key")]
    command = ["restore", str(small / "backup.azb")]
    for at in range(1, 90, 3 if how == "kill" else 2):
        place = tmp_path / str(at) / "office"
        place.parent.mkdir()
        ended.append(forking.attempt([*command, str(place), *options], at=at, how=how))
        if not place.exists():
            assert how == "kill" or not list(place.parent.iterdir())
            assert restore(small, place).code == 0, "the same command again"
        assert [path.name for path in place.parent.iterdir()] == ["office"]
        shutil.copy(small / "office.key", place.parent)
        assert scenes.entries(Scene(place.parent)) == entries and list((place / "ledger").glob("*.held"))
        scenes.close()
        if ended[-1] == 0:
            break
    assert ended[-1] == 0 and len(ended) > 6 and set(ended[:-1]) <= ({-9} if how == "kill" else {0, 51}), ended
