"""The screens of a face in a process that can be struck: gunicorn's worker kills itself, or its master, at a named step."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from uuid import uuid4

# What dies, once the flag names it: before this is called, or after it has returned.
STEPS = {
    "permission": ("azukari.web.custody.models.Permission", "save", "before"),
    "row": ("azukari.web.custody.models.Receipt", "save", "before"),
    "mark": ("azukari.web.custody.models.Receipt", "save", "after"),
    "kept": ("azukari.web.custody.views.hand_overs", "add_receipt", "after"),
    "sent": ("azukari.web.counter.models.Sent", "save", "before"),
    "waits": ("azukari.web.counter.models.Sent", "save", "after"),
    "handed": ("azukari.web.counter.views.packages", "send_receipt", "after"),
    "commit": ("django.db.backends.base.base.BaseDatabaseWrapper", "commit", "before"),
}
_RUN = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
face, office, keys, flag, whom, *steps = sys.argv[1:]
os.environ["AZUKARI_FACE"], os.environ["AZUKARI_PLAIN_HTTP"] = face, "1"
from azukari.web import office as offices
offices.start(Path(office))
flag = Path(flag)
def find(path):
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try: found = import_module(".".join(parts[:cut]))
        except ImportError: continue
        for part in parts[cut:]: found = getattr(found, part)
        return found
def strike(name):
    if flag.exists() and flag.read_text() == name:
        flag.unlink()
        os.kill(os.getpid() if whom == "worker" else os.getppid(), signal.SIGKILL)
def wrapped(name, call, when):
    def struck(*arguments, **named):
        if when == "before": strike(name)
        answer = call(*arguments, **named)
        if when == "after": strike(name)
        return answer
    return struck
for name, target, attribute, when in zip(*[iter(steps)] * 4):
    place = find(target)
    setattr(place, attribute, wrapped(name, getattr(place, attribute), when))
from azukari.cli.main import run
sys.exit(run(["--lang", "en", "serve", "--" + face, "--port", "0", "--office", office, "--keys", keys, "--as", "officer"]))
"""


class Struck:
    """The port, and the flag that names the step at which the next one dies who comes by."""

    def __init__(self, port: int, flag: Path) -> None:
        self.port, self._flag = port, flag

    def at(self, step: str) -> None:
        """From now on: whoever comes to this step dies, once."""
        assert step in STEPS
        ready = self._flag.with_name(uuid4().hex)
        ready.write_text(step, encoding="ascii")
        ready.rename(self._flag)

    @property
    def waits(self) -> bool:
        """Nobody has come to the step yet."""
        return self._flag.exists()


@contextmanager
def served(folder: Path, office: Path, keys: Path, *, face: str, whom: str = "worker") -> Iterator[Struck]:
    """The screens of the face, for as long as they live; ``whom``: worker or master."""
    flag, names = folder / "flag", ("permission", "row", "mark", "kept", "commit")
    names = names if face == "inside" else ("sent", "waits", "handed", "commit")
    steps = [word for name in names for word in (name, *STEPS[name])]
    command = [sys.executable, "-c", _RUN, *map(str, (face, office, keys, flag, whom)), *steps]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r":(\d+)/", server.stdout.readline())
            assert found
            yield Struck(int(found.group(1)), flag)
        finally:
            server.terminate()
            server.wait(30)


def until_struck(server: Struck, ask: Callable[[], int], patience: float = 30) -> bool:
    """Ask until somebody dies of it: another worker may not be there yet. False if it was answered instead."""
    status, end = 0, time.monotonic() + patience
    while server.waits and status == 0 and time.monotonic() < end:
        status = ask()
        time.sleep(0.05)
    return status == 0 and not server.waits


def until_answered(ask: Callable[[], int], patience: float = 30) -> int:
    """Ask until somebody answers, which the master sees to: the status."""
    end = time.monotonic() + patience
    while (status := ask()) == 0 and time.monotonic() < end:
        time.sleep(0.2)
    return status


def listens(port: int) -> bool:
    """Whether anybody is behind the port."""
    connection = HTTPConnection("localhost", port, timeout=2)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def until_gone(port: int, patience: float = 30) -> bool:
    """Whether nobody is behind the port any more, in time."""
    end = time.monotonic() + patience
    while listens(port) and time.monotonic() < end:
        time.sleep(0.2)
    return not listens(port)
