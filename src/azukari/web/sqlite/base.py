"""The database wrapper that Django loads by name: each new connection is set up and its answers are checked."""

from __future__ import annotations

import sys
import time
from typing import Any, Final

from azukari.errors import StorageError
from azukari.web.sqlite import OLDEST, sqlite3

# Django's backend imports the module by its name, so ours stands in for it while that is loaded, and only then.
_own = {name: sys.modules.get(name) for name in ("sqlite3", "sqlite3.dbapi2")}
sys.modules.update({"sqlite3": sqlite3, "sqlite3.dbapi2": sqlite3.dbapi2})
try:
    from django.db.backends.sqlite3 import base
finally:
    for _name, _module in _own.items():
        if _module is None:
            del sys.modules[_name]
        else:
            sys.modules[_name] = _module

# A failed switch of the journal mode raises nothing: only the pragma's answer tells.
_PRAGMAS: Final = (
    ("journal_mode = WAL", "journal_mode", "wal"),
    ("synchronous = FULL", "synchronous", 2),
    ("fullfsync = ON", "fullfsync", 1),  # macOS: an ordinary sync stops at the drive's cache; elsewhere no difference
    ("foreign_keys = ON", "foreign_keys", 1),
    ("secure_delete = ON", "secure_delete", 1),  # a key that is destroyed is not to be read from a freed page
    ("wal_autocheckpoint = 8000", "wal_autocheckpoint", 8000),  # pages: a checkpoint syncs the database itself
)
_POLL: Final = 0.001  # seconds between two tries to get the write lock


class Features(base.DatabaseFeatures):  # type: ignore[name-defined, misc]  # the stubs leave it out
    """この SQLite の限度。 Django still counts with the 999 variables a statement of before SQLite 3.32."""

    max_query_params = 32_766


class DatabaseWrapper(base.DatabaseWrapper):
    """台帳の置き場。 A SQLite connection in WAL mode that syncs on every commit and enforces foreign keys."""

    features_class = Features

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect and set the pragmas.

        StorageError if the SQLite is older than 3.51.3, or the database answers with another value.
        """
        driver: Any = self.Database  # not ours, where somebody loaded Django's backend before this module did
        if driver.sqlite_version_info < OLDEST:
            raise StorageError(f"SQLite {driver.sqlite_version} is older than {'.'.join(map(str, OLDEST))}")
        connection = super().get_new_connection(conn_params)
        _wait_evenly(connection, conn_params.get("timeout", 5.0))
        for command, name, wanted in _PRAGMAS:
            connection.execute(f"PRAGMA {command}")
            (answer,) = connection.execute(f"PRAGMA {name}").fetchone()
            if answer != wanted:
                connection.close()
                raise StorageError(f"the database does not accept {command}")
        return connection


def _wait_evenly(connection: Any, timeout: float) -> None:
    """Ask for a lock every millisecond. SQLite's own handler sleeps up to 100 ms, and misses the gaps of a bulk append."""
    if not hasattr(connection, "set_busy_handler"):  # the standard module, where it is new enough
        return
    started = 0.0

    def wait(tries: int) -> bool:
        nonlocal started
        if tries == 0:
            started = time.monotonic()
        time.sleep(_POLL)
        return time.monotonic() - started < timeout

    connection.set_busy_handler(wait)
