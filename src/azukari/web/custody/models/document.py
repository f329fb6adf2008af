"""Documents that officers attach: contracts, evidence, reports."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from azukari.web.custody.models.entrustment import BODY, Entrustment
from azukari.web.custody.models.party import Party
from azukari.web.custody.models.permission import Permission

_ABOUT = ("entrustment", "party", "permission")


def _about_one() -> Q:
    """Exactly one of the three is named."""
    found = Q()
    for name in _ABOUT:
        found |= Q(**{f"{other}__isnull": other != name for other in _ABOUT})
    return found


class Document(models.Model):
    """書類。 A file under a key of its own, attached to one entrustment, party or permission.

    Without ``wrapped_key`` nobody can read it any more; the row stays and says who removed it, and when. The digest is
    of the clear bytes. ``media_type`` is what the browser said, and nothing is done by it but to choose a name.
    """

    class Kind(models.TextChoices):
        """書類の種別。"""

        CONTRACT = "contract", "契約書"
        EVIDENCE = "evidence", "確認の資料"
        REPORT = "report", "報告書"
        OTHER = "other", "その他"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "entrustment": "public",
        "party": "public",
        "permission": "public",
        "kind": "public",
        "title": "personal",  # free text
        "media_type": "none",
        "size": "none",
        "sha256": "none",
        "wrapped_key": "secret",
        "expires_on": "none",
        "created_at": "none",
        "created_by": "pseudonym",
        "removed_at": "none",
        "removed_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    entrustment = models.ForeignKey(Entrustment, null=True, on_delete=models.PROTECT, related_name="+")
    party = models.ForeignKey(Party, null=True, on_delete=models.PROTECT, related_name="+")
    permission = models.ForeignKey(Permission, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    title = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.BinaryField()
    wrapped_key = models.BinaryField(null=True)
    expires_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.UUIDField(null=True)

    class Meta:
        indexes = (models.Index(fields=["body", "expires_on"], name="document_expiry"),)
        constraints = (
            models.CheckConstraint(condition=_about_one(), name="document_about_one"),
            models.CheckConstraint(
                condition=Q(kind__in=["contract", "evidence", "report", "other"]), name="document_kind_known"
            ),
            models.CheckConstraint(condition=Q(size__gt=0) & ~Q(title=""), name="document_not_empty"),
            models.CheckConstraint(condition=Exact(Length("sha256"), 32), name="document_sha256_32_bytes"),
            models.CheckConstraint(
                condition=Q(wrapped_key__isnull=False, removed_at=None, removed_by=None)
                | Q(wrapped_key=None, removed_at__gte=F("created_at"), removed_by__isnull=False),
                name="document_removed_without_a_key",
            ),
        )

    @property
    def about(self) -> str:
        """entrustment, party or permission."""
        return next(name for name in _ABOUT if getattr(self, f"{name}_id") is not None)

    @property
    def about_id(self) -> UUID:
        """Of which one."""
        found: UUID = getattr(self, f"{self.about}_id")
        return found
