"""Tile rows in the database, as the callables that the ledger room asks for; and the rows of new entries."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from azukari.errors import TileError
from azukari.ledger.bundles import BUNDLE_ENTRIES, encode_bundle, parse_bundle
from azukari.ledger.tiles import ReadTile, TileRow, new_tiles, read_row, split_hashes
from azukari.ledger.tree import leaf_hash
from azukari.web.sequencer.models import BUNDLES, Tile


def tile_reader(log_id: UUID) -> ReadTile:
    """A reader of stored rows, level ``BUNDLES`` included; it raises LookupError for a row that is not there."""

    def read(level: int, index: int) -> bytes:
        found = Tile.objects.filter(log_id=log_id, level=level, index=index).values_list("data", flat=True)
        data = found.first()
        if data is None:
            raise LookupError
        return bytes(data)

    return read


def changed_rows(log_id: UUID, size: int, entries: Sequence[bytes]) -> list[TileRow]:
    """The whole rows, bundles first, that change when ``entries`` follow the first ``size``.

    TileError if the last stored rows are missing, damaged, or do not belong together.
    """
    read = tile_reader(log_id)
    hashes = [leaf_hash(entry) for entry in entries]
    return [*_new_bundles(read, size, entries), *new_tiles(size, read, hashes)]


def store(log_id: UUID, body: UUID, changed: Sequence[TileRow]) -> None:
    """Insert the rows, or let rows that are there grow into them."""
    Tile.objects.bulk_create(
        [Tile(log_id=log_id, body=body, level=row.level, index=row.index, data=row.data) for row in changed],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["log", "level", "index"],
        update_fields=["data"],
    )


def _new_bundles(read: ReadTile, size: int, entries: Sequence[bytes]) -> list[TileRow]:
    index, kept = divmod(size, BUNDLE_ENTRIES)
    together = [*_kept_entries(read, index, kept), *entries]
    return [
        TileRow(BUNDLES, index + at // BUNDLE_ENTRIES, encode_bundle(together[at : at + BUNDLE_ENTRIES]))
        for at in range(0, len(together), BUNDLE_ENTRIES)
    ]


def _kept_entries(read: ReadTile, index: int, kept: int) -> list[bytes]:
    """The entries of the last, partial bundle, which must be those of the level-0 tile beside it."""
    if not kept:
        return []
    hashes = split_hashes(read_row(read, 0, index, kept))
    try:
        entries = parse_bundle(read(BUNDLES, index), kept)
    except LookupError:
        raise TileError("an entry bundle is missing", kind="missing", level="entries", index=index) from None
    if [leaf_hash(entry) for entry in entries] != hashes:
        raise TileError("an entry bundle was altered", kind="bundle-altered", level="entries", index=index)
    return entries
