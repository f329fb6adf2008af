"""Verify an azukari evidence file, certificate, proof of a consignment or a person's own list with nothing but this one
file and Python 3.8 or later.

    python azukari_verify.py evidence.json [--specimen specimen.json] [--log-key VKEY] [--json] [--lang ja|en]
    python azukari_verify.py permission.azp [--party-key VKEY] [--log-key VKEY] [--json] [--lang ja|en]
    python azukari_verify.py consignment.azd [--party-key VKEY] [--log-key VKEY] [--json] [--lang ja|en]
    python azukari_verify.py entry.tlog-proof --log-key VKEY [--json] [--lang ja|en]
    python azukari_verify.py report list.azl --log-key VKEY [--policy FILE] [--auditors FILE] [--key HEX] [--visit FILE]
        [--keep FILE] [--evidence DIRECTORY] [--now 2026-11-20T12:00:00Z] [--json] [--lang ja|en]

It was written from docs/spec/{evidence,permission,consignment,completeness,trace,fingerprint,package,ledger}.md alone and
shares no line with azukari; the numbers of the steps are those of evidence.md, permission.md, consignment.md and completeness.md, 9. Exit
codes: 0 it holds; 3 the proofs hold, the e-values were not recomputed (no specimen); otherwise the code of the verdict
word (WORDS, below). It connects to nothing and never prints a cell of the specimen. It writes nothing to disk but, of a
list, what --keep asks for and the evidence file of one that fails, beside it. It is right rather than fast.
"""

# fmt: off
# ruff: noqa: C416, UP017   (Python 3.8 has no zip(strict) and no datetime.UTC; H is the H of the specifications)
from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import math
import re
import sys
import unicodedata
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Columns = Sequence[str | None]  # the field of each column of a sample, if it has one
    Rows = Sequence[Sequence[Any]]

LIMIT = 256 * 1024 * 1024  # bytes of a file

WORDS = {  # the verdict words of azukari: exit code, sentences
    "holds": (0, "成り立ちます。", "It holds."),
    "not-recomputed": (3, "証明は成り立ちます。標本がないため、e値は再計算していません。",
                       "Proofs hold, e-values not recomputed."),
    "format": (10, "形式が正しくありません。", "These bytes do not have the expected format."),
    "signature": (11, "署名が一致しません。", "The signature does not verify."),
    "proof": (12, "台帳の証明が成り立ちません。", "The ledger proof does not hold."),
    "commitment": (13, "事前に固定した値と一致しません。", "An opened value is not the one that was committed to."),
    "wrong-key": (15, "この鍵では開けません。", "This key does not open the package."),
    "foreign-receipt": (18, "この受領書は、別の受渡し又は別の相手のものです。",
                        "This receipt belongs to another hand-over or another party."),
    "evidence": (19, "証拠の数値が、証拠の中身から導けません。", "A figure does not follow from the evidence."),
    "specimen": (21, "この標本は、台帳に固定されたものではありません。",
                 "This specimen is not the one committed to in the ledger."),
    "not-witnessed": (22, "この台帳の状態には、定められた数の証人の署名がまだありません。",
                      "Fewer witnesses have cosigned this state of the ledger than the policy asks for."),
    "fork": (23, "台帳が書き換えられています。両立しない二つの署名済みの状態があります。",
             "The ledger was rewritten: two signed states of it exclude each other."),
    "revoked": (24, "この許諾は取り消されています。", "This permission was revoked."),
    "stale": (25, "基準日が古く、今も有効とは言えません。新しい証明を求めてください。",
              "This is too old to rely on; ask for a fresh proof."),
    "foreign-certificate": (26, "この許諾書は、別の相手のものです。", "This certificate permits another party."),
    "expired": (34, "委託又は許諾の期間外です。", "This is outside the period of the entrustment or permission."),
    "burned": (36, "この写しの印は、以前に開示済みです。", "The marks of this copy were disclosed before."),
    "limit": (41, "上限を超えています。", "This is larger than the limit."),
    "not-found": (43, "見つかりません。", "It was not found."),
    "storage": (51, "書き込めませんでした。途中までの書き込みは残していません。", "Writing failed; nothing was left half-written."),
    "incomplete": (62, "記載が欠けているか、飛んでいるか、重なっています。一覧は、そろっていません。",
                   "An entry of the list is missing, skipped, twice, overdue or taken back: the list is not whole."),
    "not-audited": (64, "索引を計算し直した監査人の署名が、まだありません。",
                    "No auditor has cosigned that the index was rebuilt and matches."),
}

class Refused(Exception):
    """A verdict other than "holds". The detail never carries a cell, a salt or a key."""
    def __init__(self, word: str, detail: str = "", kind: str = "") -> None:
        super().__init__(word, detail)
        self.word, self.detail, self.kind = word, detail, kind

def refuse(word: str, detail: str = "", kind: str = "") -> Any:
    raise Refused(word, detail, kind)

def need(condition: bool, word: str, detail: str = "", kind: str = "") -> None:
    if not condition:
        refuse(word, detail, kind)

# ---- Bytes, JSON, keys, commitments (fingerprint.md, 1; package.md) -------------------------------------

