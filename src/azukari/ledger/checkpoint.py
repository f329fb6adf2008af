"""Checkpoints as in C2SP tlog-checkpoint 1.0.0: origin, size and root of a log as a signed note.

Profile: no extension lines (nobody can audit them, so nothing may be hidden there), and the log signs under
a key whose name is the origin, so that a witness's key never stands in for the log's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from azukari.errors import FormatError, ProofError, SignatureError

from .limits import LIMITS
from .note import ED25519, Note, Signer, Verifier, check_text, from_base64, open_note, sign_note, to_base64
from .tree import EMPTY_ROOT, HASH_BYTES

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """チェックポイント。 The state of one log: its origin, its size in entries and its root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin:
            raise FormatError("the origin of a checkpoint is not one line")
        check_text(self.origin + "\n")
        if not 0 <= self.size <= LIMITS.tree_size:
            raise FormatError("the size of a checkpoint is out of range")
        if len(self.root) != HASH_BYTES:
            raise FormatError("the root of a checkpoint is not 32 bytes long")

    def encode(self) -> str:
        """Text of the note: origin, decimal size and base64 root, a line each (C2SP tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read what `encode` wrote; FormatError for anything else, extension lines included."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise FormatError("a checkpoint has other than three lines")
        return cls(lines[0], parse_decimal(lines[1]), from_base64(lines[2]))


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[Signer]) -> bytes:
    """Checkpoint as a signed note. One signer must bear the origin as its name, else SignatureError.

    The caller answers for never signing two inconsistent checkpoints. Raises FormatError and LimitError as
    `sign_note`.
    """
    if all(signer.name != checkpoint.origin for signer in signers):
        raise SignatureError("no signer bears the origin as its name")
    return sign_note(checkpoint.encode(), signers)


def open_checkpoint(note: bytes, origin: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """Verify a checkpoint note of the log `origin` and return the checkpoint.

    1. The note opens with `verifiers` (`open_note`). 2. Its text is a checkpoint. 3. It is one of `origin`,
    signed by a key of that name, else SignatureError. 4. Size 0 goes with the empty root, else ProofError.
    Raises FormatError and LimitError for malformed or oversized bytes.
    """
    verifiers = list(verifiers)
    opened = open_note(note, verifiers)  # 1
    checkpoint = Checkpoint.parse(opened.text)  # 2
    if checkpoint.origin != origin:  # 3
        raise SignatureError("the checkpoint is one of another log")
    if not _signed_by_the_log(opened, origin, verifiers):
        raise SignatureError("the log itself did not sign the checkpoint")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:  # 4
        raise ProofError("a log of size 0 has another root than the empty one")
    return checkpoint


def _signed_by_the_log(opened: Note, origin: str, verifiers: Iterable[Verifier]) -> bool:
    """A witness that bears the origin as its name is a witness all the same."""
    log_keys = {key.key_id for key in verifiers if key.name == origin and key.kind == ED25519}
    return any(signature.name == origin and signature.key_id in log_keys for signature in opened.verified)


def parse_decimal(text: str) -> int:
    """Read an ASCII decimal without leading zeros, 0..2**63-1, or raise FormatError."""
    if not _DECIMAL.fullmatch(text) or int(text) > LIMITS.tree_size:
        raise FormatError("a number is not a decimal in range, without leading zeros")
    return int(text)
