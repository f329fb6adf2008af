"""Trace a logged specimen against every copy of its body. Reads only; no key leaves this call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from azukari.stores.keys import KeyEncryptionKey
from azukari.trace.specimen import SpecimenFile
from azukari.trace.tracing import Trace, trace
from azukari.web.custody.queries.copies import copies
from azukari.web.incidents import keeping, queries

Progress = Callable[[int, int], None]


def trace_specimen(
    *,
    specimen_id: UUID,
    kek: KeyEncryptionKey,
    source_rows: Mapping[int, int] | None = None,
    snapshot: UUID | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[Trace, SpecimenFile]:
    """Steps 2 to 8 for a logged specimen; the same call gives the same finding again.

    ``source_rows``: specimen row -> source row of ``snapshot``, where a source was at hand. Raises
    NotFoundError, KeyFileError.
    """
    info = queries.specimen(specimen_id)
    file = keeping.kept(specimen_id, kek)
    file.verify(bytes.fromhex(info.commit))
    in_case = [s for s in queries.specimens(info.case) if s.entry_index <= info.entry_index]
    known = copies(info.body, kek, before=info.entry_index, burned=burned_before(info))
    found = trace(
        file.specimen,
        known,
        specimen_id=info.id.hex,
        committed=bytes.fromhex(info.commit),
        specimens_in_case=len(in_case),
        source_rows={snapshot.hex: source_rows} if snapshot and source_rows else None,
        progress=progress,
    )
    return found, file


def burned_before(info: queries.SpecimenInfo) -> frozenset[UUID]:
    """Hand-overs of the body whose marks were disclosed before this specimen was logged."""
    return queries.disclosed_before(info.body, info.entry_index)
