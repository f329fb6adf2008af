"""Workers as processes: killed, stopped, racing, without their database; a job is done by one, whoever dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.web.conftest import AT, BY

import azukari
from azukari.errors import AzukariError, StorageError
from azukari.stores.clock import FixedClock, SystemClock

BODY = UUID(int=5)
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(azukari.__file__).parents[1])}
PLANTED = "珠洲宮　璃々亜 070-0417-8823"

# Appends a line for each job that it begins and ends. With a name it never ends one: it says so and waits.
WORKER = """
import os, sys, threading, time
from pathlib import Path
from azukari.web import office
folder, log, lease, stuck = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
office.start(folder)
from datetime import timedelta
from azukari.stores.clock import SystemClock
from azukari.web.jobs import worker
from azukari.web.jobs.actions import queue
queue.LEASE, worker.BEAT, worker.PAUSE = timedelta(seconds=lease), lease / 5, 0.05

def note(*words):
    with log.open("a") as file:
        file.write(" ".join(map(str, words)) + chr(10))

def count(context):
    note("begins", context.job.id, os.getpid())
    while stuck:
        context.progress(5, 10)
        time.sleep(0.01)
    note("ends", context.job.id, os.getpid())
    return {}

stop = threading.Event()
import signal
signal.signal(signal.SIGTERM, lambda *_: stop.set())
worker.run({"count": count}, SystemClock(), stop, once=not stuck)
"""


def enqueue(at: Any = AT) -> UUID:
    from azukari.web.jobs.actions import queue

    return queue.enqueue(body_id=BODY, kind="count", arguments={}, by=BY, at=at)


def found(job_id: UUID) -> Any:
    from azukari.web.jobs import queries

    return queries.job(job_id)


def started(folder: Path, log: Path, lease: float = 30, stuck: str = "") -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(folder), str(log), str(lease), stuck]
    return subprocess.Popen(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)


def lines(log: Path) -> list[list[str]]:
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "too late"
        time.sleep(0.02)


def ended(process: subprocess.Popen[str]) -> int:
    error = process.communicate(timeout=60)[1]
    assert process.returncode in (0, -signal.SIGKILL), error
    return process.returncode


def test_worker_when_killed_then_another_takes_over_after_the_lease_and_not_before(
    open_office: Path, tmp_path: Path
) -> None:
    log, job_id = tmp_path / "log", enqueue()
    first = started(open_office, log, lease=2, stuck="yes")
    wait_until(lambda: found(job_id).done == 5)
    time.sleep(2.5)  # longer than the lease: the beats are heard
    second = started(open_office, log, lease=2)
    assert ended(second) == 0, "it found nothing to do"
    assert len(lines(log)) == 1
    first.kill()
    assert ended(first) == -signal.SIGKILL
    assert (found(job_id).status, found(job_id).attempts) == ("running", 1)

    def taken_over() -> bool:
        ended(started(open_office, log, lease=2))
        return bool(found(job_id).ended)

    wait_until(taken_over)
    assert (found(job_id).status, found(job_id).attempts) == ("done", 2)
    assert [line[0] for line in lines(log)] == ["begins", "begins", "ends"]


def test_worker_when_suspended_past_its_lease_then_it_finds_the_job_lost_and_writes_nothing(
    open_office: Path, tmp_path: Path
) -> None:
    log, job_id = tmp_path / "log", enqueue()
    first = started(open_office, log, lease=1, stuck="yes")
    wait_until(lambda: found(job_id).done == 5)
    first.send_signal(signal.SIGSTOP)
    time.sleep(1.3)
    assert ended(started(open_office, log, lease=1)) == 0
    assert found(job_id).status == "done"
    first.send_signal(signal.SIGCONT)
    time.sleep(0.6)
    first.terminate()
    assert ended(first) == 0
    assert (found(job_id).status, found(job_id).attempts) == ("done", 2)


def test_worker_when_told_to_end_then_it_does_at_the_next_progress_and_its_job_waits(
    open_office: Path, tmp_path: Path
) -> None:
    log, job_id = tmp_path / "log", enqueue()
    worker = started(open_office, log, stuck="yes")
    wait_until(lambda: len(lines(log)) == 1)
    asked = time.monotonic()
    worker.terminate()
    assert ended(worker) == 0
    assert time.monotonic() - asked < 3, "not as late as the next beat, six seconds on"
    assert (found(job_id).status, found(job_id).attempts) == ("waiting", 0)


def test_workers_when_two_processes_race_then_each_of_50_jobs_is_done_exactly_once(
    open_office: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    jobs = [enqueue(AT + timedelta(seconds=number)) for number in range(50)]
    workers = [started(open_office, log) for _ in range(2)]
    assert [ended(worker) for worker in workers] == [0, 0]
    begun = [UUID(line[1]) for line in lines(log) if line[0] == "begins"]
    assert sorted(begun, key=str) == sorted(jobs, key=str)
    assert {found(job_id).status for job_id in jobs} == {"done"}


def run(work: Callable[[Any], Any], stop: threading.Event | None = None) -> None:
    from azukari.web.jobs import worker

    worker.run({"count": work}, FixedClock(AT), stop or threading.Event(), once=True)


@pytest.mark.usefixtures("open_office")
@pytest.mark.parametrize("error", ["Error", "StorageError"])
def test_beat_when_the_database_does_not_answer_for_a_while_then_the_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    from django.db import OperationalError

    from azukari.web.jobs import worker
    from azukari.web.jobs.actions import queue

    real, failed, heard = queue.beat, [], threading.Event()

    def beat(**given: Any) -> bool:
        if len(failed) < 3:
            failed.append(1)
            raise OperationalError("database is locked") if error == "Error" else StorageError()
        heard.set()
        return real(**given)

    def work(context: Any) -> dict[str, Any]:
        assert heard.wait(20)
        context.progress(1, 1)
        return {}

    monkeypatch.setattr(worker, "BEAT", 0.02)
    monkeypatch.setattr(queue, "beat", beat)
    job_id = enqueue()
    run(work)
    assert (len(failed), found(job_id).status) == (3, "done")


@pytest.mark.usefixtures("open_office")
def test_beat_when_the_database_is_away_longer_than_the_lease_then_the_work_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from django.db import OperationalError

    from azukari.web.jobs import worker
    from azukari.web.jobs.actions import queue

    def beat(**given: Any) -> bool:
        raise OperationalError

    def work(context: Any) -> dict[str, Any]:
        for _ in range(2_000):
            context.progress(1, 1)
            time.sleep(0.01)
        raise AssertionError

    stop = threading.Event()
    leave = worker._leave

    def left(**given: Any) -> None:
        leave(**given)
        stop.set()

    monkeypatch.setattr(worker, "BEAT", 0.02)
    monkeypatch.setattr(worker, "_leave", left)
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=0.3))
    monkeypatch.setattr(queue, "beat", beat)
    job_id = enqueue()
    run(work, stop)
    assert found(job_id).status == "waiting"


class Unnamed(AzukariError):
    """An error that has no word."""


@pytest.mark.usefixtures("open_office")
@pytest.mark.parametrize("error", [ZeroDivisionError(PLANTED), Unnamed(PLANTED), StorageError(PLANTED)])
def test_work_when_it_fails_then_its_words_stand_in_no_column_and_no_log(
    error: Exception, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    from azukari.web.jobs.models import Job

    def work(context: Any) -> dict[str, Any]:
        raise error

    job_id = enqueue()
    run(work)
    assert found(job_id).error == ("storage" if isinstance(error, StorageError) else "internal")
    shown = [*Job.objects.values_list(), caplog.text, *capfd.readouterr()]
    assert "070-0417" not in repr(shown) and "珠洲宮" not in str(shown)
    if isinstance(error, ZeroDivisionError):
        assert f"{job_id}: ZeroDivisionError in test_jobs_worker.py, line" in caplog.text


@pytest.mark.usefixtures("open_office")
def test_worker_when_it_lives_for_long_then_it_sweeps_uploads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from azukari.web.jobs import worker
    from azukari.web.jobs.actions import queue

    swept: list[int] = []
    stop = threading.Event()

    def sweep(**given: Any) -> int:
        swept.append(1)
        if len(swept) == 3:
            stop.set()
        return 0

    monkeypatch.setattr(worker, "SWEEP", 0.1)
    monkeypatch.setattr(worker, "PAUSE", 0.02)
    monkeypatch.setattr(queue, "sweep", sweep)
    worker.run({}, SystemClock(), stop)
    assert len(swept) == 3


def test_worker_when_nothing_waits_then_it_takes_no_lock(sqlite_office: Path) -> None:
    """SQLite has one for all who write, and a worker looks every second."""
    from azukari.web.jobs.actions import queue
    from azukari.web.sqlite import sqlite3

    other = sqlite3.connect(sqlite_office / "office.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started_at = time.monotonic()
    assert queue.take(kinds=["count"], holder="a", by=BY, at=AT) is None
    assert time.monotonic() - started_at < 5
    other.execute("COMMIT")
    other.close()
