"""Which stored secrets are wrapped by the key-encryption key, and how one of them is moved to another key.

Every app lists its own (``wrapped.py``); ``rekeying`` moves them all, and a house test finds a field that nobody lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.db import connection

from azukari.stores.keys import KeyEncryptionKey, wrapped_under

BATCH: Final = 1_000  # rows in one transaction


class Secrets(Protocol):
    """包んだ秘密の一種。 What ``rekeying`` moves: one field of a model, or whatever else holds wrapped bytes."""

    @property
    def label(self) -> str:
        """``app.Model.field``."""

    def batches(self) -> Iterator[list[Any]]:
        """All rows that have one."""

    def move(self, rows: Sequence[Any], kek: KeyEncryptionKey) -> int:
        """Wrap those of a batch anew, in the caller's transaction; how many were not moved before."""


@dataclass(frozen=True)
class WrappedField:
    """包んだ秘密の欄。 A binary field of ``model``, and what the secret of a row is wrapped for. Null is no secret."""

    model: Any  # a Django model class; this room knows no app
    name: str
    purpose: Callable[[Any], str]

    @property
    def label(self) -> str:
        """``app.Model.field``."""
        return f"{self.model._meta.label}.{self.name}"

    def batches(self) -> Iterator[list[Any]]:
        """All rows with a secret in batches, by primary key, each batch read anew."""
        found = self.model.objects.filter(**{f"{self.name}__isnull": False}).order_by("pk")
        rows = list(found[:BATCH])
        while rows:
            yield rows
            rows = list(found.filter(pk__gt=rows[-1].pk)[:BATCH])

    def move(self, rows: Sequence[Any], kek: KeyEncryptionKey) -> int:
        """Wrap the secrets of a batch anew under ``kek``, which opens the old ones too; how many were not done before.

        Each only if nobody has changed it meanwhile: what another wrote is for the next pass. Raises KeyFileError, and
        then nothing of the batch was written.
        """
        changes = [change for row in rows if (change := self.renewed(row, kek)) is not None]
        if changes:
            with connection.cursor() as cursor:
                cursor.executemany(self._update(), changes)
        return len(changes)

    def renewed(self, row: Any, kek: KeyEncryptionKey) -> tuple[Any, ...] | None:
        """The new secret of one row, its key and the old secret, as the database takes them; None if it was moved before.

        Raises KeyFileError.
        """
        before = bytes(getattr(row, self.name))
        if wrapped_under(before) == kek.key_id:
            return None
        after = kek.wrap(kek.unwrap(before, self.purpose(row)), self.purpose(row))
        return after, self.model._meta.pk.get_db_prep_value(row.pk, connection), before

    def _update(self) -> str:
        """Raw: a statement that is made anew for each row takes ten times as long as the cipher."""
        meta, quote = self.model._meta, connection.ops.quote_name
        name = quote(meta.get_field(self.name).column)
        return f"UPDATE {quote(meta.db_table)} SET {name} = %s WHERE {quote(meta.pk.column)} = %s AND {name} = %s"
