"""Django's SQLite backend with durable settings, on an SQLite that is new enough to be shared by processes.

Below 3.51.3 two connections that write and checkpoint at once can corrupt a database in WAL mode (the WAL-reset bug),
and no Python that we know links a newer one. So pysqlite3 brings its own; ``sqlite3`` here is that module, or the
standard one where pysqlite3 is missing. A process must not open one database with two libraries: closing a file in one
drops the locks of the other (POSIX). So whoever opens an office's database directly takes ``sqlite3`` from here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

try:
    _library = import_module("pysqlite3")
except ImportError:  # no wheel for this platform
    _library = import_module("sqlite3")

sqlite3: Any = _library
"""The one SQLite library of this process, as the standard module ``sqlite3`` would be."""
OLDEST: Final = (3, 51, 3)
