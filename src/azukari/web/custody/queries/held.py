"""What a firm holds already: its own copies in all entrustments, and those below it that it was passed on in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from azukari.handover.overlap import Earlier
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody import queries, vault
from azukari.web.custody.models import Entrustment, HandOver, Party
from azukari.web.custody.queries.copies import record_opener

LEFT = (HandOver.Status.LOGGED, HandOver.Status.RELEASED)


@dataclass(frozen=True, repr=False)
class Held:
    """相手が持つ写し。 ``own``: hand-overs to the firm itself; ``below``: to others, in entrustments under its own."""

    copies: tuple[Earlier, ...]
    own: int
    below: int


def held(party_id: UUID, kek: KeyEncryptionKey) -> Held:
    """Every copy that this party, or a party below it, was handed; a firm with two keys is one firm.

    Raises NotFoundError, KeyFileError.
    """
    party = queries.party(party_id)
    firm = _firm(party)
    works = Entrustment.objects.filter(body_id=party.body, party_id__in=firm).values_list("id", flat=True)
    below = beneath(set(works))
    left = HandOver.objects.filter(body_id=party.body, status__in=LEFT).order_by("-created_at", "id")
    own = list(left.filter(party_id__in=firm).select_related("snapshot"))
    others = list(left.filter(entrustment_id__in=below).exclude(party_id__in=firm).select_related("snapshot"))
    copies = tuple(_earlier(row, kek) for row in own + others)
    return Held(copies, len(own), len(others))


def beneath(entrustment_ids: Collection[UUID]) -> set[UUID]:
    """The entrustments under these, without them, level by level."""
    found: set[UUID] = set()
    level = set(entrustment_ids)
    while level:
        level = set(Entrustment.objects.filter(parent_id__in=level).values_list("id", flat=True)) - found
        found |= level
    return found


def _firm(party: queries.PartyInfo) -> set[UUID]:
    if not party.corporate_number:
        return {party.id}
    alike = Party.objects.filter(body_id=party.body, corporate_number=party.corporate_number)
    return {party.id, *alike.values_list("id", flat=True)}


def _earlier(row: HandOver, kek: KeyEncryptionKey) -> Earlier:
    info = queries.as_hand_over(row)
    gone = info.record_removed_at is not None
    snapshot = queries.as_snapshot(row.snapshot)
    return Earlier(
        snapshot=snapshot.id.hex,
        fields=frozenset(info.fields),
        rows=info.rows,
        source_rows=snapshot.rows,
        index_key=vault.index_key(snapshot, kek),
        open_record=None if gone else record_opener(info.id, vault.record_key(info, kek)),
    )
