"""gunicorn killed over HTTP, its worker or its master, in the middle of a permission: all of it or nothing, and it goes on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, entries
from tests.web import bodies

# The process that answers dies, or kills its master, once the file is there; before the permission's row is written.
_RUN = """
import os, signal, sys
from pathlib import Path
office, keys, flag, whom = sys.argv[1:]
os.environ["AZUKARI_FACE"], os.environ["AZUKARI_PLAIN_HTTP"] = "inside", "1"
from azukari.web import office as offices
offices.start(Path(office))
from azukari.web.custody.models import Permission
save = Permission.save
def struck(self, *arguments, **named):
    if os.path.exists(flag):
        os.unlink(flag)
        os.kill(os.getpid() if whom == "worker" else os.getppid(), signal.SIGKILL)
    return save(self, *arguments, **named)
Permission.save = struck
from azukari.cli.main import run
sys.exit(run(["--lang", "en", "serve", "--inside", "--port", "0", "--office", office, "--keys", keys, "--as", "officer"]))
"""
GRANT = {"mode": "now", "report": "", "evidence": "", "reason": "x", "ends_on": "2099-12-31"}


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    made = scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.add_party(made, "below", "白磯入力")
    yield made
    scenes.close()


@contextmanager
def served(scene: Scene, whom: str) -> Iterator[int]:
    """The screens, in a process that can be struck; its port."""
    told = [scene / "office", scene / "office.key", scene / "flag", whom]
    command = [sys.executable, "-c", _RUN, *map(str, told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r":(\d+)/", server.stdout.readline())
            assert found
            yield int(found.group(1))
        finally:
            server.terminate()
            server.wait(30)


def cookie_of_the_officer(scene: Scene) -> str:
    """A session, as a sign-in leaves it."""
    from django.test import override_settings

    from azukari.web import office
    from azukari.web.accounts import queries as accounts

    office.start(scene / "office")
    (body,) = accounts.bodies()
    (person,) = [one for one in accounts.people(body.id) if one.role == "officer"]
    with override_settings(SESSION_COOKIE_NAME="azukari"), bodies.screens():
        bodies.give_factor(person.id)
    key = (scene / "office" / "session.key").read_text(encoding="ascii").strip()
    with override_settings(SESSION_COOKIE_NAME="azukari", SECRET_KEY=key):
        client = bodies.client_of(person.id)
    return f"azukari={client.cookies['azukari'].value}"


def grant(port: int, cookie: str, permission_id: UUID) -> int:
    """The status of what a browser gets, 0 where nobody answers."""
    connection = HTTPConnection("localhost", port, timeout=30)
    try:
        connection.request("GET", f"/permissions/{permission_id}", headers={"Cookie": cookie})
        answer = connection.getresponse()
        page, crumb = answer.read(), (answer.getheader("Set-Cookie") or "").partition(";")[0]
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert answer.status == 200 and token, answer.status
        body = urlencode(GRANT | {"csrfmiddlewaretoken": token.group(1).decode()})
        headers = {"Cookie": f"{cookie}; {crumb}", "Content-Type": "application/x-www-form-urlencoded"}
        headers["Origin"] = f"http://localhost:{port}"
        connection.request("POST", f"/permissions/{permission_id}/grant", body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def granted(scene: Scene) -> int:
    scenes.close()
    return sum(json.loads(data)["type"] == "azukari/permission/v1" for data in entries(scene))


@pytest.mark.parametrize("whom", ["worker", "master"])
def test_grant_when_gunicorn_is_killed_then_once_or_not_at_all_and_the_next_try_is_answered(
    scene: Scene, whom: str
) -> None:
    made = scene.json(
        *("permission", "ask", "--entrustment", "入力", "--to", "白磯入力", "--fields", "name", "--people", "9"),
        *("--from", "2020-01-01", "--until", "2099-12-31", "--safeguards", "施錠"),
    )
    permission_id, cookie = UUID(str(made["permission"])), cookie_of_the_officer(scene)
    scenes.close()
    with served(scene, whom) as port:
        (scene / "flag").touch()
        status = grant(port, cookie, permission_id)
        assert not (scene / "flag").exists(), "nobody was struck"
        if whom == "worker":
            assert status == 0 and granted(scene) == 0, "what was not acknowledged was not done"
            end = time.monotonic() + 30
            while (again := grant(port, cookie, permission_id)) == 0 and time.monotonic() < end:
                time.sleep(0.2)
            assert again == 302, "the master has put another in its place"
    if whom == "master":
        end = time.monotonic() + 30
        while _listens(port) and time.monotonic() < end:
            time.sleep(0.2)
        assert not _listens(port), "its workers have ended with it"
        assert granted(scene) == (1 if status == 302 else granted(scene)) <= 1
        with served(scene, whom) as port:
            assert grant(port, cookie, permission_id) in ({400} if granted(scene) else {302})
    assert granted(scene) == 1
    scene.json("ledger", "check")


def _listens(port: int) -> bool:
    connection = HTTPConnection("localhost", port, timeout=2)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True
