"""Offline proofs as in c2sp.org/tlog-proof@v1: index, inclusion path and checkpoint in one text file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from azukari.errors import FormatError, LimitError

from .checkpoint import Checkpoint, open_checkpoint, parse_decimal
from .limits import LIMITS
from .note import Verifier, from_base64, parse_note, to_base64
from .policy import Policy, verify_cosigned
from .tree import check_hashes, leaf_hash, verify_inclusion

HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """台帳の証明。 An entry's index, its inclusion path (32-byte hashes, sibling first), a checkpoint note.

    `extra` is opaque and NOT authenticated; empty means that there is none.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= LIMITS.tree_size:
            raise FormatError("the index of a proof is out of range")
        if len(self.path) > LIMITS.path_hashes:
            raise FormatError(f"a proof has more than {LIMITS.path_hashes} path lines")
        check_hashes(self.path)
        if len(self.extra) > LIMITS.extra_bytes:
            raise LimitError(f"the extra data of a proof is larger than {LIMITS.extra_bytes} bytes")
        parse_note(self.checkpoint)


def encode_proof(proof: Proof) -> bytes:
    """Bytes of a `.tlog-proof` file (C2SP tlog-proof, Format)."""
    lines = [HEADER]
    if proof.extra:
        lines.append(f"extra {to_base64(proof.extra)}")
    lines.append(f"index {proof.index}")
    lines.extend(to_base64(step) for step in proof.path)
    return "\n".join(lines).encode("ascii") + b"\n\n" + proof.checkpoint


def parse_proof(data: bytes) -> Proof:
    """Read a `.tlog-proof` file, verifying nothing.

    Raises FormatError for bytes that are no proof, LimitError beyond `LIMITS.proof_bytes` or `.extra_bytes`.
    """
    if len(data) > LIMITS.proof_bytes:
        raise LimitError(f"a proof is larger than {LIMITS.proof_bytes} bytes")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise FormatError("a proof has no empty line before its checkpoint")
    lines = head.decode("ascii").split("\n")
    if lines.pop(0) != HEADER:
        raise FormatError("a proof does not start with its version line")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "))
        if not extra:
            raise FormatError("a proof has an extra line without data")
    if not lines or not lines[0].startswith("index "):
        raise FormatError("a proof has no index line")
    index = parse_decimal(lines.pop(0).removeprefix("index "))
    if len(lines) > LIMITS.path_hashes:
        raise FormatError(f"a proof has more than {LIMITS.path_hashes} path lines")
    return Proof(index, tuple(from_base64(line) for line in lines), checkpoint, extra)


def verify_proof(
    proof_bytes: bytes, entry: bytes, origin: str, verifiers: Iterable[Verifier], policy: Policy | None = None
) -> Checkpoint:
    """Check that the log `origin` holds `entry`, and return the checkpoint that says so.

    1. The bytes are a proof (FormatError, LimitError). 2. Its checkpoint is one of `origin` and signed by
    `verifiers` (SignatureError). 3. With a `policy` enough of its witnesses cosigned it (NotWitnessedError); without
    one the proof says nothing about witnesses. 4. The path leads from the entry's leaf hash to the root (ProofError).
    """
    keys = list(verifiers)
    proof = parse_proof(proof_bytes)  # 1
    checkpoint = open_checkpoint(proof.checkpoint, origin, keys)  # 2
    if policy is not None:
        verify_cosigned(proof.checkpoint, policy, origin=origin, log_keys=keys)  # 3
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)  # 4
    return checkpoint
