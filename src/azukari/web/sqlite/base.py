"""The database wrapper that Django loads by name: each new connection is set up and its answers are checked."""

from __future__ import annotations

from typing import Any, Final

from django.db.backends.sqlite3 import base

from azukari.errors import StorageError

# A failed switch of the journal mode raises nothing: only the pragma's answer tells.
_PRAGMAS: Final = (
    ("journal_mode = WAL", "journal_mode", "wal"),
    ("synchronous = FULL", "synchronous", 2),
    ("foreign_keys = ON", "foreign_keys", 1),
)


class DatabaseWrapper(base.DatabaseWrapper):
    """台帳の置き場。 A SQLite connection in WAL mode that syncs on every commit and enforces foreign keys."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect and set the pragmas; StorageError if the database answers with another value."""
        connection = super().get_new_connection(conn_params)
        for command, name, wanted in _PRAGMAS:
            connection.execute(f"PRAGMA {command}")
            (answer,) = connection.execute(f"PRAGMA {name}").fetchone()
            if answer != wanted:
                connection.close()
                raise StorageError(f"the database does not accept {command}")
        return connection
