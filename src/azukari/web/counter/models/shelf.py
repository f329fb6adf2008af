"""What lies ready for a firm: packages and certificates."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.web.counter.models.firm import Firm, Work

BODY = "accounts.Body"


class Shelved(models.Model):
    """棚の包み。 One released package, as its entry in the ledger describes it; the .azk lies beside the database.

    ``rows`` is the text that the entry publishes (``<10`` for fewer than ten). ``receipt`` says where the firm's receipt is.
    """

    class Receipt(models.TextChoices):
        """受領書の状態。 Not there, or where it stands on its way inside."""

        NONE = "", "未提出"
        WAITING = "waiting", "便を待っています"
        EXPORTED = "exported", "送付済み"
        ACCEPTED = "accepted", "受理"
        REFUSED = "refused", "不受理"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "firm": "public",
        "work": "public",
        "parent": "public",
        "fields": "public",
        "rows": "public",
        "day": "public",
        "bytes": "public",
        "sha256": "public",
        "entry": "public",
        "receipt": "public",
        "fetched_at": "none",
        "fetched_by": "pseudonym",
        "shelved_at": "none",
        "shelved_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, editable=False)  # of the hand-over
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="+")
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="+")
    parent = models.UUIDField(null=True)  # the hand-over above, which another firm got
    fields = models.JSONField()  # list of ``kind/role``
    rows = models.TextField()
    day = models.DateField()
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    entry = models.BinaryField()
    receipt = models.CharField(max_length=10, choices=Receipt.choices, blank=True, default="")
    fetched_at = models.DateTimeField(null=True)
    fetched_by = models.UUIDField(null=True)
    shelved_at = models.DateTimeField()
    shelved_by = models.UUIDField()

    class Meta:
        indexes = (models.Index(fields=["firm", "-shelved_at"], name="shelved_of_firm"),)
        constraints = (
            models.CheckConstraint(condition=Q(bytes__gt=0), name="shelved_bytes_positive"),
            models.CheckConstraint(
                condition=Q(receipt__in=["", "waiting", "exported", "accepted", "refused"]),
                name="shelved_receipt_known",
            ),
            models.CheckConstraint(
                condition=Q(fetched_at__isnull=True, fetched_by__isnull=True)
                | Q(fetched_at__isnull=False, fetched_by__isnull=False),
                name="shelved_fetched_by_somebody",
            ),
        )


class Certificate(models.Model):
    """許諾書。 The newest certificate of a permission: for the firm that asked, and for the firm that is permitted.

    ``data`` are the bytes of the .azp; ``state`` and ``day`` are what it says, "as of" that day. The two firms are plain
    keys: one of them may not take delivery here.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "body": "public",
        "asker": "public",
        "party": "public",
        "work": "public",
        "child": "public",
        "data": "public",
        "state": "public",
        "day": "public",
        "starts_on": "public",
        "ends_on": "public",
        "shelved_at": "none",
        "shelved_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, editable=False)  # of the permission
    body = models.ForeignKey(BODY, on_delete=models.PROTECT, related_name="+")
    asker = models.UUIDField(db_index=True)
    party = models.UUIDField(db_index=True)
    work = models.UUIDField()  # the entrustment under which it was asked
    child = models.UUIDField()  # the entrustment that it opened
    data = models.BinaryField()
    state = models.CharField(max_length=10)
    day = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    shelved_at = models.DateTimeField()
    shelved_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=["in-force", "revoked"]), name="certificate_state_known"),
        )
