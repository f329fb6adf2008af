"""The worker: takes one job after another and lives only as long as its lease."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import Error, close_old_connections, connection

from azukari.errors import AzukariError, StateError, StorageError
from azukari.stores.clock import Clock
from azukari.web import office
from azukari.web.jobs import queries
from azukari.web.jobs.actions import queue

BEAT: Final = 5.0  # seconds between two signs of life
PAUSE: Final = 1.0  # seconds between two looks into an empty queue
SWEEP: Final = 3_600.0  # seconds between two looks for uploads that nobody came back to
LOOK: Final = 60.0  # seconds between two looks at what is done when nothing else is
INTERNAL: Final = "internal"
"""The word of a job that hit an error in azukari itself."""
_log: Final = logging.getLogger(__name__)


class Stopped(Exception):
    """中止。 Raised by ``Context.progress`` where the work is to end: cancelled, lost to another, or the worker ends."""


@dataclass
class Context:
    """作業の場。 What a work function is given: its job, and whom to tell how far it is."""

    job: queries.JobInfo
    _stops: tuple[threading.Event, ...]
    _far: tuple[int, int] = (0, 0)

    def progress(self, done: int, total: int) -> None:
        """How far it is. Raises Stopped; whoever hears it leaves nothing half-done and returns."""
        self.tell(done, total)
        if any(stop.is_set() for stop in self._stops):
            raise Stopped

    def tell(self, done: int, total: int) -> None:
        """How far it is with what is not stopped any more, because others rely on it."""
        self._far = (done, total)


Work = Callable[[Context], Mapping[str, Any]]
"""What one kind of job is done by; it returns the job's result (JSON: ids, kinds and counts). A job may be begun again
by another worker after this one died, so the work looks first for what was done under the id of its job."""


def run(
    kinds: Mapping[str, Work],
    clock: Clock,
    stop: threading.Event,
    *,
    once: bool = False,
    between: Callable[[], None] = lambda: None,
) -> None:
    """Work until ``stop`` is set; with ``once`` until the queue is empty. ``between``: what is looked at each minute, when
    no job is under way.

    Work under way hears of ``stop`` at its next progress, and its job waits for another worker. A database that is away
    is waited for (``once``: ends it with Django's Error, as one that refuses does); the job that was lost with it is
    taken over, by this worker or another, when its lease has lapsed.
    """
    holder = uuid4().hex
    swept = looked = float("-inf")
    while not stop.is_set():
        try:
            close_old_connections()
            if time.monotonic() - swept >= SWEEP:
                queue.sweep(by=office.ITSELF, at=clock.now())
                swept = time.monotonic()
            if time.monotonic() - looked >= LOOK:
                between()
                looked = time.monotonic()
            if _take_one(kinds, holder, clock, stop):
                continue
        except (Error, StorageError) as error:
            if once or not office.is_away(error):
                raise
            _log.warning("the register does not answer")
            connection.close()
        if once:
            return
        stop.wait(PAUSE)


def _take_one(kinds: Mapping[str, Work], holder: str, clock: Clock, stop: threading.Event) -> bool:
    """Do the next job; False if there is none."""
    job_id = queue.take(kinds=kinds, holder=holder, by=office.ITSELF, at=clock.now())
    if job_id is not None:
        _work(job_id, kinds, holder, clock, stop)
    return job_id is not None


def _work(job_id: UUID, kinds: Mapping[str, Work], holder: str, clock: Clock, stop: threading.Event) -> None:
    job = queries.job(job_id)
    if job.ended:  # too many have died with it, or it was cancelled meanwhile
        return
    end, over = threading.Event(), threading.Event()
    context = Context(job, (end, stop))
    beating = threading.Thread(target=_beat, args=(context, holder, clock, end, over), daemon=True)
    beating.start()
    try:
        ending = _outcome(kinds[job.kind], context)
    finally:
        over.set()
        beating.join()
    with suppress(StateError):  # another has it by now, and will say how it ended
        ending(job_id=job_id, holder=holder, by=office.ITSELF, at=clock.now())


def _outcome(work: Work, context: Context) -> Callable[..., None]:
    """Do the work; returns the action that says how it ended. Raises what says that the register is away: how far the
    work got is seen by whoever takes the job over."""
    try:
        result = work(context)
    except Stopped:
        return _leave
    except (Error, StorageError) as error:
        if office.is_away(error):
            raise
        return _failed(error, context)
    except Exception as error:  # an error in azukari itself must not end the worker; its word says so
        return _failed(error, context)
    return partial(queue.finish, result=result)


def _failed(error: Exception, context: Context) -> Callable[..., None]:
    if isinstance(error, AzukariError):
        return partial(queue.fail, word=error.word or INTERNAL)
    _log.error("job %s: %s", context.job.id, _place(error))
    return partial(queue.fail, word=INTERNAL)


def _place(error: Exception) -> str:
    """Where an error came from. Its message is left out: it may quote what the work was about."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def _leave(*, job_id: UUID, holder: str, **acting: Any) -> None:
    leave = queue.stopped if queries.job(job_id).cancelling else queue.give_back
    leave(job_id=job_id, holder=holder, **acting)


def _beat(context: Context, holder: str, clock: Clock, end: threading.Event, over: threading.Event) -> None:
    """Say every few seconds that the holder lives; a refusal to go on reaches the work at its next progress.

    A database that does not answer may come back; only when the lease must have lapsed meanwhile the work is over.
    """
    heard = time.monotonic()
    try:
        while not over.wait(BEAT):
            done, total = context._far
            asked = time.monotonic()
            try:
                goes_on = queue.beat(
                    job_id=context.job.id, holder=holder, by=office.ITSELF, at=clock.now(), done=done, total=total
                )
                heard = asked
            except StateError:
                goes_on = False
            except (Error, StorageError):
                connection.close()
                goes_on = time.monotonic() - heard < queue.LEASE.total_seconds()
            if not goes_on:
                end.set()
    finally:
        connection.close()
