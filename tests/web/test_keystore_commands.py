"""`azukari keystore`: people's keys in backups of their own, which go in time, and the office that comes back from two files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call

from azukari.cli.options import open_office
from azukari.fields.days import day_of
from azukari.stores.keys import open_key_file
from azukari.web.backup import names
from azukari.web.subjects import keystore

DAY = timedelta(days=1)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """An office with two people under protection."""
    scenes.without_office(monkeypatch)
    made = scenes.copied(scenes.registered(), tmp_path / "scene")
    opened = open_office(made / "office", made / "office.key", None)
    from azukari.web.subjects.actions import protection

    terms = protection.Terms(day_of(opened.at), None, "rows", note="避難先の申出")
    given = {"kek": opened.kek, "by": opened.by, "at": opened.at}
    protection.add(body_id=opened.body_id, local_ids=["0417", "0418"], terms=terms, **given)
    (made / "backups").mkdir()
    yield made
    scenes.close()


def notes(scene: Scene, keys: str = "office.key") -> list[str | None]:
    from azukari.web.subjects.queries import protections

    opened = open_office(scene / "office", scene / keys, None)
    return [one.note for one in protections.page(opened.body_id, 1, opened.kek).rows]


def planted(scene: Scene, days: float) -> Path:
    path = scene / "backups" / names.keystore_name_at(datetime.now(UTC) - days * DAY)
    path.write_bytes(b"an older one")
    return path


def grades(scene: Scene, *options: object) -> dict[str, str]:
    answer = scene.run("check", "--backups", scene / "backups", "--json", *options)
    return {one["subject"]: one["grade"] for one in answer.json["observations"]}


def test_office_when_it_comes_back_then_the_register_holds_no_key_and_the_keystore_has_a_backup_of_its_own(
    scene: Scene,
) -> None:
    made = scene.json("keystore", "backup", scene / "backups")
    assert made["bytes"] > 8_000 and made["removed"] == 0
    whole = scene.json("backup", scene / "register.azb")
    scenes.close()
    keys = ("-i", scene / "oversight.key", "--keys", scene / "office.key")
    place = ("--office", scene / "again" / "office")
    (scene / "again").mkdir()
    done = call("restore", scene / "register.azb", scene / "again" / "office", *keys, "--json")
    assert done.code == 0 and not list((scene / "again" / "office").glob("keystore*")) and whole["files"] >= 0
    again = Scene(scene / "again")
    (scene / "again" / "office.key").write_bytes((scene / "office.key").read_bytes())
    assert grades_of(again)["keystore"] == "broken"
    with pytest.raises(Exception, match="keystore"):
        notes(again)
    back = call("keystore", "restore", made["backup"], *keys, *place, "--json")
    assert back.code == 0 and back.json == {"people": 2, "lost": 0, "pages": 1}
    assert notes(again) == ["避難先の申出"] * 2 and grades_of(again)["keystore"] == "good"
    assert call("keystore", "restore", made["backup"], *keys, *place).code != 0, "it is there now"


def grades_of(scene: Scene) -> dict[str, str]:
    answer = scene.run("check", "--json")
    return {one["subject"]: one["grade"] for one in answer.json["observations"]}


def test_backups_when_they_are_over_their_days_then_a_new_one_and_prune_remove_them_and_no_other(scene: Scene) -> None:
    old, edge, other = planted(scene, 15), planted(scene, 13), scene / "backups" / "azukari-20200101T000000Z.azb"
    other.write_bytes(b"of the register")
    made = scene.json("keystore", "backup", scene / "backups")
    assert made["removed"] == 1 and not old.exists() and edge.exists() and other.exists()
    pruned = call("keystore", "prune", scene / "backups", "--days", "12", "--json")
    assert pruned.json == {"removed": 1, "left": 1} and Path(made["backup"]).exists() and other.exists()
    planted(scene, 0.5), Path(made["backup"]).unlink()  # a second has one name
    made = scene.json("keystore", "backup", scene / "backups", "--days", "0")
    assert sorted(path.name for path in names.keystores(scene / "backups")) == [Path(made["backup"]).name]


def test_check_when_backups_of_the_keystore_are_none_old_or_over_their_days_then_told(scene: Scene) -> None:
    (scene / "backups" / names.name_at(datetime.now(UTC))).write_bytes(b"of the register")
    assert grades(scene)["keystore-backups"] == "broken"
    for days, grade in ((9, "broken"), (3, "look"), (1, "good")):
        planted(scene, days)
        assert grades(scene)["keystore-backups"] == grade
    assert grades(scene, "--keystore-days", 7)["keystore-backups"] == "broken"
    planted(scene, 16)
    assert grades(scene)["keystore-backups"] == "broken"
    call("keystore", "prune", scene / "backups", "--days", "14")
    assert grades(scene)["keystore-backups"] == "good"


def test_backup_when_the_office_has_no_people_yet_then_there_is_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.without_office(monkeypatch)
    empty = scenes.copied(scenes.registered(), tmp_path / "scene")
    done = empty.json("keystore", "backup", empty.folder)
    assert done == {"backup": None, "removed": 0} and not names.keystores(empty.folder)
    scenes.close()


@pytest.mark.parametrize("asked", ["inside", "no folder", "no backup"])
def test_keystore_when_asked_for_what_makes_no_sense_then_refused(scene: Scene, asked: str) -> None:
    commands: dict[str, tuple[object, ...]] = {
        "inside": ("backup", scene / "office" / "packages"),
        "no folder": ("backup", scene / "nowhere"),
        "no backup": ("restore", scene / "nowhere.azb", "-i", scene / "oversight.key"),
    }
    done = scene.run("keystore", *commands[asked])
    assert done.code != 0 and not list((scene / "office").rglob("*.azb"))


def test_rekey_when_a_backup_is_older_then_the_old_key_file_restores_it_for_the_new_key(scene: Scene) -> None:
    made = scene.json("keystore", "backup", scene / "backups")
    assert scene.run("rekey", "--new-keys", scene / "new.key").code == 0
    (scene / "office" / keystore.FILE).unlink()
    scenes.close()
    given: tuple[Any, ...] = ("--office", scene / "office", "--keys", scene / "new.key", "-i", scene / "oversight.key")
    assert call("keystore", "restore", made["backup"], *given).code != 0
    back = call("keystore", "restore", made["backup"], *given, "--made-with", scene / "office.key", "--json")
    assert back.code == 0 and back.json["people"] == 2
    assert notes(scene, "new.key") == ["避難先の申出"] * 2
    assert open_key_file(scene / "new.key", None).key_id in str(keystore_key(scene))


def keystore_key(scene: Scene) -> str:
    from azukari.stores.keys import wrapped_under

    return wrapped_under(keystore.wrapped_key(scene / "office" / keystore.FILE))
