"""Which side of the gap an office is on, and how one of the outside is opened: nothing of the register, no officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from azukari.cli.options import now, open_keys, open_office, require_own, start
from azukari.errors import OptionError
from azukari.seal.crossing import Side
from azukari.stores.keys import KeyEncryptionKey


@dataclass(frozen=True)
class OpenSide:
    """開いた側。 An office that is open, with the bodies that this command acts for; outside that is each of them."""

    side: Side
    kek: KeyEncryptionKey
    bodies: tuple[UUID, ...]
    by: UUID
    at: datetime


def open_side(office_path: Path, keys_path: Path, login: str | None) -> OpenSide:
    """Open the office, whichever side it is. Raises as ``open_office``; OptionError for a login outside."""
    kek = open_keys(keys_path)
    start(office_path)
    from azukari.web.crossing import queries

    if queries.is_outside():
        if login is not None:
            raise OptionError("--as: nobody of the outside office acts in a command")
        return _outside(kek)
    opened = open_office(office_path, keys_path, login)
    return OpenSide(Side.INSIDE, opened.kek, (opened.body_id,), opened.by, opened.at)


def open_counter(office_path: Path, keys_path: Path) -> OpenSide:
    """Open an outside office. OptionError for one of the inside; NotFoundError, KeyFileError."""
    opened = open_side(office_path, keys_path, None)
    if opened.side is not Side.OUTSIDE:
        raise OptionError("this office is one of the inside")
    return opened


def _outside(kek: KeyEncryptionKey) -> OpenSide:
    from azukari.web import office
    from azukari.web.accounts import queries as accounts

    bodies = accounts.bodies()
    require_own(kek, *bodies)
    return OpenSide(Side.OUTSIDE, kek, tuple(body.id for body in bodies), office.ITSELF, now())
