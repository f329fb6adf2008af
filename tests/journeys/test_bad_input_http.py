"""A running server and what no browser would send: files beyond the limit, files cut in the middle."""

from __future__ import annotations

import http.client
import re
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene
from tests.journeys.browser import serving
from tests.web import bodies

MIB = 1 << 20
TOKEN = "a" * 32
BOUNDARY = "azukari-test-boundary"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="table"; filename="t.csv"\r\n'
    "Content-Type: text/csv\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass
class Office:
    """A server, and the session of its officer."""

    scene: Scene
    port: int
    session: str
    path: str

    def connect(self, length: int) -> socket.socket:
        """A connection on which a form with a table of this many bytes was begun."""
        found = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        found.sendall(
            f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(HEAD) + length + len(TAIL)}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Cookie: azukari={self.session}; azukari-csrf={TOKEN}; azukari-language=ja\r\n\r\n".encode()
            + HEAD
        )
        return found

    def uploads(self) -> list[Path]:
        """What lies in the folder of uploads, under a temporary name too."""
        folder = self.scene / "office" / "uploads"
        return list(folder.iterdir()) if folder.exists() else []

    def memory(self) -> int:
        """Resident bytes of the largest process that serves this office."""
        found = [0]
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                command = status.with_name("cmdline").read_bytes()
                if b"serve" in command and self._ours(status.parent):
                    found.append(int(re.findall(r"VmRSS:\s+(\d+)", status.read_text())[0]) << 10)
            except (OSError, IndexError):
                continue
        return max(found)

    def _ours(self, process: Path) -> bool:
        return f"AZUKARI_OFFICE={self.scene / 'office'}".encode() in (process / "environ").read_bytes()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    scenes.without_office(monkeypatch)
    scene = scenes.copied(scenes.registered(), tmp_path / "scene")
    session, entrustment = signed_in(scene)
    scenes.close()
    with serving(scene / "office", scene / "office.key") as address:
        yield Office(scene, int(address.rsplit(":", 1)[1]), session, f"/entrustments/{entrustment}/seal")
    scenes.close()


def signed_in(scene: Scene) -> tuple[str, str]:
    """The session of the officer, as the server will find it, and an entrustment."""
    from azukari.cli.options import open_office

    opened = open_office(scene / "office", scene / "office.key", None)
    from azukari.web.custody import queries

    bodies.give_factor(opened.by)
    (work,) = [one for one in queries.entrustments(opened.body_id) if one.title == "照合"]
    return bodies.client_of(opened.by).session.session_key, str(work.id)


def answered(connection: socket.socket) -> tuple[int, str]:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read().decode()


def test_upload_when_beyond_two_gigabytes_then_413_with_one_sentence_and_neither_disk_nor_memory_fills(
    office: Office,
) -> None:
    before, block = office.memory(), bytes(MIB)
    assert before > 0
    with office.connect(2 << 30) as connection:
        for _ in range(2 << 10):
            connection.sendall(block)
        connection.sendall(TAIL)
        status, page = answered(connection)
    assert status == 413 and "ファイルは 2 GB までです" in page and page.count("<h1") == 1
    assert not office.uploads() and office.memory() - before < 64 * MIB


def test_upload_when_cut_in_the_middle_then_nothing_is_left_and_memory_stays_small(office: Office) -> None:
    before, block = office.memory(), bytes(MIB)
    with office.connect(512 * MIB) as connection:
        for _ in range(128):
            connection.sendall(block)
        waited(lambda: len(office.uploads()) == 1)
        during = office.memory()
    waited(lambda: not office.uploads())
    assert during - before < 64 * MIB
    with office.connect(10) as connection:  # and the next form is answered
        connection.sendall(b"0123456789" + TAIL)
        assert answered(connection)[0] == 302


def waited(reached: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < until
        time.sleep(0.05)
