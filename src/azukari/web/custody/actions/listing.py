"""Who gets a leaf for a hand-over, and what it says: the people of each delivered row, one event for each role."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.completeness.event import Act, Event
from azukari.fields.kinds import Field, Kind
from azukari.handover.choosing import Choice
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import queries as accounts
from azukari.web.custody import queries
from azukari.web.leaves.people import EMPTY, NOBODY
from azukari.web.subjects.actions import subject

PERSON = "person"
Roles = dict[str, NDArray[np.int64]]


def roles(
    *,
    frame: pl.DataFrame,
    choice: Choice,
    delivered: NDArray[np.int64],
    body_id: UUID,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
) -> Roles:
    """The person of each delivered row by each local id in it; whoever the body does not know yet it knows then.

    ``delivered``: source row of each delivered row; those behind the end of ``frame`` are canaries. The person's own part
    is never empty: a row without a local id is somebody's all the same. Raises FormatError, NumberInTextError
    (an id that nobody may be known by; its place only), KeyFileError.
    """
    found: Roles = {PERSON: np.full(len(delivered), NOBODY, dtype=np.int64)}
    real = delivered < frame.height
    for role, header in _headers(choice).items():
        numbers = np.full(len(delivered), NOBODY if role == PERSON else EMPTY, dtype=np.int64)
        source = _numbers(frame[header], numbers[:1].tolist()[0], body_id, kek, by, at)
        numbers[real] = source[delivered[real]]
        found[role] = numbers
    return found


def events(
    *,
    source: UUID,
    terms: queries.EntrustmentInfo,
    party: queries.PartyInfo,
    fields: Sequence[Field],
    told: Sequence[str],
    day: date,
    by: UUID,
    at: datetime,
) -> dict[str, Event]:
    """The event of a hand-over for each role that stands in it (``told``). FormatError, LimitError for texts too long."""
    act = Act.HAND_OVER if terms.parent is None else Act.RE_ENTRUSTMENT
    body = accounts.body(terms.body).name
    shown = tuple(sorted((field for field in fields if field.kind is not Kind.REFERENCE), key=str))
    return {
        role: Event(
            act=act,
            basis=terms.legal_basis,
            body=body,
            country=party.country,
            day=day,
            entrustment=terms.id.hex,
            fields=shown,
            id=source.hex,
            next="",
            party=party.name,
            purpose=terms.purpose,
            role=role,
            until=terms.ends_on,
        )
        for role in told
    }


def _headers(choice: Choice) -> dict[str, str]:
    """The column of local ids of each role; where a role has two, the first, which is that of the copy record too."""
    found: dict[str, str] = {}
    for header, field, _ in choice.fates:
        if field is not None and field.kind is Kind.LOCAL_ID:
            found.setdefault(field.role, header)
    return found


def _numbers(
    column: pl.Series, empty: int, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime
) -> NDArray[np.int64]:
    """The person's number for each source row, ``empty`` where no id is filled in."""
    filled = (column.fill_null("").str.strip_chars() != "").to_numpy()
    found = np.full(len(column), empty, dtype=np.int64)
    ids = column.filter(pl.Series(filled)).to_list()
    if ids:
        found[filled] = subject.numbers(body_id=body_id, local_ids=ids, kek=kek, by=by, at=at)
    return found
