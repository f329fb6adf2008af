"""A builder of tiny evidence bundles, written from docs/spec alone.

It shares nothing with azukari or with the verifier: signatures, AES and HKDF are those of `cryptography`,
trees are built by recursion, and e-values are exact fractions that are rounded only at the end. People,
places and parties are invented.
"""

from __future__ import annotations

import hashlib
import math
import random
from base64 import b64encode
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from subject import canonical

ORIGIN = "ledger.city.example/log1"
CHANNELS = ("reference", "canary", "spelling", "order")
FIELDS = ("reference/person", "name/person", "kana/person", "birth-date/person", "phone/person", "address/person")
COLUMNS = (
    "name/person",
    "kana/person",
    None,
    "phone/person",
    "address/person",
    "reference/person",
    "birth-date/person",
)
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
FLOORS = {"spelling": Fraction(1, 8), "reference": Fraction(1, 8), "canary": Fraction(1, 2), "order": Fraction(1, 4)}


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


def aes(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key[:16]), modes.ECB()).encryptor().update(block)


def derive(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, b"azukari/v1/" + purpose.encode()).derive(key)


def commit(label: str, opening: bytes, value: bytes) -> bytes:
    return sha(b"azukari/commit/v1\0", label.encode(), b"\0", opening, value)


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, by recursion."""
    if len(leaves) < 2:
        return sha(b"\0", leaves[0]) if leaves else sha()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1", root(leaves[:k]), root(leaves[k:]))


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*path(index, leaves[:k]), root(leaves[k:])]
    return [*path(index - k, leaves[k:]), root(leaves[:k])]


class Signer:
    """A signed-note key of type 01."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name, self.key = name, Ed25519PrivateKey.from_private_bytes(seed)
        public = b"\1" + self.key.public_key().public_bytes_raw()
        self.id = sha(name.encode(), b"\n", public)[:4]
        self.vkey = f"{name}+{self.id.hex()}+{b64encode(public).decode()}"

    def note(self, text: str) -> str:
        signature = b64encode(self.id + self.key.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"


def text(value: Fraction) -> str:
    return f"{log2(value):.3f}"


def log2(value: Fraction) -> float:
    return math.log2(value.numerator) - math.log2(value.denominator)


# ---- People and their marks: a value is made of parts, so nothing here has to be parsed ------------------


class Value(NamedTuple):
    """A cell before marking: its kind, its presentation form, its slots (number -> q) and how to write it."""

    kind: str
    presentation: str
    slots: dict[int, int]
    write: Callable[[dict[int, int]], str]


GAPS = (" ", "\u3000")
WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")


def gapped(kind: str, first: str, second: str) -> Value:
    return Value(kind, first + second, {0: 2}, lambda form: first + GAPS[form[0]] + second)


def phone(a: str, b: str, c: str) -> Value:
    return Value("phone", a + b + c, {0: 2}, lambda form: (f"{a}-{b}-{c}", a + b + c)[form[0]])


def address(town: str, a: int, b: int, c: int, house: str, room: int) -> Value:
    def write(form: dict[int, int]) -> str:
        block = (f"{a}丁目{b}番{c}号", f"{a}丁目{b}-{c}", f"{a}-{b}-{c}")[form[2]]
        cell = town + block + GAPS[form[1]] + house + str(room) + ("号室", "号")[form[4]]
        return cell.translate(WIDE) if form[0] else cell

    return Value("address", f"{town}{a}-{b}-{c}{house}{room}号", {0: 2, 1: 2, 2: 3, 4: 2}, write)


def plain(kind: str, cell: str) -> Value:
    return Value(kind, cell, {}, lambda form: cell)


def code(key: bytes, value: Value) -> dict[int, int]:
    block = aes(key, sha(b"azukari/slot/v1\0", value.kind.encode(), b"\0", value.presentation.encode())[:16])
    return {j: int.from_bytes(block[2 * j : 2 * j + 2], "big") * q >> 16 for j, q in value.slots.items()}


def person(chance: random.Random, i: int) -> list[Value]:
    first, second = "青葉赤石黒木白川緑野"[i % 10], "東西南北中央上下前後"[i // 10 % 10] + "太郎次三郎四"[i % 6]
    return [
        gapped("name", first + "田", second),
        gapped("kana", "アカサタナハマヤラワ"[i % 10] + "ダ", "イキシチニヒミリギジ"[i // 10 % 10] + "ロ"),
        plain("birth-date", f"19{50 + i % 50}-{1 + i % 12:02}-{1 + i % 28:02}"),
        phone("090", f"0{i:03}", f"{chance.randrange(10**4):04}"),
        address("東京都霞浜市西町", 1 + i % 9, 1 + i, 1 + i % 20, "青葉荘", 101 + i),
    ]


# ---- A copy, and its exact e-values -----------------------------------------------------------------------


class Copy:
    """One hand-over of one table to one party, marked, with everything that the office keeps of it."""

    def __init__(self, name: str, people: list[list[Value]], fields: Sequence[str] = FIELDS) -> None:
        self.id, self.secret = sha(b"id", name.encode())[:16].hex(), sha(b"secret", name.encode())
        self.keys = {c: derive(self.secret, f"channel/{c}") for c in CHANNELS}
        self.party, self.oversight = Signer("azukari.party", sha(b"p", name.encode())), Signer("over", sha(b"o"))
        self.fields, self.cell_key, self.row_key = list(fields), sha(b"cell", name.encode()), sha(b"row", name.encode())
        rows = dict(enumerate(people))
        self.canaries = [self.canary(j) for j in range(2)]
        rows.update({len(people) + j: values for j, values in enumerate(self.canaries)})
        self.order = sorted(rows, key=lambda row: (self.sort_key(self.keys["order"], row), row))
        self.size = len(self.order)
        self.values = [self.delivered(p, rows[row]) for p, row in enumerate(self.order)]
        self.forms = [{v.kind: code(self.keys["spelling"], v) for v in values} for values in self.values]
        self.canary_list = [[p, row - len(people)] for p, row in enumerate(self.order) if row >= len(people)]
        self.leaves = [self.leaf(p) for p in range(self.size)]

    @staticmethod
    def sort_key(key: bytes, row: int) -> int:
        return int.from_bytes(aes(key, b"azkord/1" + u64(row))[:8], "big")

    def delivered(self, p: int, values: list[Value]) -> list[Value]:
        every = [plain("reference", self.reference(p)), *values]
        return [value for value in every if f"{value.kind}/person" in self.fields]

    def reference(self, p: int) -> str:
        bits = int.from_bytes(aes(self.keys["reference"], b"azkref/1" + u64(p))[:10], "big")
        return "".join(SYMBOLS[bits >> 5 * i & 31] for i in range(15, -1, -1))

    def draw(self, j: int, i: int, size: int) -> int:
        return int.from_bytes(aes(self.keys["canary"], b"azkcan/1" + u64(16 * j + i))[:8], "big") * size >> 64

    def canary(self, j: int) -> list[Value]:
        """Name and kana come from the verifier's table, whose pools have a test of their own."""
        from subject import verify

        surname, given = verify.POOLS[0][self.draw(j, 0, 128)], verify.POOLS[1][self.draw(j, 1, 64)]
        days, digits = self.draw(j, 2, 21915), f"{self.draw(j, 3, 10**7):07d}"
        born = verify.date(1940, 1, 1) + verify.timedelta(days=days)
        return [
            gapped("name", surname[0], given[0]),
            gapped("kana", surname[1], given[1]),
            plain("birth-date", born.isoformat()),
            phone("090", "0" + digits[:3], digits[3:]),
            address("東京都霞浜市東町", 1 + j, 2, 3, "若葉荘", 900 + j),
        ]

    def salt(self, key: bytes, j: int, p: int) -> bytes:
        return aes(key, u64(j) + u64(p))

    def cells(self, p: int) -> list[bytes]:
        return [
            sha(b"azukari/cell/v1\0", j.to_bytes(2, "big"), self.salt(self.cell_key, j, p), v.presentation.encode())
            for j, v in enumerate(self.values[p])
        ]

    def leaf(self, p: int) -> bytes:
        source = sha(b"azukari/source-row/v1\0", self.salt(self.row_key, 0, p), u64(self.order[p]))
        return b"azukari/row/v1\0" + u64(p) + source + b"".join(self.cells(p))

    def written(self, p: int, field: str) -> str:
        value = self.values[p][self.fields.index(field)]
        return value.write(self.forms[p][value.kind])

    def opening(self, label: str) -> bytes:
        return derive(self.secret, f"opening/{label}")

    def entry(self) -> dict[str, Any]:
        values = {f"channel/{c}": self.keys[c] for c in CHANNELS}
        values |= {"canaries": canonical(self.canary_list), "rows": u64(self.size)}
        values |= {"headers": canonical(self.fields), "party": b"x", "purpose": b"y"}
        return {
            "type": "azukari/handover/v1", "handover": self.id, "body": "0" * 32, "entrustment": "1" * 32,
            "party": "2" * 32, "snapshot": "3" * 32, "parent": "", "day": "2026-04-01", "expires": "2027-03-31",
            "fields": self.fields, "rows": self.size if self.size > 9 else "<10", "rules": "rules/1",
            "code": "half/1", "strict_schema": False, "recipient": self.party.vkey,
            "oversight": self.oversight.vkey, "row_root": root(self.leaves).hex(), "payload": "4" * 64,
            "payload_bytes": 1234,
            "commitments": {label: commit(label, self.opening(label), v).hex() for label, v in values.items()},
        }  # fmt: skip

    def receipt(self, grade: str, signer: Signer | None = None, **changes: Any) -> str:
        entry = self.entry()
        body = {name: entry[name] for name in ("fields", "handover", "row_root", "rows")}
        body |= {"day": "2026-04-02", "entry": sha(canonical(entry)).hex(), "grade": grade}
        body |= {"type": "azukari/receipt/v1"} | changes
        signer = signer or (self.party if grade == "receipted" else self.oversight)
        return signer.note(f"azukari/receipt/v1\n{canonical(body).decode()}\n")


def mixture(channel: str, parts: Sequence[tuple[str, Fraction]]) -> Fraction:
    return FLOORS[channel] + sum((Fraction(weight) * value for weight, value in parts), Fraction(0))


def product(factors: Sequence[Fraction]) -> Fraction:
    return math.prod(factors, start=Fraction(1))


def spelling(key: bytes, seen: dict[tuple[str, str, int], tuple[Value, int]]) -> Fraction:
    """`seen`: (kind, presentation, slot) to the value and the form in the sample."""
    weights = (("0.97", "0.5"), ("0.85", "0.125"), ("0.65", "0.125"), ("0.4", "0.0625"), ("0.2", "0.0625"))
    chances = [  # of each slot: whether it is hit, and P(form)
        (code(key, value)[slot] == form, CHANCES[value.slots[slot]][form])
        for (_, _, slot), (value, form) in seen.items()
    ]
    return mixture("spelling", [
        (weight, product([1 - Fraction(r) + hit * Fraction(r) / chance for hit, chance in chances]))
        for r, weight in weights
    ])  # fmt: skip


CHANCES = {q: [Fraction(sum(w * q >> 16 == form for w in range(65536)), 65536) for form in range(q)] for q in (2, 3)}


def order(positions: Sequence[int], size: int, shown: int) -> Fraction:
    p = sorted(set(positions), key=list(positions).index)
    m = len(p)
    if m < 2:
        return FLOORS["order"]
    parts, charge = [], Fraction(math.comb(shown, m) * (shown + 1))
    for w, weight in ((Fraction(99, 100), "0.45"), (Fraction(7, 10), "0.1")):
        steps = []
        for i, (a, b) in enumerate(pairwise(p), 1):
            d, s = abs(b - a), Fraction(7, 8) if b > a else Fraction(1, 8)
            steps.append(1 - w + w * (size - i) * s / (d * (d + 1)))
        parts.append((weight, product(steps) / charge))
    inversions = sum(p[i] > p[j] for i in range(m) for j in range(i + 1, m))
    for f, weight in ((Fraction(0), "0.05"), (Fraction(1, 2), "0.1"), (Fraction(9, 10), "0.05")):
        divisor = product([(1 - f**i) / (1 - f) for i in range(1, m + 1)])
        parts.append((weight, math.factorial(m) * f**inversions / divisor / charge))
    return mixture("order", parts)


def reference(hits: int, misses: int, size: int) -> Fraction:
    weights = (("0.99", "0.5"), ("0.5", "0.25"), ("0.1", "0.125"))
    return mixture("reference", [
        (weight, (Fraction(w) * 2**80 / size + 1 - Fraction(w)) ** hits * (1 - Fraction(w)) ** misses)
        for w, weight in weights
    ])  # fmt: skip


def canary(matches: int, others: int, k: int) -> Fraction:
    """Every match by name, phone and birth date."""
    c = Fraction(1, 8192 * 10**7 * 21915)
    return mixture("canary", [
        (weight, (Fraction(w) / min(Fraction(1), k * c) + 1 - Fraction(w)) ** matches * (1 - Fraction(w)) ** others)
        for w, weight in (("0.001", "0.25"), ("0.1", "0.25"))
    ])  # fmt: skip


# ---- A case -------------------------------------------------------------------------------------------------


class Bundle:
    """A finding: two files as objects that a test may alter, and the ledger's entries until they are signed."""

    def __init__(
        self, rows: int = 12, people: int = 40, channels: Sequence[str] = ("spelling",), **options: Any
    ) -> None:
        chance = random.Random(7)
        table = [person(chance, i) for i in range(people)]
        self.log, self.channels = Signer(ORIGIN, sha(b"log")), list(channels)
        self.copy = Copy("accused", table)
        self.others = [Copy("other", table), Copy("no phone", table, FIELDS[:4]), Copy("no kana", table, FIELDS[:2])]
        self.positions = [2, *range(20, 19 + rows)]  # one that jumps forwards, the others in order
        if "canary" in channels:
            place = self.copy.canary_list[0][0]
            self.positions = [2, place, *(p for p in self.positions[1:] if p not in (2, place))]
        self.entries: list[Any] = [copy.entry() for copy in (*self.others[:2], self.copy, self.others[2])]
        self.entries.append({"type": "azukari/notice/v1", "text": "something else"})
        self.entries += [self.specimen_entry("9" * 32)] * options.get("earlier_specimens", 0)
        self.sample = [self.sample_row(p) for p in self.positions]
        self.specimen = self.specimen_file()
        opened = {"columns": list(COLUMNS), "rows": self.sample}
        self.commitment = commit("specimen", bytes(range(32)), canonical(opened))
        self.at = len(self.entries)
        self.entries.append(self.specimen_entry("5" * 32, self.commitment))
        self.entries.append(self.disclosure())
        self.evidence = self.finding()
        self.sign()

    def sample_row(self, p: int) -> list[str]:
        row = [self.copy.written(p, field) if field else "memo" for field in COLUMNS]
        row[5] = row[5].lower() if p % 2 else "".join(chr(ord(c) + 0xFEE0) for c in row[5])
        return row

    def specimen_entry(self, name: str, commitment: bytes = bytes(32)) -> dict[str, Any]:
        entry = {"type": "azukari/specimen/v1", "case": "case-1", "commitment": commitment.hex()}
        return entry | {"day": "2026-11-01", "specimen": name}

    def disclosure(self, specimen: str = "5" * 32) -> dict[str, Any]:
        entry = {"type": "azukari/disclosure/v1", "channels": sorted(self.channels), "day": "2026-11-02"}
        return entry | {"handover": self.copy.id, "specimen": specimen}

    def specimen_file(self) -> dict[str, Any]:
        salts = {str(j): lambda p, j=j: self.copy.salt(self.copy.cell_key, j, p).hex() for j in range(1, len(FIELDS))}
        openings = [
            {"row": i, "salts": {j: salt(p) for j, salt in salts.items()}} for i, p in enumerate(self.positions)
        ]
        return {
            "type": "azukari/specimen-file/v1", "opening": bytes(range(32)).hex(), "columns": list(COLUMNS),
            "rows": self.sample, "openings": {self.copy.id: openings},
        }  # fmt: skip

    def seen(self) -> dict[tuple[str, str, int], tuple[Value, int]]:
        found = {}
        for p in self.positions:
            for value in self.copy.values[p]:
                for slot, form in self.copy.forms[p].get(value.kind, {}).items():
                    found[value.kind, value.presentation, slot] = (value, form)
        groups: dict[tuple[str, int], list[int]] = {}
        for (kind, _, slot), (_, form) in found.items():
            groups.setdefault((kind, slot), []).append(form)
        constant = {group for group, forms in groups.items() if len(forms) >= 8 and len(set(forms)) == 1}
        return {name: what for name, what in found.items() if (name[0], name[2]) not in constant}

    def e_value(self, channel: str) -> Fraction:
        copy, rows = self.copy, len(self.positions)
        if channel == "spelling":
            return spelling(copy.keys["spelling"], self.seen())
        if channel == "order":
            return order(self.positions, copy.size, len(self.sample))
        if channel == "reference":
            return reference(rows, 0, copy.size)
        matches = len(set(self.positions) & {p for p, _ in copy.canary_list})
        return canary(matches, rows - matches, len(copy.canary_list))

    def sham(self, i: int, counted: Sequence[int] | None = None) -> Fraction:
        secret = sha(b"azukari/sham/v1\0", self.commitment, i.to_bytes(4, "big"))
        key, size = derive(secret, "channel/order"), self.copy.size
        counted = self.positions if counted is None else counted
        positions = [self.copy.sort_key(key, self.copy.order[p]) * size >> 64 for p in counted]
        return spelling(derive(secret, "channel/spelling"), self.seen()) * order(positions, size, len(self.sample))

    def finding(self) -> dict[str, Any]:
        copy, shams = self.copy, [self.sham(i) for i in range(20)]
        values = {c: self.e_value(c) for c in self.channels}
        total = product([values.get(c, FLOORS[c]) for c in CHANNELS])
        accused = {
            "entry": 2, "disclosure": self.at + 1, "handover": copy.id,
            "channels": {
                c: {"key": copy.keys[c].hex(), "opening": copy.opening(f"channel/{c}").hex()} for c in self.channels
            },
            "rows": {"count": copy.size, "opening": copy.opening("rows").hex()},
            "links": [self.link(i, p) for i, p in enumerate(self.positions)], "canaries": None,
            "log2_e": {c: text(value) for c, value in values.items()} | {"total": text(total)},
        }  # fmt: skip
        if "canary" in self.channels:
            accused["canaries"] = {"list": copy.canary_list, "opening": copy.opening("canaries").hex()}
        no_phone, rows = self.others[1], len(self.positions)
        return {
            "type": "azukari/evidence/v1", "rules": "rules/1", "code": "half/1", "epsilon": "1e-9",
            "origin": ORIGIN, "vkey": self.log.vkey, "columns": list(COLUMNS), "rows": rows,
            "specimen": self.at, "accused": [accused], "others": [{"handover": self.others[0].id, "log2_e": "-3.120"}],
            "leaked": [{"field": f, "cells": rows, "opened": rows * (f != FIELDS[0])} for f in COLUMNS if f],
            "excluded": [
                {"handover": no_phone.id, "field": "phone/person", "grade": "receipted"},
                {"handover": self.others[2].id, "field": None, "grade": "claimed"},
            ],
            "receipts": {no_phone.id: [no_phone.receipt("receipted")]},
            "shams": {
                "drawn": 10000, "reached": 0, "highest": text(max(shams)), "first": [text(sham) for sham in shams],
            },
        }  # fmt: skip

    def link(self, i: int, p: int) -> dict[str, Any]:
        return {
            "row": i, "position": p, "source_row": self.copy.order[p],
            "source_salt": self.copy.salt(self.copy.row_key, 0, p).hex(),
            "cells": [cell.hex() for cell in self.copy.cells(p)],
            "path": [step.hex() for step in path(p, self.copy.leaves)],
        }  # fmt: skip

    def sign(self) -> None:
        """Put the entries and a checkpoint over them into the evidence."""
        raw = [canonical(entry) for entry in self.entries]
        self.evidence["entries"] = [b64encode(entry).decode() for entry in raw]
        self.checkpoint(len(raw), root(raw))

    def checkpoint(self, size: int, tree: bytes) -> None:
        self.evidence["checkpoint"] = self.log.note(f"{ORIGIN}\n{size}\n{b64encode(tree).decode()}\n")
