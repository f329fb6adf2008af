"""Which stored secrets are wrapped by the key-encryption key, and how one of them is moved to another key.

Every app lists its own (``wrapped.py``); ``rekeying`` moves them all, and a house test finds a field that nobody lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from azukari.stores.keys import KeyEncryptionKey, wrapped_under

BATCH: Final = 1_000  # rows in one transaction


class Secrets(Protocol):
    """包んだ秘密の一種。 What ``rekeying`` moves: one field of a model, or whatever else holds wrapped bytes."""

    @property
    def label(self) -> str:
        """``app.Model.field``."""

    def batches(self) -> Iterator[list[Any]]:
        """All rows that have one."""

    def move(self, row: Any, kek: KeyEncryptionKey) -> bool:
        """Wrap that of one row anew; False if it was done before."""


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

    def move(self, row: Any, kek: KeyEncryptionKey) -> bool:
        """Wrap the secret of one row anew under ``kek``, which opens the old one too; False if that was done before.

        Only if nobody has changed it meanwhile: what another wrote is for the next pass. Raises KeyFileError.
        """
        before = bytes(getattr(row, self.name))
        if wrapped_under(before) == kek.key_id:
            return False
        after = kek.wrap(kek.unwrap(before, self.purpose(row)), self.purpose(row))
        self.model.objects.filter(pk=row.pk, **{self.name: before}).update(**{self.name: after})
        return True
