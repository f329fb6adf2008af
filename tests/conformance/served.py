"""Servers on loopback for one test: our witness as a process of its own, and a hand-made one that may be hostile."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WAIT = 20  # seconds: bounds on a hung server, never reached


@dataclass
class Served:
    """A running witness: its URL and process."""

    url: str
    process: subprocess.Popen[str]

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Ask it to end; exit code and what it wrote on standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=WAIT)
        return self.process.returncode, errors


@contextmanager
def witness_served(folder: Path) -> Iterator[Served]:
    """`azukari witness serve` on a free port of loopback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "azukari", "witness", "serve", str(folder), "--port", "0", "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate(timeout=WAIT)[1]
        yield Served(json.loads(line)["url"], process)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate(timeout=WAIT)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@contextmanager
def answering(script: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that treats each connection as the script says; its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(WAIT)
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(WAIT)
                try:
                    script(connection)
                except OSError:
                    pass

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        # Wakes the accept, which closing alone would not.
        with socket.create_connection(listener.getsockname()):
            pass
        thread.join(WAIT)
        listener.close()


def read_request(connection: socket.socket) -> bytes:
    """The head and body of one request."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536) or _cut()
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65_536) or _cut()
    return head + b"\r\n\r\n" + body


def _cut() -> bytes:
    raise ConnectionError("the client ended the connection")
