"""Signed notes as in C2SP signed-note 1.0.0: text, an empty line, signature lines.

Ed25519 (type 0x01) is signed and verified, cosignatures of witnesses (type 0x04, C2SP tlog-cosignature) are
verified; keys of any other type can be listed and are treated as unknown, as the specification asks. The text of a
note means nothing before `open_note` has returned it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from azukari.errors import FormatError, LimitError, SignatureError

from .limits import LIMITS

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
_TIME: Final = 8  # bytes of the time before a cosignature, big-endian
_KEY_ID: Final = 4
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VKEY_ID: Final = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Signature:
    """署名行。 One signature line: key name, key id (4 bytes) and the signature bytes after it."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note, newline included."""
        return f"— {self.name} {to_base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """署名付き文書。 Text (ends with a newline), signatures that verified, signatures of unknown keys."""

    text: str
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Verifier:
    """検証鍵。 A public key under a name; `known` tells whether this version can verify with its type."""

    name: str
    key_id: bytes
    kind: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read `name+hex8(key id)+base64(type byte || public key)`.

        For Ed25519 the key must be 32 bytes and the id the one that C2SP signed-note derives; ids of other
        types have other rules and are taken as they are. Raises FormatError.
        """
        name, _, rest = vkey.partition("+")
        hex_id, _, encoded = rest.partition("+")  # base64 may hold "+" itself
        check_name(name)
        if not _VKEY_ID.fullmatch(hex_id):
            raise FormatError("a verifier key has no key id of 8 hexadecimal digits")
        key = from_base64(encoded)
        if len(key) < 2:
            raise FormatError("a verifier key has no public key")
        verifier = cls(name, bytes.fromhex(hex_id), key[0], key[1:])
        if verifier.known and (len(verifier.public) != 32 or verifier.key_id != key_id_of(name, key)):
            raise FormatError("a verifier key does not match its key id")
        return verifier

    @property
    def known(self) -> bool:
        """Whether signatures of this type can be verified here."""
        return self.kind in (ED25519, COSIGNATURE)

    @property
    def vkey(self) -> str:
        """The key as one line of text; `Verifier.parse` reads it back."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    def verify(self, text: str, signature: bytes) -> None:
        """Check 64 signature bytes, or 8 of time and 64, over `text`; SignatureError if they or the key do not fit."""
        if not self.known:
            raise SignatureError("the type of this key is not known")
        message = _utf8(text)
        if self.kind == COSIGNATURE:
            time, signature = int.from_bytes(signature[:_TIME], "big"), signature[_TIME:]
            if time >= 2**63:
                raise SignatureError("the time of a cosignature is out of range")
            message = cosigned_message(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise SignatureError("the signature of a known key does not verify") from None
        except ValueError:
            raise FormatError("a verifier key is no Ed25519 public key") from None


@dataclass(frozen=True, slots=True)
class Signer:
    """署名鍵。 An Ed25519 key under a name; `seed` is the 32-byte secret of RFC 8032 and never printed."""

    name: str
    seed: bytes = field(repr=False)
    _verifier: Verifier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != 32:
            raise FormatError("the seed of a signer is not 32 bytes long")
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        key_id = key_id_of(self.name, bytes([ED25519]) + public)
        object.__setattr__(self, "_verifier", Verifier(self.name, key_id, ED25519, public))

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return self._verifier

    @property
    def vkey(self) -> str:
        """The public half as one line of text."""
        return self._verifier.vkey

    def sign(self, text: str) -> str:
        """Signature line (newline included) over `text`; FormatError if it cannot be the text of a note."""
        check_text(text)
        blob = Ed25519PrivateKey.from_private_bytes(self.seed).sign(_utf8(text))
        return Signature(self.name, self._verifier.key_id, blob).line


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """Note of `text` (ends with a newline) with one signature line per signer, in their order.

    Raises FormatError for a text that a note cannot carry or without signers, LimitError for too much.
    """
    if not signers:
        raise FormatError("a note needs a signature line")
    note = _utf8(text + "\n" + "".join(signer.sign(text) for signer in signers))
    if len(note) > LIMITS.note_bytes or len(signers) > LIMITS.signatures:
        raise LimitError("a note is larger than its limit")
    return note


def parse_note(note: bytes) -> tuple[str, list[Signature]]:
    """Split a note into its text and its signatures, verifying nothing (C2SP signed-note, Format).

    Raises FormatError for bytes that are no note, LimitError beyond `LIMITS.note_bytes` or `.signatures`.
    """
    if len(note) > LIMITS.note_bytes:
        raise LimitError(f"a note is larger than {LIMITS.note_bytes} bytes")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise FormatError("a note is not UTF-8") from None
    if _CONTROL.search(whole):
        raise FormatError("a note holds a control character")
    cut = whole.rfind("\n\n")  # the last empty line: the text may hold others
    if cut < 0:
        raise FormatError("a note has no empty line before its signatures")
    text, lines = whole[: cut + 1], whole[cut + 2 :].split("\n")
    if len(lines) < 2 or lines.pop():
        raise FormatError("a note does not end with a signature line")
    if len(lines) > LIMITS.signatures:
        raise LimitError(f"a note has more than {LIMITS.signatures} signatures")
    return text, [_parse_signature(line) for line in lines]


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Verify a note against `verifiers` (C2SP signed-note, Signatures).

    Signatures of unknown keys are kept apart; a signature of a known key (same name and id) that fails
    rejects the note, and so does a note in which none verifies: SignatureError. A line repeated by one key
    counts once. Raises FormatError and LimitError as `parse_note`.
    """
    text, signatures = parse_note(note)
    keys = _by_id(verifiers)
    verified: dict[tuple[str, bytes], Signature] = {}
    unknown = []
    for signature in signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is None:
            unknown.append(signature)
            continue
        key.verify(text, signature.blob)
        verified.setdefault((key.name, key.key_id), signature)
    if not verified:
        raise SignatureError("no signature of a known key")
    return Note(text, tuple(verified.values()), tuple(unknown))


