"""Uses as they were noted, found by the index of the leaf."""

from __future__ import annotations

from uuid import UUID

from azukari.web.leaves.blocks import Template, row_at
from azukari.web.leaves.models import Pattern, UseBlock


def event_at(body_id: UUID, index: int) -> bytes | None:
    """The canonical event of the use whose leaf stands at ``index``; None where no use does that was noted with others."""
    block = UseBlock.objects.filter(body_id=body_id, first__lte=index).order_by("-first").first()
    if block is None or index >= block.first + block.count:
        return None
    pattern, moment, use_id = row_at(bytes(block.rows), index - block.first)
    data = Pattern.objects.values_list("data", flat=True).get(id=pattern, body_id=body_id)
    return Template.of(bytes(data)).event(moment, use_id)
