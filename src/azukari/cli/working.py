"""`work`: the worker, which seals what was uploaded; and the one that `serve` keeps beside itself."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from azukari.cli.ledger import stop_on_signal
from azukari.cli.options import Office, office_options, open_office
from azukari.cli.rekeying import unlocked
from azukari.cli.sides import start
from azukari.cli.speech import Speech, speech
from azukari.stores.clock import SystemClock
from azukari.stores.remote import ask_witness

PAUSE = 1.0  # seconds before a worker that died is replaced


@click.command()
@click.option("--once", is_flag=True, help="待っている作業が無くなったら終わる / end when nothing waits")
@click.option("--below", type=int, help="この番号のプロセスと共に終わる / end together with this process")
@office_options
@speech
def work(out: Speech, once: bool, below: int | None, office_path: Path, keys_path: Path, login: str | None) -> None:
    """預かった表の封印などを行う。 Do what waits, such as sealing an uploaded table, until ended."""
    start(office_path)
    with unlocked(office_path):  # before the key is looked at: it may be replaced until then
        opened = open_office(office_path, keys_path, login)
        out.say("作業を始めます。", "Working.")
        stop = stop_on_signal()
        if below is not None:
            threading.Thread(target=_watch, args=(below, stop), daemon=True).start()
        run_worker(opened, stop, once=once)


def run_worker(opened: Office, stop: threading.Event, *, once: bool = False) -> None:
    """The worker in this thread, until ``stop`` is set."""
    from azukari.web import office
    from azukari.web.custody.actions import document
    from azukari.web.custody.work import kinds
    from azukari.web.jobs import worker
    from azukari.web.jobs.actions import queue

    office.unlock(opened.kek)
    queue.sweep(by=opened.by, at=SystemClock().now())
    document.sweep(by=opened.by, at=SystemClock().now())
    worker.run(kinds(ask_witness), SystemClock(), stop, once=once)


@contextmanager
def worker_beside(office_path: Path, keys_path: Path, login: str | None) -> Iterator[None]:
    """A worker in a process of its own while the block runs, replaced when it dies; it ends with this process.

    A fresh process: the table engine has threads, which do not survive a fork.
    """
    command = [sys.executable, "-m", "azukari", "work", "--below", str(os.getpid())]
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
