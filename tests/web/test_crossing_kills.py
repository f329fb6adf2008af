"""SIGKILL and a failing disk at every step of writing and taking: the next try gives the same or the next, once."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli import scene as scenes
from tests.web import crossings
from tests.web.crossings import Gap
from tests.web.test_crossing import tree
from tests.web.test_web_kills import _RUN

# What dies, before it is called.
WRITE = {
    "row": ("azukari.web.crossing.models.Crossed.objects", "create"),
    "parcels": ("azukari.web.crossing.models.Parcel.objects", "bulk_create"),
    "marks": ("azukari.web.crossing.models.Exported.objects", "update_or_create"),
    "commit": ("django.db.backends.base.base.BaseDatabaseWrapper", "commit"),
    "folder": ("azukari.stores.crossing", "_fill"),
    "file": ("azukari.stores.crossing", "_write"),
    "rename": ("azukari.stores.crossing.os", "rename"),
}
TAKE = {
    "inbox": ("azukari.web.crossing.actions.taking", "copy_in"),
    "copy": ("azukari.stores.crossing", "_copy"),
    "account": ("azukari.web.accounts.actions.mirroring", "mirror"),
    "package": ("azukari.web.counter.actions.shelving", "_shelve"),
    "move": ("azukari.web.counter.actions.shelving", "put_in_place"),
    "entries": ("azukari.web.sequencer.rows", "insert_entries"),
    "tiles": ("azukari.web.sequencer.rows", "store_tiles"),
    "checkpoint": ("azukari.web.sequencer.models.SignedCheckpoint.objects", "create"),
    "taken": ("azukari.web.crossing.models.Crossed.objects", "create"),
    "commit": ("django.db.backends.base.base.BaseDatabaseWrapper", "commit"),
}
FAULTY = ("fsync", "rename", "replace", "mkdir", "lstat")  # of os; each failing at its first, second ... call


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.paired(), tmp_path / "gap")
    scenes.close()


def killed(folder: Path, office: str, point: tuple[str, str], *command: object) -> None:
    """Run a command of one of the two offices in a process that dies at this point."""
    scenes.close()
    keys = {"office": "office.key", "outside": "outside.key"}[office]
    told = [sys.executable, "-c", _RUN, str(folder / office), str(folder / keys), *point]
    done = subprocess.run([*told, *map(str, command)], capture_output=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def shown(gap: Gap) -> tuple[Any, ...]:
    """What stands outside: accounts, works, packages, whole ones alone, and the last number."""
    body = gap.on("outside")
    from azukari.web.accounts import queries as accounts
    from azukari.web.counter import queries
    from azukari.web.counter.models import Firm
    from azukari.web.crossing import queries as crossing

    firms = list(Firm.objects.values_list("id", flat=True))
    shelf = [one.id for firm in firms for one in queries.shelf(firm)]
    for package in shelf:
        path = gap / "outside" / "packages" / f"{package}.azk"
        assert path.read_bytes() == (gap / "office" / "packages" / path.name).read_bytes()
    people = [one.login for one in accounts.contractors(body.id)]
    return people, len(firms), shelf, crossing.chain(body.id, "in").sequence


def items(gap: Gap) -> int:
    """Of the first crossing: body, firm, works, account, package, and the ledger in pieces of 256 with its checkpoint."""
    return 8 + -(-gap.inside.json("ledger", "check")["size"] // 256) + 1


def ledger(gap: Gap) -> int:
    """How many entries of the ledger are shown outside, all of them recomputed; none where the ledger is not kept yet."""
    body = gap.on("outside")
    from azukari.web.sequencer import check, queries, rows

    log = queries.log_of(body.id)
    size = check.check_log(log.id, [log.vkey])
    assert rows.count(log.id) == size
    return size


@pytest.mark.parametrize("point", WRITE)
def test_export_when_killed_then_the_next_one_is_whole_and_nothing_goes_twice(gap: Gap, point: str) -> None:
    killed(gap.folder, "office", WRITE[point], "export", gap.stick)
    assert not [one for one in gap.stick.iterdir() if not one.name.startswith(".")]
    done = gap.inside.json("export", gap.stick)
    assert len(done["crossings"]) == 1 and done["made"] == (1 if point in ("row", "parcels", "marks", "commit") else 0)
    assert gap.out_json("import", gap.stick)["crossings"] == [{"sequence": 1, "taken": items(gap), "refused": []}]
    people, firms, shelf, number = shown(gap)
    assert (people, firms, len(shelf), number) == (["aoarashi-1"], 1, 1, 1)


@pytest.mark.parametrize("point", TAKE)
def test_import_when_killed_then_nothing_of_it_is_there_and_the_next_try_takes_all(gap: Gap, point: str) -> None:
    gap.inside.json("export", gap.stick)
    before = shown(gap)
    killed(gap.folder, "outside", TAKE[point], "import", gap.stick)
    assert shown(gap) == before == ([], 0, [], 0) and not ledger(gap)
    assert gap.out_json("import", gap.stick)["crossings"] == [{"sequence": 1, "taken": items(gap), "refused": []}]
    people, firms, shelf, number = shown(gap)
    assert (people, firms, len(shelf), number) == (["aoarashi-1"], 1, 1, 1)
    assert ledger(gap) == gap.inside.json("ledger", "check")["size"]
    scenes.refused("replayed-crossing", gap.out, "import", gap.stick)


def test_disk_when_it_fails_at_any_call_of_a_write_then_nothing_half_written_is_seen(
    gap: Gap, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gap.inside.json("export", gap.stick)["made"] == 1
    good = tree(gap.stick)
    faults = 0
    for name, number in every_fault():
        gap.empty()
        count = fail(monkeypatch, name, number, gap.stick)
        answer = gap.inside.run("export", gap.stick, "--json")
        monkeypatch.undo()
        scenes.without_office(monkeypatch)
        assert answer.code in (0, 51)
        if count[0] < number:
            continue
        faults += 1
        seen = {path: data for path, data in tree(gap.stick).items() if not path.startswith(".")}
        assert seen == good or (not seen and answer.code == 51), (name, number)
        gap.empty()
    assert faults >= 10
    gap.inside.json("export", gap.stick)
    assert tree(gap.stick) == good
    assert gap.out_json("import", gap.stick)["crossings"][0]["refused"] == []


def test_disk_when_it_fails_at_any_call_of_a_take_then_nothing_is_taken_and_the_next_try_takes_all(
    gap: Gap, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap.inside.json("export", gap.stick)
    scenes.close()
    shutil.copytree(gap / "outside", gap / "fresh")
    before, faults = shown(gap), 0
    for name, number in every_fault():
        count = fail(monkeypatch, name, number, gap / "outside")
        answer = gap.out("import", gap.stick, "--json")
        monkeypatch.undo()
        scenes.without_office(monkeypatch)
        assert answer.code in (0, 51) and (answer.code == 0 or count[0] >= number), (name, number, answer)
        if answer.code:  # 0 too where it failed while tidying up
            faults += 1
            assert shown(gap) == before, (name, number)
            assert gap.out("import", gap.stick, "--json").code == 0
        people, firms, shelf, last = shown(gap)
        assert (people, firms, len(shelf), last) == (["aoarashi-1"], 1, 1, 1)
        scenes.close()
        shutil.rmtree(gap / "outside")
        shutil.copytree(gap / "fresh", gap / "outside")
    assert faults >= 5


def every_fault() -> Iterator[tuple[str, int]]:
    """Function of os, and at which of its calls it fails."""
    for name in FAULTY:
        yield from ((name, number) for number in (1, 2, 3, 5, 8))


def fail(monkeypatch: pytest.MonkeyPatch, name: str, number: int, below: Path) -> list[int]:
    """Let the ``number``-th call of this function fail that is about something below this folder; counts the calls."""
    original, count = getattr(os, name), [0]

    def faulty(first: Any, *rest: Any, **named: Any) -> Any:
        place = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else os.fspath(first)
        if str(place).startswith(str(below)) and "sqlite3" not in str(place):
            count[0] += 1
            if count[0] == number:
                raise OSError(errno.EIO, "input/output error")
        return original(first, *rest, **named)

    monkeypatch.setattr(os, name, faulty)
    return count


def test_inbox_when_a_crash_left_one_a_day_ago_then_the_next_import_removes_it(gap: Gap) -> None:
    gap.inside.json("export", gap.stick)
    killed(gap.folder, "outside", TAKE["copy"], "import", gap.stick)
    (left,) = (gap / "outside" / "crossings").iterdir()
    os.utime(left, (1.0, 1.0))
    gap.out_json("import", gap.stick)
    assert not list((gap / "outside" / "crossings").iterdir())


def test_folder_when_it_was_damaged_on_the_stick_then_the_next_export_mends_it(gap: Gap) -> None:
    (name,) = gap.inside.json("export", gap.stick)["crossings"]
    whole = tree(gap.stick)
    first = sorted((gap.stick / name / "files").iterdir())[0]
    for damage in (
        first.unlink,
        (gap.stick / name / "crossing").unlink,
        lambda: shutil.rmtree(gap.stick / name / "files"),
    ):
        damage()
        assert tree(gap.stick) != whole
        assert gap.inside.json("export", gap.stick)["made"] == 0
        assert tree(gap.stick) == whole
