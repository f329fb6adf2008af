"""Killed, or refused by the disk, at every durable step of sealing: afterwards a hand-over is finished or void.

One warm process forks a child for each attempt; the child counts its durable steps and dies, or meets an error
of the disk, at a given one. The office is then opened again, and register, ledger and files must agree.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PARTY, Scene, call

import azukari
from azukari.cli.options import open_office

FIRM = "yamabiko"
HAND_OVER = "azukari/handover/v1"

FORKING = """
import errno, json, os, resource, signal, sys
from pathlib import Path

from azukari.cli.main import run
from azukari.web import office

office.start(Path(sys.argv[1]))
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError
import azukari.cli.sealing, azukari.cli.office, azukari.web.custody.actions.sealing  # warm

WRITES = ("INSERT", "UPDATE", "DELETE")

class Steps:
    def __init__(self, at, how):
        self.at, self.how, self.count = at, how, 0

    def meet(self, error):
        self.count += 1
        if self.how == "kill" and self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        if error and (self.how == "once" and self.count == self.at or self.how == "full" and self.count >= self.at):
            raise error

    def around(self, real, error, relevant=lambda *args: True):
        def step(*args, **named):
            if not relevant(*args):
                return real(*args, **named)
            self.meet(error)
            result = real(*args, **named)
            if self.how == "kill":
                self.meet(None)
            return result
        return step

def child(job):
    steps = Steps(job["at"], job["how"])
    number = errno.ENOSPC if job["how"] == "full" else errno.EIO
    disk = OSError(number, os.strerror(number))
    database = OperationalError("database or disk is full")  # as Django hands on what SQLite says
    for name in ("fsync", "replace", "rename", "link"):
        setattr(os, name, steps.around(getattr(os, name), disk))
    os.unlink = steps.around(os.unlink, None if job["how"] == "full" else disk)  # a full disk still deletes
    BaseDatabaseWrapper._commit = steps.around(BaseDatabaseWrapper._commit, database)
    by_itself = lambda cursor, sql, *rest: not cursor.db.in_atomic_block and sql.startswith(WRITES)
    CursorWrapper._execute = steps.around(CursorWrapper._execute, database, by_itself)
    if job["file_bytes"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["file_bytes"], resource.RLIM_INFINITY))
    sys.stdout = open(os.devnull, "w")
    sys.stderr = open(job["said"], "w", encoding="utf-8")
    code = run(job["arguments"])
    sys.stderr.close()
    os._exit(code)

for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if not pid:
        try:
            child(job)
        finally:
            os._exit(99)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Forking:
    """The warm process. ``attempt`` gives the exit code of a child, or minus the signal that killed it."""

    def __init__(self, folder: Path) -> None:
        self._said = folder / "said"
        environment = os.environ | {"PYTHONPATH": str(Path(azukari.__file__).parents[1])}
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORKING, str(scenes.registered() / "office")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def attempt(self, arguments: list[str], *, at: int = 0, how: str = "none", file_bytes: int = 0) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"arguments": arguments, "at": at, "how": how, "file_bytes": file_bytes, "said": str(self._said)}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        scenes.check_spill(said := self._said.read_text(encoding="utf-8"))
        assert "Traceback" not in said
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=30)


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forking]:
    if not hasattr(os, "fork"):
        pytest.skip("platform: no fork here")
    process = Forking(tmp_path_factory.mktemp("forking"))
    yield process
    process.close()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    scenes.close()


@dataclass
class Attempts:
    """Offices of one's own, one for each attempt, with a small table to seal."""

    folder: Path
    template: Path
    number: int = 0

    def scene(self) -> Scene:
        if self.number:
            shutil.rmtree(self.folder / str(self.number))
        self.number += 1
        return scenes.copied(self.template, self.folder / str(self.number))


@pytest.fixture(scope="module")
def small() -> Path:
    """An office with one released hand-over, and a table of sixty rows."""
    scene = scenes.copied(scenes.registered(), scenes.root() / "crash")
    scenes.people().head(60).write_csv(scene / "small.csv")
    scene.seal("seiran", "small.csv")
    scenes.close()
    return scene.folder


@pytest.fixture
def attempts(small: Path, tmp_path: Path) -> Attempts:
    return Attempts(tmp_path, small)


