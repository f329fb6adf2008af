"""What a monitor concludes from two signed states of one log, whoever showed them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from azukari.errors import ForkError, FormatError, LimitError, ProofError, TileError

from .checkpoint import Checkpoint, open_checkpoint
from .limits import LIMITS
from .note import Verifier, from_base64, to_base64
from .tiles import ReadTile, TileReader
from .tree import check_hashes, verify_consistency


class Change(StrEnum):
    """台帳の動き。 How a log stands to the state that was kept."""

    FIRST = "first"
    UNCHANGED = "unchanged"
    GROWN = "grown"


@dataclass(frozen=True, slots=True)
class Followed:
    """追跡の結果。 The state that was shown, and how it stands to the one that was kept."""

    checkpoint: Checkpoint
    change: Change


def follow(
    kept: bytes | None, shown: bytes, origin: str, verifiers: Iterable[Verifier], read_tile: ReadTile
) -> Followed:
    """Judge the checkpoint note that a log shows now against the one that was kept.

    1. Both open as checkpoints of the log (FormatError, SignatureError, ProofError). 2. The log has not become smaller:
    ForkError, kind ``rollback``. 3. What was kept is a past of what is shown, by tiles of the log: ForkError, kind
    ``fork``, if the tiles lead to the shown root and not to the kept one. ProofError where the tiles do not even lead
    to the shown root: then the log cannot show that it grew, and nothing is proven against it yet.
    ``read_tile`` raises LookupError for what the log does not have.
    """
    keys = list(verifiers)
    new = open_checkpoint(shown, origin, keys)  # 1
    if kept is None:
        return Followed(new, Change.FIRST)
    old = open_checkpoint(kept, origin, keys)
    if new.size < old.size:  # 2
        raise ForkError(f"size {old.size} was signed, and now {new.size} is shown", kind="rollback", size=new.size)
    verify_past(old, new, read_tile)  # 3
    return Followed(new, Change.UNCHANGED if new.size == old.size else Change.GROWN)


def verify_past(old: Checkpoint, new: Checkpoint, read_tile: ReadTile) -> None:
    """Check that ``old`` is a past of ``new``, a state of the same log that is at least as large.

    Raises ForkError (kind ``fork``) when the tiles prove that another state of its size is, ProofError when they prove
    nothing, because the log does not have them or they are damaged. ``facts["proof"]`` of a ForkError is what
    ``verify_fork`` needs beside the two notes.
    """
    if old.size == new.size:
        if old.root != new.root:
            raise ForkError(f"two roots were signed for size {old.size}", kind="fork", size=old.size, proof=b"")
        return
    try:
        path = TileReader(read_tile, new.size).consistency_path(old.size)
        with suppress(ProofError):
            verify_consistency(old.size, old.root, new.size, new.root, path)
            return
        true_past = TileReader(read_tile, old.size).root()
        verify_consistency(old.size, true_past, new.size, new.root, path)
    except (TileError, ProofError, FormatError, LimitError) as error:
        raise ProofError(f"the log does not show how it grew from {old.size} to {new.size}") from error
    raise ForkError(
        f"the state of size {old.size} that was signed is no past of that of size {new.size}",
        kind="fork",
        size=old.size,
        proof=encode_hashes([true_past, *path]),
    )


def verify_fork(one: bytes, two: bytes, proof: bytes, origin: str, verifiers: Iterable[Verifier]) -> None:
    """Check offline that a log signed two checkpoint notes which no one history has; returns only if it is convicted.

    1. Both notes open as checkpoints of the log (FormatError, SignatureError, ProofError). 2. They have two roots for
    one size; or ``proof``, hashes in base64, one a line, is the true root of the smaller size and the consistency path
    from it to the larger state, and that root is another than the signed one. Else ProofError; FormatError or
    LimitError for a malformed proof. A mere rollback convicts nobody: an old checkpoint was once shown rightly.
    """
    keys = list(verifiers)
    old, new = sorted((open_checkpoint(note, origin, keys) for note in (one, two)), key=lambda each: each.size)  # 1
    hashes = _decode(proof)
    past = new.root if old.size == new.size else (hashes or [b""])[0]
    if old.size != new.size:  # 2
        verify_consistency(old.size, past, new.size, new.root, hashes[1:])
    if past == old.root:
        raise ProofError(f"the states of size {old.size} and {new.size} do not exclude each other")


def encode_hashes(hashes: Sequence[bytes]) -> bytes:
    """Hashes as ``verify_fork`` reads them: base64, one a line."""
    return "".join(f"{to_base64(each)}\n" for each in hashes).encode("ascii")


def _decode(proof: bytes) -> list[bytes]:
    if len(proof) > LIMITS.proof_bytes:
        raise LimitError(f"a proof is larger than {LIMITS.proof_bytes} bytes")
    if not proof.isascii() or not (proof or b"\n").endswith(b"\n"):
        raise FormatError("these are no lines of hashes")
    hashes = [from_base64(line) for line in proof.decode("ascii").split("\n")[:-1]]
    check_hashes(hashes)
    return hashes
