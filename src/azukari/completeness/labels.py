"""Labels, openings and commitments: what one key makes, and nobody else finds (docs/spec/completeness.md, 1 and 2).

Keys, labels, openings, commitments and hashes are 32 bytes each; n counts from 1 without a gap, i from 0. `tails` does what
`label`, `opening` and `commitment` do, for millions: HMAC is written out there, since one call for each would cost half of
the time.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from hashlib import sha256
from struct import Struct
from typing import Final

from azukari.errors import FormatError

KEY_BYTES: Final = 32
LIST: Final = 0
SEALED: Final = 1
_LIST_KEY: Final = b"azukari/list-key/v1"
_KEY_ID: Final = b"azukari/list-key-id/v1"
_LABEL: Final = b"azukari/label/v1"
_OPENING: Final = b"azukari/opening/v1"
_COMMIT: Final = b"azukari/event-commit/v1"
_NOBODY: Final = b"azukari/nobody/v1"
_NOBODY_COMMIT: Final = b"azukari/nobody-commit/v1"
_GENERATION: Final = Struct(">I")
_PLACE: Final = Struct(">BQ")
_NUMBER: Final = Struct(">Q")
_INNER: Final = bytes(value ^ 0x36 for value in range(256))  # RFC 2104: the key, padded to one block, with each pad
_OUTER: Final = bytes(value ^ 0x5C for value in range(256))
_INNER_REST: Final = b"\x36" * 32
_OUTER_REST: Final = b"\x5c" * 32


def list_key(root: bytes, generation: int) -> bytes:
    """k of a generation (from 0), of the person's root r_P. FormatError for another length or range."""
    _require_key(root)
    if not 0 <= generation < 2**32:
        raise FormatError("the generation of a list key is out of range")
    return hmac.digest(root, _LIST_KEY + _GENERATION.pack(generation), "sha256")


def key_id(key: bytes) -> bytes:
    """What names a list key without being of use to find its entries."""
    _require_key(key)
    return sha256(_KEY_ID + key).digest()


def label(key: bytes, n: int, chain: int = LIST) -> bytes:
    """Label of the n-th entry of a chain (0 the person's list, 1 the sealed list). FormatError out of range."""
    return hmac.digest(_checked(key), _LABEL + _place(n, chain), "sha256")


def opening(key: bytes, n: int, chain: int = LIST) -> bytes:
    """Derived opening of an entry that is shown. FormatError out of range."""
    return hmac.digest(_checked(key), _OPENING + _place(n, chain), "sha256")


def commitment(label: bytes, opening: bytes, event_hash: bytes) -> bytes:
    """What a leaf fixes beforehand of an event, of which ``event_hash`` is the SHA-256."""
    if not len(label) == len(opening) == len(event_hash) == KEY_BYTES:
        raise FormatError("a label, opening or hash is not 32 bytes long")
    return sha256(_COMMIT + label + opening + event_hash).digest()


def nobody(x: bytes, i: int) -> tuple[bytes, bytes]:
    """Label and commitment of the i-th leaf that belongs to nobody known, under a hand-over's own secret ``x``."""
    _require_key(x)
    place = _NUMBER.pack(_ranged(i))
    return hmac.digest(x, _NOBODY + place, "sha256"), hmac.digest(x, _NOBODY_COMMIT + place, "sha256")


def tails(
    keys: Iterable[bytes], numbers: Iterable[int], event_hashes: Iterable[bytes], chain: int = LIST
) -> Iterator[bytes]:
    """The 64 bytes label ‖ commitment of each shown entry; the three go side by side (`itertools.repeat` for one event).

    FormatError for a key or hash of another length, or an n out of range.
    """
    _place(1, chain)
    labelled, opened = _LABEL + bytes([chain]), _OPENING + bytes([chain])
    pack = _NUMBER.pack
    for key, n, event_hash in zip(keys, numbers, event_hashes, strict=False):
        if len(key) != KEY_BYTES or len(event_hash) != KEY_BYTES or not 0 < n < 2**64:
            raise FormatError("a key, number or hash of a leaf")
        place = pack(n)
        inner, outer = key.translate(_INNER) + _INNER_REST, key.translate(_OUTER) + _OUTER_REST
        name = sha256(outer + sha256(inner + labelled + place).digest()).digest()
        fresh = sha256(outer + sha256(inner + opened + place).digest()).digest()
        yield name + sha256(_COMMIT + name + fresh + event_hash).digest()


def _place(n: int, chain: int) -> bytes:
    if chain not in (LIST, SEALED) or n < 1:
        raise FormatError("a chain or number of a list is out of range")
    return _PLACE.pack(chain, _ranged(n))


def _ranged(number: int) -> int:
    if not 0 <= number < 2**64:
        raise FormatError("a number is out of range")
    return number


def _checked(key: bytes) -> bytes:
    _require_key(key)
    return key


def _require_key(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise FormatError("a key is not 32 bytes long")
