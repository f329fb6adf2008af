"""SIGKILL in the middle of a permission, a revocation and a receipt: all of it or nothing, and the next try works."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call, entries
from tests.web.test_web_permission import permitted

# What dies, before it is called: the child's row, the entry's row, the permission's row, the commit's last statement.
POINTS = {
    "child": ("azukari.web.custody.actions.entrustment", "_store"),
    "fields": ("azukari.web.custody.models.PermittedField.objects", "bulk_create"),
    "append": ("azukari.web.sequencer.actions.entry", "append"),
    "row": ("azukari.web.custody.models.Permission", "save"),
    "status": ("azukari.web.custody.models.PermissionStatus.objects", "create"),
    "receipt": ("azukari.web.custody.models.Receipt.objects", "create"),
    "commit": ("django.db.backends.base.base.BaseDatabaseWrapper", "commit"),
}
_RUN = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
office, keys, target, name, *command = sys.argv[1:]
from azukari.web import office as offices
offices.start(Path(office))
def find(path):
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try: found = import_module(".".join(parts[:cut]))
        except ImportError: continue
        for part in parts[cut:]: found = getattr(found, part)
        return found
def die(*arguments, **named): os.kill(os.getpid(), signal.SIGKILL)
setattr(find(target), name, die)
from azukari.cli.main import run
sys.exit(run([*command, "--office", office, "--keys", keys]))
"""


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    made = scenes.copied(scenes.sealed(), tmp_path / "scene")
    scenes.add_party(made, "below", "白磯入力")
    yield made
    scenes.close()


def killed(scene: Scene, point: str, *command: object) -> None:
    """Run a command in a process that dies at this point."""
    scenes.close()
    told = [sys.executable, "-c", _RUN, str(scene / "office"), str(scene / "office.key"), *POINTS[point]]
    done = subprocess.run([*told, *map(str, command)], capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def asked(scene: Scene) -> str:
    made = scene.json(
        *("permission", "ask", "--entrustment", "入力", "--to", "白磯入力", "--fields", "name", "--people", "9"),
        *("--from", "2020-01-01", "--until", "2099-12-31", "--safeguards", "施錠"),
    )
    return str(made["permission"])


@pytest.mark.parametrize("point", ["child", "fields", "append", "row", "commit"])
def test_grant_when_killed_then_nothing_of_it_is_there_and_the_next_one_is_whole(scene: Scene, point: str) -> None:
    permission = asked(scene)
    before = scene.json("list"), entries(scene)
    killed(scene, point, "permission", "grant", permission, "--until", "2099-12-31")
    assert (scene.json("list"), entries(scene)) == before
    child = scene.json("permission", "grant", permission, "--until", "2099-12-31")["entrustment"]
    assert len(entries(scene)) == len(before[1]) + 2
    assert child in {one["id"] for one in scene.json("list")["entrustments"]}
    scene.refused("state", "permission", "grant", permission)


@pytest.mark.parametrize("point", ["append", "status", "commit"])
def test_revocation_when_killed_then_it_is_still_in_force_and_can_be_revoked(scene: Scene, point: str) -> None:
    permission, _ = permitted(scene, "入力", "白磯入力")
    before = entries(scene)
    killed(scene, point, "permission", "revoke", permission, "--reason", "事故")
    assert entries(scene) == before
    scene.json("permission", "revoke", permission, "--reason", "事故")
    assert len(entries(scene)) == len(before) + 1


@pytest.mark.parametrize("point", ["receipt", "commit"])
def test_receipt_when_killed_then_it_is_kept_once_by_the_next_try(scene: Scene, point: str) -> None:
    made = scene.json(
        "seal", scene / "register.csv", "--entrustment", "照合", "--to", scenes.PARTY[KANA_SLUG], "-o", scene / "k.azk"
    )
    assert call("open", scene / "k.azk", "-i", scene / f"{KANA_SLUG}.key", "-o", scene / "k.csv").code == 0
    killed(scene, point, "receipt", scene / "k.csv.receipt")
    grades = {one["id"]: one["grade"] for one in scene.json("list")["handovers"]}
    assert grades[made["handover"]] == "claimed"
    scene.json("receipt", scene / "k.csv.receipt")
    scene.refused("state", "receipt", scene / "k.csv.receipt")


KANA_SLUG = next(slug for slug, title in scenes.FIRMS.items() if title == "照合")
