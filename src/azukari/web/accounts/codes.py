"""Codes on paper: made, written in groups, read however they were typed, and held against a hash that takes its time."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import Final

from django.contrib.auth.hashers import check_password, make_password

# Base32 without letters that are read as others: 20 of them are 100 bits.
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LETTERS: Final = 20
_GROUP: Final = 4


def fresh(letters: int = _LETTERS) -> str:
    """A new code without its groups."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(letters))


def written(code: str) -> str:
    """The code as it stands on paper, in groups of four."""
    return "-".join(code[i : i + _GROUP] for i in range(0, len(code), _GROUP))


def plain(code: str) -> str:
    """What was typed, without groups, in capitals: case, width, spaces and hyphens do not matter."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", code).upper() if letter in _ALPHABET)


def hashed(code: str) -> str:
    """What is stored of a code: scrypt."""
    return make_password(code)


def fits(code: str, code_hash: str | None) -> bool:
    """Whether what was typed is the code of this hash; it takes as long where there is none."""
    good = check_password(plain(code), code_hash or _of_nobody())
    return bool(good and code_hash)


@cache
def _of_nobody() -> str:
    """A hash of no code, made once: who asks for nobody waits just as long as who asks for somebody."""
    return make_password(secrets.token_urlsafe(32))
