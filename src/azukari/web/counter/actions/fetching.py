"""A firm fetches a package: the first time is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from azukari.web.counter.models import Shelved


def note(*, package_id: UUID, by: UUID, at: datetime) -> None:
    """Note who fetched a package first, and when; later times change nothing."""
    Shelved.objects.filter(id=package_id, fetched_at__isnull=True).update(fetched_at=at, fetched_by=by)
