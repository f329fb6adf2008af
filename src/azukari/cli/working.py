"""`work`: the worker, which seals what was uploaded; and the one that `serve` keeps beside itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from azukari.cli.ledger import stop_on_signal
from azukari.cli.options import Office, office_options, open_office, start
from azukari.cli.rekeying import unlocked
from azukari.cli.speech import Speech, speech
from azukari.errors import AzukariError
from azukari.stores.clock import SystemClock
from azukari.stores.remote import ask_witness

PAUSE = 1.0  # seconds before a worker that died is replaced


@click.command()
@click.option("--once", is_flag=True, help="待っている作業が無くなったら終わる / end when nothing waits")
@click.option(
    "--index-every", type=click.IntRange(1), default=60, show_default=True, help="索引を作る間隔（分）/ minutes"
)
@click.option("--below", type=int, help="この番号のプロセスと共に終わる / end together with this process")
@office_options
@speech
def work(
    out: Speech,
    once: bool,
    index_every: int,
    below: int | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
) -> None:
    """預かった表の封印などを行う。 Do what waits, such as sealing an uploaded table, until ended."""
    start(office_path)
    with unlocked(office_path):  # before the key is looked at: it may be replaced until then
        opened = open_office(office_path, keys_path, login)
        out.say("作業を始めます。", "Working.")
        stop = stop_on_signal()
        if below is not None:
            threading.Thread(target=_watch, args=(below, stop), daemon=True).start()
        run_worker(opened, stop, once=once, index_every=timedelta(minutes=index_every))


def run_worker(
    opened: Office, stop: threading.Event, *, once: bool = False, index_every: timedelta = timedelta(hours=1)
) -> None:
    """The worker in this thread, until ``stop`` is set. Between two jobs it sees to the index of people's lists."""
    from azukari.web import office
    from azukari.web.custody.actions import document
    from azukari.web.custody.work import kinds
    from azukari.web.jobs import worker
    from azukari.web.jobs.actions import queue

    office.unlock(opened.kek)
    queue.sweep(by=opened.by, at=SystemClock().now())
    document.sweep(by=opened.by, at=SystemClock().now())
    worker.run(kinds(ask_witness), SystemClock(), stop, once=once, between=lambda: _keep_index(opened, index_every))


def _keep_index(opened: Office, every: timedelta) -> None:
    """What is in its way now may not be in a minute; a ledger that is damaged is told by whoever checks it."""
    from azukari.web.leaves.actions import keeping

    with suppress(AzukariError):
        acting: dict[str, Any] = {"by": opened.by, "at": SystemClock().now()}
        keeping.keep(body_id=opened.body_id, kek=opened.kek, ask=ask_witness, every=every, **acting)


@contextmanager
def worker_beside(office_path: Path, keys_path: Path, login: str | None) -> Iterator[None]:
    """A worker in a process of its own while the block runs, replaced when it dies; it ends with this process.

    A fresh process: the table engine has threads, which do not survive a fork.
    """
    command = [sys.executable, "-P", "-m", "azukari", "work", "--below", str(os.getpid())]
    command += ["--office", str(office_path), "--keys", str(keys_path), *(["--as", login] if login else [])]
    ours, ending, running = os.getpid(), threading.Event(), [_started(command)]

    def keep() -> None:
        while not ending.wait(PAUSE):
            if running[0].poll() is not None:
                running[0] = _started(command)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        if os.getpid() == ours:  # not in a process that was forked meanwhile
            ending.set()
            keeper.join()
            running[0].terminate()
            with suppress(subprocess.TimeoutExpired):
                running[0].wait(10)


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _watch(parent: int, stop: threading.Event) -> None:
    """Nobody waits for a worker whose server is gone."""
    while not stop.wait(PAUSE):
        if os.getppid() != parent:
            stop.set()
