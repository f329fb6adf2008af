"""The log of a body, and the keys that signed for it."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models


class Log(models.Model):
    """台帳。 The append-only log of one body; ``wrapped_key`` is its signing seed under the office's key.

    Null in a log that is only kept and shown here, and grows elsewhere (``actions.mirroring``): it signs nothing.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "origin": "public",
        "vkey": "public",
        "wrapped_key": "secret",
        "created_at": "none",
        "created_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "ledger"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.UUIDField()  # a plain key: bodies live above this app
    origin = models.TextField()
    vkey = models.TextField()
    wrapped_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["body"], name="log_one_per_body"),
            models.UniqueConstraint(fields=["origin"], name="log_origin_once"),
        )


class RetiredKey(models.Model):
    """台帳の旧鍵。 A key that the log signed with before; to the end of ``until`` it signs beside its successor."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "log": "public",
        "body": "public",
        "vkey": "public",
        "wrapped_key": "secret",
        "until": "public",
        "entry_index": "public",
        "replaced_at": "none",
        "replaced_by": "pseudonym",
    }

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="+")
    body = models.UUIDField()
    vkey = models.TextField()
    wrapped_key = models.BinaryField(null=True)
    until = models.DateField()
    entry_index = models.BigIntegerField()
    replaced_at = models.DateTimeField()
    replaced_by = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["log", "vkey"], name="retired_key_once"),)