@pytest.fixture(scope="module")
def after_the_entry(forking: Forking, small: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """The first step at which a killed sealing leaves an entry in the ledger, found by halving."""
    attempts = Attempts(tmp_path_factory.mktemp("halving"), small)
    low, high = 1, 40
    while low < high:
        scene, middle = attempts.scene(), (low + high) // 2
        forking.attempt(sealing(scene), at=middle, how="kill")
        low, high = (low, middle) if _hand_overs(scene) == 2 else (middle + 1, high)
    scenes.close()
    return low


def _hand_overs(scene: Scene) -> int:
    """How many the register has, without clearing up."""
    return sum(entry.get("type") == HAND_OVER for entry in scenes.named(scene).values())


def office_options(scene: Scene) -> list[str]:
    return ["--office", str(scene / "office"), "--keys", str(scene / "office.key")]


def sealing(scene: Scene, table: str = "small.csv") -> list[str]:
    named = ["--entrustment", "照合", "--to", PARTY[FIRM], "-o", str(scene / "out.azk")]
    return ["seal", str(scene / table), *named, *office_options(scene)]


def check(scene: Scene) -> int:
    """Register, ledger and files agree after a restart; returns how many hand-overs the new one added (0 or 1)."""
    from azukari.web.custody.models import HandOver

    answer = scene.run("recover", "--json")
    assert answer.code == 0, answer
    scene.json("ledger", "check")
    held = scenes.entries(scene)
    logged = {index: held[index] for index, entry in scenes.named(scene).items() if entry.get("type") == HAND_OVER}
    rows = list(HandOver.objects.order_by("entry_index"))
    assert {row.entry_index: bytes(row.entry) for row in rows} == logged, "no entry without a row, no row without one"
    assert {row.status for row in rows} == {"released"}
    lists_hold(scene)
    ids = {str(row.id) for row in rows}
    names = {path for path in files(scene / "office") if not path.startswith("office.sqlite3")}
    names = {path for path in names if not path.endswith(".checked")}  # when the ledger was checked last: just now
    assert names - {"spool/lock.sqlite3", "session.key", "keystore.sqlite"} == {f"packages/{i}.azk" for i in ids} | {
        f"index/{i}.record" for i in ids
    }
    assert not [name for name in files(scene.folder) if Path(name).name.startswith(".")], "no temporary file"
    for row in rows:
        kept = scene / "office" / "packages" / f"{row.id}.azk"
        assert call("verify", kept, "--log-key", scene.log_key).code == 0
        output = scene / Path(row.output_path).name
        assert output.read_bytes() == kept.read_bytes()
    assert (scene / "out.azk").exists() == (len(rows) == 2)
    return len(rows) - 1


def lists_hold(scene: Scene) -> None:
    """Every hand-over in the ledger is followed by its leaves and the entry that says so; no list has a gap or an n twice."""
    from azukari.completeness.labels import label, list_key
    from azukari.completeness.leaves_entry import LEAVES, LeavesEntry
    from azukari.web.accounts import queries as accounts
    from azukari.web.leaves.models import Bulk, Reserved
    from azukari.web.subjects import queries as subjects
    from azukari.web.subjects.models import Listed, Subject

    named, held = scenes.named(scene), scenes.entries(scene)
    said = [LeavesEntry.parse(held[i]) for i, entry in named.items() if entry["type"] == LEAVES]
    owed = [entry["handover"] for entry in named.values() if entry["type"] == HAND_OVER]
    assert [one.handover for one in said] == owed and {one.state for one in said} == {"released"}
    assert sum(one.leaves for one in said) == len(held) - len(named)
    assert not Reserved.objects.exists() and not Bulk.objects.filter(state="open").exists()
    kek = open_office(scene / "office", scene / "office.key", None).kek
    found = sorted(entry[26:58] for i, entry in enumerate(held) if i not in named)
    people = {one.number: subjects.subject(one.id) for one in Subject.objects.all()}
    roots = subjects.keys(people.values(), kek)
    listed = {
        label(list_key(roots[people[number].id], 0), n)
        for number, count in Listed.objects.values_list("number", "count")
        for n in range(1, count + 1)
    }
    assert accounts.bodies() and listed <= set(found) and len(set(found)) == len(found)
    canaries = sum(1 for _ in owed) * 2  # a table of sixty rows, and the one before it, have two each
    assert len(found) - len(listed) == canaries, "and whatever is not a person's is a canary's"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def opens(scene: Scene) -> None:
    """The recipient opens what came out, and the office takes the receipt."""
    table = scene / "rows.csv"
    key = scene / f"{FIRM}.key"
    assert call("open", scene / "out.azk", "-i", key, "-o", table, "--log-key", scene.log_key).code == 0
    scene.json("receipt", f"{table}.receipt")


def test_seal_when_killed_before_or_after_any_durable_step_then_finished_or_void(
    forking: Forking, attempts: Attempts
) -> None:
    outcomes = []
    for at in range(1, 500):
        scene = attempts.scene()
        code = forking.attempt(sealing(scene), at=at, how="kill")
        outcomes.append(check(scene))
        if code == 0:
            break
        assert code == -signal.SIGKILL
        if not outcomes[-1]:  # void: nothing stands in the way of a second try
            assert call(*sealing(scene)).code == 0
            assert check(scene) == 1
    assert code == 0 and at > 35, "the last attempt met no step any more"
    assert outcomes == sorted(outcomes) and 10 < outcomes.index(1) < at - 10, "one point of no return: the commit"
    opens(scene)


def test_recover_when_killed_at_any_durable_step_then_the_next_one_finishes(
    forking: Forking, attempts: Attempts, after_the_entry: int
) -> None:
    """A crash in the clearing up after a crash."""
    unfinished = attempts.scene()
    assert forking.attempt(sealing(unfinished), at=after_the_entry, how="kill") == -signal.SIGKILL
    again = Attempts(attempts.folder / "again", unfinished.folder)
    for k in range(1, 200):
        scene = again.scene()
        _point_to(scene)
        code = forking.attempt(["recover", *office_options(scene)], at=k, how="kill")
        assert check(scene) == 1
        if code == 0:
            break
        assert code == -signal.SIGKILL
    assert code == 0 and k > 15


def _point_to(scene: Scene) -> None:
    """The unfinished hand-over of a copied office goes to the copy's own folder."""
    from azukari.web.custody.models import HandOver

    scenes.entries(scene)
    for row in HandOver.objects.all():
        HandOver.objects.filter(id=row.id).update(output_path=str(scene / Path(row.output_path).name))
    scenes.close()


@pytest.mark.parametrize("how", ["once", "full"])
def test_seal_when_the_disk_refuses_at_any_durable_step_then_51_and_finished_or_void(
    forking: Forking, attempts: Attempts, how: str
) -> None:
    """``once``: one I/O error; ``full``: from that step on nothing can be written any more."""
    outcomes = []
    for at in range(1, 300):
        scene = attempts.scene()
        code = forking.attempt(sealing(scene), at=at, how=how)
        if code == 0:
            break
        assert code == 51
        outcomes.append(check(scene))
        if not outcomes[-1]:
            assert call(*sealing(scene)).code == 0
            assert check(scene) == 1
        else:
            assert call(*sealing(scene)).code == 37, "it is there already: nothing is sealed twice"
    assert code == 0 and at > 20
    assert {0, 1} == set(outcomes) and outcomes == sorted(outcomes)
    assert check(scene) == 1


def test_seal_when_the_disk_refuses_after_the_entry_then_the_sentence_says_what_to_do(
    attempts: Attempts,
) -> None:
    scene = attempts.scene()
    (scene / "nowhere").mkdir()
    command = [part.replace("out.azk", "nowhere/out.azk") for part in sealing(scene)]
    with _refusing_folder(scene / "nowhere"):
        answer = call(*command, lang="en")
    assert answer.code == 51
    (line,) = answer.err.splitlines()
    assert "is logged; `azukari recover` finishes it" in line


@contextmanager
def _refusing_folder(folder: Path) -> Iterator[None]:
    """No file can be made in this folder, by anybody: it goes away once the command has looked at it."""
    from azukari.web.custody.actions import releasing

    real = releasing.release

    def gone(**named: Any) -> None:
        shutil.rmtree(folder)
        real(**named)

    releasing.release = gone
    try:
        yield
    finally:
        releasing.release = real


@pytest.mark.parametrize("taken", ["gone", "another file"])
def test_office_when_the_place_of_an_output_is_gone_after_a_crash_then_it_still_opens(
    forking: Forking, attempts: Attempts, after_the_entry: int, taken: str
) -> None:
    """A USB stick was pulled out, or somebody put a file there: the kept package is released all the same."""
    from azukari.web.custody.models import HandOver

    scene = attempts.scene()
    (scene / "stick").mkdir()
    command = [part.replace("out.azk", "stick/out.azk") for part in sealing(scene)]
    assert forking.attempt(command, at=after_the_entry, how="kill") == -signal.SIGKILL
    if taken == "gone":
        shutil.rmtree(scene / "stick")
    else:
        (scene / "stick" / "out.azk").write_bytes(b"mine")
    assert scene.run("list").code == 0
    assert {row.status for row in HandOver.objects.all()} == {"released"}
    for row in HandOver.objects.all():
        kept = scene / "office" / "packages" / f"{UUID(str(row.id))}.azk"
        assert call("verify", kept, "--log-key", scene.log_key).code == 0
    if taken != "gone":
        assert (scene / "stick" / "out.azk").read_bytes() == b"mine"


def test_seal_when_no_file_may_grow_beyond_a_limit_then_51_and_finished_or_void(
    forking: Forking, attempts: Attempts
) -> None:
    codes = []
    for kib in (1, 8, 16, 24, 64, 4096):
        scene = attempts.scene()
        codes.append(forking.attempt(sealing(scene), file_bytes=kib << 10))
        check(scene)
    assert set(codes) == {0, 51} and codes == sorted(codes, reverse=True)


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of this size."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("platform: only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "azukari-test", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("platform: no tmpfs can be mounted here")
    try:
        yield folder
    finally:
        scenes.close()
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="platform: no tmpfs here")
def test_seal_when_the_disk_is_really_full_then_51_and_with_room_again_it_succeeds(small: Path, tmp_path: Path) -> None:
    codes = []
    with small_disk(tmp_path / "disk", 8) as disk:
        for kib in (0, 16, 64, 128, 256, 512, 4096):
            scene = scenes.copied(small, disk / "scene")
            free = shutil.disk_usage(disk).free
            (disk / "filler").write_bytes(bytes(max(0, free - (kib << 10))))
            codes.append(call(*sealing(scene)).code)
            (disk / "filler").unlink()
            if not check(scene):
                assert call(*sealing(scene)).code == 0
                assert check(scene) == 1
            scenes.close()
            shutil.rmtree(scene.folder)
    assert set(codes) == {0, 51} and codes == sorted(codes, reverse=True)
