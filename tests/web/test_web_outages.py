"""The database killed, cut off or locked in the middle of sealing, a permission and a receipt: all of it or nothing,
one sentence meanwhile, and afterwards everything goes on without a restart of what asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call, entries, named
from tests.web import bodies
from tests.web.bodies import client_of
from tests.web.test_web_jobs import sealing_job
from tools.postgres import Running, running

FIRM, TITLE = "yamabiko", "照合"
HAND_OVER, PERMISSION = "azukari/handover/v1", "azukari/permission/v1"
SECONDS = 60


@dataclass
class Hall:
    """An office on a server of its own, which may be killed, and what is asked for in it."""

    server: Running
    scene: Scene

    def cut(self) -> None:
        """Every connection to the office's database ends; the server lives."""
        import psycopg

        with psycopg.connect(self.server.conninfo, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'hall'")

    def killed(self) -> None:
        """SIGKILL to the server."""
        self.server.kill()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Made once; each test leaves it whole."""
    import psycopg

    with pytest.MonkeyPatch.context() as patched, running() as server:
        scenes.without_office(patched)
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            connection.execute("CREATE DATABASE hall")
        scene = Scene(tmp_path_factory.mktemp("hall"))
        scenes.people().head(60).write_csv(scene / "register.csv")
        done = call(
            *("init", scene / "office", "--keys", scene / "office.key", "--oversight", scene / "oversight.key"),
            *("--body", "霞ヶ浜年金機構", "--origin", "ledger.example/kasumigahama", "--officer", "霧生", "--json"),
            *("--database", server.conninfo.replace("dbname=postgres", "dbname=hall")),
        )
        (scene / "init.json").write_text(json.dumps(done.json), encoding="utf-8")
        scenes.add_party(scene, FIRM, "山彦照合")
        scenes.add_party(scene, "below", "白磯入力")
        scenes.entrust(scene, TITLE, "山彦照合", "name,kana")
        yield Hall(server, scene)
        scenes.close()


@pytest.fixture(autouse=True)
def mended(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    hall.server.again()
    scenes.close()


# ---- Where it strikes --------------------------------------------------------------------------------------------


def struck(patched: pytest.MonkeyPatch, point: str, strike: Callable[[], None]) -> list[str]:
    """Strike once, before or after what is named, once an entry was appended; the list says that it did."""
    from azukari.web.postgresql.base import DatabaseWrapper
    from azukari.web.sequencer.actions import entry

    met: list[str] = []
    append, commit = entry.append, DatabaseWrapper._commit

    def once(at: str) -> None:
        if at == point and point not in met:
            met.append(point)
            strike()

    def appending(**named: Any) -> int:
        once("append")
        index = append(**named)
        met.append("appended")
        return index

    def committing(self: Any) -> None:
        if "appended" in met:
            once("commit")
        commit(self)
        if "appended" in met:
            once("committed")

    patched.setattr(entry, "append", appending)
    patched.setattr(DatabaseWrapper, "_commit", committing)
    return met


POINTS = [
    ("append", "killed"),
    ("commit", "killed"),
    ("committed", "killed"),
    ("append", "cut"),
    ("commit", "cut"),
    ("committed", "cut"),
]


def whole(hall: Hall) -> int:
    """After `recover` each hand-over has its entry, package and record, and nothing else is there; how many there are."""
    hall.server.again()
    scenes.close()
    assert hall.scene.run("recover").code == 0
    hall.scene.json("ledger", "check")
    from azukari.web.custody.models import HandOver

    held = entries(hall.scene)
    logged = {n: held[n] for n, entry in named(hall.scene).items() if entry["type"] == HAND_OVER}
    rows = list(HandOver.objects.all())
    assert {row.entry_index: bytes(row.entry or b"") for row in rows} == logged
    assert {row.status for row in rows} <= {"released"}
    office, ids = hall.scene / "office", {str(row.id) for row in rows}
    assert {path.name for path in (office / "packages").iterdir()} == {f"{one}.azk" for one in ids}
    assert {path.name for path in (office / "index").iterdir()} == {f"{one}.record" for one in ids}
    assert not [path for path in (office / "spool").iterdir() if "lock" not in path.name]
    return len(rows)


# ---- Sealing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("point", "how"), POINTS)
def test_seal_when_the_database_is_lost_then_finished_or_void_and_never_twice(
    hall: Hall, tmp_path: Path, point: str, how: str
) -> None:
    before = whole(hall)
    named = ("--entrustment", TITLE, "--to", "山彦照合", "-o", tmp_path / "out.azk")
    with pytest.MonkeyPatch.context() as patched:
        met = struck(patched, point, getattr(hall, how))
        answer = hall.scene.run("seal", hall.scene / "register.csv", *named)
    assert point in met and answer.code == scenes.ERRORS["storage"].code, answer
    after = whole(hall)
    assert after - before == (1 if point == "committed" else 0)
    assert (tmp_path / "out.azk").exists() == (point == "committed")
    if point != "committed":
        hall.scene.json("seal", hall.scene / "register.csv", *named)
        assert whole(hall) == before + 1


def test_worker_when_the_database_is_killed_in_the_middle_of_a_job_then_it_goes_on_without_a_restart(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread of one process lives through it all: the queue empty, the job begun, and the entry committed."""
    from azukari.cli.options import open_office
    from azukari.cli.working import run_worker
    from azukari.web.jobs import queries, worker
    from azukari.web.jobs.actions import queue

    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(worker, "BEAT", 0.3)
    monkeypatch.setattr(worker, "PAUSE", 0.2)
    before, stop, said = whole(hall), threading.Event(), []
    opened = open_office(hall.scene / "office", hall.scene / "office.key", None)

    def run() -> None:
        from django.db import connection

        try:
            run_worker(opened, stop)
        except BaseException as error:
            said.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        jobs = []
        for point in ("append", "commit", "committed"):
            with pytest.MonkeyPatch.context() as patched:
                met = struck(patched, point, hall.killed)
                jobs.append(sealing_job(hall.scene))
                reached(lambda met=met, point=point: point in met)
                time.sleep(0.5)
                assert thread.is_alive(), said
                hall.server.again()
            job_id = jobs[-1]
            from django.db import connection

            connection.close()
            reached(lambda job_id=job_id: queries.job(job_id).ended)
            assert queries.job(job_id).status == "done", (point, queries.job(job_id))
    finally:
        stop.set()
        thread.join(SECONDS)
    assert not said and not thread.is_alive()
    assert whole(hall) == before + 3
    assert not list((hall.scene / "office" / "uploads").glob("*.upload"))


def reached(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, "it was waited for in vain"
        time.sleep(0.05)


# ---- Permission and receipt, from the browser ---------------------------------------------------------------------


def officer(hall: Hall) -> Any:
    """A browser in which the officer is signed in."""
    from azukari.web import office
    from azukari.web.accounts import queries as accounts

    office.start(hall.scene / "office")
    (body,) = accounts.bodies()
    (person,) = [one for one in accounts.people(body.id) if one.role == "officer"]
    from allauth.mfa.models import Authenticator

    if not Authenticator.objects.filter(user_id=person.id).exists():
        bodies.give_factor(person.id)
    client = client_of(person.id)
    client.raise_request_exception = False
    return client


def asked(hall: Hall) -> UUID:
    made = hall.scene.json(
        *("permission", "ask", "--entrustment", TITLE, "--to", "白磯入力", "--fields", "name", "--people", "9"),
        *("--from", "2020-01-01", "--until", "2099-12-31", "--safeguards", "施錠"),
    )
    return UUID(str(made["permission"]))


def one_sentence(answer: Any) -> None:
    """503, a page without the register, and nothing of what happened."""
    assert answer.status_code == 503
    text = answer.content.decode()
    assert text.count("<p>") == 1 and "登録簿がいま応答しません" in text
    assert "postgres" not in text.lower() and "Traceback" not in text


GRANT = {"mode": "now", "report": "", "evidence": "", "reason": "x", "ends_on": "2099-12-31"}


@pytest.mark.parametrize(("point", "how"), POINTS)
def test_grant_when_the_database_is_lost_then_503_and_nothing_is_half_done(hall: Hall, point: str, how: str) -> None:
    from azukari.web.custody.queries import permissions

    permission_id = asked(hall)
    before = len(entries(hall.scene))
    with bodies.screens():
        client = officer(hall)
        with pytest.MonkeyPatch.context() as patched:
            met = struck(patched, point, getattr(hall, how))
            answer = client.post(f"/permissions/{permission_id}/grant", GRANT)
        assert point in met, answer.content.decode()
        if how == "killed":
            one_sentence(client.get(f"/permissions/{permission_id}"))
        if point == "committed":
            assert answer.status_code in {302, 503}
        else:
            one_sentence(answer)
        hall.server.again()
        assert client.get(f"/permissions/{permission_id}").status_code == 200, "the same process, the same browser"
        granted = permissions.permission(permission_id).status == "granted"
        assert granted == (point == "committed")
        again = client.post(f"/permissions/{permission_id}/grant", GRANT)
        assert again.status_code == (400 if granted else 302)
    types = [entry["type"] for index, entry in named(hall.scene).items() if index >= before]
    assert types.count(PERMISSION) == 1


@pytest.mark.parametrize("how", ["killed", "cut"])
@pytest.mark.parametrize("point", ["create", "commit"])
def test_receipt_when_the_database_is_lost_then_503_and_the_next_try_keeps_it_once(
    hall: Hall, tmp_path: Path, point: str, how: str
) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.models import Receipt

    named = ("--entrustment", TITLE, "--to", "山彦照合", "-o", tmp_path / "k.azk")
    hand_over = UUID(hall.scene.json("seal", hall.scene / "register.csv", *named)["handover"])
    assert call("open", tmp_path / "k.azk", "-i", hall.scene / f"{FIRM}.key", "-o", tmp_path / "k.csv").code == 0
    note = tmp_path / "k.csv.receipt"
    met: list[str] = []

    def strike(real: Callable[..., Any]) -> Callable[..., Any]:
        def meeting(*arguments: Any, **named: Any) -> Any:
            if not met:
                met.append(point)
                getattr(hall, how)()
            return real(*arguments, **named)

        return meeting

    target, name = {
        "create": (Receipt.objects, "create"),
        "commit": (import_module("azukari.web.postgresql.base").DatabaseWrapper, "_commit"),
    }[point]
    with bodies.screens():
        client = officer(hall)

        def hand_in() -> Any:
            with note.open("rb") as file:
                return client.post(f"/hand-overs/{hand_over}/receipt", {"receipt": file})

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(target, name, strike(getattr(target, name)))
            one_sentence(hand_in())
        assert met
        hall.server.again()
        assert queries.receipts(hand_over) == []
        assert queries.hand_over(hand_over).status == "released"
        assert hand_in().status_code == 302
        assert hand_in().status_code == 400
        assert len(queries.receipts(hand_over)) == 1


# ---- The integrator -----------------------------------------------------------------------------------------------


def test_integrator_when_the_database_was_away_then_it_signs_again_without_a_restart(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    from azukari.cli.ledger import run_integrator
    from azukari.cli.options import open_office
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import integrator

    monkeypatch.setattr(integrator, "AWAY", 0.1)
    opened = open_office(hall.scene / "office", hall.scene / "office.key", None)
    log_id = queries.log_of(opened.body_id).id
    stop, signed = threading.Event(), []
    arguments = (opened, log_id, signed.append, stop)
    thread = threading.Thread(target=run_integrator, args=arguments, daemon=True)
    thread.start()
    try:
        for strike in (hall.cut, hall.killed):
            seen = len(signed)
            strike()
            time.sleep(0.3)
            hall.server.again()
            connection.close()
            asked(hall)
            reached(lambda seen=seen: len(signed) > seen and signed[-1].size == queries.count(log_id))
            assert thread.is_alive()
    finally:
        stop.set()
        thread.join(SECONDS)
    assert not thread.is_alive()


# ---- A lock that another writer holds, on SQLite ------------------------------------------------------------------


def test_sqlite_when_another_writer_holds_the_lock_beyond_the_timeout_then_503_and_then_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    from azukari.web import environment
    from azukari.web.custody.queries import permissions
    from azukari.web.sqlite import sqlite3

    made = scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.add_party(made, "below", "白磯入力")
    hall = Hall(None, made)  # type: ignore[arg-type]  # a file has no server
    permission_id = asked(hall)
    before = entries(made)
    with bodies.screens():
        client = officer(hall)
        connection.close()
        connection.settings_dict["OPTIONS"]["timeout"] = 0.2
        other = sqlite3.connect(made / "office" / environment.SQLITE, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
            one_sentence(client.post(f"/permissions/{permission_id}/grant", GRANT))
            assert client.get(f"/permissions/{permission_id}").status_code == 200, "who reads is not kept waiting"
            assert entries(made) == before
            other.execute("COMMIT")
        finally:
            other.close()
        assert client.post(f"/permissions/{permission_id}/grant", GRANT).status_code == 302
        assert permissions.permission(permission_id).status == "granted"
        assert len(entries(made)) == len(before) + 2