def H(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()

unhex = bytes.fromhex

def u64be(value: int) -> bytes:
    return value.to_bytes(8, "big")

def strict_base64(text: str) -> bytes:
    """RFC 4648, section 4, in its one canonical spelling."""
    raw = base64.b64decode(text.encode("ascii"), validate=True)
    return raw if base64.b64encode(raw).decode() == text else refuse("format", "base64")

def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")

def integer_only(text: str) -> Any:
    return int(text) if re.match("-?[0-9]{1,20}\\Z", text) else refuse("format", "a number that is no integer")

def parse_canonical(raw: bytes) -> Any:
    """JSON, refused unless these are the bytes that `canonical` would have written."""
    only = integer_only
    value = json.loads(raw.decode("utf-8"), parse_float=only, parse_constant=only, parse_int=only)
    return value if canonical(value) == raw else refuse("format", "not canonical JSON")

def hkdf(key: bytes, info: bytes, length: int, salt: bytes = b"") -> bytes:
    """RFC 5869 with SHA-256."""
    pseudorandom = hmac.new(salt or bytes(32), key, hashlib.sha256).digest()
    output, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.new(pseudorandom, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
    return output[:length]

def derive(handover_key: bytes, purpose: str) -> bytes:
    return hkdf(handover_key, b"azukari/v1/" + purpose.encode(), 32)

def commit(label: str, opening: bytes, value: bytes) -> bytes:
    return H(b"azukari/commit/v1\0", label.encode(), b"\0", opening, value)

# ---- AES-128, one block (FIPS 197) ----------------------------------------------------------------------

def times2(a: int) -> int:
    """Multiply by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1."""
    return (a << 1) ^ (0x11B if a & 0x80 else 0)

def make_sbox() -> list[int]:
    """With p = 3^i and q = 1/p, over all i: S(p) is the affine map of q; S(0) = 63."""
    sbox, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= times2(p)  # times 3
        for shift in (1, 2, 4):  # divided by 3
            q ^= q << shift & 0xFF
        q ^= 0x09 if q & 0x80 else 0
        for k in range(5):
            sbox[p] ^= (q << k | q >> (8 - k)) & 0xFF
        if p == 1:
            return sbox

SBOX = make_sbox()
SHIFT_ROWS = [(column + row) % 4 * 4 + row for column in range(4) for row in range(4)]

def expand_key(key: bytes) -> list[list[int]]:
    """Eleven round keys of sixteen bytes."""
    flat, constant = list(key), 1
    while len(flat) < 176:
        word = flat[-4:]
        if len(flat) % 16 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= constant
            constant = times2(constant)
        flat += [a ^ b for a, b in zip(flat[-16:-12], word)]
    return [flat[i : i + 16] for i in range(0, 176, 16)]

def mix_columns(state: list[int]) -> list[int]:
    def mixed(a: list[int], k: int) -> int:
        return a[0] ^ a[1] ^ a[2] ^ a[3] ^ a[k] ^ times2(a[k] ^ a[(k + 1) % 4])
    return [mixed(state[i : i + 4], k) for i in (0, 4, 8, 12) for k in range(4)]

def aes128(key: bytes) -> Callable[[bytes], bytes]:
    """The encryption of one block under the first sixteen bytes of `key`."""
    rounds = expand_key(key[:16])
    def encrypt(block: bytes) -> bytes:
        state = [a ^ b for a, b in zip(block, rounds[0])]
        for number in range(1, 11):
            state = [SBOX[state[i]] for i in SHIFT_ROWS]  # SubBytes, ShiftRows
            state = mix_columns(state) if number < 10 else state
            state = [a ^ b for a, b in zip(state, rounds[number])]
        return bytes(state)
    return encrypt

# ---- Ed25519 verification (RFC 8032, 5.1.7); points are (X, Y, Z, T) --------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)

def add(a: Sequence[int], b: Sequence[int]) -> Sequence[int]:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P

def multiply(scalar: int, point: Sequence[int]) -> Sequence[int]:
    result: Sequence[int] = (0, 1, 1, 0)
    while scalar:
        result = add(result, point) if scalar & 1 else result
        point, scalar = add(point, point), scalar >> 1
    return result

def decode_point(raw: bytes) -> Sequence[int]:
    """5.1.3; nothing if these bytes are no point."""
    value = int.from_bytes(raw, "little")
    sign, y = value >> 255, value & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_1 % P
    if len(raw) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        return ()
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def encode_point(point: Sequence[int]) -> bytes:
    inverse = pow(point[2], P - 2, P)
    return (point[1] * inverse % P | (point[0] * inverse % P & 1) << 255).to_bytes(32, "little")

BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether S is below the group order and [S]B - [k]A encodes to the R of the signature."""
    a, s = decode_point(public), int.from_bytes(signature[32:], "little")
    if not a or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return encode_point(add(multiply(s, BASE), multiply(k, minus_a))) == signature[:32]

# ---- Ledger: tree, notes, checkpoints (ledger.md) ---------------------------------------------------------

def leaf_hash(entry: bytes) -> bytes:
    return H(b"\x00", entry)

def node_hash(left: bytes, right: bytes) -> bytes:
    return H(b"\x01", left, right)

def is_leaf(entry: bytes) -> bool:
    """A person's leaf (completeness.md, 3): it counts, and has nothing to say here."""
    need(entry[:1] != b"\1" or (len(entry), entry[2:4]) == (90, b"\1\0"), "format", "leaf")
    return entry[:1] == b"\1"


def merkle_root(entries: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1: level by level; a last one without a sibling moves up as it is, never doubled."""
    level = [leaf_hash(entry) for entry in entries] or [H()]
    while len(level) > 1:
        paired = [node_hash(*level[i : i + 2]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]

def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162, 2.1.3.2."""
    need(0 <= index < size, "proof", "index")
    fn, sn, r = index, size - 1, leaf
    for p in path:
        need(sn != 0, "proof", "path too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root, "proof", "path")

NAME = re.compile("[^\\s+\\x00-\\x1f]+\\Z")

def parse_vkey(text: str) -> tuple[str, bytes, bytes]:
    """Name, key id, type || public key."""
    name, key_id, key = text.split("+", 2)
    raw = strict_base64(key)
    need(NAME.match(name) is not None and len(raw) > 1 and (raw[0] != 1 or len(raw) == 33), "format", "verifier key")
    need(H(name.encode(), b"\n", raw)[:4].hex() == key_id, "format", "key id")
    return name, unhex(key_id), raw

def parse_note(raw: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Note, 1 and 2: the text, ending in a newline, and each signature: name, key id || signature."""
    need(len(raw) <= 1_000_000, "limit", "note")
    note = raw.decode("utf-8")
    need(all(c >= " " or c == "\n" for c in note), "format", "control character in a note")
    split = note.rfind("\n\n")
    text, lines = note[: split + 1], note[split + 2 :].split("\n")
    need(split >= 0 and len(lines) > 1 and lines.pop() == "", "format", "note")
    need(len(lines) <= 100, "limit", "signatures of a note")
    signatures = []
    for line in lines:
        dash, name, blob = line.split(" ")
        signature = strict_base64(blob)
        need(dash == "—" and NAME.match(name) is not None and len(signature) > 4, "format", "signature line")
        signatures.append((name, signature))
    return text, signatures

def open_note(raw: bytes, vkeys: Sequence[str]) -> tuple[str, set[str]]:
    """Note, 1 to 3: the text, and the names of the keys that signed it."""
    (text, signatures), verified = parse_note(raw), set()
    for known, key_id, key in (parse_vkey(vkey) for vkey in vkeys):
        for name, signature in signatures:
            if key[0] == 1 and (name, signature[:4]) == (known, key_id):  # other types: unknown keys
                need(ed25519_verifies(key[1:], text.encode(), signature[4:]), "signature", name)
                verified.add(name)
    need(bool(verified), "signature", "no known key signed")
    return text, verified

def open_checkpoint(raw: bytes, origin: str, vkeys: Sequence[str]) -> tuple[int, bytes]:
    """Checkpoint, 1 to 4: the size and root that the log with this origin signed."""
    text, names = open_note(raw, vkeys)
    name, size, root, nothing = text.split("\n")
    need(name != "" == nothing and re.match("(0|[1-9][0-9]{0,18})\\Z", size) is not None, "format", "checkpoint")
    digest = strict_base64(root)
    need(int(size) < 2**63 and len(digest) == 32, "format", "checkpoint")
    need(name == origin and origin in names, "signature", "another log's checkpoint")
    need(size != "0" or digest == H(), "proof", "root of an empty log")
    return int(size), digest

def older_and_newer(old: int, size: int, whole: bool, path: list[bytes], root: bytes) -> tuple[bytes, bytes]:
    """RFC 9162, 2.1.4.1, read backwards: the two roots that a consistency path leads to; `whole`: `root` is the older one."""
    if old == size:
        need(len(path) == (not whole), "fork", "consistency path", "fork")
        return (root, root) if whole else (path[0], path[0])
    need(len(path) > 0, "fork", "consistency path", "fork")
    left, (*rest, last) = 1 << ((size - 1).bit_length() - 1), path
    if old <= left:
        older, newer = older_and_newer(old, left, whole, rest, root)
        return older, node_hash(newer, last)
    older, newer = older_and_newer(old - left, size - left, False, rest, root)
    return node_hash(last, older), node_hash(last, newer)

# ---- Witnesses and policies (ledger.md) ---------------------------------------------------------------------

class Policy:
    """A policy file: keys of logs, witnesses (name: key), groups (name: how many of whom), and who must have cosigned."""
    def __init__(self, raw: bytes) -> None:
        self.logs: list[str] = []
        self.witnesses: dict[str, str] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.members: set[str] = set()
        self.quorum = ""
        need(len(raw) <= 262_144, "limit", "policy")
        need(re.match(b"[\\t\\n\\x20-\\x7e\\x80-\\xff]*\\n\\Z", raw) is not None, "format", "policy")
        for line in raw.decode("latin-1").split("\n"):
            words = re.findall("[^ \t]+", line)
            if words and words[0][0] != "#":
                known = words[0] in ("log", "witness", "group", "quorum") and len(words) > 1
                need(known, "format", "policy")
                getattr(self, "read_" + words[0])(*words[1:])
        need(self.quorum != "", "format", "policy without quorum")
        need(max(len(self.logs), len(self.witnesses), len(self.groups)) <= 64, "limit", "policy")

    def new_key(self, vkey: str, kind: int, others: Iterable[str]) -> str:
        raw = parse_vkey(vkey.encode("latin-1").decode("utf-8"))[2]
        fresh = raw[1:] not in [parse_vkey(other)[2][1:] for other in others]
        need(raw[0] == kind and len(raw) == 33 and fresh, "format", "key of a policy")
        return vkey.encode("latin-1").decode("utf-8")

    def new_name(self, name: str) -> str:
        need(name not in ("none", *self.witnesses, *self.groups), "format", "name of a policy")
        return name

    def read_log(self, vkey: str, url: str = "") -> None:
        self.logs.append(self.new_key(vkey, 1, self.logs))

    def read_witness(self, name: str, vkey: str, url: str = "") -> None:
        self.witnesses[self.new_name(name)] = self.new_key(vkey, 4, self.witnesses.values())

    def read_group(self, name: str, count: str, *names: str) -> None:
        defined = all(each in self.witnesses or each in self.groups for each in names)
        need(defined and len(names) > 0, "format", "group of a policy")
        need(len(set(names)) == len(names) and not self.members & set(names), "format", "member of two groups")
        number = {"any": "1", "all": str(len(names))}.get(count, count)
        need(re.match("[1-9][0-9]{0,8}\\Z", number) is not None and int(number) <= len(names), "format", "group")
        self.groups[self.new_name(name)] = int(number), list(names)
        self.members |= set(names)

    def read_quorum(self, name: str) -> None:
        defined = name == "none" or name in self.witnesses or name in self.groups
        need(defined and self.quorum == "", "format", "quorum of a policy")
        self.quorum = name

    def met(self, name: str, seen: Iterable[str]) -> bool:
        if name in self.groups:
            count, names = self.groups[name]
            return sum(self.met(each, seen) for each in names) >= count
        return name == "none" or name in seen

    def times(self, note: bytes, origin: str, vkeys: Sequence[str]) -> list[tuple[str, int]]:
        """Witness and moment (POSIX seconds) of every cosignature; each line of a known key must verify."""
        open_checkpoint(note, origin, [*self.logs, *vkeys])
        (text, signatures), found = parse_note(note), []
        for witness, vkey in self.witnesses.items():
            known, key_id, key = parse_vkey(vkey)
            for name, blob in signatures:
                if (name, blob[:4]) == (known, key_id):
                    moment = int.from_bytes(blob[4:12], "big")
                    message = f"cosignature/v1\ntime {moment}\n{text}".encode()
                    good = moment < 2**63 and ed25519_verifies(key[1:], message, blob[12:])
                    need(good, "signature", name)
                    found.append((witness, moment))
        return found

def parse_proof(text: str) -> tuple[str, int, list[bytes], str]:
    """Proof, 1, with an extra line: the key in that line, index, inclusion path, checkpoint note."""
    head, _, note = text.partition("\n\n")
    version, extra, index, *path = head.split("\n")
    known = version == "c2sp.org/tlog-proof@v1" and extra[:6] == "extra "
    need(known and re.match("index (0|[1-9][0-9]{0,18})\\Z", index) is not None, "format", "proof")
    hashes = [strict_base64(line) for line in path]
    need(all(len(h) == 32 for h in hashes) and len(hashes) < 64 and int(index[6:]) < 2**63, "format", "proof")
    parse_note(note.encode())
    return strict_base64(extra[6:]).decode(), int(index[6:]), hashes, note

# ---- Presentation and slots (fingerprint.md, 2 and 3) -----------------------------------------------------

CHOME_WORDS = re.compile(r"^([^0-9]+)([0-9]+)丁目([0-9]+)番([0-9]+)号(\Z|[^0-9\u3400-\u9fff々-])")
CHOME_MIXED = re.compile(r"^([^0-9]+)([0-9]+)丁目([0-9]+)-([0-9]+)(\Z|[^0-9-])")
CHOME_HYPHEN = re.compile(r"^([^0-9]+)([0-9]+)-([0-9]+)-([0-9]+)(\Z|[^0-9-])")
BAN_WORDS = re.compile(r"^([^0-9]+)([0-9]+)番([0-9]+)号(\Z|[^0-9\u3400-\u9fff々-])")
BAN_HYPHEN = re.compile(r"^([^0-9]+)([0-9]+)-([0-9]+)(\Z|[^0-9-])")
ROOM_LONG = re.compile(r"([^0-9番目-][0-9]+)号室\Z")
ROOM_SHORT = re.compile(r"[^0-9番目-][0-9]+号\Z")
ONE_GAP = re.compile("^[^ \u3000]+([ \u3000])[^ \u3000]+\\Z")
DIGIT_GAP = re.compile("[0-9][ \u3000]+[0-9]")
PLAIN_PHONE = re.compile(r"^0[0-9]{9,10}\Z")
HYPHEN_PHONE = re.compile(r"^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}\Z")
HALF = str.maketrans("０１２３４５６７８９－", "0123456789-")
SLOT_KINDS = ("name", "kana", "phone", "address")

def without_spaces(cell: str) -> str:
    return cell.replace(" ", "").replace("\u3000", "")

def blank(cell: str) -> bool:
    return without_spaces(cell) == ""

def shortened(cell: str) -> str:
    """Address, steps 1 and 2."""
    text = CHOME_WORDS.sub(r"\1\2-\3-\4\5", cell.translate(HALF), count=1)
    text = CHOME_MIXED.sub(r"\1\2-\3-\4\5", text, count=1)
    return BAN_WORDS.sub(r"\1\2-\3\4", text, count=1)

def presentation(kind: str, cell: str) -> str:
    """Section 2: equal for all permitted spellings of a value."""
    if kind == "individual-number":
        return ""
    if "\r" in cell or "\n" in cell:
        return cell
    if kind in ("name", "kana"):
        return without_spaces(cell)
    if kind == "phone" and HYPHEN_PHONE.search(cell):
        return cell.replace("-", "")
    if kind == "address":
        text = shortened(cell)
        text = text if DIGIT_GAP.search(text) else without_spaces(text)
        return ROOM_LONG.sub(r"\1号", text, count=1)
    return cell

def first_form(cell: str, *patterns: re.Pattern[str]) -> int | None:
    return next((form for form, pattern in enumerate(patterns) if pattern.search(cell)), None)

def read_slots(kind: str, cell: str) -> dict[int, int]:
    """Section 3: slot number to the form that is read."""
    if "\r" in cell or "\n" in cell:
        return {}
    match, half, found = ONE_GAP.search(cell), cell.translate(HALF), {}
    gap = int(match.group(1) == "\u3000") if match else None
    if kind in ("name", "kana"):
        found[0] = gap
    elif kind == "phone":
        found[0] = first_form(cell, HYPHEN_PHONE, PLAIN_PHONE)
    elif kind == "address":
        narrow, wide = re.search("[0-9]", cell) is not None, re.search("[０-９]", cell) is not None
        found[0] = int(wide) if narrow != wide else None
        found[1] = None if DIGIT_GAP.search(shortened(cell)) else gap
        found[2] = first_form(half, CHOME_WORDS, CHOME_MIXED, CHOME_HYPHEN)
        found[3] = first_form(half, BAN_WORDS, BAN_HYPHEN) if found[2] is None else None
        found[4] = first_form(half, ROOM_LONG, ROOM_SHORT)
    return {number: form for number, form in found.items() if form is not None}

# ---- E-values, as logarithms to base 2 (fingerprint.md, 4 to 8) -------------------------------------------

FLOORS = {"spelling": 0.125, "reference": 0.125, "canary": 0.5, "order": 0.25}

def log2(value: float) -> float:
    return math.log2(value) if value > 0 else -math.inf

def average(channel: str, alternatives: Iterable[tuple[float, float]]) -> float:
    """log2 of: floor x 1 + the sum of weight x 2^logarithm."""
    terms = [log2(FLOORS[channel])] + [log2(weight) + logarithm for weight, logarithm in alternatives]
    return max(terms) + math.log2(sum(2.0 ** (term - max(terms)) for term in terms))

def form_words(forms: int, form: int) -> int:
    """How many of the 65,536 words give this form."""
    return -(-(form + 1) * 65536 // forms) + (-form * 65536 // forms)

def spelling_seen(columns: Columns, rows: Rows) -> list[tuple[str, str, int, int]]:
    """(kind, presentation form, slot, form seen) for all cells of the sample."""
    votes: dict[tuple[str, int], dict[str, Counter[int]]] = {}
    for field, cell in ((field, cell) for row in rows for field, cell in zip(columns, row)):
        kind = field.split("/")[0] if field else ""
        for slot, form in read_slots(kind, cell).items():
            votes.setdefault((kind, slot), {}).setdefault(presentation(kind, cell), Counter())[form] += 1
    seen = []
    for (kind, slot), values in votes.items():
        best = {value: counter.most_common(2) for value, counter in values.items()}
        chosen = {v: b[0][0] for v, b in best.items() if len(b) == 1 or b[0][1] > b[1][1]}  # none on a tie
        if len(chosen) < 8 or len(set(chosen.values())) > 1:  # else the sample was normalised
            seen += [(kind, value, slot, form) for value, form in chosen.items()]
    return seen

def spelling_e(key: bytes, seen: Sequence[tuple[str, str, int, int]]) -> float:
    encrypt, hits = aes128(key), []
    for kind, value, slot, form in seen:
        forms = 3 if (kind, slot) == ("address", 2) else 2
        block = encrypt(H(b"azukari/slot/v1\0", kind.encode(), b"\0", value.encode())[:16])
        word = int.from_bytes(block[2 * slot : 2 * slot + 2], "big")
        hits.append((word * forms >> 16 == form) * 65536 / form_words(forms, form))
    weights = ((0.97, 0.5), (0.85, 0.125), (0.65, 0.125), (0.4, 0.0625), (0.2, 0.0625))
    return average("spelling", [(weight, sum(log2(1 - r + r * hit) for hit in hits)) for r, weight in weights])

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

def row_reference(encrypt: Callable[[bytes], bytes], position: int) -> str:
    bits = int.from_bytes(encrypt(b"azkref/1" + u64be(position))[:10], "big")
    return "".join(SYMBOLS[bits >> shift & 31] for shift in range(75, -1, -5))

def read_reference(cell: str) -> str:
    """The reference in a cell of a sample, or nothing (section 5)."""
    text = without_spaces(unicodedata.normalize("NFKC", cell).upper()).replace("-", "")
    return text if len(text) == 16 and set(text) <= set(SYMBOLS) else ""

def reference_e(key: bytes, columns: Columns, rows: Rows, linked: dict[int, int], total: int) -> float:
    """`linked`: counted specimen rows to positions; `total`: the M delivered rows."""
    encrypt = aes128(key)
    hit: dict[str, bool] = {}  # each distinct reference: whether it is that of its row
    for number, row in enumerate(rows):
        own = row_reference(encrypt, linked[number]) if number in linked else None
        reference = read_reference(row[columns.index("reference/person")]) if "reference/person" in columns else ""
        if reference:
            hit[reference] = hit.get(reference, False) or reference == own
    return average("reference", [
        (weight, sum(log2(found * w * 2.0**80 / max(total, 1) + 1 - w) for found in hit.values()))
        for w, weight in ((0.99, 0.5), (0.5, 0.25), (0.1, 0.125))])

def order_key(encrypt: Callable[[bytes], bytes], source_row: int) -> int:
    return int.from_bytes(encrypt(b"azkord/1" + u64be(source_row))[:8], "big")

def order_e(positions: Sequence[int], total: int, shown: int) -> float:
    p = list(dict.fromkeys(positions))  # first occurrences
    m, alternatives, inversions = len(p), [], 0
    before: list[int] = []
    if m < 2:
        return log2(FLOORS["order"])
    ways = math.lgamma(shown + 1) - math.lgamma(m + 1) - math.lgamma(shown - m + 1)
    charge = ways / math.log(2) + log2(shown + 1)  # what leaving out the other rows costs
    steps = [(i, abs(p[i] - p[i - 1]), 0.875 if p[i] > p[i - 1] else 0.125) for i in range(1, m)]
    for w, weight in ((0.99, 0.45), (0.7, 0.1)):
        gaps = sum(log2(1 - w + w * (total - i) * s / (d * (d + 1))) for i, d, s in steps)
        alternatives.append((weight, gaps - charge))
    for position in p:
        inversions += len(before) - bisect_right(before, position)
        insort(before, position)
    for f, weight in ((0.0, 0.05), (0.5, 0.1), (0.9, 0.05)):
        power = inversions * log2(f) if inversions else 0.0
        divisor = sum(log2((1 - f**i) / (1 - f)) for i in range(1, m + 1))
        alternatives.append((weight, math.lgamma(m + 1) / math.log(2) + power - divisor - charge))
    return average("order", alternatives)

# ---- Canaries (fingerprint.md, 7): the pools of rules/1, each a name followed by its reading ---------------

SURNAMES = """
佐藤サトウ 鈴木スズキ 高橋タカハシ 田中タナカ 伊藤イトウ 渡辺ワタナベ 山本ヤマモト 中村ナカムラ 小林コバヤシ
加藤カトウ 吉田ヨシダ 山田ヤマダ 山口ヤマグチ 松本マツモト 井上イノウエ 木村キムラ 斎藤サイトウ 清水シミズ
山崎ヤマザキ 池田イケダ 橋本ハシモト 阿部アベ 石川イシカワ 山下ヤマシタ 中島ナカジマ 石井イシイ 小川オガワ
前田マエダ 岡田オカダ 長谷川ハセガワ 藤田フジタ 後藤ゴトウ 近藤コンドウ 村上ムラカミ 遠藤エンドウ 青木アオキ
坂本サカモト 福田フクダ 太田オオタ 西村ニシムラ 藤井フジイ 岡本オカモト 藤原フジワラ 金子カネコ 三浦ミウラ
中野ナカノ 中川ナカガワ 原田ハラダ 松田マツダ 竹内タケウチ 小野オノ 田村タムラ 中山ナカヤマ 和田ワダ
石田イシダ 森田モリタ 上田ウエダ 内田ウチダ 柴田シバタ 酒井サカイ 宮崎ミヤザキ 横山ヨコヤマ 高木タカギ
安藤アンドウ 宮本ミヤモト 大野オオノ 小島コジマ 工藤クドウ 谷口タニグチ 今井イマイ 高田タカダ 増田マスダ
丸山マルヤマ 杉山スギヤマ 村田ムラタ 大塚オオツカ 新井アライ 藤本フジモト 小山コヤマ 平野ヒラノ 河野コウノ
上野ウエノ 武田タケダ 野口ノグチ 松井マツイ 千葉チバ 菅原スガワラ 岩崎イワサキ 久保クボ 木下キノシタ
佐野サノ 野村ノムラ 松尾マツオ 菊地キクチ 杉本スギモト 市川イチカワ 古川フルカワ 大西オオニシ 島田シマダ
水野ミズノ 桜井サクライ 渡部ワタベ 高野タカノ 吉川ヨシカワ 山内ヤマウチ 西田ニシダ 飯田イイダ 小松コマツ
西川ニシカワ 北村キタムラ 安田ヤスダ 五十嵐イガラシ 川口カワグチ 平田ヒラタ 中田ナカダ 久保田クボタ
服部ハットリ 岩田イワタ 川崎カワサキ 土屋ツチヤ 福島フクシマ 本田ホンダ 樋口ヒグチ 秋山アキヤマ 田口タグチ
永井ナガイ 山中ヤマナカ 中西ナカニシ"""
GIVEN_NAMES = """
章夫アキオ 和夫カズオ 浩ヒロシ 雄太ユウタ 健二ケンジ 圭介ケイスケ 浩二コウジ 正雄マサオ 武タケシ
大輔ダイスケ 翔太ショウタ 直樹ナオキ 信夫ノブオ 秀樹ヒデキ 文雄フミオ 誠マコト 光男ミツオ 靖ヤスシ
幸雄ユキオ 義男ヨシオ 亮リョウ 渉ワタル 聡サトシ 茂シゲル 真一シンイチ 誠二セイジ 隆タカシ 達也タツヤ
哲也テツヤ 徹トオル 敏夫トシオ 昇ノボル 愛アイ 明美アケミ 麻美アサミ 彩香アヤカ 育子イクコ 恵美エミ
香織カオリ 和子カズコ 君子キミコ 京子キョウコ 久美子クミコ 恵子ケイコ 幸子サチコ 里美サトミ 純子ジュンコ
節子セツコ 千春チハル 智子トモコ 奈緒子ナオコ 夏美ナツミ 典子ノリコ 遥ハルカ 瞳ヒトミ 裕子ヒロコ 文子フミコ
真紀マキ 真由美マユミ 美香ミカ 美咲ミサキ 恵メグミ 優子ユウコ 洋子ヨウコ"""
POOLS = [re.findall("(\\S+?)([ァ-ヶー]+)(?=\\s|\\Z)", pool) for pool in (SURNAMES, GIVEN_NAMES)]
BIRTH_DATE = re.compile("([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|([0-9]{2})([0-9]{2})"
                        "|年([0-9]{1,2})月([0-9]{1,2})日)\\Z")
CHANCES = {"name": 1 / 8192, "kana": 1 / 8192, "phone": 1e-7, "birth-date": 1 / 21915}

def canary(encrypt: Callable[[bytes], bytes], j: int) -> dict[str, str]:
    def draw(i: int, size: int) -> int:
        return int.from_bytes(encrypt(b"azkcan/1" + u64be(16 * j + i))[:8], "big") * size >> 64
    surname, given = POOLS[0][draw(0, 128)], POOLS[1][draw(1, 64)]
    born = date(1940, 1, 1) + timedelta(days=draw(2, 21915))
    return {"name": surname[0] + given[0], "kana": surname[1] + given[1], "phone": f"0900{draw(3, 10**7):07d}",
            "birth-date": born.isoformat()}

def person_cells(columns: Columns, row: Sequence[str]) -> dict[str, str]:
    """What of a row is compared with a canary, in presentation form; the first column of each field."""
    found: dict[str, str] = {}
    for kind in CHANCES:
        cell = row[columns.index(f"{kind}/person")] if f"{kind}/person" in columns else ""
        if kind == "birth-date":
            match = BIRTH_DATE.match(cell)
            cell = "-".join(part.zfill(2) for part in match.groups() if part) if match else ""
        if not blank(cell) and not (kind == "kana" and "name" in found):
            found[kind] = presentation(kind, cell)
    return found

def canary_e(key: bytes, columns: Columns, rows: Rows, linked: dict[int, int], canaries: Rows) -> float:
    encrypt, at = aes128(key), {position: j for position, j in canaries}
    gain = {tuple(row): 0.0 for row in rows}  # distinct row to 1 / min(1, k c), 0 where it is no canary
    for number, position in linked.items():
        cells = person_cells(columns, rows[number])
        person = canary(encrypt, at[position]) if position in at else {}
        if cells and all(person.get(kind) == cell for kind, cell in cells.items()):
            gain[tuple(rows[number])] = max(1.0, 1 / (len(at) * math.prod(CHANCES[kind] for kind in cells)))
    return average("canary", [(weight, sum(log2(w * g + 1 - w) for g in gain.values()))
                              for w, weight in ((0.001, 0.25), (0.1, 0.25))]) if canaries else 0.0

# ---- Forms: of the files, the ledger entries and the receipts ----------------------------------------------

def check(value: Any, form: Any, where: str) -> bool:
    """A dict is exactly these members, a list a list of its element, a pair a mapping of keys to values, a
    text a pattern for a whole text, a function a test; anything else is refused as `format`."""
    if isinstance(form, dict):
        members = type(value) is dict and set(value) == set(form)
        fits = members and all(check(value[name], form[name], f"{where}.{name}") for name in form)
    elif isinstance(form, list):
        fits = type(value) is list and all(check(item, form[0], where) for item in value)
    elif isinstance(form, tuple):
        pairs = value.items() if type(value) is dict else refuse("format", where)
        fits = all(check(name, form[0], where) and check(item, form[1], where) for name, item in pairs)
    elif isinstance(form, str):
        fits = type(value) is str and re.match(f"(?:{form})\\Z", value) is not None
    else:
        fits = form(value)
    need(fits, "format", where)
    return True

def nullable(form: Any) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value, form, "value")

def integer(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63

def banded(value: Any) -> bool:
    return value == "<10" or (integer(value) and value >= 10)

def canary_pair(value: Any) -> bool:
    return type(value) is list and len(value) == 2 and all(map(integer, value)) and value[1] < 2**59

def day(value: Any) -> bool:
    return type(value) is str and re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}\\Z", value) is not None \
        and bool(date.fromisoformat(value))

def some_fields(value: Any) -> bool:
    return type(value) is list and len(value) > 0 and all(check(field, FIELD, "fields") for field in value)

CHANNELS = "reference", "canary", "spelling", "order"
TEXT, HEX16, HEX32, CHANNEL = "(?s:.*)", "[0-9a-f]{32}", "[0-9a-f]{64}", "|".join(CHANNELS)
KINDS = ("name|kana|birth-date|phone|postal-code|address|individual-number|amount|email|local-id|code|free-text"
         "|reference")
FIELD, LOG = f"({KINDS})/(person|spouse|dependant-[1-9][0-9]?)", "-?(0|[1-9][0-9]{0,14})\\.[0-9]{3}"
HANDOVER, SPECIMEN, DISCLOSURE = "azukari/handover/v1", "azukari/specimen/v1", "azukari/disclosure/v1"
RECEIPT, GRADES = "azukari/receipt/v1", ("claimed", "receipted", "opened")
LABELS = [f"channel/{name}" for name in CHANNELS] + ["canaries", "headers", "party", "purpose", "rows"]
ENTRIES = {
    HANDOVER: {
        "type": TEXT, "handover": HEX16, "body": HEX16, "entrustment": HEX16, "party": HEX16, "snapshot": HEX16,
        "parent": f"|{HEX16}", "day": day, "expires": day, "fields": some_fields, "rows": banded, "rules": TEXT,
        "code": TEXT, "strict_schema": lambda v: type(v) is bool, "recipient": TEXT, "oversight": TEXT,
        "row_root": HEX32, "payload": HEX32, "payload_bytes": lambda v: integer(v) and v > 0, "commitments": dict.fromkeys(LABELS, HEX32)},
    SPECIMEN: {"type": TEXT, "case": TEXT, "commitment": HEX32, "day": day, "specimen": TEXT},
    DISCLOSURE: {"type": TEXT, "channels": [CHANNEL], "day": day, "handover": HEX16, "specimen": TEXT}}
RECEIPT_FORM = {"type": RECEIPT, "day": day, "entry": HEX32, "fields": [FIELD], "grade": "receipted|opened",
                "handover": HEX16, "row_root": HEX32, "rows": banded}
LINK = {"row": integer, "position": integer, "source_row": integer, "source_salt": HEX16, "cells": [HEX32],
        "path": [HEX32]}
ACCUSED = {"entry": integer, "disclosure": integer, "handover": HEX16, "rows": {"count": integer, "opening": HEX32},
           "channels": (CHANNEL, {"key": HEX32, "opening": HEX32}), "links": [LINK],
           "canaries": nullable({"opening": HEX32, "list": [canary_pair]}), "log2_e": (f"total|{CHANNEL}", LOG)}
EVIDENCE = {
    "type": "azukari/evidence/v1", "rules": "rules/1", "code": "half/1", "origin": TEXT, "vkey": TEXT,
    "epsilon": "[0-9]{1,20}(\\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?", "checkpoint": TEXT, "entries": [TEXT],
    "specimen": integer, "columns": [nullable(FIELD)], "rows": integer, "accused": [ACCUSED],
    "leaked": [{"field": FIELD, "cells": integer, "opened": integer}], "others": [{"handover": HEX16, "log2_e": LOG}],
    "excluded": [{"handover": HEX16, "field": nullable(FIELD), "grade": "|".join(GRADES)}],
    "receipts": (HEX16, [TEXT]), "shams": {"drawn": integer, "reached": integer, "highest": LOG, "first": [LOG]}}
SPECIMEN_FILE = {
    "type": "azukari/specimen-file/v1", "opening": HEX32, "columns": [nullable(FIELD)], "rows": [[TEXT]],
    "openings": (HEX16, [{"row": integer, "salts": ("0|[1-9][0-9]{0,4}", HEX16)}])}

def signing_key(value: Any) -> bool:
    """A verifier key of type 01."""
    return type(value) is str and parse_vkey(value)[2][0] == 1

def any_key(value: Any) -> bool:
    """A verifier key of any type."""
    return type(value) is str and bool(parse_vkey(value))

def permitted_fields(value: Any) -> bool:
    shown = some_fields(value) and len(value) <= 500 and value == sorted(set(value))
    return shown and not any(field.startswith("reference/") for field in value)

NAMES, TEXTS = ("asker", "body", "party"), ("evidence", "purpose", "safeguards")
PERMISSION = {
    "type": "azukari/permission/v1", "permission": HEX16, "body": HEX16, "entrustment": HEX16, "child": HEX16,
    "asker": HEX16, "party": HEX16, "renews": f"|{HEX16}", "vkey": signing_key, "country": "[A-Z]{2}",
    "fields": permitted_fields, "people": banded, "starts_on": day, "expires_on": day, "decided": day,
    "mode": "now|advance", "report": "|each-use|monthly|quarterly|yearly",
    "commitments": dict.fromkeys(NAMES + TEXTS, HEX32)}
STATUS = {"type": "azukari/permission-status/v1", "permission": HEX16, "state": "in-force|revoked", "day": day}
CERTIFICATE = {
    "type": "azukari/certificate/v1", "entry": TEXT, "index": integer, "proof": TEXT,
    "openings": {label: {"opening": HEX32, "value": TEXT} for label in NAMES + TEXTS},
    "status": nullable({"entry": TEXT, "index": integer, "proof": TEXT})}
OPENED = {"opening": HEX32, "value": TEXT}
UNITS = {"paper": ("sheet", "bundle", "box"), "media": ("disc", "tape", "device"), "terminal": ("account", "terminal")}
CONSIGNED = ("carrier", "note", "party", "people", "purpose", "units")
CONSIGNMENT = {
    "type": "azukari/consignment/v1", "consignment": HEX16, "body": HEX16, "entrustment": HEX16, "party": HEX16,
    "parent": f"|{HEX16}", "medium": "|".join(UNITS), "unit": TEXT, "units": banded, "people": banded,
    "fields": permitted_fields, "day": day, "recipient": lambda value: value == "" or any_key(value),
    "commitments": dict.fromkeys(CONSIGNED, HEX32)}
VOID = {"type": "azukari/consignment-void/v1", "consignment": HEX16, "day": day, "reason": HEX32}
CONSIGNMENT_PROOF = {
    "type": "azukari/consignment-proof/v1", "entry": TEXT, "index": integer, "proof": TEXT,
    "openings": ("|".join(CONSIGNED), OPENED), "receipt": nullable(TEXT),
    "void": nullable({"entry": TEXT, "index": integer, "proof": TEXT, "reason": nullable(OPENED)})}
INVISIBLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]")

# ---- The steps (evidence.md); the first lines of their descriptions are what is printed ----------------------

COUNTING = ("name", "kana", "birth-date", "phone", "address", "email")  # trace.md, 3
SOURCES = {"kana": "name", "postal-code": "address"}  # can be derived from

def near(declared: str, value: float) -> bool:
    return abs(float(declared) - value) <= 0.01 + 1e-9

class Verification:
    """One evidence file, step by step; `tick` is called with the number of each step that holds."""
    def __init__(self, log_key: str | None, tick: Callable[[int], None]) -> None:
        self.log_key, self.tick = log_key, tick
        self.result: dict[str, Any] = dict.fromkeys(("n", "k", "bound", "log2_e", "threshold"))
        self.result.update(accused=[], excluded=[])

    def retract(self) -> None:
        self.result.update(accused=[], excluded=[], log2_e=None)

    def run(self, evidence: bytes, specimen: bytes | None) -> None:
        self.files = evidence, specimen
        for number in range(1, 12):
            need(number < 8 or specimen is not None, "not-recomputed")
            getattr(self, f"step_{number}")()
            self.tick(number)

    def step_1(self) -> None:
        """ファイルの形式が仕様どおりです / the files have the form of the specification"""
        self.e, specimen = parse_canonical(self.files[0]), self.files[1]
        check(self.e, EVIDENCE, "evidence")
        need(len(self.e["shams"]["first"]) == 20, "format", "twenty shams")
        others = [other["handover"] for other in self.e["others"]]
        need(len(set(others)) == len(others), "format", "others")
        for member in self.e["accused"]:
            need(set(member["log2_e"]) == {*member["channels"], "total"}, "format", "log2_e")
            need((member["canaries"] is None) == ("canary" not in member["channels"]), "format", "canaries")
            positions = [position for position, _ in (member["canaries"] or {"list": []})["list"]]
            need(positions == sorted(set(positions)), "format", "canaries")
        self.raw = [strict_base64(entry) for entry in self.e["entries"]]
        self.entries = [{"type": "leaf"} if is_leaf(raw) else parse_canonical(raw) for raw in self.raw]
        for entry in self.entries:
            need(type(entry) is dict and type(entry.get("type")) is str, "format", "ledger entry")
            check(entry, ENTRIES.get(entry["type"], lambda _: True), entry["type"])
        if specimen is not None:
            self.s = parse_canonical(specimen)
            check(self.s, SPECIMEN_FILE, "specimen")
            need(all(len(row) == len(self.s["columns"]) for row in self.s["rows"]), "format", "specimen.rows")
            for rows in self.s["openings"].values():
                need(len({member["row"] for member in rows}) == len(rows), "format", "specimen.openings")

    def step_2(self) -> None:
        """台帳の署名が確かです / the checkpoint is signed by the ledger's key"""
        name, _, key = parse_vkey(self.e["vkey"])
        pinned = self.log_key is None or parse_vkey(self.log_key)[::2] == (name, key)
        need(pinned, "signature", "not the pinned log key")
        digits = H(name.encode(), b"\n", key).hex()[:20]
        self.fingerprint = " ".join(digits[i : i + 4] for i in range(0, 20, 4))
        self.checkpoint = open_checkpoint(self.e["checkpoint"].encode(), self.e["origin"], [self.e["vkey"]])

    def step_3(self) -> None:
        """全ての記載が、署名された台帳のものです / the entries are exactly those of the signed ledger"""
        need(self.checkpoint == (len(self.raw), merkle_root(self.raw)), "proof", "entries of the checkpoint")

    def of_type(self, index: int, kind: str) -> Any:
        known = index < len(self.entries) and self.entries[index]["type"] == kind
        return self.entries[index] if known else refuse("evidence", f"entry {index} is no {kind}")

    def step_4(self) -> None:
        """標本の記載から、判定のしきい値を確かめました / the specimen is logged; n, k and the threshold follow"""
        self.at, epsilon = self.e["specimen"], float(self.e["epsilon"])
        self.logged, before = self.of_type(self.at, SPECIMEN), self.entries[: self.at + 1]
        n = sum(entry["type"] == HANDOVER for entry in before)
        k = sum(entry["type"] == SPECIMEN and entry["case"] == self.logged["case"] for entry in before)
        need(0 < epsilon <= 1e-9, "evidence", "epsilon")
        need(n > 0, "evidence", "no hand-over before the specimen")
        self.threshold = math.log2(n) - math.log2(epsilon)
        self.result.update(n=n, k=k, bound=f"{k * epsilon:.6g}", threshold=f"{self.threshold:.3f}")

    def step_5(self) -> None:
        """写しは標本より前に、開示は後に記載され、鍵は事前に固定した値と一致します /
        each copy was logged before the specimen and disclosed after it, and its keys were fixed beforehand"""
        self.accused = {member["handover"] for member in self.e["accused"]}
        need(len(self.accused) == len(self.e["accused"]), "evidence", "accused twice")
        burned = {entry["handover"] for entry in self.entries[: self.at] if entry["type"] == DISCLOSURE}
        for member in self.e["accused"]:
            handover, count = member["handover"], member["rows"]["count"]
            entry = self.of_type(member["entry"], HANDOVER)
            disclosure = self.of_type(member["disclosure"], DISCLOSURE)
            need(member["entry"] < self.at < member["disclosure"], "evidence", "order of entries")
            need(entry["handover"] == handover, "evidence", "another hand-over's entry")
            need((entry["rules"], entry["code"]) == (self.e["rules"], self.e["code"]), "evidence", "rules")
            declared = sum(float(member["log2_e"].get(c, log2(floor))) for c, floor in FLOORS.items())
            need(set(member["log2_e"]) == {*member["channels"], "total"}, "evidence", "channels")
            need(near(member["log2_e"]["total"], declared), "evidence", "declared total")
            need(float(member["log2_e"]["total"]) >= self.threshold - 0.01, "evidence", "declared total too low")
            named = (disclosure["handover"], disclosure["specimen"], disclosure["channels"])
            need(named == (handover, self.logged["specimen"], sorted(member["channels"])), "evidence", "disclosure")
            need(handover not in burned, "burned")
            openings = {f"channel/{c}": (o["opening"], unhex(o["key"])) for c, o in member["channels"].items()}
            openings["rows"] = (member["rows"]["opening"], u64be(count))
            if member["canaries"]:
                openings["canaries"] = (member["canaries"]["opening"], canonical(member["canaries"]["list"]))
            for label, (opening, value) in openings.items():
                found = commit(label, unhex(opening), value).hex()
                need(found == entry["commitments"][label], "commitment", label)
            need(entry["rows"] == (count if count >= 10 else "<10"), "evidence", "number of rows")

    def step_6(self) -> None:
        """対応する行は、その受渡しの行です / the linked rows are rows of that hand-over"""
        for member in self.e["accused"]:
            root, count = unhex(self.entries[member["entry"]]["row_root"]), member["rows"]["count"]
            links = sorted(member["links"], key=lambda link: int(link["position"]))
            rows = [link["row"] for link in member["links"]]
            need(rows == sorted(rows), "proof", "links are not in the order of the specimen")
            for name in ("row", "position"):
                need(len({link[name] for link in links}) == len(links), "proof", f"a {name} linked twice")
            for link in links:
                need(link["position"] < count and link["row"] < self.e["rows"], "proof", "link out of range")
                source = H(b"azukari/source-row/v1\0", unhex(link["source_salt"]), u64be(link["source_row"]))
                row = b"azukari/row/v1\0" + u64be(link["position"]) + source + unhex("".join(link["cells"]))
                verify_inclusion(leaf_hash(row), link["position"], count, [unhex(p) for p in link["path"]], root)
            if "order" in member["channels"]:
                encrypt = aes128(unhex(member["channels"]["order"]["key"]))
                keys = [(order_key(encrypt, link["source_row"]), link["source_row"]) for link in links]
                need(keys == sorted(set(keys)), "evidence", "order of rows")

    def step_7(self) -> None:
        """除外は、記載と受領書から導けます / the exclusions follow from entries and receipts"""
        index = {entry["handover"]: i for i, entry in enumerate(self.entries) if entry["type"] == HANDOVER}
        handovers = sum(entry["type"] == HANDOVER for entry in self.entries)
        need(len(index) == handovers, "evidence", "two hand-overs with one identifier")
        index = {h: i for h, i in index.items() if i < self.at}
        others = {other["handover"] for other in self.e["others"]}
        need(others <= set(index) - self.accused, "evidence", "others")
        need(set(self.e["receipts"]) <= set(index), "foreign-receipt", "no such hand-over")
        grades = {h: [self.receipt_grade(index[h], note) for note in notes] for h, notes in self.e["receipts"].items()}
        leaked = {leak["field"] for leak in self.e["leaked"]
                  if leak["opened"] >= min(3, leak["cells"]) and 0 < leak["cells"] <= 2 * leak["opened"]}
        for member in self.e["excluded"]:
            handover, field, grade = member["handover"], member["field"], "claimed"
            need(handover in index, "evidence", "exclusion of an unknown hand-over")
            need(handover not in self.accused, "evidence", "an accused copy is excluded")
            if field is not None:
                kind, role = field.split("/")
                held = self.entries[index[handover]]["fields"]
                need(field in leaked, "evidence", "exclusion by a field that did not leak")
                need(field not in held, "evidence", "exclusion by a field that was held")
                need(f"{SOURCES.get(kind)}/{role}" not in held, "evidence", "exclusion by a field that is derivable")
                grade = max([grade, *grades.get(handover, [])], key=GRADES.index)
            need(member["grade"] == grade, "evidence", "grade of an exclusion")
        self.result.update(accused=[m["handover"] for m in self.e["accused"]], excluded=self.e["excluded"])

    def receipt_grade(self, index: int, note: str) -> str:
        """package.md, 8."""
        entry, lines = self.entries[index], note.split("\n")
        need(len(lines) > 3 and lines[0] == RECEIPT and lines[2] == "", "format", "receipt")
        receipt = parse_canonical(lines[1].encode())
        check(receipt, RECEIPT_FORM, "receipt")
        same = all(receipt[name] == entry[name] for name in ("fields", "handover", "row_root", "rows"))
        need(same and receipt["entry"] == H(self.raw[index]).hex(), "foreign-receipt", entry["handover"])
        text, _ = open_note(note.encode(), [entry["recipient" if receipt["grade"] == "receipted" else "oversight"]])
        return str(receipt["grade"]) if text == f"{RECEIPT}\n{lines[1]}\n" else str(refuse("format", "receipt"))

    def step_8(self) -> None:
        """標本は、台帳に固定されたものです / the specimen is the one that was logged"""
        columns, rows = self.s["columns"], self.s["rows"]
        found = commit("specimen", unhex(self.s["opening"]), canonical({"columns": columns, "rows": rows})).hex()
        need(found == self.logged["commitment"], "specimen", "commitment")
        need(columns == self.e["columns"] and len(rows) == self.e["rows"], "specimen", "columns and rows")

    def step_9(self) -> None:
        """セルは、受渡しの前に固定された値と一致します / the cells are those that were fixed beforehand"""
        columns, leaked = self.s["columns"], []
        self.first = [(field, c) for c, field in enumerate(columns) if field and columns.index(field) == c]
        self.opened = [self.open_cells(member) for member in self.e["accused"]]
        for member, opened in list(zip(self.e["accused"], self.opened))[:1]:
            for field, c in self.first:
                if field in self.entries[member["entry"]]["fields"]:
                    full = [row for row in opened if not blank(self.s["rows"][row][c])]
                    leaked.append({"field": field, "cells": len(full), "opened": sum(c in opened[row] for row in full)})
            need(leaked == self.e["leaked"], "evidence", "leaked")

    def open_cells(self, member: Any) -> dict[int, list[int]]:
        """The counted rows of one copy, in sample order, and the columns of the sample that open."""
        held, found = self.entries[member["entry"]]["fields"], {}
        delivered = {str(held.index(field)): (field.split("/")[0], c) for field, c in self.first if field in held}
        cells = {link["row"]: link["cells"] for link in member["links"]}
        for opening in self.s["openings"].get(member["handover"], []):
            row, opened = opening["row"], {}
            for j, salt in opening["salts"].items():
                need(row in cells and j in delivered, "commitment", "a salt that opens nothing")
                kind, c = delivered[j]
                cell = self.s["rows"][row][c]
                form = read_reference(cell) or cell if kind == "reference" else presentation(kind, cell)
                value = H(b"azukari/cell/v1\0", int(j).to_bytes(2, "big"), unhex(salt), form.encode()).hex()
                need(not blank(cell) and value == cells[row][int(j)], "commitment", f"row {row}, column {j}")
                opened[c] = kind
            if sum(kind in COUNTING for kind in opened.values()) >= 2 or "reference" in opened.values():
                found[row] = list(opened)
        return dict(sorted(found.items()))

    def step_10(self) -> None:
        """e値を再計算し、しきい値に達しました / the e-values were recomputed and reach the threshold"""
        self.seen, self.result["log2_e"] = spelling_seen(self.s["columns"], self.s["rows"]), {}
        for member, opened in zip(self.e["accused"], self.opened):
            total = 0.0
            for channel, floor in FLOORS.items():
                value = log2(floor)
                if channel in member["channels"]:
                    value = self.channel_e(channel, member, opened)
                    need(near(member["log2_e"][channel], value), "evidence", f"log2 E of {channel}")
                total += value
            need(near(member["log2_e"]["total"], total), "evidence", "total log2 E")
            need(total >= self.threshold, "evidence", "E does not reach the threshold")
            self.result["log2_e"][member["handover"]] = f"{total:.3f}"

    def channel_e(self, channel: str, member: Any, opened: Iterable[int]) -> float:
        key, total = unhex(member["channels"][channel]["key"]), member["rows"]["count"]
        positions = {link["row"]: link["position"] for link in member["links"]}
        linked = {row: positions[row] for row in opened}
        if channel in ("spelling", "order"):
            return spelling_e(key, self.seen) if channel == "spelling" else order_e(list(linked.values()), total, len(self.s["rows"]))
        if channel == "reference":
            return reference_e(key, self.s["columns"], self.s["rows"], linked, total)
        return canary_e(key, self.s["columns"], self.s["rows"], linked, member["canaries"]["list"])

    def step_11(self) -> None:
        """偽の鍵20本は、しきい値に達しません / twenty sham keys do not reach the threshold"""
        need(len(self.e["accused"]) > 0, "not-recomputed", "no copy is accused")
        shams, member = self.e["shams"], self.e["accused"][0]
        source, total = {link["row"]: link["source_row"] for link in member["links"]}, member["rows"]["count"]
        for i, declared in enumerate(shams["first"]):
            secret = H(b"azukari/sham/v1\0", unhex(self.logged["commitment"]), i.to_bytes(4, "big"))
            encrypt = aes128(derive(secret, "channel/order"))
            positions = [order_key(encrypt, source[row]) * total >> 64 for row in self.opened[0]]
            value = spelling_e(derive(secret, "channel/spelling"), self.seen) + order_e(positions, total, len(self.s["rows"]))
            need(near(declared, value), "evidence", f"sham {i}")
            need(value < self.threshold, "evidence", "a sham reaches the threshold")
        need(shams["drawn"] == 10_000 and shams["reached"] == 0, "evidence", "number of shams")
        need(float(shams["highest"]) >= max(map(float, shams["first"])), "evidence", "highest sham")

# ---- Certificates (permission.md) and proofs of consignments (consignment.md), step by step --------------------

class Proven:
    """An entry, a later one about it or null, their proofs, and opened values; `tick` is called with each step that holds."""
    steps: int
    later: str
    limit: int
    form: Any
    conclude: Callable[[], None]
    def __init__(self, log_key: str | None, party_key: str | None, tick: Callable[[int], None]) -> None:
        self.log_key, self.party_key, self.tick = log_key, party_key, tick
        self.result: dict[str, Any] = {}

    def retract(self) -> None:
        self.result.clear()

    def run(self, file: bytes, _: bytes | None = None) -> None:
        self.file = file
        for number in range(1, self.steps + 1):
            getattr(self, f"step_{number}")()
            self.tick(number)
        self.conclude()

    def read(self) -> list[Any]:
        """The entries; of a file of the right form, whose proofs are proofs."""
        need(len(self.file) <= self.limit, "limit", "file")
        self.c = parse_canonical(self.file)
        check(self.c, self.form, "file")
        self.parts = [self.c] if self.c[self.later] is None else [self.c, self.c[self.later]]
        self.proofs = [parse_proof(part["proof"]) for part in self.parts]
        for part, (key, index, _, _) in zip(self.parts, self.proofs):
            need(signing_key(key) and part["index"] == index, "format", "index or key of a proof")
        return [parse_canonical(part["entry"].encode()) for part in self.parts]

    def read_value(self, label: str, value: str, several_lines: bool) -> None:
        need(len(value) <= 2_000, "limit", label)
        need(INVISIBLE.search(value.replace("\n", "") if several_lines else value) is None, "format", label)

    def one_view(self, same: bool) -> None:
        for key, index, _, note in self.proofs[1:]:
            first = self.proofs[0]
            need(same, "proof", "an entry about another one")
            need(index > first[1], "proof", "a later entry that stands before the first")
            need((key, note) == (first[0], first[3]), "proof", "two views of the ledger")

    def step_3(self) -> None:
        """台帳の署名が確かです / the checkpoint is signed by the ledger's key"""
        self.key, _, _, note = self.proofs[0]
        origin = self.key.split("+")[0]
        self.checkpoint = open_checkpoint(note.encode(), origin, [self.key])
        if self.log_key is not None:
            need(signing_key(self.log_key), "format", "log key")
            open_checkpoint(note.encode(), origin, [self.log_key])

    def step_4(self) -> None:
        """記載は、その台帳のものです / the entries are in that ledger"""
        for part, (_, index, path, _) in zip(self.parts, self.proofs):
            verify_inclusion(leaf_hash(part["entry"].encode()), index, self.checkpoint[0], path, self.checkpoint[1])

    def was_committed(self, label: str, opened: Any, commitment: str) -> None:
        found = commit(label, unhex(opened["opening"]), opened["value"].encode()).hex()
        need(found == commitment, "commitment", label)

    def is_for_reader(self, named: str, word: str) -> None:
        if self.party_key is not None:
            need(signing_key(self.party_key), "format", "party key")
            need(self.party_key == named, word)

class Permission(Proven):
    """One certificate, on one day."""
    steps, later, limit, form = 9, "status", 65_536, CERTIFICATE

    def conclude(self) -> None:
        shown = ("country", "fields", "people", "starts_on", "expires_on", "decided", "mode", "report")
        self.result.update({name: self.p[name] for name in shown}, as_of=self.as_of, permission=self.p["permission"])
        self.result.update({label: opened["value"] for label, opened in self.c["openings"].items()})

    def step_1(self) -> None:
        """ファイルの形式が仕様どおりです / the file has the form of the specification"""
        self.p, *rest = self.read()
        check(self.p, PERMISSION, "permission")
        for status in rest:
            check(status, STATUS, "status")
        self.status = rest[0] if rest else {"state": "in-force", "day": self.p["decided"]}
        self.as_of = self.status["day"]
        need(max(self.p["starts_on"], self.p["decided"]) <= self.p["expires_on"], "format", "period")
        need((self.p["mode"] == "now") == (self.p["report"] == ""), "format", "report")
        need(self.as_of >= self.p["decided"], "format", "a status before the decision")
        for label, opened in self.c["openings"].items():
            self.read_value(label, opened["value"], label in TEXTS)
            need((opened["value"] == "") == (label == "evidence" and self.p["mode"] == "now"), "format", label)

    def step_2(self) -> None:
        """状態の証明があれば、この許諾の、台帳の同じ時点のものです / a status, if any, is this permission's, in the same view of the ledger"""
        self.one_view(self.status.get("permission") == self.p["permission"])

    def step_5(self) -> None:
        """名称と文は、事前に固定したものです / names and texts are those that were committed to"""
        for label, opened in self.c["openings"].items():
            self.was_committed(label, opened, self.p["commitments"][label])

    def step_6(self) -> None:
        """相手は、示された鍵の持ち主です（鍵を示したとき） / it is for the given key, if one was given"""
        self.is_for_reader(self.p["vkey"], "foreign-certificate")

    def step_7(self) -> None:
        """取消しは示されていません / no revocation is shown"""
        need(self.status["state"] == "in-force", "revoked", self.as_of)

    def step_8(self) -> None:
        """今日は許諾の期間内です / today is within the period"""
        first, last = self.p["starts_on"], self.p["expires_on"]
        need(first <= today().isoformat() <= last, "expired", f"{first} - {last}")

    def step_9(self) -> None:
        """基準日が新しい / the day that it speaks of is recent"""
        age = (today() - date.fromisoformat(self.as_of)).days
        need(age >= -1, "format", "a day that has not come yet")
        need(age <= 31, "stale", self.as_of)

class Consignment(Proven):
    """One proof of a consignment."""
    steps, later, limit, form = 7, "void", 262_144, CONSIGNMENT_PROOF

    def conclude(self) -> None:
        shown = ("consignment", "medium", "unit", "units", "people", "fields", "day", "parent", "recipient")
        self.result.update({name: self.e[name] for name in shown}, signed_on=self.signed_on)
        self.result["opened"] = {label: opened["value"] for label, opened in self.c["openings"].items()}
        self.result["voided_on"] = self.void["day"] if self.void else None

    def step_1(self) -> None:
        """ファイルの形式が仕様どおりです / the file has the form of the specification"""
        self.e, *rest = self.read()
        check(self.e, CONSIGNMENT, "consignment")
        need(all(len(part["entry"].encode()) <= 65_536 for part in self.parts), "format", "entry")
        need(self.e["unit"] in UNITS[self.e["medium"]], "format", "unit")
        self.void = rest[0] if rest and check(rest[0], VOID, "void") else None
        self.reason = self.c["void"] and self.c["void"]["reason"]
        for label, opened in [*self.c["openings"].items(), *([("reason", self.reason)] if self.reason else [])]:
            value, count = opened["value"], label in ("people", "units")
            self.read_value(label, value, label != "party")
            need(value != "" or label == "note", "format", f"{label} is empty")
            need(not count or re.match("[1-9][0-9]{0,18}\\Z", value) is not None, "format", f"{label} is no count")

    def step_2(self) -> None:
        """取消しがあれば、この受渡しの、台帳の同じ時点のものです / a void entry, if any, is this consignment's, in the same view of the ledger"""
        self.one_view(self.void is not None and self.void["consignment"] == self.e["consignment"])

    def step_5(self) -> None:
        """示された値は、事前に固定したものです / the values that are shown are those that were committed to"""
        for label, opened in self.c["openings"].items():
            self.was_committed(label, opened, self.e["commitments"][label])
        if self.reason:
            self.was_committed("reason", self.reason, self.void["reason"])
        for label in {"people", "units"} & set(self.c["openings"]):
            count = int(self.c["openings"][label]["value"])
            need(self.e[label] == (count if count >= 10 else "<10"), "commitment", f"{label} is not what the entry says")

    def step_6(self) -> None:
        """受領書があれば、記載の鍵による、この記載への署名です / a receipt, if any, is signed over this entry by the key that it names"""
        given = self.c["receipt"]
        self.signed_on = None if given is None else self.receipt_day(given.encode())

    def receipt_day(self, raw: bytes) -> str:
        need(len(raw) <= 65_536, "format", "receipt")
        heading, body, nothing = parse_note(raw)[0].split("\n")
        need((heading, nothing) == ("azukari/consignment-receipt/v1", ""), "format", "receipt")
        said = parse_canonical(body.encode())
        need(type(said) is dict and said.get("type") == heading and day(said.get("day")), "format", "receipt")
        need(type(said.get("consignment")) is str, "format", "receipt")
        same = {name: self.e[name] for name in ("consignment", "medium", "unit", "units", "people", "fields")}
        own = {"type": heading, "day": said["day"], "entry": H(self.c["entry"].encode()).hex(), **same}
        need(canonical(said) == canonical(own) and self.e["recipient"] != "", "foreign-receipt")
        open_note(raw, [self.e["recipient"]])
        return str(said["day"])

    def step_7(self) -> None:
        """相手は、示された鍵の持ち主です（鍵を示したとき） / it is for the given key, if one was given"""
        self.is_for_reader(self.e["recipient"], "foreign-receipt")
# ---- A report, step by step (completeness.md) ----------------------------------------------------------------

ACTS = ("hand-over", "re-entrustment", "use", "return", "disposal", "correction", "disclosure", "rekey", "erasure")
FAR = [2**power for power in range(5, 21)]

def small(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53

def second(value: Any) -> bool:
    """A time in UTC, to the second."""
    form = "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z"
    return type(value) is str and re.match(form + "\\Z", value) is not None and day(value[:10])

def moment(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)

def path_of(text: str) -> list[bytes]:
    raw = strict_base64(text)
    need(len(raw) % 32 == 0 and len(raw) <= 32 * 63, "format", "path")
    return [raw[at : at + 32] for at in range(0, len(raw), 32)]

def depth_of(count: int) -> int:
    depth = 0
    while count > 8 << depth:
        depth += 1
    return depth

def bits(label: bytes, depth: int) -> int:
    return int.from_bytes(label[:32], "big") >> (256 - depth)

def sorted_fields(value: Any) -> bool:
    return type(value) is list and all(check(field, FIELD, "fields") for field in value) and value == sorted(set(value))

EVENT = {
    "type": "azukari/event/v1", "act": "|".join(ACTS), "at": lambda v: v == "" or second(v), "basis": TEXT, "body": TEXT,
    "country": "|[A-Z]{2}", "day": day, "deed": "|[a-z]{1,20}", "entrustment": f"|{HEX16}", "fields": sorted_fields,
    "id": HEX16, "next": f"|{HEX32}", "party": TEXT, "purpose": TEXT, "role": "person|spouse|dependant-[1-9][0-9]?",
    "system": TEXT, "unit": TEXT, "until": lambda v: v == "" or day(v)}
INDEX = {"type": "azukari/index/v1", "at": second, "count": small, "depth": small, "root": HEX32, "size": small}
LISTED = {"leaf": TEXT, "index": small, "path": TEXT, "event": TEXT, "opening": f"|{HEX32}"}
REPORT = {
    "type": "azukari/report/v1", "origin": TEXT, "checkpoint": TEXT, "sealed": "not-answered", "nodes": TEXT,
    "index": {"entry": TEXT, "index": small, "path": TEXT}, "since": nullable({"size": small, "path": TEXT}),
    "lists": [{"chain": lambda v: small(v) and v < 2, "key": HEX32, "entries": [LISTED]}],
    "buckets": [lambda v: type(v) is list and len(v) == 2 and small(v[0]) and check(v[1], TEXT, "buckets")]}
VISIT = {"type": "azukari/visit/v1", "origin": TEXT, "checkpoint": TEXT,
         "lists": [{"chain": lambda v: small(v) and v < 2, "entries": small, "id": HEX32}]}

MISBEHAVIOUR = {"type": "azukari/misbehaviour/v1", "word": TEXT, "kind": TEXT, "step": small, "report": TEXT, "visit": TEXT}

class Leaf:
    """90 bytes: day (since 1970), the day on which it is opened, what it states, label and commitment."""
    def __init__(self, raw: bytes) -> None:
        need(len(raw) == 90 and (raw[0], raw[2], raw[3]) == (1, 1, 0) and raw[1] < 10, "format", "leaf")
        self.raw, self.kind, self.entrustment, self.label, self.commit = raw, raw[1], raw[4:20], raw[26:58], raw[58:]
        days, self.withheld = int.from_bytes(raw[20:24], "big"), int.from_bytes(raw[24:26], "big")
        need(days + self.withheld <= 2_932_896, "format", "day of a leaf")
        self.silent = self.kind == 0 and not any(self.entrustment)
        need(self.silent or self.withheld == 0, "format", "a withheld leaf that states something")
        self.day, self.opens = (date(1970, 1, 1) + timedelta(days=n) for n in (days, days + self.withheld))

    def commits(self, event: dict[str, Any], opening: bytes, which: str) -> None:
        commitment = H(b"azukari/event-commit/v1", self.label, opening, H(canonical(event)))
        need(commitment == self.commit, "commitment", f"the event of {which}")
        need(self.kind in (0, ACTS.index(event["act"]) + 1), "commitment", f"the kind of {which}")
        stated = self.entrustment.hex()
        need(stated in ("0" * 32, event["entrustment"]), "commitment", f"the entrustment of {which}")

def read_event(text: str) -> dict[str, Any]:
    raw = text.encode()
    need(len(raw) <= 16_384, "limit", "event")
    event = parse_canonical(raw)
    check(event, EVENT, "event")
    used, told = event["act"] == "use", [event[name] != "" for name in ("at", "deed", "system", "unit")]
    need(told[:2] == [True, True] if used else not any(told), "format", "what only a use tells")
    need((event["next"] != "") == (event["act"] == "rekey"), "format", "what only a rekey tells")
    return dict(event)

class Entry:
    """One entry of a list, read."""
    def __init__(self, value: dict[str, Any]) -> None:
        self.leaf, self.index = Leaf(strict_base64(value["leaf"])), value["index"]
        self.path, self.opening = path_of(value["path"]), unhex(value["opening"])
        self.event = read_event(value["event"]) if value["event"] else None
        need(self.event is not None or not self.opening, "format", "an opening without an event")

class Listing:
    """The entries under one key, and what the key makes of a number."""
    def __init__(self, value: dict[str, Any]) -> None:
        self.chain, self.key = value["chain"], unhex(value["key"])
        self.entries = [Entry(each) for each in value["entries"]]
        self.id = H(b"azukari/list-key-id/v1", self.key).hex()
        self.numbered = [(n + 1, self.of("label", n + 1), entry) for n, entry in enumerate(self.entries)]
        last = len(self.entries)
        self.absent = [self.of("label", last + step) for step in [*range(1, 17), *FAR]]

    def of(self, what: str, n: int) -> bytes:
        message = b"azukari/" + what.encode() + b"/v1" + bytes([self.chain]) + u64be(n)
        return hmac.new(self.key, message, hashlib.sha256).digest()

class Report:
    """One list at one time; `tick` is called with the number of each step that holds.

    `given`: vkeys, policy, auditors, key (hex) and visit, as texts or None.
    """
    def __init__(self, given: dict[str, Any], now: datetime, tick: Callable[[int], None]) -> None:
        self.given, self.now, self.tick, self.passed = given, now, tick, 0
        self.policy, self.auditors = (
            None if given[name] is None else Policy(given[name].encode()) for name in ("policy", "auditors"))
        self.visit = None if given["visit"] is None else read_visit(given["visit"].encode())
        self.result: dict[str, Any] = {}

    def run(self, report: bytes) -> None:
        self.file = report
        for number in range(1, 11):
            try:
                getattr(self, f"step_{number}")()
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError):
                refuse("format")  # malformed bytes are always "format"
            self.passed = number
            self.tick(number)
        entries = [entry for listing in self.lists for entry in listing.entries]
        withheld = sorted(entry.leaf.opens for entry in entries if entry.event is None)
        asked = {"key": "key", "policy": "witnesses", "auditors": "auditors", "visit": "visit"}
        kept = [{"chain": each.chain, "entries": len(each.entries), "id": each.id} for each in self.lists]
        visit = {"type": "azukari/visit/v1", "origin": self.r["origin"], "checkpoint": self.r["checkpoint"], "lists": kept}
        self.result = {
            "as_of": self.i["at"], "shown": len(entries) - len(withheld), "withheld": [str(each) for each in withheld],
            "not_asked": [name for each, name in asked.items() if self.given[each] is None],
            "visit": canonical(visit).decode()}

    def evidence(self, refused: Refused) -> tuple[str, bytes]:
        """Name and content of what is kept of a report that failed at step 2 or later."""
        name = f"{refused.word}-{refused.kind}.azm.json" if refused.kind else f"{refused.word}.azm.json"
        parts = {"word": refused.word, "kind": refused.kind, "step": self.passed + 1, "report": self.file.decode(),
                 "visit": self.given["visit"] or "", "type": "azukari/misbehaviour/v1"}
        return name, canonical(parts)

    def step_1(self) -> None:
        """ファイルの形式が仕様どおりで、示された鍵の一覧です / the file has the form of the specification, and is the list of the given key"""
        need(len(self.file) <= 4_194_304, "limit", "report")
        self.r = parse_canonical(self.file)
        lists = self.r["lists"]
        need(len(lists) <= 64 and sum(len(each["entries"]) for each in lists) <= 10_000, "limit", "lists or entries")
        check(self.r, REPORT, "report")
        self.i = parse_canonical(self.r["index"]["entry"].encode())
        check(self.i, INDEX, "index")
        need(self.i["count"] <= self.i["size"] and self.i["depth"] == depth_of(self.i["count"]), "format", "index")
        self.index_path, self.nodes = path_of(self.r["index"]["path"]), strict_base64(self.r["nodes"])
        self.since_path = path_of(self.r["since"]["path"]) if self.r["since"] else []
        need(len(self.nodes) % 32 == 0, "format", "nodes")
        self.buckets = {prefix: strict_base64(text) for prefix, text in self.r["buckets"]}
        order = [prefix for prefix, _ in self.r["buckets"]]
        need(order == sorted(self.buckets), "format", "order of the buckets")
        chains = [each["chain"] for each in lists]
        need(chains in ([0] * len(lists), [0] * (len(lists) - 1) + [1]) and chains[:1] == [0], "format", "lists")
        need(len({each["key"] for each in lists}) == len(lists), "format", "a key twice")
        self.lists = [Listing(each) for each in lists]
        key = self.given["key"]
        need(not key or key in [each["key"] for each in lists], "wrong-key", "the list is one of another key")

    def step_2(self) -> None:
        """台帳の署名が確かです / the checkpoint is signed by the ledger's key"""
        self.note = self.r["checkpoint"].encode()
        self.size, self.root = open_checkpoint(self.note, self.r["origin"], self.given["vkeys"])

    def step_3(self) -> None:
        """証人と監査人が署名しています（定めを示したとき） / witnesses and auditors have cosigned, if policies were given"""
        if self.policy:
            times = self.policy.times(self.note, self.r["origin"], self.given["vkeys"])
            need(self.policy.met(self.policy.quorum, [name for name, _ in times]), "not-witnessed")
        if self.auditors:
            times = self.auditors.times(self.note, self.r["origin"], self.given["vkeys"])
            need(self.auditors.met(self.auditors.quorum, [name for name, _ in times]), "not-audited")
            recent = [name for name, at in times if -3600 <= int(self.now.timestamp()) - at <= 25 * 3600]
            need(self.auditors.met(self.auditors.quorum, recent), "stale", "audit")

    def step_4(self) -> None:
        """索引は台帳のもので、新しい / the index is in the ledger, and recent"""
        entry, place = self.r["index"]["entry"].encode(), self.r["index"]["index"]
        need(place >= self.i["size"], "proof", "an index entry among those that it covers")
        verify_inclusion(leaf_hash(entry), place, self.size, self.index_path, self.root)
        self.at = moment(self.i["at"])
        need(timedelta(hours=-1) <= self.now - self.at <= timedelta(hours=25), "stale", "index")

    def step_5(self) -> None:
        """示された部分は、その索引のものです / the parts that are shown are those of the index"""
        depth, level, self.found = self.i["depth"], {}, {}
        for prefix, raw in self.buckets.items():
            rows = [raw[at : at + 40] for at in range(0, len(raw), 40)]
            whole = prefix < 1 << depth and len(raw) % 40 == 0
            need(whole and rows == sorted(set(rows)), "format", "a bucket that is not sorted")
            need(all(bits(row, depth) == prefix for row in rows), "format", "a record in another's bucket")
            level[prefix] = H(b"\x02", raw)
            for row in rows:
                self.found.setdefault(row[:32], []).append(int.from_bytes(row[32:], "big"))
        labels = [label for each in self.lists for label in each.absent + [label for _, label, _ in each.numbered]]
        need(set(self.buckets) == {bits(label, depth) for label in labels}, "proof", "buckets that are not those of the list")
        rest = self.nodes
        for _ in range(depth):
            for place in sorted(level):
                if place ^ 1 not in level:
                    need(len(rest) >= 32, "proof", "a node too few")
                    level[place ^ 1], rest = rest[:32], rest[32:]
            level = {place >> 1: H(b"\x03", level[place], level[place + 1]) for place in level if place % 2 == 0}
        need(rest == b"" and level[0].hex() == self.i["root"], "proof", "index")

    def step_6(self) -> None:
        """前回から取り消されたものはありません（控えを示したとき） / nothing was taken back since the last visit, if it was given"""
        if not self.visit:
            return
        name, old, root, _ = parse_note(self.visit["checkpoint"].encode())[0].split("\n")
        kept, past = int(old), strict_base64(root)
        need(name == self.r["origin"], "fork", "another ledger", "fork")
        need(self.size >= kept, "fork", "smaller than it was", "rollback")
        if self.size == kept:
            need(self.root == past, "fork", "two roots of one size", "fork")
        else:
            since = self.r["since"] or {"size": -1}
            need(since["size"] == kept, "proof", "nothing proves the past that was seen")
            found = older_and_newer(kept, self.size, True, self.since_path, past) if kept else (H(), self.root)
            whole = kept > 0 or not self.since_path
            need(whole and found == (past, self.root), "fork", "another past than was seen", "fork")
        counts = {(each.chain, each.id): len(each.entries) for each in self.lists}
        for each in self.visit["lists"]:
            now = counts.get((each["chain"], each["id"]), -1)
            need(now >= each["entries"], "incomplete", "a list is shorter, or gone", "shortened")

    def step_7(self) -> None:
        """一覧の記載は、どれも索引に一度だけあり、台帳のものです / every entry is in the index once, and in the ledger"""
        for n, label, entry in (each for listing in self.lists for each in listing.numbered):
            found = self.found.get(label, [])
            need(len(found) > 0, "incomplete", f"entry {n} is in no index", "missing")
            need(len(found) == 1, "incomplete", f"entry {n} is in the index more than once", "twice")
            fits = found == [entry.index] and entry.leaf.label == label and entry.index < self.i["size"]
            need(fits, "proof", f"entry {n} is not that of the index")
            verify_inclusion(leaf_hash(entry.leaf.raw), entry.index, self.size, entry.path, self.root)

    def step_8(self) -> None:
        """一覧にない記載は、見つかりません / there is no entry that the list does not show"""
        for label in (each for listing in self.lists for each in listing.absent):
            need(label not in self.found, "incomplete", "an entry that the list does not show", "skipped")

    def step_9(self) -> None:
        """内容は、事前に固定したものです。開く日の来たものは、開かれています / events are those that were committed to, and open when they should be"""
        today = (self.at + timedelta(hours=9)).date()
        for listing, n, entry in ((each, n, entry) for each in self.lists for n, _, entry in each.numbered):
            leaf, event, sealed = entry.leaf, entry.event, listing.chain == 1
            need(not sealed or (leaf.silent and not leaf.withheld), "commitment", f"entry {n} of the sealed list")
            if event is None:
                need(leaf.withheld > 0 and today < leaf.opens, "incomplete", f"entry {n} should be open", "overdue")
                continue
            leaf.commits(event, entry.opening or listing.of("opening", n), f"entry {n}")
            dated = sealed or leaf.withheld > 0 or event["day"] == leaf.day.isoformat()
            need(dated, "commitment", f"the day of entry {n}")

    def step_10(self) -> None:
        """鍵の取替えは、次の一覧に続いています / each change of keys leads to the list that follows"""
        for number, listing in enumerate(self.lists):
            follows = [each.id for each in self.lists[number + 1 : number + 2] if each.chain == listing.chain]
            rekeys = [(n, each.event["next"]) for n, _, each in listing.numbered if each.event and each.event["next"]]
            wanted = [(len(listing.entries), id) for id in follows]
            need(rekeys == wanted, "incomplete", "a list does not end with the key that follows", "rekey")

class ShownEntry:
    """One entry by itself (completeness.md, 8); `tick` is called with the number of each step that holds."""
    def __init__(self, log_key: str | None, tick: Callable[[int], None]) -> None:
        self.log_key, self.tick = log_key, tick
        self.result: dict[str, Any] = {}

    def retract(self) -> None:
        self.result.clear()

    def run(self, file: bytes, _: bytes | None = None) -> None:
        self.file = file
        for number in range(1, 5):
            getattr(self, f"step_{number}")()
            self.tick(number)
        self.result.update(event=canonical(self.event).decode(), day=self.leaf.day.isoformat())

    def step_1(self) -> None:
        """ファイルの形式が仕様どおりです / the file has the form of the specification"""
        need(len(self.file) <= 1_100_000, "limit", "proof")
        extra, self.index, self.path, self.note = parse_proof(self.file.decode("utf-8"))
        shown = parse_canonical(extra.encode())
        check(shown, {"type": "azukari/shown-entry/v1", "event": TEXT, "leaf": "[0-9a-f]{180}", "opening": HEX32}, "entry")
        self.leaf, self.event, self.opening = Leaf(unhex(shown["leaf"])), read_event(shown["event"]), unhex(shown["opening"])

    def step_2(self) -> None:
        """台帳の署名が確かです / the checkpoint is signed by the ledger's key"""
        need(self.log_key is not None, "signature", "--log-key")
        self.size, self.root = open_checkpoint(self.note.encode(), str(self.log_key).split("+")[0], [str(self.log_key)])

    def step_3(self) -> None:
        """記載は、その台帳のものです / the entry is in that ledger"""
        verify_inclusion(leaf_hash(self.leaf.raw), self.index, self.size, self.path, self.root)

    def step_4(self) -> None:
        """内容は、事前に固定したものです / the event is the one that was committed to"""
        self.leaf.commits(self.event, self.opening, "the entry")

def read_visit(raw: bytes) -> dict[str, Any]:
    need(len(raw) <= 1_048_576, "limit", "visit")
    visit = parse_canonical(raw)
    check(visit, VISIT, "visit")
    name, size, root, nothing = parse_note(visit["checkpoint"].encode())[0].split("\n")
    need(name == visit["origin"] and nothing == "" and len(strict_base64(root)) == 32, "format", "visit")
    need(re.match("(0|[1-9][0-9]{0,18})\\Z", size) is not None and 0 < len(visit["lists"]) <= 64, "format", "visit")
    return dict(visit)

# ---- Words for people ---------------------------------------------------------------------------------------

SENTENCES = (
    ("帰無仮説: この標本は、写し h にも、その鍵から計算されたものにも触れずに作られた。",
     "Null hypothesis: this sample was made without access to copy h or anything computed from its key."),
    ("言えないこと: どの人物か。機関自身がその写しを漏らした可能性も除外できない（機関が鍵を正しく保管したと仮定）。",
     ("What cannot be said: which person; nor can it be excluded that the body itself leaked that copy. "
      "The bound assumes that the body kept its keys honestly.")))

def printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)

def narrate(checked: Verification, recomputed: bool) -> Iterable[tuple[str, str]]:
    """The finding in plain words, Japanese and English; `recomputed` is false without the specimen."""
    r, e = checked.result, checked.e
    n, k, eps, bound, threshold = r["n"], r["k"], e["epsilon"], r["bound"], r["threshold"]
    note = ("", "") if recomputed else ("（申告値、再計算なし）", " (declared, not recomputed)")
    for member in e["accused"]:
        h, i = member["handover"], member["entry"]
        value = r["log2_e"][h] if recomputed else member["log2_e"]["total"]
        yield (f"受渡し {h}（記載 {i}）の写し: log2 E = {value}{note[0]}、しきい値 {threshold}",
               f"the copy of hand-over {h} (entry {i}): log2 E = {value}{note[1]}, threshold {threshold}")
    yield (f"受渡し n = {n} 件、この事案の標本 k = {k} 件。誤った指摘が一つでも起こる確率の上限 k × {eps} = {bound}",
           f"n = {n} hand-overs, k = {k} specimens of this case; bound on any false accusation: k x {eps} = {bound}")
    for member in r["excluded"]:
        h, field, grade = member["handover"], member["field"], member["grade"]
        grade_ja = ("申告", "受領書あり", "開封確認")[GRADES.index(grade)]
        if field:
            yield f"除外 {h}: {field} を渡していない［{grade_ja}］", f"excluded {h}: never held {field} [{grade}]"
        else:
            yield f"除外 {h}: 標本の行を含まない［申告のみ］", f"excluded {h}: lacks a row of the sample [only claimed]"
    for member in e["others"]:
        h, value = member["handover"], member["log2_e"]
        yield (f"受渡し {h}: 帰属できない（無関係とは言えない。申告値 log2 E = {value}）",
               f"{h}: not attributable, which is not innocent (declared log2 E = {value})")
    yield from SENTENCES
    if checked.log_key is None:
        key = f"{printable(e['vkey'])} ({checked.fingerprint})"
        yield f"台帳の鍵を別の経路で確かめてください: {key}", f"Compare the ledger's key by another way: {key}"

def narrate_permission(checked: Permission) -> Iterable[tuple[str, str]]:
    """What is permitted, in plain words."""
    r = {name: printable(str(value).replace("\n", " / ")) for name, value in checked.result.items()}
    yield f"{r['as_of']} 現在で有効な許諾です。", f"In force as of {r['as_of']}."
    yield (f"許諾した機関 {r['body']}、再委託する者 {r['asker']}、再委託を受ける者 {r['party']}、取り扱う国 {r['country']}",
           f"permitted by {r['body']}: {r['asker']} may re-entrust to {r['party']}, handled in {r['country']}")
    fields, people = ", ".join(checked.result["fields"]), "10 人未満" if r["people"] == "<10" else f"{r['people']} 人まで"
    yield (f"期間 {r['starts_on']} から {r['expires_on']} まで、{people}、項目 {fields}",
           f"from {r['starts_on']} to {r['expires_on']}, people: {r['people']}, fields: {fields}")
    yield (f"方式 {r['mode']} {r['report']}（決定 {r['decided']}）", f"mode {r['mode']} {r['report']} (decided {r['decided']})")
    for label, ja in (("purpose", "目的"), ("safeguards", "安全管理措置"), ("evidence", "根拠")):
        if r[label]:
            yield f"{ja}: {r[label]}", f"{label}: {r[label]}"
    yield ("この日より後に取り消されていないことまでは示しません。取消しは台帳で公開されます。",
           "It does not show that nothing was revoked since; a revocation is public in the ledger.")
    if checked.party_key is None:
        yield "あなた宛てかは確かめていません（--party-key）。", "Not checked whether it is for you (--party-key)."
    if checked.log_key is None:
        yield (f"誰の台帳かは確かめていません。鍵を別の経路で確かめてください: {printable(checked.key)}",
               f"Whose ledger this is was not checked. Compare its key by another way: {printable(checked.key)}")

def narrate_consignment(checked: Consignment) -> Iterable[tuple[str, str]]:
    """What changed hands, in plain words."""
    r, opened = checked.result, {k: printable(v.replace("\n", " / ")) for k, v in checked.result["opened"].items()}
    units, people = (opened.get(name, str(r[name])) for name in ("units", "people"))
    fields = ", ".join(r["fields"])
    yield (f"{r['day']} の受渡し: {r['medium']} {r['unit']} {units}、{people} 人、項目 {fields}",
           f"handed over on {r['day']}: {r['medium']}, {units} x {r['unit']}, people: {people}, fields: {fields}")
    for label, ja in (("party", "相手"), ("purpose", "目的"), ("carrier", "渡し方"), ("note", "備考")):
        if opened.get(label):
            yield f"{ja}: {opened[label]}", f"{label}: {opened[label]}"
    if r["signed_on"]:
        yield f"相手の署名: {r['signed_on']}", f"signed for by the recipient on {r['signed_on']}"
    else:
        yield "相手の署名はありません（機関の記載だけ）。", "The recipient has not signed: the body's word alone."
    if r["voided_on"]:
        why = f"（{printable(checked.reason['value'])}）" if checked.reason else ""
        yield f"{r['voided_on']} に取り消されています。{why}", f"Called void on {r['voided_on']}. {why}"
    else:
        yield ("この後に取り消されていないことまでは示しません。取消しは台帳で公開されます。",
               "It does not show that nothing was called void since; that is public in the ledger.")
    if checked.party_key is None:
        yield "あなた宛てかは確かめていません（--party-key）。", "Not checked whether it is for you (--party-key)."
    if checked.log_key is None:
        yield (f"誰の台帳かは確かめていません。鍵を別の経路で確かめてください: {printable(checked.key)}",
               f"Whose ledger this is was not checked. Compare its key by another way: {printable(checked.key)}")

NOT_ASKED = {
    "key": ("あなたの鍵の一覧かは確かめていません（--key）。", "Not checked whether it is the list of your key (--key)."),
    "witnesses": ("ほかの人にも同じ台帳が示されているかは、証人に確かめていません（--policy）。",
                  "Not asked of witnesses whether everybody is shown the same ledger (--policy)."),
    "auditors": ("索引が台帳から正しく作られたかは、監査人に確かめていません（--auditors）。",
                 "Not asked of auditors whether the index was rightly made from the ledger (--auditors)."),
    "visit": ("前回から消えたものがないかは確かめていません（--visit）。",
              "Not checked whether anything has gone since the last visit (--visit).")}
ACT_WORDS = dict(zip(ACTS, (
    ("委託先への受渡し", "handed over to a contractor"), ("再委託先への受渡し", "handed over to a sub-contractor"),
    ("利用", "used"), ("返却", "returned"), ("廃棄", "destroyed"), ("訂正", "corrected"), ("開示", "disclosed"),
    ("鍵の取替え", "another key"), ("消去", "erased"))))

def narrate_report(checked: Report) -> Iterable[tuple[str, str]]:
    """The list in plain words: how many, which, what is not open yet, what was not asked."""
    r = checked.result
    at = moment(r["as_of"]) + timedelta(hours=9)
    ja, en = f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}", r["as_of"].replace("T", " ").replace("Z", " UTC")
    yield (f"{ja}（日本時間）までの記載 {r['shown'] + len(r['withheld'])} 件、全部そろっています。",
           f"Complete as of {en}: {r['shown'] + len(r['withheld'])} entries.")
    for listing in checked.lists:
        for n, _, entry in listing.numbered:
            if entry.event is None:
                yield (f"  {n:3} {entry.leaf.opens} に開かれます（内容は、まだ示されていません）",
                       f"  {n:3} will be opened on {entry.leaf.opens} (not shown yet)")
            else:
                event, words = entry.event, ACT_WORDS[entry.event["act"]]
                rest = printable(" / ".join(filter(None, (event["party"], event["unit"], event["purpose"]))))
                yield f"  {n:3} {event['day']} {words[0]}　{rest}", f"  {n:3} {event['day']} {words[1]}: {rest}"
    if r["withheld"]:
        last = r["withheld"][-1]
        yield (f"うち {len(r['withheld'])} 件は、遅くとも {last} に開かれます。",
               f"{len(r['withheld'])} of them are withheld, until {last} at the latest.")
    yield ("まだ答えられない記載があるかどうかは、どの人の一覧も同じく、示していません。",
           "Whether there are entries that are not answered yet is told in nobody's list.")
    for name in r["not_asked"]:
        yield NOT_ASKED[name]

def narrate_entry(checked: ShownEntry) -> Iterable[tuple[str, str]]:
    """One entry in plain words."""
    e, words = checked.event, ACT_WORDS[checked.event["act"]]
    yield (f"{checked.leaf.day} に台帳に載りました: {e['day']} {words[0]}",
           f"logged on {checked.leaf.day}: {e['day']} {words[1]}")
    told = {"body": "機関", "party": "相手", "country": "国", "purpose": "目的", "basis": "根拠", "until": "期限"}
    for name, ja in told.items():
        if e[name]:
            yield f"{ja}: {printable(e[name])}", f"{name}: {printable(e[name])}"
    fields = ", ".join(e["fields"])
    yield f"項目: {fields}", f"fields: {fields}"
    yield "誰についての記載かは、この証明には入っていません。", "Whom it is about does not stand in this proof."

def today() -> date:
    """In Japan, wherever this runs."""
    return (datetime.now(timezone.utc) + timedelta(hours=9)).date()

def read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            raw = file.read(LIMIT + 1)
    except OSError:
        raise Refused("not-found", "file") from None
    return raw if len(raw) <= LIMIT else bytes(refuse("limit", "a file over 256 MiB"))

def write_file(path: str, raw: bytes) -> None:
    """Whole or not at all."""
    try:
        part = Path(path).with_name(Path(path).name + ".part")
        part.write_bytes(raw)
        part.replace(path)
    except OSError:
        raise Refused("storage", Path(path).name) from None

def report_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="azukari_verify.py report", description="Verify a person's own list (.azl).")
    parser.add_argument("file", help="the report, .azl; or the evidence file that one left, .azm.json")
    parser.add_argument("--log-key", action="append", required=True, help="a verifier key of the ledger; may be repeated")
    parser.add_argument("--policy", help="file: the witnesses that must have cosigned")
    parser.add_argument("--auditors", help="file: the auditors that must have cosigned")
    parser.add_argument("--key", help="one's own list key, in hexadecimal")
    parser.add_argument("--visit", help="file: what was kept at the last visit")
    parser.add_argument("--keep", help="file: where to keep this visit, if it holds")
    parser.add_argument("--evidence", help="directory for the evidence file, if it does not; by default that of the report")
    parser.add_argument("--now", type=moment, help="the time to judge by, 2026-11-20T12:00:00Z; by default the clock's")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--lang", choices=("ja", "en"), default="ja", help="language of the text")
    return parser.parse_args(arguments)

def report_given(options: argparse.Namespace) -> dict[str, Any]:
    files = {name: getattr(options, name) for name in ("policy", "auditors", "visit")}
    try:
        texts = {name: read_file(path).decode("utf-8") if path else None for name, path in files.items()}
    except UnicodeDecodeError:
        raise Refused("format", "a policy or visit that is no text") from None
    key = options.key and "".join(options.key.split()).lower()
    need(not key or re.match(HEX32 + "\\Z", key) is not None, "format", "--key")
    return {"vkeys": options.log_key, "key": key, **texts}

def report_main(arguments: list[str]) -> int:
    options = report_options(arguments)
    checked, verdict, evidence = None, ("holds", "", ""), ""

    def tick(number: int) -> None:
        text = (getattr(Report, f"step_{number}").__doc__ or "/").split("/")[int(options.lang == "en")].strip()
        if not options.json:
            print(f"✓ {number:2} {text}")

    try:
        report, given = read_file(options.file), report_given(options)
        if options.file.lower().endswith(".azm.json"):
            verdict = again(report, given)
            return tell_report(options, None, verdict, evidence)
        checked = Report(given, options.now or datetime.now(timezone.utc), tick)
        checked.run(report)
        if options.keep:
            write_file(options.keep, checked.result["visit"].encode())
    except (Refused, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        refused = error if isinstance(error, Refused) else Refused("format")
        verdict = refused.word, refused.detail, refused.kind
        evidence = keep_evidence(options, checked, refused)
    return tell_report(options, checked, verdict, evidence)

def again(raw: bytes, given: dict[str, Any]) -> tuple[str, str, str]:
    """An evidence file: at the time of its index the same failure is found, or it is no evidence."""
    claim = parse_canonical(raw)
    check(claim, MISBEHAVIOUR, "evidence")
    index = parse_canonical(json.loads(claim["report"])["index"]["entry"].encode())
    checked = Report({**given, "visit": claim["visit"] or None}, moment(index["at"]), lambda number: None)
    try:
        checked.run(claim["report"].encode())
    except Refused as refused:
        found = {"word": refused.word, "kind": refused.kind, "step": checked.passed + 1}
        told = f"{refused.word} {refused.kind} at step {checked.passed + 1}: {refused.detail}"
        return "holds" if found == {name: claim[name] for name in found} else "evidence", told, ""
    return "evidence", "the list in this file holds", ""

def keep_evidence(options: argparse.Namespace, checked: Report | None, refused: Refused) -> str:
    """The name of the file; empty where step 1 failed, or where it cannot be written: the verdict stands without it."""
    if not checked or not 1 <= checked.passed < 10:
        return ""
    name, raw = checked.evidence(refused)
    try:
        write_file(str(Path(options.evidence or Path(options.file).parent, name)), raw)
    except Refused:
        return ""
    return name

def tell_report(options: argparse.Namespace, checked: Report | None, verdict: tuple[str, str, str], evidence: str) -> int:
    (word, detail, kind), language = verdict, int(options.lang == "en")
    code, *sentences = WORDS[word]
    sentence = f"{sentences[language]} {detail and f'({printable(detail)})'}".strip()
    step = checked.passed + 1 if checked and code else 0
    if options.json:
        result = checked.result if checked and not code else {}
        print(json.dumps({"verdict": word, "kind": kind, "step": step, "evidence": evidence, "sentence": sentence, **result}))
        return int(code)
    for line in narrate_report(checked) if checked and not code else []:
        print(line[language])
    print(sentence if not code else f"✗ {step:2} {word} {kind}: {sentence}")
    if evidence:
        print((f"証拠ファイルを残しました（あなたの鍵が入っています）: {evidence}",
               f"An evidence file was kept (it holds your keys): {evidence}")[language])
    return int(code)

def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    if arguments[:1] == ["report"]:
        return report_main(arguments[1:])
    parser = argparse.ArgumentParser(description="Verify an azukari evidence file, certificate or proof of a consignment; a person's list: report --help")
    parser.add_argument("file", help="evidence.json, a certificate (.azp), or a proof of a consignment (.azd)")
    parser.add_argument("--specimen", help="specimen.json; without it the e-values are not recomputed")
    parser.add_argument("--log-key", help="the ledger's verifier key, known from elsewhere")
    parser.add_argument("--party-key", help="one's own verifier key, which a certificate or proof must name")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--lang", choices=("ja", "en"), default="ja", help="language of the text")
    options = parser.parse_args(arguments)
    language, passed, word, detail = int(options.lang == "en"), 0, "holds", ""

    def tick(number: int) -> None:
        nonlocal passed
        passed, text = number, getattr(checked, f"step_{number}").__doc__ or "/"
        if not options.json:
            print(f"✓ {number:2} {text.split('/')[language].strip()}")

    checked: Any = Verification(options.log_key, tick)
    try:
        file = read_file(options.file)
        if options.file.lower().endswith(".azp") or file.endswith(b'"type":"azukari/certificate/v1"}'):
            checked = Permission(options.log_key, options.party_key, tick)
        elif options.file.lower().endswith(".azd") or b'"type":"azukari/consignment-proof/v1"' in file[:262_144]:
            checked = Consignment(options.log_key, options.party_key, tick)
        elif file.startswith(b"c2sp.org/tlog-proof@v1\n"):
            checked = ShownEntry(options.log_key, tick)
        checked.run(file, read_file(options.specimen) if options.specimen else None)
    except Refused as refused:
        word, detail = refused.word, refused.detail
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError):
        word = "format"  # malformed bytes are always "format"
    code, *sentences = WORDS[word]
    stands, sentence = code in (0, 3), f"{sentences[language]} {detail and f'({printable(detail)})'}".strip()
    if not stands:
        checked.retract()
    if options.json:
        print(json.dumps({"verdict": word, "steps": passed, "sentence": sentence, **checked.result}))
    else:
        words = narrate(checked, code == 0) if isinstance(checked, Verification) else \
            narrate_entry(checked) if isinstance(checked, ShownEntry) else \
            narrate_permission(checked) if isinstance(checked, Permission) else narrate_consignment(checked)
        for line in words if stands else []:
            print(line[language])
        print(sentence if stands else f"✗ {passed + 1:2} {word}: {sentence}")
    return int(code)

if __name__ == "__main__":
    sys.exit(main())
