"""An office on PostgreSQL: what it is told about its server, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.web.conftest import Server

from azukari.errors import OptionError, StateError, StorageError
from azukari.web import environment, office


def test_address_when_it_holds_a_password_or_makes_no_sense_then_option_error(tmp_path: Path) -> None:
    for address in [
        "host=/tmp user=a password=secret dbname=b",
        "postgresql://a:secret@/b?host=/tmp",
        "host=/tmp user=a",
        "no conninfo at all",
        "host=/tmp dbname=a\nuser=b",
    ]:
        with pytest.raises(OptionError) as caught:
            office.create(tmp_path / "office", address)
        assert "secret" not in str(caught.value)
    assert not (tmp_path / "office").exists(), "nothing was made"


def test_create_when_the_server_is_not_there_then_storage_error_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        office.create(tmp_path / "office", f"host={tmp_path} user=a dbname=b")
    assert not (tmp_path / "office").exists()


def test_create_when_an_office_is_in_the_database_then_state_error(postgresql: Server, tmp_path: Path) -> None:
    with pytest.raises(StateError):
        office.create(tmp_path / "other", postgresql.database("template_office"))
    assert not (tmp_path / "other").exists()


def test_connection_when_a_setting_would_lose_entries_then_storage_error(postgresql: Server, tmp_path: Path) -> None:
    """Each server setting is asked for at each connection; synchronous_commit can be wrong for one role alone."""
    postgresql.run("CREATE DATABASE careless TEMPLATE template_office")
    postgresql.run("ALTER DATABASE careless SET synchronous_commit = off")
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / environment.ADDRESS).write_text(postgresql.database("careless"))
    code = (
        "import sys; from pathlib import Path; from azukari.web import office; from azukari.errors import StorageError\n"
        "office.start(Path(sys.argv[1]))\n"
        "from azukari.web.accounts import queries\n"
        "try: queries.bodies()\n"
        "except StorageError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert "synchronous_commit = off" in done.stdout


def test_office_when_one_is_on_sqlite_and_one_on_postgresql_then_both_open_in_turn(
    postgresql: Server, sqlite_office: Path
) -> None:
    from django.db import connection

    office.start(postgresql.folder)
    assert connection.vendor == "postgresql"
    office.start(sqlite_office)
    assert connection.vendor == "sqlite"


def test_append_when_the_server_would_isolate_otherwise_then_writers_still_see_each_other(
    postgresql: Server, tmp_path: Path
) -> None:
    """In a snapshot from before the wait for the log's lock, a writer would give an index twice."""
    postgresql.run("CREATE DATABASE isolating TEMPLATE template_office")
    postgresql.run("ALTER DATABASE isolating SET default_transaction_isolation = 'repeatable read'")
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / environment.ADDRESS).write_text(postgresql.database("isolating"))
    office.start(folder)
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)
    connection.close()
