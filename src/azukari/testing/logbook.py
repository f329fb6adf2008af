"""A small ledger in memory, as an honest office writes it: leaves, indexes, checkpoints, and a person's report.

Nothing is random: keys and openings follow from names (`fixed_bytes`). What an office that is not honest does with it is in
`azukari.testing.operator`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final

import numpy as np

from azukari.completeness.event import Act, Event
from azukari.completeness.index import Index, build, prove
from azukari.completeness.index_entry import IndexEntry
from azukari.completeness.labels import LIST, SEALED, commitment, key_id, label, list_key, nobody, opening
from azukari.completeness.leaf import NO_ENTRUSTMENT, UNSTATED, Leaf, is_leaf
from azukari.completeness.report import ListEntry, LoggedIndex, PersonList, Report, Since
from azukari.fields.kinds import Field, Kind
from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
from azukari.ledger.cosignature import Cosigner
from azukari.ledger.note import Signer
from azukari.ledger.tree import Tree, leaf_hash

from .cast import KEYING, PENSION_SERVICE, PRINTING
from .sealed import fixed_bytes, fixed_id, fixed_log

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT: Final = NOW - timedelta(hours=9)
"""When the index is made, and a minute later cosigned."""
TODAY: Final = date(2026, 11, 20)
WITNESSES: Final = tuple(Cosigner(f"witness.{name}.example/w1", fixed_bytes(name)) for name in ("kazami", "hoshino"))
AUDITORS: Final = (Cosigner("audit.minasoko.example/a1", fixed_bytes("auditor")),)


def a_policy(cosigners: Sequence[Cosigner], log: Signer) -> bytes:
    """A policy that asks for all of these."""
    lines = [f"log {log.vkey}", *(f"witness w{number} {one.vkey}" for number, one in enumerate(cosigners))]
    names = " ".join(f"w{number}" for number in range(len(cosigners)))
    return "\n".join([*lines, f"group all all {names}", "quorum all", ""]).encode()


def an_event(number: int, day: date = TODAY, **change: object) -> Event:
    """The number-th thing that happened to somebody: a hand-over, then a use, then a return, and so on."""
    acts = (Act.HAND_OVER, Act.USE, Act.RETURN, Act.RE_ENTRUSTMENT, Act.DISPOSAL, Act.CORRECTION, Act.DISCLOSURE)
    act = change.get("act", acts[number % len(acts)])
    used = {"at": AT - timedelta(hours=2), "deed": "view", "system": "年金記録", "unit": "給付課 担当"}
    parts: dict[str, object] = {
        **(used if act is Act.USE else {}),
        "act": act,
        "basis": "個人情報の保護に関する法律第69条第2項",
        "body": PENSION_SERVICE.ja,
        "country": "JP",
        "day": day,
        "entrustment": fixed_id("entrustment"),
        "fields": (Field(Kind.KANA), Field(Kind.NAME)),
        "id": fixed_id(f"event/{number}"),
        "next": "",
        "party": (KEYING, PRINTING)[number % 2].ja,
        "purpose": "扶養親族等申告書のデータ入力",
        "role": "person",
        "until": date(2027, 3, 31),
    }
    return Event(**{**parts, **change})  # type: ignore[arg-type] # members of one event, some changed


@dataclass
class Noted:
    """記載一件。 A leaf with its place, and what it commits to; ``opening`` is empty where it is derived."""

    leaf: Leaf
    index: int
    event: Event
    opening: bytes = b""

    def shown(self, today: date) -> tuple[Event | None, bytes]:
        """Event and opening as a report of that day shows them."""
        return (self.event, self.opening) if today >= self.leaf.opens else (None, b"")


@dataclass
class Noting:
    """一覧を作る側。 One key with what was noted under it, n = 1 first."""

    key: bytes
    chain: int = LIST
    noted: list[Noted] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The next n."""
        return len(self.noted) + 1


def a_key(name: str, generation: int = 0) -> bytes:
    """A fictitious person's list key."""
    return list_key(fixed_bytes(f"person/{name}"), generation)


def a_leaf(own: Noting, event: Event, withheld: int = 0, n: int = 0, fresh: bytes = b"") -> Leaf:
    """The leaf of an event, by default the next of its list; ``fresh``: the opening, where it is not derived."""
    name = label(own.key, n or own.next, own.chain)
    secret = fresh or opening(own.key, n or own.next, own.chain)
    commit = commitment(name, secret, sha256(event.encode()).digest())
    if withheld or own.chain == SEALED:
        return Leaf(UNSTATED, NO_ENTRUSTMENT, event.day, withheld, name, commit)
    return Leaf(event.act.kind, bytes.fromhex(event.entrustment), event.day, 0, name, commit)


