"""Recognise a source table that was sealed before, without keeping anything of it."""

from __future__ import annotations

from uuid import UUID

import polars as pl

from azukari.stores.keys import KeyEncryptionKey
from azukari.tables import without_twelve_digits
from azukari.tables.canonical import table_to_csv_bytes
from azukari.web.custody import vault
from azukari.web.custody.models import Snapshot


def table_mac(source: pl.DataFrame, body_id: UUID, kek: KeyEncryptionKey) -> bytes:
    """The keyed digest of a table's content; equal tables have equal ones, whatever file they came in.

    A column with any cell of twelve digits is left out: nothing may be derived from the individual number (Number
    Act, art. 2(8); PPC Q9-4). Two tables that differ there alone are one state of the source.
    """
    kept = without_twelve_digits(source)
    content = table_to_csv_bytes(kept) if kept.width else b""
    return vault.table_mac(source.height.to_bytes(8, "big") + content, body_id, kek)


def snapshot_of(source: pl.DataFrame, body_id: UUID, kek: KeyEncryptionKey) -> UUID | None:
    """The snapshot of this very table, if it was ever sealed."""
    row = Snapshot.objects.filter(body_id=body_id, table_mac=table_mac(source, body_id, kek)).first()
    return None if row is None else row.id
