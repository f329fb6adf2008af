"""What the office remembers of leaves: bulks under way, events stored once, uses in blocks, single events sealed, epochs, auditors."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

BODY = "accounts.Body"


class Bulk(models.Model):
    """一括の葉。 The leaves of one hand-over; its id is the hand-over's. ``open`` until its last entry says released or void.

    ``manifest`` is SHA-256 of the hand-over's entry. While it is open no index epoch begins and nobody is erased or rekeyed.
    """

    class State(models.TextChoices):
        """状態。 Open, then one of the other two for ever."""

        OPEN = "open"
        RELEASED = "released"
        VOID = "void"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "kind": "public",
        "entrustment": "public",
        "day": "public",
        "manifest": "public",
        "rows": "public",
        "leaves": "public",
        "state": "public",
        "entry_index": "public",
        "begun_at": "none",
        "begun_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    kind = models.SmallIntegerField()
    entrustment = models.UUIDField(null=True)  # None: too few people to say which
    day = models.DateField()
    manifest = models.BinaryField()
    rows = models.BigIntegerField()
    leaves = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices)
    entry_index = models.BigIntegerField(null=True)
    begun_at = models.DateTimeField()
    begun_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["body"], condition=Q(state="open"), name="bulk_open"),)
        constraints = (
            models.CheckConstraint(condition=Q(rows__gte=0, leaves__gte=0), name="bulk_counts"),
            models.CheckConstraint(condition=Exact(Length("manifest"), 32), name="bulk_manifest_32_bytes"),
            models.CheckConstraint(
                condition=Q(state="open", entry_index=None) | Q(state__in=["released", "void"], entry_index__gte=0),
                name="bulk_ended_with_an_entry",
            ),
        )


class Reserved(models.Model):
    """取り置いた番号。 The next n of each person of one chunk of an open bulk, u64 each, in the order of its people file."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "bulk": "public",
        "chunk": "none",
        "numbers": "pseudonym",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    bulk = models.ForeignKey(Bulk, on_delete=models.PROTECT, related_name="+")
    chunk = models.IntegerField()
    numbers = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["bulk", "chunk"], name="reserved_chunk_once"),)


class Event(models.Model):
    """出来事。 The canonical event of a hand-over for one role: stored once, whoever stands in it."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "source": "public",
        "role": "public",
        "data": "public",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    source = models.UUIDField()  # the hand-over
    role = models.CharField(max_length=40)
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "role"], name="event_role_once"),)


class Single(models.Model):
    """一人の出来事。 An event of one person alone, sealed under that person's key; ``until``: the day on which it is opened."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "body": "public",
        "subject": "pseudonym",
        "generation": "pseudonym",
        "n": "pseudonym",
        "until": "personal",
        "cell": "personal",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="+")
    generation = models.IntegerField()
    n = models.BigIntegerField()
    until = models.DateField(null=True)
    cell = models.BinaryField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject", "generation", "n"], name="single_n_once"),
            models.CheckConstraint(condition=Q(generation__gte=0, n__gte=1), name="single_n_from_one"),
        )


class Pattern(models.Model):
    """利用の型。 A canonical event of a use without its moment, day and id: stored once, however often it was done."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "digest": "none",
        "data": "public",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField()  # SHA-256 of the data
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["body", "digest"], name="pattern_once"),)


class UseBlock(models.Model):
    """利用の束。 The uses whose leaves stand at ``first``, ``first`` + 1 ...: 28 bytes each in ``rows`` (``leaves.blocks``).

    It says what was done and when, never to whom: who has the list key finds the leaf, and by its index the row.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "first": "public",
        "count": "public",
        "rows": "pseudonym",
        "noted_at": "none",
        "noted_by": "pseudonym",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    first = models.BigIntegerField()
    count = models.IntegerField()
    rows = models.BinaryField()
    noted_at = models.DateTimeField()  # a late use has its own moment in its row
    noted_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "first"], name="use_block_once"),
            models.CheckConstraint(condition=Q(first__gte=0, count__gte=1), name="use_block_counts"),
        )


class Ending(models.Model):
    """消去の途中。 An erasure that is logged, while the person waits for the last report; the row goes with the key."""

    data_classes: ClassVar[dict[str, str]] = {
        "subject": "pseudonym",
        "body": "public",
        "index": "pseudonym",
        "announced_at": "none",
        "announced_by": "pseudonym",
    }

    subject = models.OneToOneField("subjects.Subject", primary_key=True, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    index = models.BigIntegerField()  # of the leaf
    announced_at = models.DateTimeField()
    announced_by = models.UUIDField()


class Epoch(models.Model):
    """索引の版。 One entry ``azukari/index/v1``: the index of all leaves before ``size``."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "size": "public",
        "count": "public",
        "depth": "public",
        "root": "public",
        "entry_index": "public",
        "made_at": "none",
        "made_by": "pseudonym",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    count = models.BigIntegerField()
    depth = models.SmallIntegerField()
    root = models.BinaryField()
    entry_index = models.BigIntegerField()
    made_at = models.DateTimeField()
    made_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body", "size"], name="epoch_size_once"),
            models.CheckConstraint(condition=Exact(Length("root"), 32), name="epoch_root_32_bytes"),
        )


class AuditPolicy(models.Model):
    """監査人の定め。 A C2SP tlog-policy of auditors, apart from that of witnesses; the newest row is in force."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "text": "public",
        "entry_index": "public",
        "adopted_at": "none",
        "adopted_by": "pseudonym",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    text = models.BinaryField()
    entry_index = models.BigIntegerField()
    adopted_at = models.DateTimeField()
    adopted_by = models.UUIDField()


class Audit(models.Model):
    """監査の署名。 An auditor's cosignature of a checkpoint: every index entry below its size was rebuilt and matches."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "size": "public",
        "auditor": "public",
        "line": "public",
        "time": "public",
        "received_at": "none",
    }

    id = models.BigAutoField(primary_key=True)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField()
    auditor = models.TextField()
    line = models.TextField()
    time = models.BigIntegerField()  # POSIX seconds
    received_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["body", "size", "auditor"], name="audit_newest_only"),)
