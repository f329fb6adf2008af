"""Which of the crossings that lie somewhere are to be taken, and in which order. Nothing of them is verified here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from azukari.errors import AzukariError, ForeignCrossingError, NotFoundError
from azukari.seal.crossing import Crossing, Side, parse_crossing
from azukari.stores.crossing import crossings_in, read_note
from azukari.web.crossing import queries


@dataclass(frozen=True)
class Found:
    """見つけた便。 A folder that says to be a crossing; nothing of it is verified yet."""

    path: Path
    crossing: Crossing

    @property
    def body(self) -> UUID:
        """The body that it names."""
        return UUID(hex=self.crossing.body)


def chosen(folder: Path, *, bodies: Collection[UUID], side: Side) -> Iterable[Found]:
    """One crossing as it is, so that one taken before is refused; of several, those that are next.

    ``bodies`` and ``side`` are the taker's own. NotFoundError without any, ForeignCrossingError for one of another body,
    FormatError, LimitError, StorageError.
    """
    paths = crossings_in(folder)
    if not paths:
        raise NotFoundError("no crossing in this folder")
    if len(paths) > 1:
        return _several(paths, bodies, side)
    found = Found(paths[0], parse_crossing(read_note(paths[0])))
    if found.body not in bodies:
        raise ForeignCrossingError("another body")
    return [found]


def next_of(paths: Iterable[Path], *, bodies: Collection[UUID], side: Side) -> Iterator[Found]:
    """Of several crossings those of our bodies, from the other side, that were not taken before; in their order.

    One by one: while the first is taken, the others wait in their folder. What is no crossing stops no other: its refusal
    comes when all others were given.
    """
    found, broken = list[Found](), list[AzukariError]()
    for path in paths:
        try:
            found.append(Found(path, parse_crossing(read_note(path))))
        except AzukariError as error:
            broken.append(error)
    wanted = [one for one in found if _is_for(one, bodies, side)]
    for one in sorted(wanted, key=lambda one: (one.crossing.body, one.crossing.sequence)):
        if one.crossing.sequence >= queries.expected(one.body).sequence:
            yield one
    if broken:
        raise broken[0]


def _several(paths: list[Path], bodies: Collection[UUID], side: Side) -> Iterator[Found]:
    if not any(_says_for(path, bodies, side) for path in paths):
        raise ForeignCrossingError("another body, or this side itself")
    yield from next_of(paths, bodies=bodies, side=side)


def _says_for(path: Path, bodies: Collection[UUID], side: Side) -> bool:
    try:
        return _is_for(Found(path, parse_crossing(read_note(path))), bodies, side)
    except AzukariError:
        return True  # is refused by its name, not as another's


def _is_for(found: Found, bodies: Collection[UUID], side: Side) -> bool:
    return found.body in bodies and found.crossing.side is side.other
