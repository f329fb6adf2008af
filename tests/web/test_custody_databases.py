"""A hand-over, its way back and a leak on PostgreSQL, by the commands; and what two processes there do at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import ALL, SYSTEMS, WORK, Scene, call, leak, named, open_package
from tests.web.conftest import Server

from azukari.cli.options import open_office

SLUG = SYSTEMS.slug
SECONDS = 30  # until two processes must have met


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture(scope="module")
def sealed(postgresql: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """An office on PostgreSQL with one package, which its party has opened."""
    scene = Scene(tmp_path_factory.mktemp("custody"))
    postgresql.run("CREATE DATABASE custody")
    scenes.people().write_csv(scene / "register.csv")
    done = call(
        *("init", scene / "office", "--keys", scene / "office.key", "--oversight", scene / "oversight.key"),
        *("--body", "霞ヶ浜年金機構", "--origin", "ledger.example/kasumigahama", "--officer", "霧生　澄江"),
        *("--database", postgresql.database("custody"), "--json"),
    )
    (scene / "init.json").write_text(json.dumps(done.json), encoding="utf-8")
    title = next(title for title, (firm, _) in WORK.items() if firm == SYSTEMS)
    scenes.add_party(scene, SLUG, SYSTEMS.ja)
    scenes.entrust(scene, title, SYSTEMS.ja, ALL)
    scene.seal(SLUG)
    open_package(scene, SLUG, SLUG)
    assert not list((scene / "office").glob("*.sqlite3")), "the register is nowhere else"
    return scene


@pytest.fixture(scope="module")
def traced(sealed: Scene) -> Scene:
    """The same after a leak and its trace; nothing is disclosed yet."""
    assert sealed.json("trace", leak(sealed, SLUG), "-o", sealed / "finding.json")["accused"]
    return sealed


def types(scene: Scene) -> list[str]:
    return [entry["type"] for entry in named(scene).values()]


@contextmanager
def held(server: Server, waiting: int) -> Iterator[None]:
    """The log is locked by somebody else until so many wait for a lock; whatever they read before is old by then."""
    with psycopg.connect(server.database("custody"), options="-c azukari.door=all") as other:
        other.execute("SELECT 1 FROM sequencer_log FOR UPDATE")
        yield
        question = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'custody' AND wait_event_type = 'Lock'"
        end = time.monotonic() + SECONDS
        with psycopg.connect(server.conninfo, autocommit=True) as watch:
            while watch.execute(question).fetchone() != (waiting,):
                assert time.monotonic() < end, "they never met"
                time.sleep(0.01)


def at_once(server: Server, *work: Callable[[], Any]) -> list[Any]:
    """What each returned, or raised; all of them had begun before one could go on."""
    answers: list[Any] = []

    def run(one: Callable[[], Any]) -> None:
        from django.db import connection

        try:
            answers.append(one())
        except Exception as error:  # the test looks at it
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[one]) for one in work]
    with held(server, len(work)):
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(SECONDS)
    return answers


def test_disclosure_when_made_twice_at_once_then_it_is_logged_once(traced: Scene, postgresql: Server) -> None:
    from azukari.web.custody.actions import burning
    from azukari.web.incidents.actions.disclosure import disclose
    from azukari.web.incidents.tracing import trace_specimen

    office = open_office(traced / "office", traced / "office.key", None)
    specimen = UUID(hex=json.loads((traced / "finding.json").read_text(encoding="utf-8"))["specimen"])
    found, file = trace_specimen(specimen_id=specimen, kek=office.kek)

    # Burned by an earlier disclosure, so that burning it again makes nobody wait.
    burning.burn(hand_over_id=UUID(traced.hand_overs()[SLUG]), by=office.by, at=office.at)

    def work() -> bytes:
        return disclose(found=found, file=file, kek=office.kek, by=office.by, at=office.at)[0].encode()

    first, second = at_once(postgresql, work, work)
    assert isinstance(first, bytes) and first == second
    assert types(traced).count("azukari/disclosure/v1") == 1


def test_story_when_told_on_postgresql_then_a_stranger_verifies_it(traced: Scene, tmp_path: Path) -> None:
    assert call("keygen", tmp_path / "verifier.key").code == 0
    files = ("--evidence", tmp_path / "evidence.json", "--specimen", tmp_path / "specimen.age")
    to = ("--to", tmp_path / "verifier.key.card", "--yes")
    traced.json("disclose", traced / "finding.json", *files, *to)
    verified = call("verify", tmp_path / "evidence.json", *files[2:], "-i", tmp_path / "verifier.key", "--json")
    assert verified.code == 0, verified
    traced.json("return", traced / f"{SLUG}.csv", "--handover", traced.hand_overs()[SLUG], "-o", tmp_path / "back.csv")
    assert traced.run("ledger", "export", tmp_path / "log").code == 0
    assert types(traced)[-1] == "azukari/return/v1"


def test_seal_when_the_server_is_lost_before_the_commit_then_a_restart_decides(
    sealed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that did not answer may still be committing, so nothing is taken back before one can know."""
    from azukari.web.sequencer.actions import entry

    append, before = entry.append, types(sealed)

    def lost(**named: Any) -> int:
        from django.db import connection

        index = append(**named)
        with psycopg.connect(f"{connection.connection.info.dsn}", autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return index

    with monkeypatch.context() as patched:
        patched.setattr(entry, "append", lost)
        (title,) = (title for title, (firm, _) in WORK.items() if firm == SYSTEMS)
        named = ("--entrustment", title, "--to", SYSTEMS.ja, "-o", sealed / "second.azk")
        answer = sealed.run("seal", sealed / "register.csv", *named)
    assert answer.code == scenes.ERRORS["storage"].code, answer
    assert len(list((sealed / "office" / "spool").glob("*.payload"))) == 1
    scenes.close()
    assert sealed.run("recover").code == 0
    assert not list((sealed / "office" / "spool").glob("*.payload"))
    assert types(sealed) == before


def test_expiry_when_two_remove_records_at_once_then_each_is_logged_once(sealed: Scene, postgresql: Server) -> None:
    from azukari.web.custody.actions.expiring import remove_expired
    from azukari.web.custody.models import HandOver

    office = open_office(sealed / "office", sealed / "office.key", None)
    HandOver.objects.update(expires_on=date(2020, 1, 1))

    def work() -> list[UUID]:
        return remove_expired(body_id=office.body_id, by=office.by, at=office.at)

    assert sorted(map(len, at_once(postgresql, work, work))) == [0, 1]
    assert types(sealed).count("azukari/record-expiry/v1") == 1
