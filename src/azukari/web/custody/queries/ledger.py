"""What of the body's ledger is to go outside: the entries after those that went, and the checkpoint that covers them.

Only what may be shown goes: a state that too few witnesses have cosigned stays, and the entries after it with it. One
crossing takes a part of a long log; what is left goes with the next, and the checkpoint with the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Final
from uuid import UUID

from azukari.ledger.bundles import encode_bundle
from azukari.ledger.cosignature import BLOB_BYTES, cosignature_time
from azukari.ledger.note import Signature, parse_note, to_base64
from azukari.seal.items import CheckpointItem, EntriesItem
from azukari.web.crossing import queries as crossing
from azukari.web.crossing.outgoing import Outgoing
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.queries import shipping

MOST_BYTES: Final = 2**25
"""Of entries in one export: they are held in memory while they are sealed."""
MOST_PIECES: Final = 1_900
"""In one export: with what else there is, they are about one crossing."""


def outgoing(body_id: UUID) -> Iterator[Outgoing]:
    """The next part of the ledger, and its newest checkpoint that may be shown once all entries under it are out."""
    log_id = sequencer.log_of(body_id).id
    signed = shipping.shown(log_id)
    if signed is None:
        return
    reached, taken = _reached(body_id), 0
    for number, (start, entries) in enumerate(shipping.pieces(log_id, reached, signed.size)):
        if number == MOST_PIECES or taken > MOST_BYTES:
            return
        yield _piece(start, entries)
        reached, taken = start + len(entries), taken + sum(map(len, entries))
    since = _since(body_id)
    if since <= signed.size <= reached:  # never a smaller one: that would look like a rollback
        yield Outgoing("checkpoint", body_id, _version(signed), read=partial(_checkpoint, body_id, signed, since))


def entries_waiting(body_id: UUID) -> int:
    """How many entries that may be shown have not gone out yet."""
    signed = shipping.shown(sequencer.log_of(body_id).id)
    return 0 if signed is None else max(0, signed.size - _reached(body_id))


def waits(body_id: UUID) -> bool:
    """Whether there are any of these."""
    return entries_waiting(body_id) > 0


def _piece(start: int, entries: list[bytes]) -> Outgoing:
    item = EntriesItem(UUID(int=start).hex, to_base64(encode_bundle(entries)))
    return Outgoing("ledger", UUID(int=start), str(start + len(entries)), read=item.encode)


def _checkpoint(body_id: UUID, signed: sequencer.Signed, since: int) -> bytes:
    found = shipping.shipped(signed.log, signed, since)
    changes = tuple(one.decode() for one in found.changes)
    return CheckpointItem(body_id.hex, found.note.decode(), found.since, found.past.decode(), changes).encode()


def _reached(body_id: UUID) -> int:
    """How many entries went out: the version of a piece is the index after its last."""
    last = crossing.last_exported(body_id, "ledger")
    return 0 if last is None else int(last)


def _since(body_id: UUID) -> int:
    """Size of the checkpoint that went out last."""
    last = crossing.last_exported(body_id, "checkpoint")
    return 0 if last is None else int(last.partition("-")[0])


def _version(signed: sequencer.Signed) -> str:
    """Size, who signed, and the day of the newest cosignature: witnesses sign anew every ten minutes, that need not cross."""
    signatures = parse_note(signed.note)[1]
    keys = " ".join(sorted(f"{one.name} {one.key_id.hex()}" for one in signatures))
    return f"{signed.size}-{sha256(f'{keys} {_day(signatures)}'.encode()).hexdigest()[:40]}"


def _day(signatures: list[Signature]) -> str:
    """As a number: the time is whatever a witness wrote."""
    times = [cosignature_time(one) for one in signatures if len(one.blob) == BLOB_BYTES]
    return str(max(times) // 86_400) if times else ""
