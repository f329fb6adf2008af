"""A fictitious ledger that can be honest or forked, and witnesses for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from azukari.ledger import Checkpoint, Cosigner, Request, Signer, Tree, Verifier, leaf_hash, sign_checkpoint
from azukari.witness.witness import Witness, WitnessFolder

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
COSIGNER = Cosigner("witness.minasoko.example/w1", bytes(range(32)))


@dataclass
class Log:
    """A ledger in memory; ``fork_at``: entries from there on are others."""

    origin: str = "ledger.seiran.example/log1"
    seed: bytes = b"\x07" * 32
    fork_at: int = 1 << 30
    signers: list[Signer] = field(init=False)

    def __post_init__(self) -> None:
        self.signers = [Signer(self.origin, self.seed)]

    @property
    def key(self) -> Verifier:
        return self.signers[0].verifier

    def tree(self, size: int) -> Tree:
        return Tree([leaf_hash(b"%d %d" % (at, at >= self.fork_at)) for at in range(size)])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, self.tree(size).root)

    def note(self, size: int) -> bytes:
        return sign_checkpoint(self.checkpoint(size), self.signers)

    def request(self, old: int, size: int) -> bytes:
        proof = tuple(self.tree(size).consistency_path(old)) if old <= size else ()
        return Request(old, proof, self.note(size)).encode()


def witness_for(folder: Path, *keys: Verifier, cosigner: Cosigner = COSIGNER) -> Witness:
    """A new witness in a folder that trusts these keys."""
    WitnessFolder.create(folder, cosigner)
    opened = WitnessFolder(folder)
    with opened.changing() as record:
        for key in keys:
            record.trust(key)
    return Witness(opened, cosigner)


def again(folder: Path) -> Witness:
    """The witness of a folder, as another process would open it."""
    return Witness(WitnessFolder(folder), COSIGNER)


def at(seconds: int) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)
