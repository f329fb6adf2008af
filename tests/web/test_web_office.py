"""Offices are opened, repointed, refused; the database keeps its promises or is not used."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from azukari.errors import NotFoundError, OptionError, StateError, StorageError
from azukari.web import environment, office


@pytest.fixture
def open_office(sqlite_office: Path) -> Path:
    """These are about the folder and its SQLite file; PostgreSQL is in test_web_databases.py."""
    return sqlite_office


def pragma(name: str) -> object:
    from django.db import connection

    with connection.cursor() as cursor:
        return cursor.execute(f"PRAGMA {name}").fetchone()[0]


def test_create_when_done_then_the_folders_are_there_for_the_owner_only(open_office: Path) -> None:
    for path in [open_office, *(open_office / name for name in office.FOLDERS)]:
        assert path.is_dir()
        assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o700


def test_create_when_there_is_an_office_then_state_error(open_office: Path) -> None:
    with pytest.raises(StateError):
        office.create(open_office)


def test_create_when_the_place_is_a_file_then_storage_error_without_the_path(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError) as caught:
        office.create(tmp_path / "a" / "office")
    assert str(tmp_path) not in str(caught.value)


def test_start_when_there_is_no_office_then_not_found(open_office: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        office.start(tmp_path / "none")
    assert office.folder() == open_office.resolve()


def test_start_when_another_office_is_open_then_it_takes_its_place(
    open_office: Path, new_office: Callable[[Path], Path], tmp_path: Path
) -> None:
    from tests.web.conftest import AT, BY

    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import body

    body.create(name="水底市", by=BY, at=AT)
    other = new_office(tmp_path / "other")
    assert office.folder() == other.resolve()
    assert queries.bodies() == []
    office.start(open_office)
    assert [found.name for found in queries.bodies()] == ["水底市"]


def test_start_when_a_transaction_is_open_then_state_error(open_office: Path, template: Path) -> None:
    from django.db import transaction

    with transaction.atomic(), pytest.raises(StateError):
        office.start(template)


def test_database_when_opened_then_it_is_durable(open_office: Path) -> None:
    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2
    assert pragma("fullfsync") == 1
    assert pragma("foreign_keys") == 1


def test_database_when_its_sqlite_has_the_wal_reset_bug_then_it_is_refused(
    open_office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    from azukari.web.sqlite import base

    with connection.cursor() as cursor:
        (version,) = cursor.execute("SELECT sqlite_version()").fetchone()
    assert _parsed(version) >= (3, 51, 3)
    connection.close()
    monkeypatch.setattr(base.base.Database, "sqlite_version_info", (3, 51, 2))
    with pytest.raises(StorageError, match=r"older than 3\.51\.3"):
        connection.ensure_connection()


@pytest.mark.parametrize("before", ["", "import django.db.backends.sqlite3.base"])
def test_database_when_djangos_backend_was_loaded_before_ours_then_no_other_sqlite_is_used_unseen(
    open_office: Path, before: str
) -> None:
    """Then Django holds the standard module, which is refused where it is too old. Its own module is put back in any case."""
    code = (
        f"import sqlite3 as own, sys; from pathlib import Path\n{before}\n"
        "from azukari.errors import StorageError; from azukari.web import office; office.start(Path(sys.argv[1]))\n"
        "from django.db import connection\n"
        "try: version = connection.cursor().execute('SELECT sqlite_version()').fetchone()[0]\n"
        "except StorageError: version = 'refused'\n"
        "import sqlite3; print(version, own.sqlite_version, sqlite3 is own)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(open_office)], capture_output=True, text=True, check=True)
    version, own, put_back = done.stdout.split()
    assert put_back == "True"
    if before and _parsed(own) < (3, 51, 3):
        assert version == "refused"
    else:
        assert _parsed(version) >= (3, 51, 3)


def _parsed(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def test_database_when_another_connection_writes_then_the_writer_waits_for_it(open_office: Path) -> None:
    from django.db import connection, transaction

    from azukari.web.sqlite import sqlite3

    other = sqlite3.connect(open_office / "office.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    with transaction.atomic():
        assert connection.in_atomic_block, "and not: database is locked"
    release.join()
    other.close()


def test_database_when_a_pragma_is_not_accepted_then_storage_error(
    open_office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import connection

    from azukari.web.sqlite import base

    connection.close()
    monkeypatch.setattr(base, "_PRAGMAS", (("journal_mode = DELETE", "journal_mode", "wal"),))
    with pytest.raises(StorageError, match="journal_mode"):
        connection.ensure_connection()


def test_schema_when_compared_with_the_models_then_no_migration_is_missing(open_office: Path) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    call_command("check", fail_level="WARNING")


def test_session_key_when_an_office_is_made_then_it_is_its_own_and_the_environment_comes_first(
    open_office: Path, tmp_path: Path
) -> None:
    assert not {"AZUKARI_SECRET_KEY", "AZUKARI_SECRET_KEY_FILE"} & set(os.environ)
    own = open_office / environment.SESSION_KEY
    assert len(own.read_text()) > 50 and own.stat().st_mode & 0o777 == 0o600
    assert environment.session_key({}, open_office) == own.read_text().strip()
    assert environment.session_key({"AZUKARI_SECRET_KEY": "given"}, open_office) == "given"
    assert environment.session_key({}, tmp_path / "no-office") == "", "Django then refuses to sign anything"


@pytest.mark.parametrize("value", [{}, {"X": ""}, {"X": "relative/path"}])
def test_environment_when_a_folder_is_missing_or_relative_then_option_error(value: dict[str, str]) -> None:
    with pytest.raises(OptionError, match="X"):
        environment.folder(value, "X")


def test_environment_when_read_then_the_values_are_typed(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hush\n")
    environ = {"F": str(tmp_path), "W": "a, b,,", "S_FILE": str(tmp_path / "key")}
    assert environment.folder(environ, "F") == tmp_path
    assert environment.words(environ, "W") == ["a", "b"]
    assert environment.words(environ, "none") == []
    assert environment.secret(environ, "S") == "hush"
    assert environment.secret(environ, "none") == ""


def test_environment_when_a_secret_is_not_utf_8_then_option_error(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff")
    with pytest.raises(OptionError):
        environment.secret({"S_FILE": str(tmp_path / "key")}, "S")


def test_cache_when_another_office_is_opened_then_counts_of_failed_sign_ins_lie_with_each(
    new_office: Callable[[Path], Path], tmp_path: Path
) -> None:
    from django.core.cache import cache

    for name in ("one", "two"):
        new_office(tmp_path / name)
        assert cache.get("tries") is None
        cache.set("tries", name)
        assert list((tmp_path / name / "cache").iterdir())
    office.start(tmp_path / "one")
    assert cache.get("tries") == "one"
