"""The worker: takes one job after another and lives only as long as its lease."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import close_old_connections, connection

from azukari.errors import AzukariError, StateError
from azukari.stores.clock import Clock
from azukari.web import office
from azukari.web.jobs import queries
from azukari.web.jobs.actions import queue

BEAT: Final = 5.0  # seconds between two signs of life
PAUSE: Final = 1.0  # seconds between two looks into an empty queue


class Stopped(Exception):
    """中止。 Raised by ``Context.progress`` where the work is to end: cancelled, lost to another, or the worker ends."""


@dataclass
class Context:
    """作業の場。 What a work function is given: its job, and whom to tell how far it is."""

    job: queries.JobInfo
    _stop: threading.Event
    _far: tuple[int, int] = (0, 0)

    def progress(self, done: int, total: int) -> None:
        """How far it is. Raises Stopped; whoever hears it leaves nothing half-done and returns."""
        self._far = (done, total)
        if self._stop.is_set():
            raise Stopped


Work = Callable[[Context], Mapping[str, Any]]


def run(kinds: Mapping[str, Work], clock: Clock, stop: threading.Event, *, once: bool = False) -> None:
    """Work until ``stop`` is set; with ``once`` until the queue is empty."""
    holder = uuid4().hex
    while not stop.is_set():
        close_old_connections()
        job_id = queue.take(kinds=kinds, holder=holder, by=office.ITSELF, at=clock.now())
        if job_id is not None:
            _work(job_id, kinds, holder, clock, stop)
        elif once:
            return
        else:
            stop.wait(PAUSE)


def _work(job_id: UUID, kinds: Mapping[str, Work], holder: str, clock: Clock, stop: threading.Event) -> None:
    job = queries.job(job_id)
    if job.ended:  # too many have died with it, or it was cancelled meanwhile
        return
    end, over = threading.Event(), threading.Event()
    context = Context(job, end)
    beating = threading.Thread(target=_beat, args=(context, holder, clock, end, over, stop), daemon=True)
    beating.start()
    try:
        result = kinds[job.kind](context)
    except Stopped:
        over.set()
        beating.join()
        with suppress(StateError):
            _leave(job_id, holder, clock)
        return
    except AzukariError as error:
        word = error.word
    except Exception:  # an error in azukari itself must not end the worker; its word says so
        word = "internal"
    else:
        word = ""
    over.set()
    beating.join()
    with suppress(StateError):  # another has it by now, and will say how it ended
        if word:
            queue.fail(job_id=job_id, holder=holder, word=word, by=office.ITSELF, at=clock.now())
        else:
            queue.finish(job_id=job_id, holder=holder, result=result, by=office.ITSELF, at=clock.now())


def _leave(job_id: UUID, holder: str, clock: Clock) -> None:
    if queries.job(job_id).cancelling:
        queue.stopped(job_id=job_id, holder=holder, by=office.ITSELF, at=clock.now())
    else:
        queue.give_back(job_id=job_id, holder=holder, by=office.ITSELF, at=clock.now())


def _beat(
    context: Context,
    holder: str,
    clock: Clock,
    end: threading.Event,
    over: threading.Event,
    stop: threading.Event,
) -> None:
    """Say every few seconds that the holder lives; a refusal to go on reaches the work at its next progress."""
    try:
        while not over.wait(BEAT if not stop.is_set() else 0.2):
            done, total = context._far
            try:
                goes_on = queue.beat(
                    job_id=context.job.id, holder=holder, by=office.ITSELF, at=clock.now(), done=done, total=total
                )
            except StateError:
                goes_on = False
            if not goes_on or stop.is_set():
                end.set()
    finally:
        connection.close()
