"""What was shown of a log that is kept here and does not go with what is kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.web.sequencer.models.log import Log


class Fork(models.Model):
    """台帳の食い違い。 A state of a mirrored log that was refused, with what convicts the log, as it came.

    ``kept`` is the checkpoint that was and is shown. ``fork``: ``shown`` is the note that excludes it, ``proof`` as
    ``ledger.monitor.verify_fork`` wants it, ``size`` the smaller of the two. ``rollback``: ``shown`` is a note of the
    smaller ``size``. ``rewritten``: ``shown`` is an entry that came for index ``size`` in the place of the one there.
    """

    class Kind(models.TextChoices):
        """食い違いの種類。 What is wrong."""

        FORK = "fork", "両立しない二つの署名"
        ROLLBACK = "rollback", "巻戻し"
        REWRITTEN = "rewritten", "書き換えられた記載"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "kind": "public",
        "size": "public",
        "kept": "public",
        "shown": "public",
        "proof": "public",
        "digest": "public",
        "seen_at": "none",
        "seen_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "ledger"

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    size = models.BigIntegerField()
    kept = models.BinaryField()
    shown = models.BinaryField()
    proof = models.BinaryField()
    digest = models.CharField(max_length=64)  # SHA-256 of kind, size and ``shown``, hex: the same is kept once
    seen_at = models.DateTimeField()
    seen_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["log", "digest"], name="fork_once"),
            models.CheckConstraint(condition=Q(kind__in=["fork", "rollback", "rewritten"]), name="fork_kind_known"),
            models.CheckConstraint(condition=Q(size__gte=0), name="fork_size_not_negative"),
        )
