"""Let a restored log go on, if it has all that anybody was shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from azukari.errors import ForkError, OptionError
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.monitor import verify_past
from azukari.ledger.tree import EMPTY_ROOT
from azukari.ledger.witnessing import Ask
from azukari.web.sequencer import edge, hold, queries, rows
from azukari.web.sequencer.actions import witnessing
from azukari.web.sequencer.queries import witnessing as asked
from azukari.web.sequencer.queries.signing import verifiers


def resume(*, log_id: UUID, notes: Sequence[bytes], ask: Ask, by: UUID, at: datetime) -> int:
    """Compare a held log with checkpoints that others kept and with its witnesses, then let it go; the largest size seen.

    1. Each of ``notes`` opens as a checkpoint of the log. 2. The log has as many entries. 3. Its root over that many is the
    signed one. 4. Every witness with an address is asked; none has seen more, or another history. 5. The hold ends.

    FormatError or SignatureError for a note that is none of this log's; ForkError, kind ``rollback`` (the backup is older than
    what was shown) or ``fork``; ProofError for damaged tiles; OptionError if there is no note and no witness answers.
    The log stays held on each of these.
    """
    log = queries.log(log_id)
    keys = verifiers(log_id)
    shown = [open_checkpoint(note, log.origin, keys) for note in notes]  # 1
    for checkpoint in shown:
        _require_all_of(log_id, checkpoint)
    answered = _witnesses(log_id, ask, by, at)
    if not shown and not answered:
        raise OptionError("nothing to compare with: no published checkpoint was given, and no witness answers")
    hold.let_go(log_id)  # 5
    return max((checkpoint.size for checkpoint in shown), default=0)


def _require_all_of(log_id: UUID, shown: Checkpoint) -> None:
    held = rows.count(log_id)
    if shown.size > held:  # 2
        detail = f"{shown.size} entries were published, and the backup has {held}: restore a newer one"
        raise ForkError(detail, kind="rollback", size=held)
    last = queries.latest(log_id)
    if last is not None and shown.size <= last.size:  # 3
        verify_past(shown, Checkpoint(shown.origin, last.size, last.root), rows.tile_reader(log_id))
    elif _root(log_id, shown.size) != shown.root:
        raise ForkError(f"another history was published for size {shown.size}", kind="fork", size=shown.size)


def _root(log_id: UUID, size: int) -> bytes:
    """The root over the first ``size`` entries, of which the last are under no checkpoint yet."""
    hashes = (sha256(b"\x00" + data).digest() for data in queries.entries(log_id, 0, size))
    return edge.root(edge.grow(b"", 0, hashes)) if size else EMPTY_ROOT


def _witnesses(log_id: UUID, ask: Ask, by: UUID, at: datetime) -> int:
    """How many witnesses have agreed to the newest checkpoint just now.  4"""
    policy = asked.policy(log_id)
    if policy is None or queries.latest(log_id) is None:
        return 0
    gathered = witnessing.gather(log_id=log_id, ask=ask, by=by, at=at, everybody=True)
    for error in gathered.failed.values():
        if isinstance(error, ForkError):
            raise error
    return sum(bool(witness.url) for witness in policy.witnesses.values()) - len(gathered.failed)
