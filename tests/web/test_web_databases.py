"""An office on PostgreSQL: what it is told about its server, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.web.conftest import Server

from azukari.errors import OptionError, StateError, StorageError
from azukari.web import environment, office

ROOT = Path(__file__).resolve().parents[2]


def test_address_when_it_holds_a_password_or_makes_no_sense_then_option_error(tmp_path: Path) -> None:
    for address in [
        "host=/tmp user=a password=secret dbname=b",
        "postgresql://a:secret@/b?host=/tmp",
        "host=/tmp user=a dbname=b sslpassword=secret",
        "host=/tmp user=a dbname=b scram_client_key=secret",
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


def test_throwaway_server_when_its_parent_is_killed_then_nothing_of_it_is_left(postgresql: Server) -> None:
    """``cat`` ends with us; the server has to notice by itself that nobody ends it."""
    command = [sys.executable, str(ROOT / "tools" / "postgres.py"), "--", "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stderr is not None
        folder = Path(parent.stderr.readline().split("host=")[1].split()[0])
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        parent.kill()
    end = time.monotonic() + 30
    while (folder.exists() or _runs(server)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not folder.exists() and not _runs(server)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
