"""The wrapped secrets of this room: openings in the register, and the kept specimens, which are files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from azukari.stores.keys import KeyEncryptionKey
from azukari.web.incidents import keeping
from azukari.web.incidents.models import Specimen
from azukari.web.wrapping import WrappedField

_OPENINGS: Final = WrappedField(Specimen, "wrapped_opening", lambda row: keeping.opening_purpose(row.id))


class KeptSpecimens:
    """保管した標本。 One file for each specimen, wrapped as a whole."""

    label = "incidents.Specimen (file)"

    def batches(self) -> Iterator[list[Any]]:
        """Every specimen; whether it has a file is seen when it is moved."""
        return _OPENINGS.batches()

    def move(self, rows: Sequence[Any], kek: KeyEncryptionKey) -> int:
        """Wrap the files anew, one after the other; how many were not done before."""
        return sum(keeping.move(row.id, kek) for row in rows)


WRAPPED: Final = (_OPENINGS, KeptSpecimens())
