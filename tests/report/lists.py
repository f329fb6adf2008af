"""A small ledger with one person's lists, made from docs/spec/completeness.md alone: what the verifier in the browser is tried on."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from azukari.ledger import Checkpoint, Cosigner, Signer, Tree, leaf_hash, sign_checkpoint

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)  # in Japan
ORIGIN = "ledger.city.example/log1"
ACTS = ["hand-over", "re-entrustment", "use", "return", "disposal", "correction", "disclosure", "rekey", "erasure"]
NOBODY = bytes(16)
WORK = bytes.fromhex("5f1c" * 8)
Json = dict[str, Any]


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def text(data: bytes) -> str:
    return b64encode(data).decode()


def derived(key: bytes, what: str, n: int, chain: int = 0) -> bytes:
    return hmac.digest(key, f"azukari/{what}/v1".encode() + bytes([chain]) + n.to_bytes(8, "big"), "sha256")


def key_id(key: bytes) -> str:
    return sha256(b"azukari/list-key-id/v1" + key).hexdigest()


def event_of(act: str = "hand-over", **other: Any) -> Json:
    """An event that says everything; ``other`` members replace its own."""
    use = act == "use"
    return {
        "act": act, "at": f"{other.get('day', TODAY.isoformat())}T01:30:00Z" if use else "", "deed": "view" if use else "",
        "system": "年金記録" if use else "", "unit": "給付課" if use else "", "basis": "番号法 第9条", "body": "霞ヶ浜年金機構", "country": "JP", "day": TODAY.isoformat(),
        "entrustment": WORK.hex(), "fields": ["kana/person", "name/person"], "id": "0a" * 16, "next": "",
        "party": "青嵐データ入力", "purpose": "申告書の入力", "role": "person", "type": "azukari/event/v1", "until": "2027-03-31",
    } | other  # fmt: skip


@dataclass
class Entry:
    """One leaf with what the report says of it."""

    leaf: bytes
    event: Json | None
    opening: bytes | None = None
    index: int = -1

    @property
    def label(self) -> bytes:
        return self.leaf[26:58]


def entry_of(key: bytes, n: int, event: Json, *, chain: int = 0, withheld: int = 0, hidden: bool = False,
             kind: int | None = None, entrustment: bytes | None = None, day: date | None = None) -> Entry:  # fmt: skip
    """The n-th entry under ``key``; withheld and sealed ones have an opening of their own."""
    own = sha256(b"opening" + key + bytes([n])).digest() if withheld or chain else None
    opening = own or derived(key, "opening", n)
    label, bare = derived(key, "label", n, chain), bool(withheld or chain)
    commit = sha256(b"azukari/event-commit/v1" + label + opening + sha256(canonical(event)).digest()).digest()
    if kind is None:
        kind = 0 if bare else ACTS.index(event["act"]) + 1
    if entrustment is None:
        entrustment = NOBODY if bare else bytes.fromhex(event["entrustment"]) or NOBODY
    days = ((day or date.fromisoformat(event["day"])) - date(1970, 1, 1)).days
    head = bytes([1, kind, 1, 0]) + entrustment + days.to_bytes(4, "big") + withheld.to_bytes(2, "big")
    return Entry(head + label + commit, None if hidden else event, None if hidden else own)


@dataclass
class List:
    """One list of a report: a key and its entries."""

    key: bytes
    entries: list[Entry] = field(default_factory=list)
    chain: int = 0

    def add(self, event: Json | None = None, **options: Any) -> Entry:
        entry = entry_of(self.key, len(self.entries) + 1, event or event_of(), chain=self.chain, **options)
        self.entries.append(entry)
        return entry


LOG = Signer(ORIGIN, bytes(31) + b"\x01")
WITNESSES = [Cosigner(f"witness.{name}.example/1", bytes(31) + bytes([i])) for i, name in enumerate("abc", 2)]
AUDITOR = Cosigner("auditor.example/1", bytes(31) + b"\x09")
POLICY = (
    "".join(f"witness {w.name} {w.vkey}\n" for w in WITNESSES)
    + f"group g 2 {' '.join(w.name for w in WITNESSES)}\nquorum g\n"
)
AUDITORS = f"witness auditor {AUDITOR.vkey}\nquorum auditor\n"


@dataclass
class Ledger:
    """A log in memory. ``records`` may be altered between `index` and `report` by tests that lie."""

    others: int = 200
    entries: list[bytes] = field(default_factory=list)
    records: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        for i in range(self.others):
            self.append(bytes([1, 1, 1, 0]) + WORK + bytes(6) + sha256(b"label%d" % i).digest() + bytes(32))

    def append(self, entry: bytes) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def take(self, *lists: List) -> None:
        """All leaves of these lists that are in no ledger yet."""
        for each in lists:
            for entry in each.entries:
                if entry.index < 0:
                    entry.index = self.append(entry.leaf)

    def index(self, at: datetime = NOW, **other: Any) -> str:
        """An index entry over all leaves so far; its text."""
        leaves = [(entry[26:58], i) for i, entry in enumerate(self.entries) if entry[:1] == b"\x01"]
        self.records = sorted(label + i.to_bytes(8, "big") for label, i in leaves)
        self.size = len(self.entries)
        return self.index_of(self.records, at, **other)

    def index_of(self, records: list[bytes], at: datetime = NOW, **other: Any) -> str:
        """The same over given records."""
        self.records = records
        depth = depth_of(len(records))
        entry = {
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "count": len(records), "depth": depth, "root": levels(records, depth)[-1][0].hex(),
            "size": self.size, "type": "azukari/index/v1",
        } | other  # fmt: skip
        self.index_text = canonical(entry).decode()
        self.index_place = self.append(self.index_text.encode())
        return self.index_text

    def checkpoint(self, *cosigners: Cosigner, size: int | None = None, at: datetime = NOW) -> bytes:
        size = len(self.entries) if size is None else size
        note = sign_checkpoint(Checkpoint(ORIGIN, size, self.tree(size).root), [LOG])
        signed = note.decode().partition("\n\n")[0] + "\n"
        return note + "".join(one.cosign(signed, int(at.timestamp())) for one in cosigners).encode()

    def tree(self, size: int | None = None) -> Tree:
        return Tree([leaf_hash(entry) for entry in self.entries[:size]])

    def report(self, *lists: List, note: bytes | None = None, since: int | None = None) -> Json:
        """The report of these lists, as a JSON value that a test may alter."""
        tree, labels = self.tree(), [label for each in lists for label in asked(each)]
        depth = depth_of(len(self.records))
        buckets, nodes = prove(self.records, depth, labels)
        return {
            "buckets": [[place, text(records)] for place, records in buckets],
            "checkpoint": (note or self.checkpoint()).decode(),
            "index": {"entry": self.index_text, "index": self.index_place, "path": path_text(tree.path(self.index_place))},
            "lists": [
                {"chain": each.chain, "entries": [shown(entry, tree) for entry in each.entries], "key": each.key.hex()} for each in lists
            ],
            "nodes": path_text(nodes), "origin": ORIGIN, "sealed": "not-answered",
            "since": None if since is None else {"path": path_text(tree.consistency_path(since)), "size": since},
            "type": "azukari/report/v1",
        }  # fmt: skip


def shown(entry: Entry, tree: Tree) -> Json:
    return {
        "event": canonical(entry.event).decode() if entry.event else "", "index": entry.index, "leaf": text(entry.leaf),
        "opening": entry.opening.hex() if entry.opening else "", "path": path_text(tree.path(entry.index)),
    }  # fmt: skip


def asked(each: List) -> Iterator[bytes]:
    """The labels that the buckets prove."""
    m = len(each.entries)
    for n in [*range(1, m + 17), *(m + 2**j for j in range(5, 21))]:
        yield derived(each.key, "label", n, each.chain)


def path_text(hashes: Sequence[bytes]) -> str:
    return text(b"".join(hashes))


def depth_of(count: int) -> int:
    return next(d for d in range(64) if count <= 8 << d)


def place_of(label: bytes, depth: int) -> int:
    return int.from_bytes(label, "big") >> (256 - depth)


def levels(records: list[bytes], depth: int) -> list[list[bytes]]:
    """Hashes of the buckets, then of each level above, the root last."""
    found = [[sha256(b"\x02" + bucket).digest() for bucket in bucketed(records, depth)]]
    while len(found[-1]) > 1:
        below = found[-1]
        found.append([sha256(b"\x03" + below[i] + below[i + 1]).digest() for i in range(0, len(below), 2)])
    return found


def bucketed(records: list[bytes], depth: int) -> list[bytes]:
    buckets = [b""] * (1 << depth)
    for record in records:
        buckets[place_of(record[:32], depth)] += record
    return buckets


def prove(records: list[bytes], depth: int, labels: Sequence[bytes]) -> tuple[list[tuple[int, bytes]], list[bytes]]:
    """Section 6: the buckets of these labels, and the nodes that are missing."""
    tree, known = levels(records, depth), sorted({place_of(label, depth) for label in labels})
    whole = bucketed(records, depth)
    buckets, nodes = [(p, whole[p]) for p in known], []
    for level in range(depth):
        here = set(known)
        nodes += [tree[level][p ^ 1] for p in known if p ^ 1 not in here]
        known = sorted({p >> 1 for p in known})
    return buckets, nodes


def visit_of(report: Json) -> Json:
    """What is kept of a report that held."""
    lists = [
        {"chain": each["chain"], "entries": len(each["entries"]), "id": key_id(bytes.fromhex(each["key"]))}
        for each in report["lists"]
    ]
    return {"checkpoint": report["checkpoint"], "lists": lists, "origin": ORIGIN, "type": "azukari/visit/v1"}


KEY = sha256(b"a fictitious list key").digest()


def ordinary(
    entries: int = 5, *, others: int = 200, more: Callable[[List], object] | None = None
) -> tuple[Ledger, List]:
    """A ledger in which one person has these entries; ``more`` adds others before the index is made."""
    ledger, own = Ledger(others), List(KEY)
    for i in range(entries):
        own.add(event_of(ACTS[i % 7], day=(TODAY - timedelta(days=3 * (entries - i))).isoformat()))
    if more:
        more(own)
    ledger.take(own)
    ledger.index()
    return ledger, own
