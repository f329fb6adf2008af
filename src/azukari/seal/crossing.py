"""A crossing: the signed list of what goes from one face of an office to the other (docs/spec/crossing.md).

Municipal networks are walled off from each other, so the two faces meet in folders that somebody carries. Each lists
its files, names the crossing before it, and is verified whole before anything of it is taken. The steps carry the
numbers of the specification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import pyrage
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from azukari.errors import (
    CrossingChainError,
    CrossingFileError,
    ForeignCrossingError,
    FormatError,
    IncompleteCrossingError,
    LimitError,
    MissingCrossingError,
    ReplayedCrossingError,
)
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import Signer, Verifier, open_note, parse_note, sign_note
from azukari.seal.identity import Identity
from azukari.seal.items import moment

CROSSING: Final = "azukari/crossing/v1"
KEY_NAME: Final = "azukari.crossing"
NOTE_FILE: Final = "crossing"
FILES: Final = "files"
FIRST_PREVIOUS: Final = "0" * 64
# Limits, here and nowhere else.
MAX_ITEMS: Final = 2_000
MAX_NOTE: Final = 1_000_000  # bytes
MAX_FILE: Final = 2**40  # bytes of one file
MAX_BYTES: Final = 2**42  # bytes of all files together
# What an item may be, in the order in which items are taken: a work after its firm, an account after it too,
# the entries of a ledger before the checkpoint that covers them, and a citizen before what is sealed for them.
KINDS: Final = (
    "body",
    "firm",
    "work",
    "account",
    "package",
    "consignment",
    "certificate",
    "answer",
    "ledger",
    "checkpoint",
    "event",
    "citizen",
    "box",
    "sent",
    "refusal",
)
OPEN_KINDS: Final = frozenset({"package"})  # sealed for their reader already, so not sealed again

_HEX: Final = re.compile("[0-9a-f]+")
_MEMBERS: Final = {"type", "side", "body", "sequence", "previous", "taken", "made", "items"}


class Side(StrEnum):
    """側。 Which face made a crossing: inside the wall (register, sealing), or outside (contractors)."""

    INSIDE = "inside"
    OUTSIDE = "outside"

    @property
    def other(self) -> Side:
        """The side that takes what this one makes."""
        return Side.OUTSIDE if self is Side.INSIDE else Side.INSIDE


@dataclass(frozen=True, order=True)
class Listed:
    """送り状の一品。 One file of a crossing: its name follows from kind and id; ``sha256`` in hex; ``bytes`` above 0."""

    name: str
    kind: str
    id: str
    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        _require(isinstance(self.kind, str) and self.kind in KINDS, "kind")
        _require_hex(self.id, 16)
        _require_hex(self.sha256, 32)
        _require(self.name == name_of(self.kind, self.id), "name")
        _require(type(self.bytes) is int and self.bytes > 0, "bytes")
        if self.bytes > MAX_FILE:
            raise LimitError(f"a file of more than {MAX_FILE} bytes")


@dataclass(frozen=True)
class Crossing:
    """便。 The ``sequence``-th of its side for this body (from 1, no gap), after the one whose text has digest ``previous``.

    ``taken`` is the number of the last crossing that its maker has taken from the other side, 0 before the first;
    ``made`` a moment in UTC. Anything of another form raises FormatError, LimitError.
    """

    side: Side
    body: str
    sequence: int
    previous: str
    taken: int
    made: str
    items: tuple[Listed, ...]

    def __post_init__(self) -> None:
        _require_hex(self.body, 16)
        _require_hex(self.previous, 32)
        _require(type(self.sequence) is int and 1 <= self.sequence < 2**53, "sequence")
        _require(type(self.taken) is int and 0 <= self.taken < 2**53, "taken")
        _require((self.sequence == 1) == (self.previous == FIRST_PREVIOUS), "previous")
        moment(self.made)
        if len(self.items) > MAX_ITEMS or sum(item.bytes for item in self.items) > MAX_BYTES:
            raise LimitError(f"more than {MAX_ITEMS} files, or {MAX_BYTES} bytes")
        names = [item.name for item in self.items]
        _require(names == sorted(set(names)), "items")

    @property
    def text(self) -> str:
        """The text of the note."""
        body = asdict(self) | {"type": CROSSING, "side": self.side.value, "items": [asdict(one) for one in self.items]}
        return f"{CROSSING}\n{canonical(body).decode()}\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hex: what the next one calls ``previous``."""
        return sha256(self.text.encode()).hexdigest()

    def sign(self, signer: Signer) -> bytes:
        """The crossing as a signed note."""
        return sign_note(self.text, [signer])


