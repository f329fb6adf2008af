"""Derivation roots, and key-encryption keys whose secrets are still moving to their successor."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models

BODY = "accounts.Body"


class DerivationRoot(models.Model):
    """導出の根。 32 bytes from which a body's derived keys come, wrapped; without a row the key file itself is the root."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "wrapped_root": "secret",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.OneToOneField(BODY, on_delete=models.PROTECT, related_name="+")
    wrapped_root = models.BinaryField()
    created_at = models.DateTimeField()
    created_by = models.UUIDField()


class ReplacedKey(models.Model):
    """取替え中の旧鍵。 The key-encryption key of before, wrapped under the new one; gone when nothing needs it any more."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "key_id": "none",
        "wrapped_key": "secret",
        "replaced_at": "none",
        "replaced_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=16)
    wrapped_key = models.BinaryField()
    replaced_at = models.DateTimeField()
    replaced_by = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["body", "key_id"], name="replaced_key_once"),)
