"""A log that grows elsewhere, in memory: what it would send of itself, and what a forger would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.web.bodies import KEK
from tests.web.conftest import AT, BY

from azukari.ledger.bundles import encode_bundle
from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
from azukari.ledger.monitor import encode_hashes
from azukari.ledger.note import Signer, to_base64
from azukari.ledger.proof import Proof, encode_proof
from azukari.ledger.rotation import KeyChange
from azukari.ledger.tree import consistency_path, inclusion_path, leaf_hash, root_of
from azukari.seal.items import BodyItem, CheckpointItem, EntriesItem, Item

ORIGIN = "ledger.example/kasumigahama"
OLD, NEW, STRANGER = (Signer(ORIGIN, bytes([number]) * 32) for number in (7, 8, 9))


@dataclass
class Source:
    """Entries, who signs now, and the proofs of the changes of key."""

    body: UUID
    entries: list[bytes] = field(default_factory=list)
    signers: list[Signer] = field(default_factory=lambda: [OLD])
    changes: list[bytes] = field(default_factory=list)

    def grown(self, count: int, mark: str = "entry") -> Source:
        """The same with more entries."""
        more = [f"{mark} {number}".encode() for number in range(len(self.entries), len(self.entries) + count)]
        return Source(self.body, [*self.entries, *more], list(self.signers), list(self.changes))

    def changed(self, index: int) -> Source:
        """The same with another entry somewhere."""
        entries = [*self.entries[:index], b"rewritten", *self.entries[index + 1 :]]
        return Source(self.body, entries, list(self.signers), list(self.changes))

    def rotated(self, until: str = "2026-05-01", signer: Signer = NEW) -> Source:
        """A new key, signed in by the old one, which then signs no more."""
        old = self.signers[0]
        change = KeyChange(ORIGIN, signer.vkey, old.verifier.key_id.hex(), until).encode()
        entries, index = [*self.entries, change], len(self.entries)
        both = Source(self.body, entries, [signer, old])
        path = inclusion_path(both.hashes(), index)
        proof = encode_proof(Proof(index, tuple(path), both.note(), change))
        return Source(self.body, entries, [signer], [*self.changes, proof])

    def hashes(self, size: int | None = None) -> list[bytes]:
        return [leaf_hash(one) for one in self.entries[:size]]

    def note(self, size: int | None = None, signers: Sequence[Signer] = ()) -> bytes:
        hashes = self.hashes(size)
        return sign_checkpoint(Checkpoint(ORIGIN, len(hashes), root_of(hashes)), list(signers or self.signers))

    def past(self, since: int) -> str:
        if not 0 < since < len(self.entries):
            return ""
        path = consistency_path(self.hashes(), since)
        return encode_hashes([root_of(self.hashes(since)), *path]).decode()

    def pieces(self, start: int = 0, width: int = 256) -> list[EntriesItem]:
        """The entries from there on."""
        starts = range(start, len(self.entries), width)
        bundles = [(at, encode_bundle(self.entries[at : at + width])) for at in starts]
        return [EntriesItem(UUID(int=at).hex, to_base64(bundle)) for at, bundle in bundles]

    def state(self, since: int = 0, **changes: Any) -> CheckpointItem:
        """The checkpoint of all of them, for somebody who was shown ``since``."""
        given = {
            "id": self.body.hex,
            "note": self.note().decode(),
            "since": since,
            "past": self.past(since),
            "changes": tuple(one.decode() for one in self.changes),
        }
        return CheckpointItem(**(given | changes))

    def sent(self, since: int = 0) -> list[Item]:
        """All that goes over after ``since`` entries."""
        return [*self.pieces(since), self.state(since)]


def a_source(name: str = "霞ヶ浜年金機構", vkey: str = OLD.vkey) -> Source:
    """A body as a crossing makes it outside, with its ledger's first key."""
    from azukari.web.accounts.actions import body
    from azukari.web.counter.actions import shelving

    made = Source(body.create(name=name, by=BY, at=AT))
    item = BodyItem(made.body.hex, name, "", ORIGIN, vkey)
    shelving.put_body(body_id=made.body, item=item, by=BY, at=AT)
    return made


def take(source: Source, *items: Item) -> list[str]:
    """Take items as a crossing does, each whole or not at all; the words of what was refused."""
    from django.db import transaction

    from azukari.errors import AzukariError
    from azukari.web.counter.actions import crossing
    from azukari.web.crossing.actions.taking import Incoming

    kinds = {EntriesItem: "ledger", CheckpointItem: "checkpoint"}
    words = []
    for item in items:
        incoming = Incoming(kinds[type(item)], UUID(hex=item.id), item.encode(), None)  # type: ignore[attr-defined,arg-type,index]
        try:
            with transaction.atomic():
                told = crossing.apply(item=incoming, body_id=source.body, kek=KEK, by=BY, at=AT)
        except AzukariError as error:
            told = error
        words += [] if told is None else [told.word]
    return words


def shown(source: Source) -> tuple[int, bytes]:
    """Size and note of what is shown of it; nothing: 0."""
    from azukari.errors import NotFoundError
    from azukari.web.sequencer import queries

    try:
        signed = queries.checkpoint(source.body)
    except NotFoundError:
        return 0, b""
    return signed.size, signed.note
