"""What goes outside of people who are enrolled: the events of hand-overs, who may look, and what is sealed for each.

Nothing at all while nobody is enrolled. Of somebody whose enrolment is over, or who was erased, only that.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date
from functools import partial
from hashlib import sha256
from uuid import UUID

from azukari.completeness.box import NONCE_BYTES, seal_box
from azukari.completeness.labels import list_key
from azukari.errors import NotAuditedError, NotFoundError, NotWitnessedError
from azukari.ledger.note import to_base64
from azukari.seal.citizen_items import BoxItem, CitizenItem, EventItem
from azukari.seal.items import moment_text
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.crossing.outgoing import Outgoing
from azukari.web.enrolment import queries
from azukari.web.leaves.queries import events
from azukari.web.leaves.queries.reporting import Told, told
from azukari.web.subjects import queries as subjects

_ONCE = "1"  # an event never changes


def outgoing(body_id: UUID, kek: KeyEncryptionKey, today: date) -> Iterator[Outgoing]:
    """Everything that citizens may see outside; ``today``: in Japan. KeyFileError, StorageError."""
    enrolled = queries.every(body_id)
    if not enrolled:
        return
    for one in events.shared(body_id):
        item = EventItem(_id(one.source.bytes, one.role.encode()).hex, one.source.hex, one.data.decode())
        yield Outgoing("event", UUID(hex=item.id), _ONCE, read=item.encode)
    people = subjects.subjects(info.subject for info, _ in enrolled if not info.over)
    roots = subjects.keys(people.values(), kek)
    for info, code_hash in enrolled:
        if info.over:
            yield _citizen(CitizenItem(info.id.hex, False, "", "", "", "", ()))
        else:
            known, root = people[info.subject], roots[info.subject]
            yield _citizen(_looking(info, code_hash, [list_key(root, age) for age in range(known.generation + 1)]))
            yield from _boxes(info.id, known.id, kek, today)


def _looking(info: queries.EnrolmentInfo, code_hash: str, keys: list[bytes]) -> CitizenItem:
    moments = moment_text(info.issued_at), moment_text(info.expires_at)
    return CitizenItem(info.id.hex, True, info.letter, code_hash, *moments, tuple(key.hex() for key in keys))


def _citizen(item: CitizenItem) -> Outgoing:
    """The version is the hash of what it says: list keys must not be guessed from it, and none can be."""
    data = item.encode()
    return Outgoing("citizen", UUID(hex=item.id), sha256(data).hexdigest(), read=lambda: data)


def _boxes(citizen: UUID, subject_id: UUID, kek: KeyEncryptionKey, today: date) -> Iterator[Outgoing]:
    """One for each entry that is this person's alone, from the day on which it is opened."""
    try:
        found = list(told(subject_id, kek, today))
    except (NotFoundError, NotWitnessedError, NotAuditedError):
        return  # nothing may be shown yet
    for one in found:
        if not events.is_shared(one.event):
            box_id = _id(citizen.bytes, one.index.to_bytes(8, "big"))
            yield Outgoing("box", box_id, _ONCE, read=partial(_box, box_id, citizen, one))


def _box(box_id: UUID, citizen: UUID, one: Told) -> bytes:
    sealed = seal_box(one.key, one.index, one.event, one.opening, secrets.token_bytes(NONCE_BYTES))
    return BoxItem(box_id.hex, citizen.hex, one.index, to_base64(sealed)).encode()


def _id(*parts: bytes) -> UUID:
    """The same again for the same thing, so that it goes out once."""
    return UUID(bytes=sha256(b"azukari/crossing-item/v1\0" + b"\0".join(parts)).digest()[:16])
