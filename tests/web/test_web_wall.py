"""The second wall: on PostgreSQL a forgotten filter shows no row of another body, and nobody in particular sees nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import call
from tests.web import bodies
from tests.web.addresses import addresses, asked
from tests.web.bodies import Records, client_of, furnish
from tests.web.conftest import AT, BY, Ledger, Server

from azukari.errors import StateError
from azukari.web import environment, office

SIGNING_IN = {
    "accounts_body",
    "accounts_user",
    "accounts_invitation",
    "accounts_signinprovider",
    "accounts_externalidentity",
    "accounts_token",
    "mfa_authenticator",
    "trail_source",
}
READ_BY_ALL = {
    "sequencer_log",
    "sequencer_entry",
    "sequencer_tile",
    "sequencer_signedcheckpoint",
    "sequencer_witnesspolicy",
    "sequencer_cosignature",
}


@pytest.fixture
def two(ledger: Ledger) -> Iterator[tuple[Records, Records]]:
    """The own body and another one, each with one of everything."""
    with bodies.screens():
        yield furnish(ledger, "kasumi"), furnish(ledger, "betsu", bodies.another_body(ledger))


def on_postgresql() -> bool:
    from django.db import connection

    return connection.vendor == "postgresql"


only_postgresql = pytest.mark.parametrize("open_office", ["postgresql"], indirect=True)


def counted(*, but: UUID) -> dict[str, int]:
    """Rows of other bodies that this connection sees, by table; what a query without any filter would show."""
    from django.apps import apps

    found = {}
    for model in apps.get_models():
        if model.__module__.startswith("azukari.") and any(field.name == "body" for field in model._meta.fields):
            found[model._meta.db_table] = model._default_manager.exclude(body=but).count()
    return found


@contextmanager
def planted(view: Callable[..., Any]) -> Iterator[None]:
    """An address ``/planted`` before those of the inside face."""
    from django.test import override_settings
    from django.urls import path

    from azukari.web.faces import inside

    class Face:
        urlpatterns = (path("planted", view), *inside.urlpatterns)
        handler400, handler403 = inside.handler400, inside.handler403
        handler404, handler500 = inside.handler404, inside.handler500

    with override_settings(ROOT_URLCONF=Face):
        yield


def forgetful(body_id: UUID) -> Callable[..., Any]:
    from django.http import JsonResponse

    from azukari.web.accounts.rules import signed_in

    return signed_in(lambda request: JsonResponse(counted(but=body_id)))


# ---- The forgotten filter -----------------------------------------------------------------------------------------


def test_view_when_its_filter_is_forgotten_then_no_foreign_row_on_postgresql(two: tuple[Records, Records]) -> None:
    from azukari.web.accounts.rules import here

    own, _ = two
    with planted(forgetful(own.body_id)):
        answers = [client_of(person).get("/planted") for role, person in own.people.items() if role in here()]
    seen = [json.loads(answer.content) for answer in answers]
    assert len(seen[0]) > 15
    if on_postgresql():
        assert all(count == 0 for one in seen for count in one.values()), seen
    else:
        assert all(one["custody_handover"] and one["accounts_user"] and one["jobs_job"] for one in seen), "no fault"


def test_matrix_when_no_view_looks_whose_a_record_is_then_no_foreign_name_on_postgresql(
    two: tuple[Records, Records], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one check of the first wall is taken out; the second must answer as if nothing were there."""
    from azukari.web.custody.views import own as checks

    own, foreign = two
    monkeypatch.setattr(checks, "_own", lambda request, found: found)
    client, leaked, tried = client_of(own.people["officer"]), [], 0
    for address in addresses("inside"):
        if set(address.arguments) & set(own.arguments) and "person_id" not in address.arguments:
            answer, body = asked(client, "GET", address.filled(foreign))
            tried += 1
            if answer.status_code == 200 or [name for name in foreign.names if name.encode() in body]:
                leaked.append(address.route)
    assert tried > 10
    if on_postgresql():
        assert not leaked
    else:
        assert len(leaked) > 5, "no fault was planted"


