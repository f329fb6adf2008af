"""An entry of a ledger with its proof, and opened values: what files carry that a stranger checks offline.

Certificates (docs/spec/permission.md) and proofs of consignments (docs/spec/consignment.md) are made of these; each
function is one step that both have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from azukari.errors import FormatError, LimitError, ProofError
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.note import ED25519, Verifier
from azukari.ledger.proof import Proof, parse_proof
from azukari.ledger.tree import leaf_hash, verify_inclusion
from azukari.seal.commitments import OPENING_BYTES, commitment, verify_commitment

MAX_VALUE: Final = 2_000  # characters (code points) of an opened value

_HEX: Final = re.compile("(?:[0-9a-f]{2})+")
# Control characters, lone surrogates, and what changes the direction or the lines of a text that people are shown.
_INVISIBLE: Final = re.compile("[\ud800-\udfff\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Logged:
    """台帳にある記載。 The bytes of an entry, and its tlog-proof, whose extra line is the verifier key of the ledger."""

    entry: bytes
    proof: Proof


@dataclass(frozen=True, repr=False)
class OpenValue:
    """開いた値。 A name or text and the 32 random bytes that open its commitment.

    Lines of a text end in a newline alone: whoever takes texts from a form turns CR LF into it first. Raises FormatError for
    other control characters, LimitError beyond MAX_VALUE.
    """

    opening: bytes
    value: str

    def __post_init__(self) -> None:
        require(len(self.opening) == OPENING_BYTES, "opening")
        if len(self.value) > MAX_VALUE:
            raise LimitError(f"a value of more than {MAX_VALUE} characters")
        require(not _INVISIBLE.search(self.value.replace("\n", "")), "control character")


def logged_value(entry: bytes, index: int, proof: bytes) -> dict[str, Any]:
    """The members ``entry``, ``index`` and ``proof`` of a file. Raises FormatError for what is no text."""
    return {"entry": decoded(entry), "index": index, "proof": decoded(proof)}


def read_logged(value: Mapping[str, Any]) -> Logged:
    """The counterpart; the index must be that of the proof, which must name the ledger's key. Raises FormatError."""
    proof = parse_proof(as_text(value["proof"]).encode())
    ledger_key(proof)
    require(type(value["index"]) is int and value["index"] == proof.index, "index")
    return Logged(as_text(value["entry"]).encode(), proof)


def opening_values(openings: Mapping[str, OpenValue]) -> dict[str, dict[str, str]]:
    """The member ``openings`` of a file."""
    return {label: {"opening": one.opening.hex(), "value": one.value} for label, one in openings.items()}


def read_opening(value: Any) -> OpenValue:
    """One opened value of a file. Raises FormatError, LimitError."""
    require_members(value, "opening", "value")
    require_hex(as_text(value["opening"]), OPENING_BYTES)
    return OpenValue(bytes.fromhex(value["opening"]), as_text(value["value"]))


def require_one_view(first: Proof, later: Proof) -> None:
    """A later entry taken from another branch of a forked ledger could hide what became of the first. Raises ProofError."""
    if later.index <= first.index:
        raise ProofError("a later entry that stands before the first")
    if (later.checkpoint, later.extra) != (first.checkpoint, first.extra):
        raise ProofError("two views of the ledger")


def signed(proof: Proof, vkey: str | None) -> Checkpoint:
    """The checkpoint of a proof. The key that the proof names must have signed, and so must one that the reader pinned.

    Raises FormatError, SignatureError.
    """
    named = ledger_key(proof)
    checkpoint = open_checkpoint(proof.checkpoint, named.name, [named])
    if vkey is not None:
        open_checkpoint(proof.checkpoint, named.name, [ed25519(vkey)])
    return checkpoint


def require_included(found: Iterable[Logged], checkpoint: Checkpoint) -> None:
    """Each entry is in the ledger of this checkpoint. Raises ProofError."""
    for one in found:
        verify_inclusion(leaf_hash(one.entry), one.proof.index, checkpoint.size, one.proof.path, checkpoint.root)


def committed(label: str, one: OpenValue) -> str:
    """The commitment to an opened value, 32 bytes as hex."""
    return commitment(label, one.opening, one.value.encode()).hex()


def require_committed(openings: Mapping[str, OpenValue], commitments: Mapping[str, str]) -> None:
    """Each opened value is the one that was committed to under its label. Raises CommitmentError."""
    for label, one in openings.items():
        verify_commitment(label, one.opening, one.value.encode(), bytes.fromhex(commitments[label]))


def ledger_key(proof: Proof) -> Verifier:
    """The verifier key that a proof names, Ed25519. Raises FormatError."""
    return ed25519(proof.extra.decode("utf-8", "replace"))


def ed25519(vkey: str) -> Verifier:
    """A verifier key of this kind. Raises FormatError for any other."""
    verifier = Verifier.parse(vkey)
    require(verifier.kind == ED25519, "a key that is not Ed25519")
    return verifier


def decoded(data: bytes) -> str:
    """Bytes as text. Raises FormatError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8") from error


def as_text(value: Any) -> str:
    """A text. Raises FormatError for anything else."""
    if not isinstance(value, str):
        raise FormatError("text")
    return value


def require_members(value: Any, *names: str) -> None:
    """An object with exactly these members. Raises FormatError."""
    require(isinstance(value, dict) and set(value) == set(names), "members")


def require_hex(value: str, size: int) -> None:
    """``size`` bytes in small hex digits. Raises FormatError."""
    require(len(value) == 2 * size and _HEX.fullmatch(value) is not None, "hex")


def require(condition: bool, detail: str) -> None:
    """Raises FormatError unless the condition holds."""
    if not condition:
        raise FormatError(detail)
