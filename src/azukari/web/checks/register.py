"""The register itself: its database, its schema, the wall between bodies, and whether the key is its own."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from azukari.errors import KeyFileError
from azukari.stores.keys import open_key_file
from azukari.web.accounts import queries as accounts
from azukari.web.checks.observation import Installation, Observation, broken, good
from azukari.web.postgresql import policies
from azukari.web.subjects import keystore as store
from azukari.web.subjects import queries as subjects


def database(seen: Installation) -> Observation:
    """It answers, and syncs on every commit: the connection itself asks (``web.sqlite``, ``web.postgresql``).

    Raises StorageError where it does not, Django's Error where it is not there.
    """
    wrapper: Any = connection
    wrapper.ensure_connection()
    if connection.vendor == "postgresql":
        version = wrapper.connection.info.server_version // 10_000
        return good(
            "database", f"PostgreSQL {version}。確定した記録は失われません。", f"PostgreSQL {version}, durable."
        )
    version = wrapper.Database.sqlite_version
    return good("database", f"SQLite {version}。確定した記録は失われません。", f"SQLite {version}, durable.")


def schema(seen: Installation) -> Observation:
    """It has this version's schema, no older and no newer one."""
    loader = MigrationLoader(connection)
    applied, known = set(loader.applied_migrations), set(loader.disk_migrations)
    if applied - known:
        return broken("schema", "登録簿は、この版より新しい版のものです。", "The register is that of a newer version.")
    if known - applied:
        return broken("schema", "登録簿が古い版のものです: azukari migrate", "The register is older: azukari migrate")
    return good("schema", "登録簿は、この版の形です。", "The register is that of this version.")


def wall(seen: Installation) -> Observation:
    """On PostgreSQL the role is an ordinary one and every table has its policy. Raises StateError otherwise."""
    policies.require()
    if connection.vendor != "postgresql":
        return good("wall", "行単位の制限: SQLite では使いません。", "Row-level security: not on SQLite.")
    return good(
        "wall", "行単位の制限は、全ての表で効いています。", "Row-level security binds this role on every table."
    )


def key(seen: Installation) -> Observation:
    """The key file opens, and is that of this office. Raises KeyFileError otherwise."""
    kek = open_key_file(seen.keys, seen.passphrase)
    if any(body.key_id != kek.key_id for body in accounts.bodies()):
        raise KeyFileError("this key belongs to another office")
    return good("key", "鍵は、この機関のものです。", "The key opens this office.")


def keystore(seen: Installation) -> Observation | None:
    """It is there, if anybody's key is in it; None in an office without people."""
    if not subjects.in_keystore():
        return None
    if not store.exists(subjects.store_path()):
        return broken("keystore", "鍵保管簿がありません: azukari keystore restore", "The keystore is missing: azukari keystore restore")  # fmt: skip
    return good("keystore", "鍵保管簿があります。", "The keystore is there.")
