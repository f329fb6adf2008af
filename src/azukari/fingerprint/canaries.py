"""Canary persons: rows that describe nobody, drawn under a key of the hand-over (docs/spec/fingerprint.md, section 7).

A canary never borrows a real person's identity and never carries a number that passes its check digit.
They are stripped on return; the contract says that verification records exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from azukari.fields import fictitious
from azukari.fields.kinds import Kind
from azukari.fields.spelling import presentation
from azukari.fingerprint.keys import prf_u64

_DRAWS: Final = 16  # numbers set aside for one canary
_POOLS: Final = (
    len(fictitious.SURNAMES),
    len(fictitious.GIVEN_NAMES),
    fictitious.BIRTH_DAYS,
    fictitious.PHONE_NUMBERS,
)
DOMAIN: Final = b"azkcan/1"
_DATES: Final = (
    re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
)


@dataclass(frozen=True)
class Canary:
    """おとりの人物。 A person who does not exist; ``number`` is its index under the key."""

    number: int
    name: str
    kana: str
    birth: date
    phone: str


def draw(key: bytes, number: int, draw_number: int, size: int) -> int:
    """One uniform draw out of ``size``: the 64-bit word for (canary, draw) times size, upper half."""
    index = np.array([number * _DRAWS + draw_number], dtype=np.uint64)
    return int(prf_u64(key, DOMAIN, index)[0]) * size >> 64


def canary(key: bytes, number: int) -> Canary:
    """The canary with this number under the key of the canary channel."""
    surname, given, birth, phone = (draw(key, number, i, size) for i, size in enumerate(_POOLS))
    family, first = fictitious.SURNAMES[surname], fictitious.GIVEN_NAMES[given]
    return Canary(
        number,
        f"{family[0]}\u3000{first[0]}",
        f"{family[1]}\u3000{first[1]}",
        fictitious.birth_date(birth),
        fictitious.phone(phone),
    )


def plain_date(text: str) -> date | None:
    """A birth date in one of the four plain notations that evidence re-computes; None for any other."""
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if match:
            try:
                return date(*map(int, match.groups()))
            except ValueError:
                return None
    return None


def coincidence(cells: dict[Kind, str], person: Canary) -> float | None:
    """How probable it is that a row with these cells equals a canary by chance; None where it does not.

    ``cells`` are the person's own cells of a row. Counted are the name (else the kana), the birth
    date in plain notation and the phone number; all that are there must agree, and one must be there.
    """
    probability = 1.0
    name = Kind.NAME if cells.get(Kind.NAME) else Kind.KANA
    expected = {name: person.name if name is Kind.NAME else person.kana, Kind.PHONE: person.phone}
    chances = {name: 1 / (_POOLS[0] * _POOLS[1]), Kind.PHONE: 1 / _POOLS[3]}
    for kind, value in expected.items():
        if cells.get(kind):
            if presentation(kind, cells[kind]) != presentation(kind, value):
                return None
            probability *= chances[kind]
    birth = plain_date(cells.get(Kind.BIRTH_DATE, ""))
    if birth is not None:
        if birth != person.birth:
            return None
        probability /= _POOLS[2]
    return probability if probability < 1.0 else None
