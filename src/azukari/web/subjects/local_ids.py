"""Agency-local ids (宛名番号): one written form each, and the pseudonym that stands for it in the register."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from typing import Final
from uuid import UUID

from azukari.errors import FormatError, NumberInTextError
from azukari.fields.numbers import is_individual_number
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.keyring import queries as keyring

MAX_LENGTH: Final = 64  # characters
_HYPHENS: Final = "-‐‑‒–—―−ー"


def plain(local_id: str) -> str:
    """The one form of an id: NFKC, which makes widths equal, without space around it. Zeros and letters stay as they are."""
    return (local_id if local_id.isascii() else unicodedata.normalize("NFKC", local_id)).strip()


def loose(local_id: str) -> str:
    """What an id has in common with itself as a spreadsheet or a clerk writes it: no zeros in front, no hyphens, one case.

    Only to look for people who must not be missed; two people of one body may have it in common.
    """
    kept = "".join(sign for sign in plain(local_id).casefold() if not sign.isspace() and sign not in _HYPHENS)
    return kept.lstrip("0") or kept[-1:]


def required(local_ids: Iterable[str]) -> list[str]:
    """The plain form of each id, in order.

    FormatError for an empty or overlong one, NumberInTextError for one that may be an individual number (twelve digits
    that pass its check digit): nothing may be keyed on that (Number Act, art. 2(8)). Both name places, from 1, only.
    """
    found = [plain(one) for one in local_ids]
    wrong = [place for place, one in enumerate(found, 1) if not 0 < len(one) <= MAX_LENGTH]
    if wrong:
        raise FormatError(f"local id {_shown(wrong)}")
    numbers = [place for place, one in enumerate(found, 1) if len(one) >= 12 and is_individual_number(one)]
    if numbers:
        raise NumberInTextError(f"local id {_shown(numbers)}", rows=len(numbers))
    return found


def pseudonym_key(body_id: UUID, kek: KeyEncryptionKey) -> bytes:
    """The body's key for pseudonyms, 32 bytes, never stored. KeyFileError."""
    return keyring.derived(body_id, "subject-pseudonym", kek)


def pseudonym(key: bytes, plain_id: str) -> bytes:
    """HMAC-SHA256 of an id in its plain form."""
    return hmac.digest(key, plain_id.encode(), "sha256")


def pseudonyms(key: bytes, plain_ids: Iterable[str]) -> list[bytes]:
    """``pseudonym`` of many: HMAC is written out (RFC 2104), so that the key is hashed once and not for each."""
    inner, outer = (sha256(bytes(value ^ pad for value in key.ljust(64, b"\0"))) for pad in (0x36, 0x5C))
    found = []
    for one in plain_ids:
        inside, around = inner.copy(), outer.copy()
        inside.update(one.encode())
        around.update(inside.digest())
        found.append(around.digest())
    return found


def _shown(places: list[int]) -> str:
    return ", ".join(str(place) for place in places[:5]) + (" ..." if len(places) > 5 else "")
