"""gunicorn killed over HTTP, its worker or its master, in the middle of a permission or a receipt: all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call, named
from tests.journeys.struck import Struck, served, until_answered, until_gone, until_struck
from tests.web import bodies

from azukari.testing.cast import KANA

GRANT = {"mode": "now", "report": "", "evidence": "", "reason": "x", "ends_on": "2099-12-31"}
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=b0undary"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


def inside(scene: Scene, whom: str = "worker") -> AbstractContextManager[Struck]:
    return served(scene.folder, scene / "office", scene / "office.key", face="inside", whom=whom)


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
    scenes.close()
    return f"azukari={client.cookies['azukari'].value}"


def post(port: int, cookie: str, page: str, to: str, kind: str, body: str) -> int:
    """The status of what a browser gets that opens a page and sends its form, 0 where nobody answers; TOKEN is the page's."""
    connection = HTTPConnection("localhost", port, timeout=30)
    try:
        connection.request("GET", page, headers={"Cookie": cookie})
        answer = connection.getresponse()
        shown, crumb = answer.read(), (answer.getheader("Set-Cookie") or "").partition(";")[0]
        token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', shown)
        assert answer.status == 200 and token, answer.status
        headers = {"Cookie": f"{cookie}; {crumb}", "Content-Type": kind, "Origin": f"http://localhost:{port}"}
        connection.request("POST", to, body.replace("TOKEN", token.group(1).decode()).encode(), headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


# ---- A permission --------------------------------------------------------------------------------------------------


def grant(port: int, cookie: str, permission_id: UUID) -> int:
    page, body = f"/permissions/{permission_id}", urlencode(GRANT | {"csrfmiddlewaretoken": "TOKEN"})
    return post(port, cookie, page, f"{page}/grant", FORM, body)


def granted(scene: Scene) -> int:
    scenes.close()
    return sum(entry["type"] == "azukari/permission/v1" for entry in named(scene).values())


@pytest.mark.parametrize("whom", ["worker", "master"])
def test_grant_when_gunicorn_is_killed_then_once_or_not_at_all_and_the_next_try_is_answered(
    scene: Scene, whom: str
) -> None:
    scenes.add_party(scene, "below", "白磯入力")
    made = scene.json(
        *("permission", "ask", "--entrustment", "入力", "--to", "白磯入力", "--fields", "name", "--people", "9"),
        *("--from", "2020-01-01", "--until", "2099-12-31", "--safeguards", "施錠"),
    )
    permission_id, cookie = UUID(str(made["permission"])), cookie_of_the_officer(scene)
    with inside(scene, whom) as server:
        server.at("permission")
        status = grant(server.port, cookie, permission_id)
        assert not server.waits, "nobody was struck"
        if whom == "worker":
            assert status == 0 and granted(scene) == 0, "what was not acknowledged was not done"
            again = until_answered(lambda: grant(server.port, cookie, permission_id))
            assert again == 302, "the master has put another in its place"
    if whom == "master":
        assert until_gone(server.port), "its workers have ended with it"
        assert granted(scene) == (1 if status == 302 else granted(scene)) <= 1
        with inside(scene, whom) as server:
            assert grant(server.port, cookie, permission_id) in ({400} if granted(scene) else {302})
    assert granted(scene) == 1
    scene.json("ledger", "check")


# ---- A receipt -----------------------------------------------------------------------------------------------------


def hand_over(scene: Scene) -> tuple[UUID, str]:
    """A sealed hand-over, and the receipt that its party's key made."""
    made, key, table = scene.seal(KANA.slug), scene / f"{KANA.slug}.key", scene / "opened.csv"
    assert call("open", scene / f"{KANA.slug}.azk", "-i", key, "-o", table, "--log-key", scene.log_key).code == 0
    return UUID(str(made["handover"])), (scene / "opened.csv.receipt").read_text(encoding="utf-8")


def give(port: int, cookie: str, hand_over_id: UUID, note: str) -> int:
    head = "--b0undary\r\nContent-Disposition: form-data; name="
    token = f'{head}"csrfmiddlewaretoken"\r\n\r\nTOKEN\r\n'
    file = f'{head}"receipt"; filename="r"\r\nContent-Type: application/octet-stream\r\n\r\n{note}\r\n--b0undary--\r\n'
    page = f"/hand-overs/{hand_over_id}"
    return post(port, cookie, page, f"{page}/receipt", PARTS, token + file)


def kept(scene: Scene, hand_over_id: UUID) -> tuple[int, bool]:
    """How many receipts there are, and whether the hand-over says that it was received."""
    from azukari.web import office
    from azukari.web.custody.models import HandOver, Receipt

    office.start(scene / "office")
    rows = Receipt.objects.filter(hand_over_id=hand_over_id)
    said = HandOver.objects.get(id=hand_over_id).receipted_at is not None
    found = len(rows), said
    scenes.close()
    return found


def test_receipt_when_the_worker_is_killed_at_each_step_then_nothing_of_it_or_all_and_never_twice(
    scene: Scene,
) -> None:
    hand_over_id, note = hand_over(scene)
    cookie = cookie_of_the_officer(scene)
    with inside(scene) as server:
        for step in ("row", "mark", "commit", "kept"):
            server.at(step)
            assert until_struck(server, lambda: give(server.port, cookie, hand_over_id, note)), step
            assert kept(scene, hand_over_id) == ((1, True) if step == "kept" else (0, False)), step
        again = until_answered(lambda: give(server.port, cookie, hand_over_id, note))
        assert again == 400, "it is kept; that nobody said so does not make it two"
    assert kept(scene, hand_over_id) == (1, True)
    (listed,) = [one for one in scene.json("list")["handovers"] if one["id"] == hand_over_id.hex]
    assert listed["grade"] == "receipted"


def test_receipt_when_the_master_is_killed_then_once_or_not_at_all_and_the_next_try_is_answered(scene: Scene) -> None:
    hand_over_id, note = hand_over(scene)
    cookie = cookie_of_the_officer(scene)
    with inside(scene, "master") as server:
        server.at("mark")
        status = give(server.port, cookie, hand_over_id, note)
        assert not server.waits, "nobody was struck"
    assert until_gone(server.port), "its workers have ended with it"
    before = kept(scene, hand_over_id)
    assert before in ({(1, True)} if status == 302 else {(0, False), (1, True)})
    with inside(scene) as server:
        assert give(server.port, cookie, hand_over_id, note) == (400 if before[0] else 302)
    assert kept(scene, hand_over_id) == (1, True)


# ---- A receipt outside ---------------------------------------------------------------------------------------------


def put(port: int, token: str, package: UUID, note: bytes) -> int:
    """The status of what a program gets, 0 where nobody answers."""
    connection = HTTPConnection("localhost", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    try:
        connection.request("PUT", f"/api/packages/{package}/receipt", note, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def waiting(office_folder: Path, package: UUID) -> tuple[int, str]:
    """How many receipts wait to be carried, and what the shelf says of the package."""
    from azukari.web import office
    from azukari.web.counter.models import Sent, Shelved

    office.start(office_folder)
    found = Sent.objects.filter(about=package).count(), Shelved.objects.get(id=package).receipt
    scenes.close()
    return found


def test_receipt_outside_when_the_worker_is_killed_at_each_step_then_it_waits_once_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.journeys.stand import furnished

    scenes.without_office(monkeypatch)
    made = furnished(tmp_path)
    first, office_folder, note = made.first, made.folder, made.first.receipt()
    with served(tmp_path, office_folder, tmp_path / "outside.key", face="outside") as server:
        for step in ("sent", "waits", "commit", "handed"):
            server.at(step)
            assert until_struck(server, lambda: put(server.port, first.token, first.package, note)), step
            there = waiting(office_folder, first.package)
            assert there == ((1, "waiting") if step == "handed" else (0, "")), step
        again = until_answered(lambda: put(server.port, first.token, first.package, note))
        assert again == 409, "it waits already"
    assert waiting(office_folder, first.package) == (1, "waiting")
