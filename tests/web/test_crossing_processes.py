"""Both sides in processes of their own: two at once, and one that is told to end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.web import crossings
from tests.web.crossings import Gap
from tests.web.test_crossing import tree
from tests.web.test_crossing_kills import shown


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.paired(), tmp_path / "gap")
    scenes.close()


def started(folder: Path, office: str, *command: object) -> subprocess.Popen[bytes]:
    """A command of one of the two offices in a process of its own."""
    scenes.close()
    keys = {"office": "office.key", "outside": "outside.key"}[office]
    told = [sys.executable, "-m", "azukari", "--lang", "en", *map(str, command)]
    told += ["--office", str(folder / office), "--keys", str(folder / keys)]
    return subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_exports_and_imports_when_two_run_at_once_then_there_is_one_crossing_and_it_is_taken_once(gap: Gap) -> None:
    folders = [gap / "a", gap / "b"]
    for folder in folders:
        folder.mkdir()
    both = [started(gap.folder, "office", "export", folder, "--json") for folder in folders]
    answers = [json.loads(one.communicate(timeout=120)[0]) for one in both]
    assert sum(one["made"] for one in answers) == 1
    seen = [tree(folder) for folder in folders]
    assert seen[0] == seen[1] != {}
    both = [started(gap.folder, "outside", "import", folder, "--json") for folder in folders]
    for one in both:
        one.communicate(timeout=120)
    assert sorted(one.returncode for one in both) == [0, 38]
    assert shown(gap)[3] == 1


def test_run_when_it_is_told_to_end_then_it_ends_between_two_rounds(gap: Gap) -> None:
    (gap / "in").mkdir()
    process = started(
        gap.folder, "office", "crossing", "run", "--to", gap.stick, "--from", gap / "in", "--every", 3_600
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"Carrying.\n"
    until = time.monotonic() + 60
    while not list(gap.stick.glob("azukari-*")) and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, b"")
    assert gap.out_json("import", gap.stick)["crossings"][0]["refused"] == []
