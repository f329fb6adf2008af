"""Jobs: each done by one at a time, taken over from who died, cancelled in the middle; uploads that nobody else reads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import UploadedFile
from tests.cli import scene as scenes
from tests.cli.scene import Scene
from tests.web.bodies import KEK
from tests.web.conftest import AT, BY

from azukari.errors import (
    AzukariError,
    LimitError,
    NotFoundError,
    NotPermittedError,
    StateError,
)
from azukari.stores.clock import FixedClock

BODY = UUID(int=5)
PLANTED = "珠洲宮　璃々亜,070-0417-8823\n".encode()


def enqueue(kind: str = "count", **changes: Any) -> UUID:
    from azukari.web.jobs.actions import queue

    given: dict[str, Any] = {"body_id": BODY, "arguments": {}, "at": AT} | changes
    return queue.enqueue(kind=kind, by=BY, **given)


def take(holder: str, at: datetime = AT) -> UUID | None:
    from azukari.web.jobs.actions import queue

    return queue.take(kinds=["count"], holder=holder, by=BY, at=at)


def found(job_id: UUID) -> Any:
    from azukari.web.jobs import queries

    return queries.job(job_id)


@pytest.mark.usefixtures("open_office")
def test_queue_when_jobs_wait_then_the_oldest_first_and_each_to_one() -> None:
    first, second = enqueue(), enqueue(at=AT + timedelta(seconds=1))
    enqueue("other")
    assert [take("a"), take("b"), take("c")] == [first, second, None]
    assert (found(first).status, found(first).attempts) == ("running", 1)


@pytest.mark.usefixtures("open_office")
def test_lease_when_it_lapses_then_another_takes_over_and_the_first_can_write_nothing_more() -> None:
    from azukari.web.jobs.actions import queue

    job_id = enqueue()
    take("a")
    assert queue.beat(job_id=job_id, holder="a", by=BY, at=AT + timedelta(seconds=29), done=3, total=10)
    assert take("b", AT + timedelta(seconds=58)) is None, "the beat was heard"
    assert take("b", AT + timedelta(seconds=60)) == job_id
    late: list[Callable[[], Any]] = [
        lambda: queue.beat(job_id=job_id, holder="a", by=BY, at=AT),
        lambda: queue.finish(job_id=job_id, holder="a", result={}, by=BY, at=AT),
        lambda: queue.fail(job_id=job_id, holder="a", word="state", by=BY, at=AT),
        lambda: queue.stopped(job_id=job_id, holder="a", by=BY, at=AT),
        lambda: queue.give_back(job_id=job_id, holder="a", by=BY, at=AT),
    ]
    for write in late:
        with pytest.raises(StateError):
            write()
    assert (found(job_id).status, found(job_id).done, found(job_id).attempts) == ("running", 3, 2)
    queue.finish(job_id=job_id, holder="b", result={"hand_over": "x"}, by=BY, at=AT)
    assert found(job_id).status == "done"


@pytest.mark.usefixtures("open_office")
def test_job_when_three_workers_died_with_it_then_it_failed_as_interrupted() -> None:
    job_id, at = enqueue(), AT
    for number in range(3):
        assert take(str(number), at) == job_id
        at += timedelta(minutes=1)
    take("last", at)
    assert (found(job_id).status, found(job_id).error) == ("failed", "interrupted")
    assert take("last", at) is None


@pytest.mark.usefixtures("open_office")
def test_cancel_when_waiting_running_or_ended_then_at_once_at_the_next_beat_or_refused() -> None:
    from azukari.web.jobs.actions import queue

    waiting, running = enqueue(), enqueue(at=AT - timedelta(1))
    queue.cancel(job_id=waiting, by=BY, at=AT)
    assert found(waiting).status == "cancelled"
    take("a")
    queue.cancel(job_id=running, by=BY, at=AT)
    assert not queue.beat(job_id=running, holder="a", by=BY, at=AT)
    queue.stopped(job_id=running, holder="a", by=BY, at=AT)
    for job_id in (waiting, running):
        with pytest.raises(StateError):
            queue.cancel(job_id=job_id, by=BY, at=AT)
    with pytest.raises(NotFoundError):
        queue.cancel(job_id=uuid4(), by=BY, at=AT)


@pytest.mark.usefixtures("open_office")
def test_queue_when_two_workers_race_then_each_job_is_done_exactly_once() -> None:
    from django.db import connection

    from azukari.web.jobs import worker

    jobs, done = [enqueue() for _ in range(30)], []

    def count(context: Any) -> dict[str, Any]:
        context.progress(1, 1)
        done.append(context.job.id)
        return {}

    def run() -> None:
        try:
            worker.run({"count": count}, FixedClock(AT), threading.Event(), once=True)
        finally:
            connection.close()

    workers = [threading.Thread(target=run) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(120)
    assert sorted(done, key=str) == sorted(jobs, key=str)
    assert {found(job_id).status for job_id in jobs} == {"done"}


@pytest.mark.usefixtures("open_office")
@pytest.mark.parametrize(
    ("error", "word"), [(NotPermittedError("x"), "not-permitted"), (ZeroDivisionError(), "internal")]
)
def test_worker_when_the_work_is_refused_then_only_the_word_is_kept(error: Exception, word: str) -> None:
    from azukari.web.jobs import worker

    def refused(context: Any) -> dict[str, Any]:
        raise error

    job_id = enqueue()
    worker.run({"count": refused}, FixedClock(AT), threading.Event(), once=True)
    assert (found(job_id).status, found(job_id).error, found(job_id).result) == ("failed", word, {})


@pytest.mark.usefixtures("open_office")
def test_worker_when_cancelled_or_told_to_end_then_the_work_hears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from azukari.web.jobs import worker
    from azukari.web.jobs.actions import queue

    monkeypatch.setattr(worker, "BEAT", 0.05)
    stop = threading.Event()

    def slow(context: Any) -> dict[str, Any]:
        asks.pop()(context.job.id)
        for step in range(600):
            context.progress(step, 600)
            time.sleep(0.05)
        raise AssertionError

    asks: list[Callable[[UUID], Any]] = [
        lambda job_id: stop.set(),
        lambda job_id: queue.cancel(job_id=job_id, by=BY, at=AT),
    ]
    first, second = enqueue(), enqueue(at=AT + timedelta(seconds=1))
    worker.run({"count": slow}, FixedClock(AT), stop)
    assert (found(first).status, found(second).status, found(second).attempts) == ("cancelled", "waiting", 0)


# ---- Uploads ----------------------------------------------------------------------------------------------------------


def kept(data: bytes) -> UUID:
    from azukari.web.jobs import uploads

    file: Any = UploadedFile(BytesIO(data), "x", "text/csv", len(data))
    return uploads.keep(file, body_id=BODY, kek=KEK, by=BY, at=AT)


def opened(upload_id: UUID) -> bytes:
    from azukari.web.jobs import uploads

    with uploads.in_memory(upload_id, KEK) as path:
        return path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 7])
def test_upload_when_kept_then_it_comes_back_and_no_clear_byte_lies_on_the_disk(open_office: Path, size: int) -> None:
    data = (PLANTED * (size // len(PLANTED) + 1))[:size]
    upload_id = kept(data)
    assert opened(upload_id) == data
    for path in open_office.rglob("*"):
        assert not path.is_file() or PLANTED[:20] not in path.read_bytes(), path


def test_upload_when_destroyed_then_nothing_opens_it_and_the_file_is_gone(open_office: Path) -> None:
    from azukari.web.jobs import uploads
    from azukari.web.jobs.actions import queue

    upload_id = kept(PLANTED)
    copy = uploads.path_of(upload_id).read_bytes()
    queue.destroy_upload(upload_id=upload_id, by=BY, at=AT)
    assert not uploads.path_of(upload_id).exists()
    uploads.path_of(upload_id).write_bytes(copy)  # somebody has kept the file
    with pytest.raises(StateError):
        opened(upload_id)
    with pytest.raises(StateError):
        enqueue(upload_id=upload_id)


@pytest.mark.usefixtures("open_office")
def test_upload_when_changed_in_any_way_then_refused() -> None:
    from azukari.web.jobs import uploads

    upload_id, other = kept(PLANTED * 100_000), kept(PLANTED * 100_000)
    path = uploads.path_of(upload_id)
    whole, size = path.read_bytes(), (1 << 20) + 16
    first, second, rest = whole[:size], whole[size : 2 * size], whole[2 * size :]
    changed = [
        whole[:-1],
        whole[: 2 * size],
        whole + b"\x00",
        second + first + rest,
        first + first + second + rest,
        bytes([whole[0] ^ 1]) + whole[1:],
        uploads.path_of(other).read_bytes(),
        b"",
    ]
    for data in changed:
        path.write_bytes(data)
        with pytest.raises(AzukariError):
            opened(upload_id)
    path.write_bytes(whole)
    assert opened(upload_id) == PLANTED * 100_000


def test_upload_when_too_large_then_refused_and_nothing_is_left(open_office: Path) -> None:
    from azukari.web.jobs import uploads

    writer = uploads.Writer(limit=2 << 20)
    with pytest.raises(LimitError):
        for _ in range(3):
            writer.write(bytes(1 << 20))
    assert not list((open_office / "uploads").iterdir())


def test_sweep_when_nobody_came_back_then_the_upload_is_destroyed_and_work_under_way_is_not(open_office: Path) -> None:
    from azukari.web.jobs import uploads
    from azukari.web.jobs.actions import queue

    left, used = kept(PLANTED), kept(PLANTED)
    enqueue(upload_id=used)
    stray = open_office / "uploads" / f"{uuid4()}.upload"
    stray.write_bytes(b"x")
    os.utime(stray, (0, 0))
    assert queue.sweep(by=BY, at=AT + timedelta(hours=23)) == 0
    assert queue.sweep(by=BY, at=AT + timedelta(hours=25)) == 1
    assert [path.exists() for path in (uploads.path_of(left), uploads.path_of(used), stray)] == [False, True, False]


# ---- A real worker, killed ------------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


@pytest.mark.parametrize("point", ["seal_table", "append", "release"])
def test_worker_when_killed_in_the_middle_of_sealing_then_another_finishes_and_there_is_one_hand_over(
    scene: Scene, point: str
) -> None:
    """SIGKILL before the payload is whole, before the entry, and before the release; then a second worker."""
    job_id = sealing_job(scene)
    died = run_worker(scene, point)
    assert died == -signal.SIGKILL
    lapse()
    assert run_worker(scene, None) == 0
    from azukari.web.custody import queries as custody

    info = custody.hand_over(job_id)
    assert (found(job_id).status, found(job_id).attempts, info.status) == ("done", 2, "released")
    listed = scene.json("list")["handovers"]
    assert [one["id"] for one in listed] == [job_id.hex]
    assert not list((scene / "office" / "uploads").glob("*.upload"))
    assert not list((scene / "office" / "spool").glob("*.payload"))


def sealing_job(scene: Scene) -> UUID:
    """What the browser leaves for the worker."""
    from azukari.cli.options import open_office
    from azukari.tables import read_table, type_columns
    from azukari.web.custody import queries as custody
    from azukari.web.jobs import uploads
    from azukari.web.jobs.actions import queue

    opened = open_office(scene / "office", scene / "office.key", None)
    (terms,) = [one for one in custody.entrustments(opened.body_id) if one.title == "照合"]
    data = (scene / "register.csv").read_bytes()
    file: Any = UploadedFile(BytesIO(data), "x", "text/csv", len(data))
    upload_id = uploads.keep(file, body_id=opened.body_id, kek=opened.kek, by=opened.by, at=opened.at)
    typings = type_columns(read_table(scene / "register.csv").frame)
    columns = [str(one.field) if one.field else "" for one in typings]
    return queue.enqueue(
        body_id=opened.body_id,
        kind="seal",
        arguments={"entrustment": terms.id.hex, "parent": "", "columns": columns, "strict": False},
        upload_id=upload_id,
        by=opened.by,
        at=opened.at,
    )


def run_worker(scene: Scene, point: str | None) -> int:
    """`azukari work --once`, which dies where it is told to; its exit code."""
    patch = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from azukari.cli.options import open_office\n"
        f"opened = open_office(Path({str(scene / 'office')!r}), Path({str(scene / 'office.key')!r}), None)\n"
        "from azukari.web.custody.actions import releasing, sealing\n"
        "def die(*args, **named): os.kill(os.getpid(), signal.SIGKILL)\n"
        "targets = {'seal_table': (sealing, 'seal_table'), 'append': (sealing, '_log'),"
        " 'release': (releasing, 'release')}\n"
        f"point = {point!r}\n"
        "if point: setattr(*targets[point], die)\n"
        "import threading\n"
        "from azukari.cli.working import run_worker\n"
        "run_worker(opened, threading.Event(), once=True)\n"
    )
    return subprocess.run([sys.executable, "-c", patch], timeout=120, check=False).returncode


def lapse() -> None:
    """As if the lease had run out."""
    from azukari.web.jobs.models import Job

    Job.objects.filter(status="running").update(lease_until=datetime(2020, 1, 1, tzinfo=AT.tzinfo))
