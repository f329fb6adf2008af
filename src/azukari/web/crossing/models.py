"""The pair of sides of a body, its two chains of crossings, and what of them is still on its way."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from azukari.seal.crossing import FIRST_PREVIOUS


class Peer(models.Model):
    """相手側。 This side of a body with its own identity, wrapped, and the pinned keys of the other side once it is paired."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "side": "public",
        "wrapped_identity": "secret",
        "recipient": "public",
        "vkey": "public",
        "created_at": "none",
        "created_by": "pseudonym",
        "paired_at": "none",
        "paired_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.UUIDField(unique=True)  # a plain key: bodies live above this app
    side = models.CharField(max_length=8)  # our own
    wrapped_identity = models.BinaryField()
    recipient = models.TextField(blank=True)  # of the other side; empty before it is paired
    vkey = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()
    paired_at = models.DateTimeField(null=True)
    paired_by = models.UUIDField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(side__in=["inside", "outside"]), name="peer_side_known"),
            models.CheckConstraint(
                condition=Q(vkey="", recipient="", paired_at__isnull=True, paired_by__isnull=True)
                | ~Q(vkey="") & ~Q(recipient="") & Q(paired_at__isnull=False, paired_by__isnull=False),
                name="peer_paired_by_somebody",
            ),
        )


class Crossed(models.Model):
    """便の記録。 One crossing, written here (out) or taken here (in). Each names the one before it, and none has two successors.

    ``note`` is kept of those that went out, so that one that was lost on its way is written again, byte for byte;
    ``arrived_at`` is when the maker first knew that it has arrived: of one that came, when our own crossing said so.
    """

    class Direction(models.TextChoices):
        """向き。 Seen from here."""

        OUT = "out", "送り"
        IN = "in", "受け"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "direction": "none",
        "sequence": "public",
        "previous": "public",
        "digest": "public",
        "count": "none",
        "note": "public",
        "crossed_at": "none",
        "crossed_by": "pseudonym",
        "arrived_at": "none",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.UUIDField()
    direction = models.CharField(max_length=3, choices=Direction.choices)
    sequence = models.BigIntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    count = models.IntegerField()  # of its items
    note = models.BinaryField(null=True)
    crossed_at = models.DateTimeField()
    crossed_by = models.UUIDField()
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "direction", "sequence"], name="crossed_number_once"),
            models.UniqueConstraint(fields=["body", "direction", "previous"], name="crossed_one_successor"),
            models.UniqueConstraint(fields=["body", "direction", "digest"], name="crossed_once"),
            models.CheckConstraint(condition=Q(direction__in=["out", "in"]), name="crossed_direction_known"),
            models.CheckConstraint(
                condition=Q(sequence=1, previous=FIRST_PREVIOUS) | Q(sequence__gt=1) & ~Q(previous=FIRST_PREVIOUS),
                name="crossed_first_after_nothing",
            ),
            models.CheckConstraint(condition=Q(count__gte=0), name="crossed_count_not_negative"),
            models.CheckConstraint(condition=Q(direction="in") | Q(note__isnull=False), name="crossed_out_with_note"),
        )


class Parcel(models.Model):
    """便の品。 One file of a crossing that is on its way: its sealed bytes, or where in the office's folder they lie.

    Removed when the other side says that the crossing has arrived.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "crossed": "none",
        "name": "public",
        "sealed": "personal",
        "path": "none",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.UUIDField()
    crossed = models.ForeignKey(Crossed, on_delete=models.CASCADE, related_name="parcels")
    name = models.CharField(max_length=80)
    sealed = models.BinaryField(null=True)
    path = models.TextField(blank=True)  # relative to the office's folder

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["crossed", "name"], name="parcel_name_once"),
            models.CheckConstraint(
                condition=Q(sealed__isnull=False, path="") | Q(sealed__isnull=True) & ~Q(path=""),
                name="parcel_bytes_or_place",
            ),
        )


class Exported(models.Model):
    """送付済みの版。 The version of an item that went out last: only what is new or changed goes out again."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "kind": "none",
        "item": "public",
        "version": "none",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.UUIDField()
    kind = models.CharField(max_length=12)
    item = models.UUIDField()
    version = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["body", "kind", "item"], name="exported_once"),)


class Refusal(models.Model):
    """取り込めなかった品。 An item that could not be taken: one that came (in) and is told to the other side, or one of ours (out).

    ``number`` is that of the crossing that brought it; ``word`` and ``detail`` say why, both empty once it was taken after all.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "direction": "none",
        "kind": "none",
        "item": "public",
        "number": "public",
        "word": "public",
        "detail": "public",
        "noted_at": "none",
        "noted_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.UUIDField()
    direction = models.CharField(max_length=3, choices=Crossed.Direction.choices)  # in which the item went
    kind = models.CharField(max_length=12)
    item = models.UUIDField()
    number = models.BigIntegerField()
    word = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    noted_at = models.DateTimeField()
    noted_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "direction", "kind", "item"], name="refusal_of_an_item_once"),
            models.CheckConstraint(condition=Q(direction__in=["out", "in"]), name="refusal_direction_known"),
            models.CheckConstraint(condition=~Q(word="") | Q(detail=""), name="refusal_detail_of_a_word"),
            models.CheckConstraint(condition=Q(number__gte=1), name="refusal_number_from_one"),
        )
