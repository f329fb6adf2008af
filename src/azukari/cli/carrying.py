"""Carrying crossings, on whichever side: what goes out, what is taken, and which of several folders are next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from azukari.cli.sides import OpenSide
from azukari.errors import AzukariError, ForeignCrossingError, NotFoundError
from azukari.seal.crossing import Crossing, Side, parse_crossing
from azukari.stores.crossing import Progress, crossings_in, read_note, remove_folder

if TYPE_CHECKING:
    from azukari.web.crossing.actions.taking import Came, Incoming
    from azukari.web.crossing.actions.writing import Outgoing, Written


@dataclass(frozen=True)
class Found:
    """見つけた便。 A folder that says to be a crossing; nothing of it is verified yet."""

    path: Path
    crossing: Crossing


def export(opened: OpenSide, body_id: UUID, folder: Path, progress: Progress) -> Written:
    """Write what is new for the other side of a body, and what has not arrived; inside the ledger is integrated first.

    Raises as ``crossing.writing.write``; StateError inside while a restored ledger is held.
    """
    _require_free(opened, body_id)
    from azukari.web.counter.actions import crossing as counter
    from azukari.web.counter.queries import crossing as waiting
    from azukari.web.crossing.actions import writing
    from azukari.web.custody.queries import crossing as register

    named: dict[str, Any] = {"by": opened.by, "at": opened.at}
    inside = opened.side is Side.INSIDE

    def left(items: Iterable[Outgoing]) -> None:
        if not inside:
            counter.mark_exported(items=list(items), **named)

    if inside:
        _integrate(opened, body_id)
    found = register.outgoing(body_id) if inside else waiting.outgoing(body_id)
    return writing.write(
        body_id=body_id, candidates=found, folder=folder, kek=opened.kek, left=left, progress=progress, **named
    )


def take(opened: OpenSide, found: Found, progress: Progress) -> Came:
    """Take one crossing. Raises as ``crossing.taking.take``; StateError inside while a restored ledger is held."""
    _require_free(opened, UUID(hex=found.crossing.body))
    from azukari.web.counter.actions import crossing as counter
    from azukari.web.crossing.actions import taking
    from azukari.web.custody.actions import crossing as register

    named: dict[str, Any] = {"body_id": UUID(hex=found.crossing.body), "by": opened.by, "at": opened.at}

    def apply(item: Incoming) -> None:
        if opened.side is Side.INSIDE:
            register.apply(item=item, kek=opened.kek, **named)
        else:
            counter.apply(item=item, **named)

    return taking.take(folder=found.path, apply=apply, kek=opened.kek, progress=progress, **named)


def renew(opened: OpenSide, body_id: UUID) -> None:
    """Begin anew, in one transaction with what was on its way from here. Raises as ``crossing.pairing.renew``."""
    from azukari.web import office
    from azukari.web.counter.actions import crossing as counter
    from azukari.web.crossing.actions import pairing

    with office.whole():
        pairing.renew(body_id=body_id, kek=opened.kek, by=opened.by, at=opened.at)
        if opened.side is Side.OUTSIDE:
            counter.send_again(body_id=body_id, by=opened.by, at=opened.at)


def chosen(opened: OpenSide, folder: Path) -> Iterable[Found]:
    """One crossing as it is, so that one taken before is refused; of several, those that are next.

    NotFoundError without any, ForeignCrossingError for one of another body, FormatError, LimitError, StorageError.
    """
    paths = crossings_in(folder)
    if not paths:
        raise NotFoundError("no crossing in this folder")
    if len(paths) > 1:
        return _several(opened, paths)
    found = Found(paths[0], parse_crossing(read_note(paths[0])))
    if UUID(hex=found.crossing.body) not in opened.bodies:
        raise ForeignCrossingError("another body")
    return [found]


def _several(opened: OpenSide, paths: list[Path]) -> Iterator[Found]:
    """One by one: while the first is taken, the others wait in their folder."""
    if not any(_says_for(opened, path) for path in paths):
        raise ForeignCrossingError("another body, or this side itself")
    yield from next_of(opened, paths)


def next_of(opened: OpenSide, paths: Iterable[Path]) -> Iterator[Found]:
    """Of several crossings those of our bodies, from the other side, that were not taken before; in their order.

    What is no crossing stops no other: its refusal comes when all others were given.
    """
    from azukari.web.crossing import queries

    found, broken = list[Found](), list[AzukariError]()
    for path in paths:
        try:
            found.append(Found(path, parse_crossing(read_note(path))))
        except AzukariError as error:
            broken.append(error)
    wanted = [one for one in found if _is_for(opened, one.crossing)]
    for one in sorted(wanted, key=lambda one: (one.crossing.body, one.crossing.sequence)):
        if one.crossing.sequence >= queries.expected(UUID(hex=one.crossing.body)).sequence:
            yield one
    if broken:
        raise broken[0]


def tidy(opened: OpenSide, body_id: UUID, folder: Path) -> None:
    """Remove those of our own crossings from a shared folder that have arrived. Raises StorageError."""
    from azukari.web.crossing import queries

    waiting = {number for number, _ in queries.on_their_way(body_id)}
    last = queries.chain(body_id, "out").sequence
    for path in crossings_in(folder):
        try:
            crossing = parse_crossing(read_note(path))
        except AzukariError:
            continue
        ours = UUID(hex=crossing.body) == body_id and crossing.side is opened.side
        if ours and crossing.sequence <= last and crossing.sequence not in waiting:
            remove_folder(path)


def paired(opened: OpenSide) -> list[UUID]:
    """The bodies of the open side whose two sides are paired. StateError if there is none."""
    from azukari.web.crossing import queries

    found = [body_id for body_id in opened.bodies if (known := queries.peer(body_id)) is not None and known.vkey]
    return found or [queries.paired(body_id).body for body_id in opened.bodies]


def require_folder(folder: Path) -> None:
    """NotFoundError unless it is a folder: a stick that is not plugged in must not become one on this disk."""
    if not folder.is_dir() or not os.access(folder, os.R_OK):
        raise NotFoundError("the folder")


def _integrate(opened: OpenSide, body_id: UUID) -> None:
    """A certificate waits for a checkpoint that covers it."""
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.queries.signing import signers_of

    log = queries.log_of(body_id)
    signers = signers_of(log.id, opened.kek, opened.at.date())
    checkpoint.integrate(log_id=log.id, signers=signers, by=opened.by, at=opened.at)


def _require_free(opened: OpenSide, body_id: UUID) -> None:
    """Asked before anything crosses: a held ledger takes no entry, so each item that needs one would be passed over, and the
    crossing would still count as taken."""
    from azukari.web.sequencer import hold, queries

    if opened.side is Side.INSIDE:
        hold.require_free(queries.log_of(body_id).id)


def _says_for(opened: OpenSide, path: Path) -> bool:
    try:
        return _is_for(opened, parse_crossing(read_note(path)))
    except AzukariError:
        return True  # is refused by its name, not as another's


def _is_for(opened: OpenSide, crossing: Crossing) -> bool:
    return UUID(hex=crossing.body) in opened.bodies and crossing.side is opened.side.other