@dataclass(frozen=True)
class Expected:
    """待っている便。 What the taker knows: its body and own side, the pinned key of the other, and where the chain stands.

    ``sequence`` is the next number, ``previous`` the digest of the last one taken, ``sent`` the taker's own last number.
    """

    body: str
    side: Side
    vkey: str
    sequence: int
    previous: str
    sent: int


def name_of(kind: str, item_id: str) -> str:
    """The one name that a file of this kind and id has."""
    return f"{kind}-{item_id}.{'azk' if kind in OPEN_KINDS else 'age'}"


def signer_of(identity: Identity) -> Signer:
    """The key that signs crossings: seed = HKDF-SHA256(secret line, info "azukari/v1/crossing")."""
    seed = HKDF(SHA256(), 32, salt=None, info=b"azukari/v1/crossing").derive(identity.secret.encode("ascii"))
    return Signer(KEY_NAME, seed)


def parse_crossing(note: bytes) -> Crossing:
    """Step 1, nothing verified yet: the form of the note and of each member. FormatError, LimitError."""
    if len(note) > MAX_NOTE:
        raise LimitError(f"a crossing of more than {MAX_NOTE} bytes")
    text, _ = parse_note(note)
    heading, _, rest = text.partition("\n")
    _require(heading == CROSSING, "heading")
    try:
        value = parse_canonical(rest.removesuffix("\n").encode(), CROSSING)
    except RecursionError as error:  # from Python 3.13 on, json reads deeper than Python code may recurse
        raise FormatError("crossing") from error
    _require(set(value) == _MEMBERS, "members")
    crossing = _crossing(value)
    _require(crossing.text == text, "text")
    return crossing


def verify_crossing(note: bytes, expected: Expected) -> Crossing:
    """Steps 1 to 5: signed by the other side, for this body, and the next of its chain.

    Raises FormatError, LimitError, ForeignCrossingError, SignatureError, ReplayedCrossingError, MissingCrossingError,
    CrossingChainError.
    """
    crossing = parse_crossing(note)  # step 1
    if crossing.body != expected.body:  # step 2
        raise ForeignCrossingError("another body")
    if crossing.side is not expected.side.other:
        raise ForeignCrossingError("made by this side itself")
    open_note(note, [Verifier.parse(expected.vkey)])  # step 3
    if crossing.sequence < expected.sequence:  # step 4
        raise ReplayedCrossingError(f"no. {crossing.sequence}")
    if crossing.sequence > expected.sequence:
        raise MissingCrossingError(f"no. {expected.sequence}")
    if crossing.previous != expected.previous or crossing.taken > expected.sent:  # step 5
        raise CrossingChainError(f"no. {crossing.sequence}")
    return crossing


def verify_listing(crossing: Crossing, found: Mapping[str, int | None]) -> None:
    """Steps 6 and 7: the files that are there, by name: their size in bytes, None for what is no plain file.

    IncompleteCrossingError where one is missing or shorter, CrossingFileError where one is longer, no plain file, or
    not listed.
    """
    listed = {item.name: item.bytes for item in crossing.items}
    for name, size in found.items():  # step 6
        if name not in listed or size is None:
            raise CrossingFileError(
                "a file that is not listed" if size is not None else "something that is no plain file"
            )
    for name, size in listed.items():  # step 7
        there = found.get(name)
        if there is None or there < size:
            raise IncompleteCrossingError(name)
        if there > size:
            raise CrossingFileError(name)


def verify_file(item: Listed, digest: str) -> None:
    """Step 8: the SHA-256 (hex) of the bytes that were read is the listed one. CrossingFileError."""
    if digest != item.sha256:
        raise CrossingFileError(item.name)


def seal_item(data: bytes, recipient: str) -> bytes:
    """Encrypt an item to the other side (age): a stick that is lost on the way tells nobody anything."""
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient)]))


def _crossing(value: Mapping[str, Any]) -> Crossing:
    try:
        return Crossing(
            side=Side(value["side"]),
            body=value["body"],
            sequence=value["sequence"],
            previous=value["previous"],
            taken=value["taken"],
            made=value["made"],
            items=tuple(Listed(**one) for one in value["items"]),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise FormatError("crossing") from error


def _require(condition: bool, detail: str) -> None:
    if not condition:
        raise FormatError(f"crossing: {detail}")


def _require_hex(text: Any, size: int) -> None:
    _require(isinstance(text, str) and len(text) == 2 * size and _HEX.fullmatch(text) is not None, "hex")
