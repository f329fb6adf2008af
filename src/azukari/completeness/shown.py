"""One entry shown by itself: to a court, say, which learns nothing of the rest of the list (docs/spec/completeness.md, 8).

The file is a C2SP tlog-proof of the leaf; its extra data opens the leaf, and is checked against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from azukari.errors import CommitmentError
from azukari.ledger.checkpoint import Checkpoint
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import Verifier
from azukari.ledger.policy import Policy
from azukari.ledger.proof import Proof, encode_proof, parse_proof, verify_proof

from .event import Event
from .labels import KEY_BYTES, commitment, opening
from .leaf import LEAF_BYTES, NO_ENTRUSTMENT, UNSTATED, Leaf
from .reading import members, text, unhexed
from .report import PersonList, Report

SHOWN: Final = "azukari/shown-entry/v1"


@dataclass(frozen=True)
class ShownEntry:
    """一件の証明。 A leaf with its event and opening (32 bytes), as they were found to fit one another."""

    leaf: Leaf
    event: Event
    opening: bytes

    def encode(self) -> bytes:
        """The extra data of the proof."""
        parts = {"event": self.event.encode().decode(), "leaf": self.leaf.encode().hex(), "opening": self.opening.hex()}
        return canonical({"type": SHOWN, **parts})

    @classmethod
    def parse(cls, data: bytes) -> ShownEntry:
        """Read the extra data. Raises FormatError, LimitError; whether the parts fit is not looked at."""
        value = members(parse_canonical(data, SHOWN), "event", "leaf", "opening", "type")
        leaf = Leaf.parse(unhexed(value["leaf"], LEAF_BYTES))
        return cls(leaf, Event.parse(text(value["event"]).encode()), unhexed(value["opening"], KEY_BYTES))


def show(report: Report, one: PersonList, n: int) -> bytes:
    """The ``.tlog-proof`` file of the n-th entry of a list of a verified report. CommitmentError if it is not open."""
    entry = one.entries[n - 1]
    if entry.event is None:
        raise CommitmentError("the entry is withheld")
    extra = ShownEntry(entry.leaf, entry.event, opening_of(one, n)).encode()
    return encode_proof(Proof(entry.index, entry.path, report.checkpoint, extra))


def verify_shown(
    data: bytes, origin: str, verifiers: Iterable[Verifier], policy: Policy | None = None
) -> tuple[ShownEntry, Checkpoint]:
    """Check that the ledger holds the leaf, and that event and opening are what the leaf commits to.

    Raises FormatError, LimitError, SignatureError, NotWitnessedError and ProofError as `verify_proof`, CommitmentError.
    """
    shown = ShownEntry.parse(parse_proof(data).extra)
    checkpoint = verify_proof(data, shown.leaf.encode(), origin, verifiers, policy)
    verify_opening(shown.leaf, shown.event, shown.opening)
    return shown, checkpoint


def verify_opening(leaf: Leaf, event: Event, opening: bytes) -> None:
    """Check that a leaf commits to this event, and states nothing else of it. Raises CommitmentError."""
    if leaf.commit != commitment(leaf.label, opening, sha256(event.encode()).digest()):
        raise CommitmentError("the event of an entry")
    if leaf.kind not in (UNSTATED, event.act.kind):
        raise CommitmentError("the kind of an entry")
    if leaf.entrustment not in (NO_ENTRUSTMENT, bytes.fromhex(event.entrustment)):
        raise CommitmentError("the entrustment of an entry")


def opening_of(one: PersonList, n: int) -> bytes:
    """The opening of the n-th entry of a list, 32 bytes: the one that is given, or the derived one."""
    return one.entries[n - 1].opening or opening(one.key, n, one.chain)
