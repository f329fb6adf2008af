"""The database wrapper that Django loads by name: each new connection asks the server how durable it is."""

from __future__ import annotations

from typing import Any, Final

from django.db import Error
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from azukari.errors import StorageError
from azukari.web.postgresql import wall

OLDEST: Final = 150_000
# A server may be told to acknowledge what is in memory only; then a power cut takes entries that somebody holds proof of.
_WANTED: Final = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
    "server_encoding": {"UTF8"},
}
_TELL: Final = f"SELECT set_config('{wall.BODY}', %s, false), set_config('{wall.DOOR}', %s, false)"


class DatabaseWrapper(base.DatabaseWrapper):
    """台帳の置き場。 A connection to PostgreSQL 15 or newer that syncs on every commit and acts for somebody (``wall``)."""

    scope: wall.Scope | None = None  # None: that of the process

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

    def init_connection_state(self) -> None:
        """A new connection is told for whom it acts before anything is asked of it."""
        super().init_connection_state()
        self._tell()

    def act_for(self, scope: wall.Scope | None) -> None:
        """Act for ``scope`` from now on (None: as the process does), whatever becomes of the connection.

        Raises Django's Error inside a transaction that is lost; outside one the connection is closed instead.
        """
        self.scope = scope
        if self.connection is None or self._undone_by_rollback():
            return
        try:
            self._tell()
            self.health_check_done = True  # it has just answered
        except Error:
            if self.in_atomic_block:
                raise
            self.close()

    def _tell(self) -> None:
        scope = wall.standing() if self.scope is None else self.scope
        with self.wrap_database_errors:
            self.connection.execute(_TELL, ["" if scope.body is None else str(scope.body), scope.door])

    def _undone_by_rollback(self) -> bool:
        """In a failed transaction nothing can be said; its rollback takes back what was said since it began."""
        return bool(self.connection.info.transaction_status is TransactionStatus.INERROR)
