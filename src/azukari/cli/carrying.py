"""Carrying crossings, on whichever side: what goes out, what is taken, and which of several are next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from azukari.cli.sides import OpenSide
from azukari.errors import AzukariError, NotFoundError, StorageError
from azukari.seal.crossing import Side, parse_crossing
from azukari.seal.pairing import SideCard
from azukari.stores.crossing import PIECE, Progress, crossings_in, folder_name, read_note, remove_folder
from azukari.stores.crossing_file import SUFFIX, file_bytes, file_name, unpack, write_file
from azukari.stores.files import remove

if TYPE_CHECKING:
    from azukari.web.crossing.actions.taking import Came
    from azukari.web.crossing.actions.writing import Made
    from azukari.web.crossing.arriving import Found


@dataclass(frozen=True)
class Written:
    """書き出しの結果。 How many crossings were made anew, how many items they hold, and the names of all that lie there now."""

    made: int
    items: int
    names: tuple[str, ...]


def export(opened: OpenSide, body_id: UUID, folder: Path, progress: Progress) -> Written:
    """Write what is new for the other side of a body, and what has not arrived; inside the ledger is integrated first.

    Raises as ``crossing.writing``; StateError inside while a restored ledger is held.
    """
    from azukari.web.crossing import outgoing

    made = _make(opened, body_id)
    folders = outgoing.write(body_id=body_id, folder=folder, progress=progress)
    return Written(made.crossings, made.items, tuple(one.name for one in folders))


def export_file(opened: OpenSide, body_id: UUID, path: Path) -> Written:
    """The same as one file; none is written where nothing is on its way. Also StateError if it is there already."""
    from azukari.web.crossing import queries

    made = _make(opened, body_id)
    packed = queries.packed(body_id)
    if packed:
        write_file(path, packed)
    names = tuple(folder_name(parse_crossing(note)) for note, _ in packed)
    return Written(made.crossings, made.items, names)


def export_into(opened: OpenSide, body_id: UUID, folder: Path) -> None:
    """The same into a folder that somebody looks into: one file with all that is on its way, and no older one of ours."""
    from azukari.web.crossing import queries

    _make(opened, body_id)
    packed = queries.packed(body_id)
    name = file_name(packed[-1][0]) if packed else ""
    if packed and not _is_there(folder / name, file_bytes(note for note, _ in packed)):
        write_file(folder / name, packed, over=True)
    for old in folder.glob(f"azukari-{body_id.hex[:16]}-{opened.side.value}-*{SUFFIX}"):
        if old.name != name:
            remove(old)


def _is_there(path: Path, size: int) -> bool:
    """What is on its way has one content, so the size of a whole file tells it."""
    return path.is_file() and path.stat().st_size == size


def _make(opened: OpenSide, body_id: UUID) -> Made:
    from azukari.web.counter.actions import carrying as counter
    from azukari.web.custody.actions import carrying as register

    make_on = register.make if opened.side is Side.INSIDE else counter.make
    return make_on(body_id=body_id, kek=opened.kek, by=opened.by, at=opened.at)


def take(opened: OpenSide, found: Found, progress: Progress) -> Came:
    """Take one crossing. Raises as ``crossing.taking.take``; StateError inside while a restored ledger is held."""
    from azukari.web.counter.actions import carrying as counter
    from azukari.web.custody.actions import carrying as register

    named: dict[str, Any] = {"body_id": found.body, "kek": opened.kek, "by": opened.by, "at": opened.at}
    take_on = register.take if opened.side is Side.INSIDE else counter.take
    return take_on(folder=found.path, progress=progress, **named)


@contextmanager
def laid_down(path: Path, progress: Progress) -> Iterator[Path]:
    """The folder of crossings at this place; those of one file are laid into a private folder while the block runs.

    Raises as ``stores.crossing_file.unpack``.
    """
    if not path.is_file():
        yield path
        return
    from azukari.web.crossing.inbox import private_folder

    with private_folder() as folder:
        unpack(_blocks(path), path.stat().st_size, folder, progress)
        yield folder


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(PIECE):
                yield block
    except OSError:
        raise StorageError("the file cannot be read") from None


def pair(opened: OpenSide, card: SideCard, fingerprint: str) -> None:
    """Pin the keys of a card, outside that of the body's ledger too. Raises as ``crossing.pairing.pair`` and ``ledger.pin``."""
    from azukari.web import office
    from azukari.web.counter.actions import ledger
    from azukari.web.crossing.actions import pairing

    named: dict[str, Any] = {"by": opened.by, "at": opened.at}
    with office.whole():
        pairing.pair(card=card, body_id=UUID(hex=card.body), fingerprint=fingerprint, **named)
        if opened.side is Side.OUTSIDE:
            ledger.pin(card=card, **named)


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
    """As ``crossing.arriving.chosen``, for the bodies of the open side."""
    from azukari.web.crossing import arriving

    return arriving.chosen(folder, bodies=opened.bodies, side=opened.side)


def next_of(opened: OpenSide, paths: Iterable[Path]) -> Iterator[Found]:
    """As ``crossing.arriving.next_of``, for the bodies of the open side."""
    from azukari.web.crossing import arriving

    return arriving.next_of(paths, bodies=opened.bodies, side=opened.side)


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
