"""A log that grows elsewhere is kept here and shown as far as its own key has signed it (docs/spec/crossing.md, section 7).

Nothing is signed here. Entries wait until a checkpoint that covers them has come and they lead to its root; then the
checkpoint takes the place of the one that was shown, in the same transaction as its tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from itertools import takewhile
from uuid import UUID

from django.db import transaction

from azukari.errors import ForkError, FormatError, NotFoundError, ProofError, StateError
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.monitor import verify_fork, verify_past
from azukari.ledger.note import Verifier
from azukari.ledger.proof import parse_proof, verify_proof
from azukari.ledger.rotation import KeyChange, keys_after
from azukari.ledger.tiles import TileReader, new_tiles
from azukari.ledger.tree import EMPTY_ROOT, leaf_hash, verify_consistency
from azukari.web.sequencer import edge, queries, rows
from azukari.web.sequencer.actions import log
from azukari.web.sequencer.actions.checkpoint import STEP
from azukari.web.sequencer.models import Fork, Log, RetiredKey, SignedCheckpoint
from azukari.web.sequencer.queries.shipping import Shipped
from azukari.web.sequencer.queries.signing import verifiers


def pin(*, body_id: UUID, origin: str, vkey: str, by: UUID, at: datetime) -> UUID:
    """Keep the log of a body here from now on, under this key; the log has the id of its body.

    A log that is kept already stays under the key it has: only an entry of the log itself names another (``accept``).
    SignatureError if the key does not bear the origin as its name, StateError if the body's log here has another
    origin, or the origin is another body's; FormatError.
    """
    there = Log.objects.filter(body=body_id).first()
    if there is None:
        return log.create(body_id=body_id, log_id=body_id, origin=origin, vkey=vkey, wrapped_key=None, by=by, at=at)
    if there.origin != origin:
        raise StateError("the ledger of this body has another origin here")
    return there.id


def extend(*, log_id: UUID, start: int, entries: Sequence[bytes], by: UUID, at: datetime) -> None:
    """Keep entries from index ``start`` on until a checkpoint covers them. The same again changes nothing.

    What waits for its checkpoint is replaced by what comes later. ForkError, kind ``rewritten``, for another entry than
    one under the checkpoint that is shown; StateError if those before ``start`` have not come, or the log grows here.
    """
    with transaction.atomic():
        row = _locked(log_id)
        if start > rows.count(row.id):
            raise StateError("entries of the ledger before these have not come")
        there = rows.read_entries(row.id, start, start + len(entries))
        pairs = zip((data for _, data, _ in there), entries, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if same < len(there):
            _require_waiting(row, start + same, entries[same])
            rows.remove_entries(row.id, start + same)
        new = entries[same:]
        rows.insert_entries(row.id, start + same, new, [leaf_hash(one) for one in new], by, at)


def accept(*, log_id: UUID, shipped: Shipped, by: UUID, at: datetime) -> None:
    """Show another checkpoint of the log.

    1. What changed the log's key is followed, each under the key before it. 2. The note opens as a checkpoint of the log
    under its newest key. 3. It is not smaller than the one that is shown, and does not exclude it. 4. The entries that
    came lead to its root. 5. What was shown is a past of it, by the tiles kept here. 6. It is shown.

    FormatError, SignatureError, LimitError; ForkError, kind ``fork`` (``facts["proof"]`` convicts the log) or
    ``rollback``; ProofError where the entries lead elsewhere; StateError while some have not come.
    """
    with transaction.atomic():
        row = _locked(log_id)
        _follow_keys(row, shipped.changes, by, at)  # 1
        new = open_checkpoint(shipped.note, row.origin, [Verifier.parse(row.vkey)])  # 2
        old = SignedCheckpoint.objects.filter(log=row).order_by("-size").first()
        if old is not None and new.size <= old.size:
            _require_same(row, old, new)  # 3
            SignedCheckpoint.objects.filter(pk=old.pk).update(note=shipped.note)  # with newer cosignatures
            return
        if old is not None:
            _require_no_fork(row, old, shipped)  # 3
        _show(row, old, new, shipped.note, by, at)


def convict(*, log_id: UUID, error: ForkError, shown: bytes, by: UUID, at: datetime) -> None:
    """Keep, once, what was refused with ``error``, and the checkpoint that stays: for whoever must be told."""
    signed, kind, size = queries.latest(log_id), str(error.facts["kind"]), int(str(error.facts["size"]))
    digest = sha256(f"{kind} {size} ".encode() + shown).hexdigest()
    proof = error.facts.get("proof", b"")
    values = {
        "body": queries.log(log_id).body,
        "kind": kind,
        "size": size,
        "kept": signed.note if signed else b"",
        "shown": shown,
        "proof": proof if isinstance(proof, bytes) else b"",
        "seen_at": at,
        "seen_by": by,
    }
    Fork.objects.get_or_create(log_id=log_id, digest=digest, defaults=values)


def _locked(log_id: UUID) -> Log:
    row = Log.objects.select_for_update(no_key=True).filter(id=log_id).first()
    if row is None:
        raise NotFoundError("there is no such log")
    if row.wrapped_key is not None:
        raise StateError("this log grows here itself")
    return row


def _require_waiting(row: Log, index: int, came: bytes) -> None:
    signed = queries.latest(row.id)
    if signed is not None and index < signed.size:
        raise ForkError(f"entry {index} is another one than was shown", kind="rewritten", size=index, entry=came)


def _follow_keys(row: Log, changes: Sequence[bytes], by: UUID, at: datetime) -> None:
    """Those that were followed before are passed over: they replace another key than the newest."""
    for text in changes:
        proof = parse_proof(text)
        change = KeyChange.parse(proof.extra)
        present = Verifier.parse(row.vkey)
        if change.replaces != present.key_id.hex():
            continue
        verify_proof(text, proof.extra, row.origin, [present])
        keys_after(row.vkey, [proof.extra])
        if RetiredKey.objects.filter(log=row, vkey=change.key).exists():
            raise FormatError("a change of keys brings back an old one")
        _replace_key(row, change, proof.index, by, at)


def _replace_key(row: Log, change: KeyChange, index: int, by: UUID, at: datetime) -> None:
    RetiredKey.objects.create(
        log=row,
        body=row.body,
        vkey=row.vkey,
        wrapped_key=None,
        until=date.fromisoformat(change.until),
        entry_index=index,
        replaced_at=at,
        replaced_by=by,
    )
    row.vkey = change.key
    row.save(update_fields=["vkey"])


def _require_same(row: Log, old: SignedCheckpoint, new: Checkpoint) -> None:
    """Not smaller, and of the same size the same root. ForkError."""
    shown = Checkpoint(row.origin, old.size, bytes(old.root))
    verify_past(new, shown, rows.tile_reader(row.id))
    if new.size < old.size:
        raise ForkError(f"size {old.size} was shown, and now {new.size} has come", kind="rollback", size=new.size)


def _require_no_fork(row: Log, old: SignedCheckpoint, shipped: Shipped) -> None:
    """The path that came along must not prove that what was shown is no past of the new state. ForkError, FormatError."""
    if shipped.since != old.size or not shipped.past:
        return  # it speaks of another size: the entries themselves decide
    try:
        verify_fork(bytes(old.note), shipped.note, shipped.past, row.origin, verifiers(row.id))
    except ProofError:
        return
    detail = f"the state of size {old.size} that was shown is no past of the one that has come"
    raise ForkError(detail, kind="fork", size=old.size, proof=shipped.past)


def _show(row: Log, old: SignedCheckpoint | None, new: Checkpoint, note: bytes, by: UUID, at: datetime) -> None:
    if rows.count(row.id) < new.size:
        raise StateError("entries of this state of the ledger have not come")
    before = old or SignedCheckpoint(size=0, root=EMPTY_ROOT, edge=b"")
    grown = _grow(row, before, new.size)
    reader = TileReader(rows.tile_reader(row.id), new.size)
    if edge.root(grown) != new.root or reader.root() != new.root:  # 4
        raise ProofError(f"the entries of the ledger do not lead to the signed root of size {new.size}")
    verify_consistency(before.size, bytes(before.root), new.size, new.root, reader.consistency_path(before.size))  # 5
    SignedCheckpoint.objects.create(  # 6
        log=row,
        body=row.body,
        size=new.size,
        previous_size=-1 if old is None else old.size,
        root=new.root,
        edge=grown,
        note=note,
        signed_at=at,
        signed_by=by,
    )


def _grow(row: Log, old: SignedCheckpoint, size: int) -> bytes:
    """Store the tiles of the entries that follow ``old``, a part at a time; returns the edge. TileError."""
    grown, at = bytes(old.edge), old.size
    while at < size:
        hashes = rows.verified_hashes(rows.read_entries(row.id, at, min(size, at + STEP)), at)
        rows.store_tiles(row.id, row.body, new_tiles(at, rows.tile_reader(row.id), hashes))
        grown = edge.grow(grown, at, hashes)
        at += len(hashes)
    return grown
