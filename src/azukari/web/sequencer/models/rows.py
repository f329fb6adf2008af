"""Rows of the ledger: entries, tiles, checkpoints. A tile row only ever grows: an earlier partial tile is its prefix."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThan, LessThanOrEqual

from azukari.web.sequencer.models.log import Log

ENTRY_BYTES: Final = 65_535


class Entry(models.Model):
    """台帳の記載。 One entry, in the order of its index; it holds no personal data. Its body is that of its log.

    The primary key is (log, index): one index to grow at its end, and nothing else to maintain.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "log": "public",
        "index": "public",
        "data": "public",
        "leaf_hash": "public",
        "appended_at": "none",
        "appended_by": "pseudonym",
    }

    pk = models.CompositePrimaryKey("log", "index")
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+", db_index=False)
    index = models.BigIntegerField()
    data = models.BinaryField()
    leaf_hash = models.BinaryField()
    appended_at = models.DateTimeField()
    appended_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(index__gte=0), name="entry_index_from_zero"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("data"), ENTRY_BYTES), name="entry_at_most_65535_bytes"
            ),
            models.CheckConstraint(condition=Exact(Length("leaf_hash"), 32), name="entry_leaf_hash_32_bytes"),
        )


class Tile(models.Model):
    """タイル。 Up to 256 hashes of one level, 32 bytes each; entry bundles are made from the entries themselves."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "level": "public",
        "index": "public",
        "data": "public",
    }
    wall_door: ClassVar[str] = "ledger"

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["log", "level", "index"], name="tile_place_once"),
            models.CheckConstraint(condition=Q(level__gte=0, level__lte=63, index__gte=0), name="tile_place_in_range"),
            models.CheckConstraint(condition=GreaterThan(Length("data"), 0), name="tile_not_empty"),
        )


class SignedCheckpoint(models.Model):
    """署名済みチェックポイント。 A signed state of the log; each has at most one successor, so no fork fits in.

    ``edge`` holds the roots of the whole subtrees of this size, left to right, 32 bytes each: what the next
    integration starts from, without a look at the tiles.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "size": "public",
        "previous_size": "public",
        "root": "public",
        "edge": "public",
        "note": "public",
        "signed_at": "none",
        "signed_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "ledger"

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    size = models.BigIntegerField()
    previous_size = models.BigIntegerField()  # -1 for the first: NULLs would not be unique
    root = models.BinaryField()
    edge = models.BinaryField()
    note = models.BinaryField()
    signed_at = models.DateTimeField()
    signed_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["log", "size"], name="checkpoint_size_once"),
            models.UniqueConstraint(fields=["log", "previous_size"], name="checkpoint_one_successor"),
            models.CheckConstraint(
                condition=Q(previous_size__gte=-1, size__gt=F("previous_size")), name="checkpoint_grows"
            ),
            models.CheckConstraint(condition=Exact(Length("root"), 32), name="checkpoint_root_32_bytes"),
        )
