"""The tree that an entrustment stands in: who may hold which fields, and who was handed them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from azukari.fields.kinds import REFERENCE, Field
from azukari.web.custody.models import Entrustment, HandOver, Permission
from azukari.web.custody.queries.held import LEFT

DEEPEST = 30  # levels; the law knows no limit, but a page does


@dataclass(frozen=True)
class Node:
    """委託の木の節。 ``handed``: fields of hand-overs that left; ``permitted`` by the contract or the permission.

    ``standing``: the word of the permission it rests on, "" for the first entrustee; ``here``: the one that was asked for.
    """

    id: UUID
    party: str
    country: str
    level: int
    starts_on: date
    ends_on: date
    standing: str
    permitted: frozenset[Field]
    handed: frozenset[Field]
    here: bool
    below: tuple[Node, ...]

    def walk(self) -> Iterator[Node]:
        """This one and all below, parents first."""
        yield self
        for one in self.below:
            yield from one.walk()


def tree(entrustment_id: UUID) -> Node:
    """The whole tree, from the first entrustee down, of which this entrustment is a part."""
    rows, level = [_root(entrustment_id)], [_root(entrustment_id)]
    while level and len(rows) < 10_000:
        found = Entrustment.objects.filter(parent_id__in=[row.id for row in level])
        level = list(found.select_related("party").prefetch_related("permitted").order_by("entry_index"))
        rows += level
    ids = [row.id for row in rows]
    words = dict(Permission.objects.filter(child_id__in=ids).values_list("child_id", "status"))
    return _node(rows[0], rows, _handed(ids), words, entrustment_id, 1)


def _root(entrustment_id: UUID) -> Entrustment:
    found = Entrustment.objects.select_related("party").prefetch_related("permitted")
    row = found.get(id=entrustment_id)
    for _ in range(DEEPEST):
        if row.parent_id is None:
            break
        row = found.get(id=row.parent_id)
    return row


def _handed(ids: list[UUID]) -> dict[UUID, set[Field]]:
    left = HandOver.objects.filter(entrustment_id__in=ids, status__in=LEFT).order_by()
    handed: dict[UUID, set[Field]] = {}
    for entrustment_id, texts in left.values_list("entrustment_id", "fields").distinct():
        handed.setdefault(entrustment_id, set()).update({Field.parse(text) for text in texts} - {REFERENCE})
    return handed


def _node(
    row: Entrustment, rows: list[Entrustment], handed: dict[UUID, set[Field]], words: dict[UUID, str], here: UUID,
    level: int,
) -> Node:  # fmt: skip
    below = (one for one in rows if one.parent_id == row.id) if level < DEEPEST else ()
    return Node(
        id=row.id,
        party=row.party.name,
        country=row.party.country,
        level=level,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        standing=words.get(row.id, ""),
        permitted=frozenset(Field.parse(one.field) for one in row.permitted.all()),
        handed=frozenset(handed.get(row.id, ())),
        here=row.id == here,
        below=tuple(_node(one, rows, handed, words, here, level + 1) for one in below),
    )