class Logbook:
    """見本の台帳。 All entries of a small ledger and every index over it; copies may go different ways."""

    def __init__(self, log: Signer | None = None, cosigners: Sequence[Cosigner] = (*WITNESSES, *AUDITORS)) -> None:
        self.log = log or fixed_log()
        self.cosigners = tuple(cosigners)
        self.cosigned = AT + timedelta(minutes=1)
        self.entries: list[bytes] = []
        self.indexes: list[tuple[LoggedIndex, Index]] = []

    def append(self, entry: bytes) -> int:
        """Log an entry; returns its index."""
        self.entries.append(entry)
        return len(self.entries) - 1

    def strangers(self, count: int, name: str = "strangers") -> None:
        """Leaves of people of whom the reader of a report knows nothing."""
        for number in range(count):
            self.append(Leaf(1, bytes(16), TODAY, 0, *nobody(fixed_bytes(name), number)).encode())

    def note(self, own: Noting, event: Event, withheld: int = 0) -> None:
        """The next entry of a list; withheld and sealed ones are opened by bytes of their own."""
        fresh = fixed_bytes(f"opening/{len(self.entries)}") if withheld or own.chain == SEALED else b""
        leaf = a_leaf(own, event, withheld, fresh=fresh)
        own.noted.append(Noted(leaf, self.append(leaf.encode()), event, fresh))

    def rekey(self, own: Noting, after: Noting) -> None:
        """End one list with the key of the next."""
        id = key_id(after.key).hex()
        self.note(own, an_event(own.next, act=Act.REKEY, next=id, party="", purpose="", fields=(), until=None))

    def index(
        self, at: datetime = AT, leave_out: Callable[[bytes], bool] = lambda leaf: False, **change: object
    ) -> None:
        """Make an index over all leaves so far and log its entry; an honest office leaves out none and changes nothing."""
        leaves = [(place, entry) for place, entry in enumerate(self.entries) if is_leaf(entry)]
        kept = [(place, leaf) for place, leaf in leaves if not leave_out(leaf)]
        made = build(b"".join(leaf[26:58] for _, leaf in kept), np.array([place for place, _ in kept], dtype=np.uint64))
        parts = {"at": at, "count": made.count, "depth": made.depth, "root": made.root, "size": len(self.entries)}
        entry = IndexEntry(**{**parts, **change})  # type: ignore[arg-type] # members of one entry, some changed
        self.indexes.append((LoggedIndex(entry, self.append(entry.encode()), ()), made))

    def checkpoint(self, size: int | None = None) -> bytes:
        """The signed and cosigned note of the first ``size`` entries, by default all."""
        tree = self._tree(size)
        state = Checkpoint(self.log.name, tree.size, tree.root)
        seconds = int(self.cosigned.timestamp())
        lines = [one.cosign(state.encode(), seconds) for one in self.cosigners]
        return sign_checkpoint(state, [self.log]) + "".join(lines).encode()

    def report(self, *lists: Noting, today: date = TODAY, since: int | None = None, at: int = -1) -> Report:
        """The report over some lists, under the index ``at`` (by default the last); ``since``: size seen before."""
        tree, (logged, made) = self._tree(), self.indexes[at]
        shown = tuple(PersonList(one.chain, one.key, tuple(_entries(tree, one, today))) for one in lists)
        buckets, nodes = prove(made, [label for one in shown for label in one.proven()])
        return Report(
            origin=self.log.name,
            checkpoint=self.checkpoint(),
            index=LoggedIndex(logged.entry, logged.index, tuple(tree.path(logged.index))),
            lists=shown,
            buckets=tuple(buckets),
            nodes=nodes,
            since=None if since is None else Since(since, tuple(tree.consistency_path(since))),
        )

    def copy(self) -> Logbook:
        """The same ledger, to be written on in another way."""
        other = Logbook(self.log, self.cosigners)
        other.cosigned, other.entries, other.indexes = self.cosigned, list(self.entries), list(self.indexes)
        return other

    def _tree(self, size: int | None = None) -> Tree:
        return Tree([leaf_hash(entry) for entry in self.entries[:size]])


def _entries(tree: Tree, own: Noting, today: date) -> list[ListEntry]:
    return [ListEntry(one.leaf, one.index, tuple(tree.path(one.index)), *one.shown(today)) for one in own.noted]
