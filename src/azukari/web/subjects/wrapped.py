"""The wrapped secrets of this room: the key of the keystore, which is a file, and keys that have not moved there yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects import keystore
from azukari.web.subjects.models import Subject
from azukari.web.subjects.queries import key_purpose, store_path
from azukari.web.wrapping import WrappedField


class KeystoreKey:
    """鍵保管簿の鍵。 The one secret under which the keys of all people lie; none where there is no keystore."""

    label = "subjects.Keystore (file)"

    def batches(self) -> Iterator[list[Any]]:
        """The path of the keystore, if there is one."""
        if keystore.exists(store_path()):
            yield [store_path()]

    def move(self, rows: Sequence[Path], kek: KeyEncryptionKey) -> int:
        """Wrap its key anew, in a transaction of its own; whether it was not done before."""
        return sum(keystore.move(path, kek) for path in rows)


WRAPPED: Final = (WrappedField(Subject, "wrapped_key", lambda row: key_purpose(row.id)), KeystoreKey())
