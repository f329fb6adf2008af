"""Typed readers of the environment and of an office's folder: what is missing or wrong is an OptionError that names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from azukari.errors import OptionError, StorageError
from azukari.stores.keys import read_secret_option

SQLITE: Final = "office.sqlite3"
"""The register of an office that has no other database."""
ADDRESS: Final = "database"
"""The file that holds the address of an office's PostgreSQL database, one line of libpq conninfo, no password."""
SESSION_KEY: Final = "session.key"
"""The file that holds what signs the cookies of an office; made with it, and worthless anywhere else."""
KEPT: Final = 600
"""Seconds that a connection to PostgreSQL is kept for the next request of its thread."""
_SECRET: Final = {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}


def folder(environ: Mapping[str, str], name: str) -> Path:
    """An absolute path to a folder; OptionError if it is not set or relative. It need not exist yet."""
    value = environ.get(name, "")
    if not value:
        raise OptionError(f"{name} is not set")
    path = Path(value)
    if not path.is_absolute():
        raise OptionError(f"{name} is not an absolute path")
    return path


def words(environ: Mapping[str, str], name: str) -> list[str]:
    """A list separated by commas; empty if the variable is not set."""
    return [word.strip() for word in environ.get(name, "").split(",") if word.strip()]


def secret(environ: Mapping[str, str], name: str) -> str:
    """A secret from NAME or from the file in NAME_FILE; empty if neither is set (Django then refuses to use it)."""
    value = read_secret_option(environ, name)
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        raise OptionError(f"{name} is not UTF-8") from None


def choice(environ: Mapping[str, str], name: str, known: Sequence[str]) -> str:
    """One of the known values, the first if the variable is not set; OptionError for any other."""
    value = environ.get(name) or known[0]
    if value not in known:
        raise OptionError(f"{name} is none of {', '.join(filter(None, known))}")
    return value


def session_key(environ: Mapping[str, str], office: Path) -> str:
    """What signs cookies: from the environment, else the office's own file, else empty (Django then refuses to sign)."""
    given = secret(environ, "AZUKARI_SECRET_KEY")
    if given:
        return given
    try:
        return (office / SESSION_KEY).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError):
        raise StorageError("the session key of the office cannot be read") from None


def database(office: Path) -> dict[str, Any]:
    """Django's settings of the database of the office in this folder: PostgreSQL if it has an address, else SQLite."""
    try:
        address = (office / ADDRESS).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return {
            "ENGINE": "azukari.web.sqlite",  # WAL, synchronous FULL, foreign keys; the pragmas' answers are checked
            "NAME": str(office / SQLITE),
            # A transaction takes the write lock when it begins: read-then-write can never be interleaved.
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30},
        }
    except OSError:
        raise StorageError("the address of the database cannot be read") from None
    return postgresql(address)


def postgresql(address: str) -> dict[str, Any]:
    """Django's settings of a PostgreSQL database under a libpq conninfo or URI.

    OptionError if psycopg is missing, the address is malformed or names no database, or it holds a password: that
    belongs into a PGPASSFILE or a service file, which nobody hands on with the office's folder.
    """
    try:
        from psycopg import IsolationLevel, ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise OptionError("PostgreSQL needs psycopg") from None
    try:
        parts = {name: value for name, value in conninfo_to_dict(address).items() if value is not None}
    except ProgrammingError:
        raise OptionError("the address of the database is no libpq conninfo") from None
    if _SECRET & set(parts):
        raise OptionError("no password in the address of a database: use PGPASSFILE or a service")
    if not {"dbname", "service"} & set(parts):
        raise OptionError("the address names no database")
    named = {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}
    settings: dict[str, Any] = {key: str(parts.pop(name, "")) for key, name in named.items()}
    # Writers lock the log's row, so that indexes are given in commit order. After the wait they must see what was
    # committed meanwhile, so the level is set, whatever the server's default is.
    options = parts | {"isolation_level": IsolationLevel.READ_COMMITTED}
    kept = {
        "CONN_MAX_AGE": KEPT,
        "CONN_HEALTH_CHECKS": True,
    }  # opening and asking a server takes longer than most pages
    return settings | {"ENGINE": "azukari.web.postgresql", "OPTIONS": options} | kept
