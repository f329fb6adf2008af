"""The keystore's backup, its restoring and the erasing of a person, killed at every step: whole, or done by the next start."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call
from tests.web.test_custody_crash import Forking
from tests.web.test_keystore_commands import notes

from azukari.cli.options import open_office, read_identity
from azukari.errors import StateError
from azukari.stores.keys import open_key_file
from azukari.web.subjects import keystore


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
    """An office with two people, one under protection no longer, and a backup of its keystore."""
    scene = scenes.copied(scenes.registered(), tmp_path_factory.mktemp("small") / "scene")
    opened = open_office(scene / "office", scene / "office.key", None)
    from azukari.web.subjects.actions import protection

    terms = protection.Terms(opened.at.date(), None, "rows", note="申出")
    given = {"kek": opened.kek, "by": opened.by, "at": opened.at}
    made = protection.add(body_id=opened.body_id, local_ids=["0417", "0418"], terms=terms, **given)
    protection.end(protection_id=made[0], by=opened.by, at=opened.at)
    (scene / "backups").mkdir()
    shutil.move(scene.json("keystore", "backup", scene / "backups")["backup"], scene / "keystore.azb")
    scenes.close()
    return scene


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".azukari-tmp")]


@pytest.mark.parametrize("how", ["kill", "once", "full"])
def test_backup_when_it_ends_at_any_step_then_what_is_there_is_whole(
    small: Scene, forking: Forking, tmp_path: Path, how: str
) -> None:
    from azukari.web.backup import keystores

    secret, kek = read_identity(small / "oversight.key").secret, open_key_file(small / "office.key", None)
    options, ended = ["--office", str(small / "office"), "--keys", str(small / "office.key")], []
    for at in range(1, 40):
        folder = tmp_path / str(at)
        folder.mkdir()
        ended.append(forking.attempt(["keystore", "backup", str(folder), *options], at=at, how=how))
        for file in folder.glob("*.azb"):
            with file.open("rb") as source:
                assert len(list(keystores.verify(source, secret, kek).copy.opened(kek))) == 1
        if how != "kill":
            assert not leftovers(folder) and bool(list(folder.iterdir())) == (ended[-1] == 0)
        if ended[-1] == 0:
            break
    assert ended[-1] == 0 and any(ended) and set(ended) <= ({0, -9} if how == "kill" else {0, 51}), ended


@pytest.mark.parametrize("how", ["kill", "once", "full"])
def test_restore_when_it_ends_at_any_step_then_the_same_command_ends_it(
    small: Scene, forking: Forking, tmp_path: Path, how: str
) -> None:
    ended = []
    for at in range(1, 40):
        scene = scenes.copied(small.folder, tmp_path / str(at))
        (scene / "office" / keystore.FILE).unlink()
        given = [str(scene / "keystore.azb"), "-i", str(scene / "oversight.key")]
        given += ["--office", str(scene / "office"), "--keys", str(scene / "office.key")]
        ended.append(forking.attempt(["keystore", "restore", *given], at=at, how=how))
        if not (scene / "office" / keystore.FILE).exists():
            assert ended[-1] != 0 and (how == "kill" or not leftovers(scene / "office"))
            assert call("keystore", "restore", *given).code == 0
        assert sorted(map(str, notes(scene))) == ["申出", "申出"] and not leftovers(scene / "office")
        scenes.close()
        if ended[-1] == 0:
            break
    assert ended[-1] == 0 and any(ended) and set(ended) <= ({0, -9} if how == "kill" else {0, 51}), ended


_DIE = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from azukari.stores.keys import open_key_file
from azukari.web import office
folder, point = Path(sys.argv[1]), sys.argv[2]
office.start(folder / "office")
from azukari.web.accounts import queries as accounts
from azukari.web.subjects import keystore, queries
from azukari.web.subjects.actions import settling, subject
def die(*given, **named): os.kill(os.getpid(), signal.SIGKILL)
kek = open_key_file(folder / "office.key", None)
gone = queries.known(accounts.bodies()[0].id, "0417", kek)
store, real = keystore.Keystore, keystore.Keystore._write
def wrote(*given):
    real(*given)
    die()
if point == "committed": store.destroy = die
if point == "written": store._write = wrote
if point == "zeroed": settling._note = die
if point == "forgotten": settling._forget_old_rows = die
subject.destroy(subject_id=gone.id, kek=kek, by=office.ITSELF, at=datetime.now(UTC))
"""


@pytest.mark.parametrize("point", ["committed", "written", "zeroed", "forgotten"])
def test_erasing_when_killed_then_the_next_opening_ends_it(small: Scene, tmp_path: Path, point: str) -> None:
    scene = scenes.copied(small.folder, tmp_path / "scene")
    opened = open_office(scene / "office", scene / "office.key", None)
    from azukari.web.subjects import queries
    from azukari.web.subjects.models import Subject

    gone, stays = (queries.known(opened.body_id, one, opened.kek) for one in ("0417", "0418"))
    assert gone and stays
    key, other = queries.key(gone, opened.kek), queries.key(stays, opened.kek)
    scenes.close()
    died = subprocess.run([sys.executable, "-c", _DIE, str(scene.folder), point], capture_output=True, timeout=120)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]

    opened = open_office(scene / "office", scene / "office.key", None)
    said = Subject.objects.get(id=gone.id)
    assert said.erased_at and said.destroyed_at and said.pseudonym is None
    with pytest.raises(StateError):
        queries.key(gone, opened.kek)
    with keystore.opened(queries.store_path(), opened.kek) as store:
        assert store.roots([gone.number, stays.number]) == {gone.number: keystore.NOBODY, stays.number: other}
        assert key not in store.page(gone.number // keystore.SLOTS) and store.destroyed == 1
