"""An office is one directory: its database and its folders. Opened here, once per process or repointed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import django
from django.apps import apps
from django.conf import settings

from azukari.errors import KeyFileError, NotFoundError, OptionError, StateError, StorageError
from azukari.stores.files import creating
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import environment

FOLDERS: Final = ("spool", "packages", "index", "ledger", "uploads", "documents")
ITSELF: Final = UUID(int=0)
"""``by=`` of what no person does: setting up, timers."""
_unlocked: Final[dict[str, KeyEncryptionKey]] = {}


def create(office_dir: Path, database: str | None = None) -> None:
    """Make the directory (mode 0700) with its folders and an empty register, and start it.

    ``database`` is the address of an empty PostgreSQL database (libpq conninfo or URI, no password); without it the
    register is an SQLite file in the directory. StateError if there is an office already, in either; OptionError for
    an address that makes no sense; StorageError if the disk or the server refuses.
    """
    office_dir = office_dir.resolve()
    if exists(office_dir):
        raise StateError("there is an office in this directory already")
    if database is not None:
        require_empty(database)
    make_folders(office_dir)
    if database is not None:
        with creating(office_dir / environment.ADDRESS) as file:
            file.write(database.strip().encode() + b"\n")
    ensure_session_key(office_dir)
    _point_to(office_dir)
    migrate()


def start(office_dir: Path) -> None:
    """Open an office: Django is set up once; a second, different office takes the place of the first.

    NotFoundError if there is none in the directory, StateError inside a transaction.
    """
    office_dir = office_dir.resolve()
    if not exists(office_dir):
        raise NotFoundError("there is no office in this directory")
    _point_to(office_dir)


def exists(office_dir: Path) -> bool:
    """Whether there is an office in this directory."""
    return any((office_dir / name).is_file() for name in (environment.SQLITE, environment.ADDRESS))


def require_empty(address: str) -> None:
    """The database of this address can be reached and holds no office: two in one would mix their registers.

    OptionError for an address that makes no sense, StateError, StorageError.
    """
    settings = environment.postgresql(address)
    if "\n" in address.strip() or not address.isprintable():
        raise OptionError("the address of a database is one line")
    import psycopg

    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            found = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    except psycopg.OperationalError:
        raise StorageError(f"the database {settings['NAME']} cannot be reached") from None
    if found != (None,):
        raise StateError("there is an office in this database already")


def ensure_session_key(office_dir: Path) -> None:
    """Make what signs the cookies of an office, unless it is there. StorageError if the disk refuses."""
    if not (office_dir / environment.SESSION_KEY).exists():
        with creating(office_dir / environment.SESSION_KEY) as file:
            file.write(secrets.token_urlsafe(48).encode() + b"\n")


def unlock(kek: KeyEncryptionKey) -> None:
    """Keep the office's key-encryption key for this process: a server that seals, and what it hands work to."""
    _unlocked["kek"] = kek


def key() -> KeyEncryptionKey:
    """The key of this process; KeyFileError where nobody has unlocked it."""
    try:
        return _unlocked["kek"]
    except KeyError:
        raise KeyFileError("the office is not unlocked in this process") from None


def migrate() -> None:
    """Bring the register of the open office to this version's schema, and the wall between bodies with it."""
    from django.core.management import call_command  # needs the settings

    from azukari.web.postgresql import policies

    call_command("migrate", verbosity=0, interactive=False)
    policies.build()


@contextmanager
def one_round() -> Iterator[None]:
    """One round of a loop: a database that fails is a StorageError, and one that was restarted is found in the next."""
    from django.db import Error, connections  # needs the settings

    try:
        yield
    except Error:
        raise StorageError("the register") from None
    finally:
        connections.close_all()


def is_away(error: BaseException | None) -> bool:
    """Whether an error says only that the register was not there or not free, so that it may be asked again: a server
    that was lost or is starting, a lock that somebody held too long. A disk that refuses is not away."""
    from django.db import InterfaceError, OperationalError  # needs the settings

    while error is not None:
        if isinstance(error, (OperationalError, InterfaceError)):
            return _of_the_connection(error.__cause__)
        error = error.__cause__
    return False


def _of_the_connection(cause: BaseException | None) -> bool:
    """By what the driver says: PostgreSQL's SQLSTATE, which a lost connection has none of; SQLite's name of the error."""
    if cause is None or hasattr(cause, "sqlstate"):
        state = getattr(cause, "sqlstate", None)
        return state is None or state.startswith(("08", "57P")) or state in ("53300", "55P03")
    return str(cause) == "database is locked"


@contextmanager
def whole() -> Iterator[None]:
    """One transaction around several actions: all of them, or none."""
    from django.db import transaction  # needs the settings

    with transaction.atomic():
        yield


def folder() -> Path:
    """The directory of the open office."""
    path: Path = settings.OFFICE
    return path


def _point_to(office_dir: Path) -> None:
    os.environ["AZUKARI_OFFICE"] = str(office_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.web.settings"
    if not apps.ready:
        django.setup()
    elif office_dir != folder():
        _repoint(office_dir)
    from azukari.web.postgresql import wall  # needs the settings

    wall.stand(wall.ALL)  # whoever opens an office acts for all of it; what serves people takes that back


def _repoint(office_dir: Path) -> None:
    """Only for this thread's connections: a server process has one office for life."""
    from django.core.cache import caches  # both need the settings
    from django.db import connections

    if any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        raise StateError("another office cannot be opened inside a transaction")
    connections.close_all()
    if connections.all(initialized_only=True):
        del connections["default"]  # the next office may have another kind of database
    connections.settings = connections.configure_settings({"default": environment.database(office_dir)})
    settings.OFFICE = office_dir
    settings.SECRET_KEY = environment.session_key(os.environ, office_dir)  # a session of one office is none of another
    settings.CACHES["default"]["LOCATION"] = office_dir / "cache"  # counts of one office are not those of another
    if caches.all(initialized_only=True):
        del caches["default"]


def make_folders(office_dir: Path) -> None:
    """The directory of an office (mode 0700) and the folders in it, as far as they are missing. StorageError."""
    try:
        office_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        office_dir.chmod(0o700)
        for name in FOLDERS:
            (office_dir / name).mkdir(mode=0o700, exist_ok=True)
    except OSError:
        raise StorageError("the office directory cannot be made") from None
