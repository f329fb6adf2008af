"""The database wrapper that Django loads by name: each new connection asks the server how durable it is."""

from __future__ import annotations

from typing import Any, Final

from django.db.backends.postgresql import base

from azukari.errors import StorageError

OLDEST: Final = 150_000
# A server may be told to acknowledge what is in memory only; then a power cut takes entries that somebody holds proof of.
_WANTED: Final = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
    "server_encoding": {"UTF8"},
}


class DatabaseWrapper(base.DatabaseWrapper):
    """台帳の置き場。 A connection to PostgreSQL 15 or newer that syncs on every commit."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect and ask; StorageError if the server is too old or a setting is another than it must be."""
        connection = super().get_new_connection(conn_params)
        if connection.info.server_version < OLDEST:
            connection.close()
            raise StorageError("PostgreSQL is older than 15")
        for name, wanted in _WANTED.items():
            (answer,) = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            if answer not in wanted:
                connection.close()
                raise StorageError(f"the PostgreSQL server has {name} = {answer}")
        connection.rollback()  # asking began a transaction; Django chooses itself when one begins
        return connection