@only_postgresql
def test_write_when_it_names_another_body_then_the_database_refuses(two: tuple[Records, Records]) -> None:
    from django.db import ProgrammingError, transaction

    from azukari.web.custody.models import Party
    from azukari.web.jobs.actions import queue
    from azukari.web.postgresql import wall

    own, foreign = two
    with wall.acting(wall.of(own.body_id)):
        assert Party.objects.filter(id=foreign.arguments["party_id"]).update(name="x") == 0
        assert Party.objects.filter(id=foreign.arguments["party_id"]).delete()[0] == 0
        with pytest.raises(ProgrammingError), transaction.atomic():
            queue.enqueue(body_id=foreign.body_id, kind="look", arguments={}, by=BY, at=AT)
        with pytest.raises(ProgrammingError), transaction.atomic():
            Party.objects.filter(id=own.arguments["party_id"]).update(body_id=foreign.body_id)
        assert queue.enqueue(body_id=own.body_id, kind="look", arguments={}, by=BY, at=AT)
    assert Party.objects.filter(body_id=foreign.body_id).count() == 2


# ---- Nobody, and the doors ----------------------------------------------------------------------------------------


def visible(address: str, *, options: str = "") -> set[str]:
    """The tables of which a connection to this database sees a row."""
    import psycopg

    from azukari.web.postgresql import policies

    with psycopg.connect(address, options=options) as connection:
        tables = [one.table for one in policies.walled()]
        return {t for t in tables if connection.execute(f'SELECT EXISTS (SELECT FROM "{t}")').fetchone() == (True,)}


@only_postgresql
def test_connection_when_nobody_was_named_then_every_table_is_empty(
    two: tuple[Records, Records], ledger: Ledger
) -> None:
    address = (ledger.folder / environment.ADDRESS).read_text(encoding="utf-8").strip()
    ledger.append(b"{}")
    ledger.integrate()
    everything = visible(address, options="-c azukari.door=all")
    assert {"custody_handover", "accounts_user", "sequencer_entry", "mfa_authenticator"} <= everything
    assert visible(address) == set()
    assert visible(address, options="-c azukari.door=nonsense") == set()
    assert visible(address, options=f"-c azukari.body={uuid4()}") == set()
    assert visible(address, options="-c azukari.door=sign-in") == (SIGNING_IN | READ_BY_ALL) & everything
    assert visible(address, options="-c azukari.door=ledger") == READ_BY_ALL & everything


@only_postgresql
def test_door_of_the_ledger_when_written_through_then_refused(two: tuple[Records, Records], ledger: Ledger) -> None:
    from django.db import ProgrammingError, transaction

    from azukari.web.accounts.models import User
    from azukari.web.postgresql import wall
    from azukari.web.sequencer.models import Entry, Log

    for door in (wall.LEDGER, wall.SIGN_IN):
        with wall.acting(door):
            assert Log.objects.update(origin="x") == 0 and Log.objects.count() == 2
            with pytest.raises(ProgrammingError), transaction.atomic():
                Entry.objects.create(
                    log_id=ledger.log_id, index=9_999, data=b"{}", leaf_hash=b"0" * 32, appended_at=AT, appended_by=BY
                )
    with wall.acting(wall.LEDGER):
        assert not User.objects.exists()


@only_postgresql
def test_tables_when_discovered_then_each_has_a_policy_or_a_reason(two: tuple[Records, Records]) -> None:
    from django.db import connection

    from azukari.web.postgresql import policies

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND column_name IN ('body', 'body_id')"
        )
        of_a_body = {name for (name,) in cursor.fetchall()}
    standing = policies.standing()
    assert len(of_a_body) > 20 and of_a_body <= standing
    assert tables - standing == set(policies.OPEN) & tables, "a table without a policy needs a reason in policies.OPEN"
    assert all(policies.OPEN.values()) and not set(policies.OPEN) & standing


# ---- From one request to the next ---------------------------------------------------------------------------------