def check_name(name: str) -> None:
    """Raise FormatError unless `name` may name a key: not empty, no space, no "+", no control character."""
    if not name or "+" in name or any(map(str.isspace, name)) or _CONTROL.search(name):
        raise FormatError("a key name is empty or holds a space, a plus or a control character")
    _utf8(name)


def check_text(text: str) -> None:
    """Raise FormatError unless a note can carry `text`: ends with a newline, no other control character."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise FormatError("the text of a note lacks its last newline or holds a control character")
    _utf8(text)


def cosigned_message(text: str, time: int) -> bytes:
    """What a witness signs (C2SP tlog-cosignature, cosignature/v1): two lines, then the text of the checkpoint."""
    return _utf8(f"cosignature/v1\ntime {time}\n{text}")


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes:
    """Decode standard base64; FormatError unless `text` is the one canonical spelling of its bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise FormatError("a base64 string is malformed") from None
    if to_base64(data) != text:  # stray bits or padding would let one signature be spelled in many ways
        raise FormatError("a base64 string is not canonical")
    return data


def _by_id(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    keys: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if not verifier.known:
            continue
        if keys.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise SignatureError("two different keys share a name and a key id")
    return keys


def _parse_signature(line: str) -> Signature:
    name, _, encoded = line.removeprefix("— ").partition(" ")
    if not line.startswith("— "):
        raise FormatError("a signature line does not start with an em dash and a space")
    check_name(name)
    data = from_base64(encoded)
    if len(data) <= _KEY_ID:
        raise FormatError("a signature line has no signature after the key id")
    return Signature(name, data[:_KEY_ID], data[_KEY_ID:])


def key_id_of(name: str, typed_key: bytes) -> bytes:
    """Key id (4 bytes) of a key: type byte and public key, under a name (types 0x01 and 0x04)."""
    return sha256(name.encode("utf-8") + b"\n" + typed_key).digest()[:_KEY_ID]


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise FormatError("a text holds a lone surrogate") from None
