"""Mark a copy as burned: its marks were shown to others and prove nothing about later specimens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from azukari.web.custody.models import HandOver


def burn(*, hand_over_id: UUID, by: UUID, at: datetime) -> None:
    """Note the moment of the first disclosure; who did it stands in the disclosure and in the ledger."""
    HandOver.objects.filter(id=hand_over_id, burned_at__isnull=True).update(burned_at=at)