@only_postgresql
def test_request_when_it_ends_however_then_nothing_is_visible_until_the_next_is_let_in(
    two: tuple[Records, Records],
) -> None:
    from django.db import connection
    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    from azukari.web.accounts.rules import signed_in
    from azukari.web.postgresql import wall

    own, foreign = two
    people = [client_of(own.people["officer"]), client_of(foreign.people["officer"]), client_of(None)]

    def count(body_id: UUID) -> int:
        from azukari.web.custody.models import Party

        return Party.objects.filter(body_id=body_id).count()

    def view(request: HttpRequest) -> Any:
        how = request.GET["how"]
        seen = [count(own.body_id), count(foreign.body_id)]
        if how == "fails":
            raise ZeroDivisionError
        if how == "refuses":
            raise StateError("x")
        if how == "killed":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        if how == "streams":
            return StreamingHttpResponse(f"{count(body)}" for body in (own.body_id, foreign.body_id))
        return HttpResponse(json.dumps(seen))

    wall.stand(wall.NOTHING)  # as a process that serves people
    try:
        with planted(signed_in(view)):
            for how, status in [("answers", 200), ("fails", 500), ("refuses", 409), ("killed", 503), ("streams", 200)]:
                for client, expected in zip(people, ([2, 0], [0, 2], None), strict=True):
                    client.raise_request_exception = False
                    answer = client.get("/planted", {"how": how})
                    assert count(own.body_id) == count(foreign.body_id) == 0, (how, "after it")
                    assert answer.status_code == (status if expected else 302), (how, answer.status_code)
                    if how == "streams" and expected:
                        assert b"".join(answer.streaming_content) == b"00", "what reads later sees nothing"
                    elif how == "answers" and expected:
                        assert json.loads(answer.content) == expected
                connection.close()
    finally:
        wall.stand(wall.ALL)
    assert count(own.body_id) == count(foreign.body_id) == 2


@only_postgresql
def test_scope_when_transactions_roll_back_then_it_is_the_one_that_was_named_last(
    two: tuple[Records, Records],
) -> None:
    from django.db import DatabaseError, connection, transaction

    from azukari.web.custody.models import Party
    from azukari.web.postgresql import wall

    own, foreign = two

    def seen() -> set[UUID]:
        return set(Party.objects.values_list("body_id", flat=True))

    with wall.acting(wall.of(own.body_id)):
        with transaction.atomic():
            with wall.acting(wall.of(foreign.body_id)):
                assert seen() == {foreign.body_id}
            transaction.set_rollback(True)
        assert seen() == {own.body_id}
        with pytest.raises(DatabaseError), transaction.atomic(), wall.acting(wall.of(foreign.body_id)):
            connection.cursor().execute("SELECT 1/0")
        assert seen() == {own.body_id}
        with wall.acting(wall.of(foreign.body_id)):
            with pytest.raises(DatabaseError), transaction.atomic():
                connection.cursor().execute("SELECT 1/0")
            assert seen() == {foreign.body_id}
        connection.close()
        assert seen() == {own.body_id}, "a new connection is told as well"
    assert seen() == {own.body_id, foreign.body_id}


# ---- A server on which the wall does not stand --------------------------------------------------------------------


def as_superuser(server: Server, name: str) -> str:
    return server.database(name).replace("user=azukari", "user=postgres")


def test_serve_when_the_role_is_a_superuser_then_refused_in_one_sentence(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes.without_office(monkeypatch)
    postgresql.run("CREATE DATABASE careless_role")
    opened = ("--keys", tmp_path / "office.key", "--office", tmp_path / "office")
    done = call(
        *("init", tmp_path / "office", "--keys", tmp_path / "office.key", "--oversight", tmp_path / "oversight.key"),
        *("--body", "霞ヶ浜年金機構", "--origin", "ledger.example/x", "--officer", "霧生", "--json"),
        *("--database", as_superuser(postgresql, "careless_role")),
    )
    assert done.code == 0, done
    for lang, sentence in (("ja", StateError.ja), ("en", StateError.en)):
        answer = call("serve", "--inside", "--port", "0", *opened, lang=lang)
        (line,) = answer.err.splitlines()
        assert (answer.code, answer.out) == (StateError.code, "") and line.startswith(f"azukari: {sentence}")
        assert "superuser" in line
    scenes.close()
    postgresql.run("SELECT 1")


@only_postgresql
def test_wall_when_one_table_has_none_then_serving_is_refused_and_a_migration_mends_it(
    two: tuple[Records, Records],
) -> None:
    from django.db import connection

    from azukari.web.postgresql import policies

    policies.require()
    for statement in (
        "DROP POLICY azukari_wall ON custody_party",
        "ALTER TABLE custody_receipt NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE jobs_job DISABLE ROW LEVEL SECURITY",
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement)
        with pytest.raises(StateError, match="1 tables"):
            policies.require()
        office.migrate()
        policies.require()
