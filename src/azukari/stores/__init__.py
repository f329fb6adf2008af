"""Adapters to the world outside: whole files, keys that lie outside the office directory, the clock.

Nothing here knows a database (that is Django's, in ``web``) or a format of the specifications; ledger tiles
are written with ``files.replacing`` by whoever exports them. Every ``OSError`` becomes a ``StorageError``
that names a file by its own name only; no secret is ever in an exception or a ``repr``.
"""
