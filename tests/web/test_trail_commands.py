"""`azukari source`: sources, their files, what waits, another try, the end; and `azukari check` names who is silent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene
from tests.web.telling import NAME, event

from azukari.uses.mapping import ColumnMapping


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


def test_source_when_its_file_is_taken_twice_then_once_and_what_waits_is_taken_after_it_was_mended(
    scene: Scene,
) -> None:
    made = scene.json("source", "add", NAME, "--every-hours", "24")
    assert made["token"].startswith("azukari_")
    told = [json.dumps(event(1, "new", time="2026-04-01T00:00:00Z")), "nonsense"]
    (scene / "uses.jsonl").write_text("\n".join(told), "utf-8")
    first = scene.json("source", "take", NAME, scene / "uses.jsonl")
    assert (first["told"], first["taken"], first["waiting"]) == (2, 0, 2)
    assert [one["reason"] for one in first["reasons"]] == ["not-readable", "nobody"]
    scene.json("source", "mend", NAME, "--adds-people")
    again = scene.json("source", "again", NAME)
    assert (again["told"], again["taken"], again["waiting"]) == (2, 1, 1)
    assert scene.json("source", "take", NAME, scene / "uses.jsonl")["before"] == 1
    (one,) = scene.json("source", "list")["sources"]
    assert one == {"name": NAME, "form": "events", "silent": False, "ended": False, "waiting": {"not-readable": 1}}
    scene.json("source", "end", NAME)
    assert scene.run("source", "take", NAME, scene / "uses.jsonl").code != 0
    assert scene.json("source", "list")["sources"][0]["ended"] is True


def test_source_when_something_is_wrong_then_refused_with_one_sentence_and_nothing_is_made(scene: Scene) -> None:
    mapping = scene / "mapping.json"
    mapping.write_bytes(ColumnMapping({"subject": "宛名番号"}, {}).encode())
    (scene / "broken.json").write_bytes(b"{}")
    for options in (
        ("add", ""),
        ("add", "x", "--form", "table"),
        ("add", "x", "--mapping", mapping),
        ("add", "x", "--form", "table", "--mapping", scene / "broken.json"),
        ("add", "x", "--every-hours", "0"),
        ("take", "x", mapping),
        ("again", "x"),
        ("mend", "x"),
        ("end", "x"),
    ):
        answer = scene.run("source", *options)
        assert answer.code not in (0, 1), options
    assert scene.json("source", "list")["sources"] == []
    scene.json("source", "add", "x")
    assert scene.run("source", "take", "x", scene / "none.jsonl").code != 0
    assert scene.run("source", "add", "x").code != 0
