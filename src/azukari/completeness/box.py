"""A box: event and opening of one entry, sealed for whoever has the list key, as they lie outside (docs/spec/crossing.md, 8).

AES-256-GCM under HMAC-SHA256(k, "azukari/event-box/v1"); the associated data is the index of the leaf, u64, so that no box
opens in another one's place. Layout: 12 bytes nonce, ciphertext, 16 bytes tag.
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from azukari.errors import FormatError, LimitError, PayloadError
from azukari.ledger.entry import canonical, parse_canonical

from .event import MAX_EVENT, Event
from .labels import KEY_BYTES
from .reading import MAX_COUNT, members, text, unhexed

BOX: Final = "azukari/event-box/v1"
MAX_BOX: Final = 2 * MAX_EVENT + 1_024  # bytes: the event is escaped once more
NONCE_BYTES: Final = 12
_TAG: Final = 16


def seal_box(key: bytes, index: int, event: Event, opening: bytes, nonce: bytes) -> bytes:
    """Seal an event, and its opening where it is not derived, under a list key for the leaf at ``index``.

    ``nonce``: ``NONCE_BYTES`` that are random. FormatError for a key, index, opening or nonce of another length or range.
    """
    if len(opening) not in (0, KEY_BYTES) or len(nonce) != NONCE_BYTES:
        raise FormatError("box")
    inner = canonical({"type": BOX, "event": event.encode().decode(), "opening": opening.hex()})
    return nonce + _cipher(key).encrypt(nonce, inner, _place(index))


def open_box(key: bytes, index: int, box: bytes) -> tuple[Event, bytes]:
    """The event, and the opening, which is empty where it is derived.

    PayloadError for another key, another index or changed bytes; LimitError for more than a box takes; FormatError.
    """
    if len(box) > MAX_BOX:
        raise LimitError(f"a box of more than {MAX_BOX} bytes")
    if len(box) < NONCE_BYTES + _TAG:
        raise PayloadError("box")
    try:
        inner = _cipher(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _place(index))
    except InvalidTag:
        raise PayloadError("box") from None
    value = members(parse_canonical(inner, BOX), "type", "event", "opening")
    opening = text(value["opening"])
    return Event.parse(text(value["event"]).encode()), unhexed(opening, KEY_BYTES) if opening else b""


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise FormatError("a key is not 32 bytes long")
    return AESGCM(hmac.digest(key, BOX.encode(), "sha256"))


def _place(index: int) -> bytes:
    if not 0 <= index <= MAX_COUNT:
        raise FormatError("index")
    return index.to_bytes(8, "big")
