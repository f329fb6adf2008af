"""`serve`, `work` and `person`: what is refused before anything listens, and what an invitation looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene

from azukari.errors import KeyFileError, NotFoundError, OptionError, StateError


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    for name in ("AZUKARI_FACE", "AZUKARI_PLAIN_HTTP"):
        monkeypatch.setenv(name, "")
    yield scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


def test_serve_when_others_could_listen_in_then_refused(scene: Scene) -> None:
    told = scene / "init.json"
    for code, *options in (
        (OptionError.code, "--host", "0.0.0.0"),
        (OptionError.code, "--tls-cert", told),
        (NotFoundError.code, "--tls-cert", told, "--tls-key", scene / "none.key"),
    ):
        assert scene.run("serve", "--inside", *options).code == code, options


def test_serve_when_the_face_does_not_suit_then_refused_before_anything_listens(scene: Scene) -> None:
    for error, *faces in (
        (OptionError,),
        (OptionError, "--inside", "--outside"),
        (StateError, "--outside"),  # an office with staff: its key opens the register
    ):
        for lang in ("ja", "en"):
            answer = scene.run("serve", *faces, lang=lang)
            (line,) = answer.err.splitlines()
            assert answer.code == error.code and getattr(error, lang) in line, faces


def test_serve_when_the_office_is_one_of_the_outside_then_its_inside_is_refused(scene: Scene) -> None:
    scene.json("crossing", "card", "-o", scene / "inside.card")
    made = scenes.call(
        "outside", "init", scene / "outside", "--keys", scene / "outside.key", "--body-card", scene / "inside.card",
        "-o", scene / "outside.card",
    )  # fmt: skip
    assert made.code == 0, made.err
    answer = scenes.call("serve", "--inside", "--office", scene / "outside", "--keys", scene / "outside.key")
    assert answer.code == StateError.code and StateError.ja in answer.err
    wrong = scenes.call("serve", "--outside", "--office", scene / "outside", "--keys", scene / "office.key")
    assert wrong.code == KeyFileError.code


def test_work_when_nothing_waits_then_it_ends(scene: Scene) -> None:
    assert scene.run("work", "--once").code == 0


def test_person_when_added_and_invited_then_each_code_is_another_and_the_login_is_taken_once(scene: Scene) -> None:
    added = scene.json("person", "add", "shonin", "--name", "鵜飼", "--role", "approver", "--as", "officer")
    again = scene.json("person", "invite", "shonin", "--as", "officer")
    assert re.fullmatch("[A-Z2-9]{4}(-[A-Z2-9]{4}){4}", added["code"]) and added["code"] != again["code"]
    scene.refused("state", "person", "add", "shonin", "--name", "鵜飼", "--role", "auditor", "--as", "officer")
    scene.refused("not-found", "person", "invite", "nobody", "--as", "officer")
