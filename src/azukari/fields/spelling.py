"""Permitted spellings: the presentation normal form, and the slots in which a cell may be spelled freely.

This is the reference implementation of docs/spec/fingerprint.md, sections 2 and 3, on one cell at a
time. `azukari.fingerprint.columns` does the same on whole columns; a property test holds the two
together. The whitelist is closed: what is not named here is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from azukari.fields.kinds import Kind

RULES: Final = "rules/1"

SPACES: Final = " \u3000"  # the two gap widths; no other space is ever touched
HALF_DIGITS: Final = "0123456789-"
FULL_DIGITS: Final = "０１２３４５６７８９－"
_TO_HALF: Final = str.maketrans(FULL_DIGITS, HALF_DIGITS)
_TO_FULL: Final = str.maketrans(HALF_DIGITS, FULL_DIGITS)


@dataclass(frozen=True)
class Slot:
    """表記の揺れを許す場所。 A place in a cell of one kind that has ``forms`` equivalent spellings.

    ``number`` is its position among the slots of the kind (selects the code bytes), fixed for ever.
    """

    name: str
    kind: Kind
    number: int
    forms: int


NAME_GAP: Final = Slot("name-gap", Kind.NAME, 0, 2)
KANA_GAP: Final = Slot("kana-gap", Kind.KANA, 0, 2)
PHONE_HYPHEN: Final = Slot("phone-hyphen", Kind.PHONE, 0, 2)
ADDRESS_WIDTH: Final = Slot("address-width", Kind.ADDRESS, 0, 2)
ADDRESS_GAP: Final = Slot("address-gap", Kind.ADDRESS, 1, 2)
ADDRESS_CHOME: Final = Slot("address-chome", Kind.ADDRESS, 2, 3)
ADDRESS_BAN: Final = Slot("address-ban", Kind.ADDRESS, 3, 2)
ADDRESS_ROOM: Final = Slot("address-room", Kind.ADDRESS, 4, 2)

SLOTS: Final[Mapping[Kind, tuple[Slot, ...]]] = {
    Kind.NAME: (NAME_GAP,),
    Kind.KANA: (KANA_GAP,),
    Kind.PHONE: (PHONE_HYPHEN,),
    Kind.ADDRESS: (ADDRESS_WIDTH, ADDRESS_GAP, ADDRESS_CHOME, ADDRESS_BAN, ADDRESS_ROOM),
}

# The patterns are shared with the column implementation and stand literally in the specification.
# Only ASCII digits and no look-around, so that every regular-expression engine reads them alike.
ONE_GAP: Final = r"^[^ \u3000]+[ \u3000][^ \u3000]+$"
HYPHENED_PHONE: Final = r"^0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}$"
PLAIN_PHONE: Final = r"^0[0-9]{9,10}$"
# The block is the first run of digits; it must be followed by the end, a space, or something that is
# neither a digit nor a hyphen, so that writing it with hyphens cannot run into what follows.
_AFTER: Final = r"($|[^0-9-])"
_HEAD: Final = r"^([^0-9]+)"
CHOME_WORDS: Final = _HEAD + r"([0-9]+)丁目([0-9]+)番([0-9]+)号($|[^0-9\u3400-\u9fff々-])"
CHOME_MIXED: Final = _HEAD + r"([0-9]+)丁目([0-9]+)-([0-9]+)" + _AFTER
CHOME_HYPHEN: Final = _HEAD + r"([0-9]+)-([0-9]+)-([0-9]+)" + _AFTER
BAN_WORDS: Final = _HEAD + r"([0-9]+)番([0-9]+)号($|[^0-9\u3400-\u9fff々-])"
BAN_HYPHEN: Final = _HEAD + r"([0-9]+)-([0-9]+)" + _AFTER
# The character before the number keeps the 号 of `2番3号` from being taken for a room.
ROOM_LONG: Final = r"([^0-9番目-][0-9]+)号室$"
ROOM_SHORT: Final = r"[^0-9番目-][0-9]+号$"
LINE_BREAK: Final = r"[\r\n]"
DIGIT_GAP: Final = r"[0-9][ \u3000]+[0-9]"

_ONE_GAP, _HYPHENED_PHONE, _PLAIN_PHONE = map(re.compile, (ONE_GAP, HYPHENED_PHONE, PLAIN_PHONE))
_CHOME_WORDS, _CHOME_MIXED, _CHOME_HYPHEN = map(re.compile, (CHOME_WORDS, CHOME_MIXED, CHOME_HYPHEN))
_BAN_WORDS, _BAN_HYPHEN = map(re.compile, (BAN_WORDS, BAN_HYPHEN))
_ROOM_LONG, _ROOM_SHORT, _DIGIT_GAP = map(re.compile, (ROOM_LONG, ROOM_SHORT, DIGIT_GAP))
_LINE_BREAK = re.compile(LINE_BREAK)


def presentation(kind: Kind, text: str) -> str:
    """The presentation normal form of one cell: equal for all permitted spellings of a value, and only those.

    For a kind without slots, and for a cell with a line break, it is the text itself. The individual number has
    the empty form: nothing that is kept or published may follow from it. Any text has a form.
    """
    if kind is Kind.INDIVIDUAL_NUMBER:
        return ""
    if _LINE_BREAK.search(text):
        return text
    if kind in (Kind.NAME, Kind.KANA):
        return _without_spaces(text)
    if kind is Kind.PHONE:
        return text.replace("-", "") if _HYPHENED_PHONE.search(text) else text
    if kind is Kind.ADDRESS:
        return _plain_address(text)
    return text


def read(kind: Kind, text: str) -> dict[str, int]:
    """The state of every slot that can be read off a cell, by slot name. Unreadable slots are left out."""
    if _LINE_BREAK.search(text):
        return {}
    if kind in (Kind.NAME, Kind.KANA):
        gap = _read_gap(text)
        return {} if gap is None else {SLOTS[kind][0].name: gap}
    if kind is Kind.PHONE:
        if _HYPHENED_PHONE.search(text):
            return {PHONE_HYPHEN.name: 0}
        return {PHONE_HYPHEN.name: 1} if _PLAIN_PHONE.search(text) else {}
    if kind is Kind.ADDRESS:
        return _read_address(text)
    return {}


def bearing(kind: Kind, text: str) -> tuple[Slot, ...]:
    """The slots in which this source cell may be re-spelled without losing anything.

    Notation is only ever shortened (丁目・番・号 to hyphens, 号室 to 号, hyphens of a phone dropped),
    because the longer form says what the shorter one leaves open.
    """
    if _LINE_BREAK.search(text):
        return ()
    if kind in (Kind.NAME, Kind.KANA):
        return (SLOTS[kind][0],) if _ONE_GAP.search(text) else ()
    if kind is Kind.PHONE:
        return (PHONE_HYPHEN,) if _HYPHENED_PHONE.search(text) else ()
    if kind is Kind.ADDRESS:
        return _address_bearing(text)
    return ()


def spell(kind: Kind, text: str, forms: Mapping[str, int]) -> str:
    """Re-spell a cell: ``forms`` gives the wanted form of each slot by name; slots it does not bear are ignored.

    Fail closed: if the result would differ in more than presentation, or would not read back as
    wanted, the cell is returned as it came.
    """
    wanted = {slot.name: forms[slot.name] for slot in bearing(kind, text) if slot.name in forms}
    spelled = text
    for name, form in wanted.items():
        spelled = _SPELL[name](spelled, form)
    states = read(kind, spelled)
    kept = presentation(kind, spelled) == presentation(kind, text)
    return spelled if kept and all(states.get(name) == form for name, form in wanted.items()) else text


def _without_spaces(text: str) -> str:
    return text.replace(" ", "").replace("\u3000", "")


def _read_gap(text: str) -> int | None:
    if not _ONE_GAP.search(text):
        return None
    return SPACES.index(" " if " " in text else "\u3000")


def _half(text: str) -> str:
    return text.translate(_TO_HALF)


def _plain_address(text: str) -> str:
    text = _plain_block(_half(text))
    # A space between two digits separates two numbers; such an address keeps all its spaces.
    if not _DIGIT_GAP.search(text):
        text = _without_spaces(text)
    return _ROOM_LONG.sub(r"\1号", text)


def _plain_block(half: str) -> str:
    half = _CHOME_WORDS.sub(r"\1\2-\3-\4\5", half)
    half = _CHOME_MIXED.sub(r"\1\2-\3-\4\5", half)
    return _BAN_WORDS.sub(r"\1\2-\3\4", half)


def _read_address(text: str) -> dict[str, int]:
    states: dict[str, int] = {}
    half = _half(text)
    has_half = any(d in text for d in HALF_DIGITS[:10])
    has_full = any(d in text for d in FULL_DIGITS[:10])
    if has_half != has_full:
        states[ADDRESS_WIDTH.name] = 1 if has_full else 0
    gap = None if _DIGIT_GAP.search(_plain_block(half)) else _read_gap(text)
    if gap is not None:
        states[ADDRESS_GAP.name] = gap
    chome = _first_match((_CHOME_WORDS, _CHOME_MIXED, _CHOME_HYPHEN), half)
    ban = _first_match((_BAN_WORDS, _BAN_HYPHEN), half)
    if chome is not None:
        states[ADDRESS_CHOME.name] = chome
    elif ban is not None:
        states[ADDRESS_BAN.name] = ban
    if _ROOM_LONG.search(half):
        states[ADDRESS_ROOM.name] = 0
    elif _ROOM_SHORT.search(half):
        states[ADDRESS_ROOM.name] = 1
    return states


def _first_match(patterns: tuple[re.Pattern[str], ...], text: str) -> int | None:
    return next((form for form, pattern in enumerate(patterns) if pattern.search(text)), None)


def _address_bearing(text: str) -> tuple[Slot, ...]:
    states = _read_address(text)
    bears = []
    # Where widths are mixed, digits and hyphens are left alone: making them uniform could not be undone.
    if _uniform_width(text, states.get(ADDRESS_WIDTH.name)):
        if states.get(ADDRESS_CHOME.name) == 0:
            bears.append(ADDRESS_CHOME)
        elif states.get(ADDRESS_BAN.name) == 0:
            bears.append(ADDRESS_BAN)
        bears.append(ADDRESS_WIDTH)
    if ADDRESS_GAP.name in states:
        bears.append(ADDRESS_GAP)
    if states.get(ADDRESS_ROOM.name) == 0:
        bears.append(ADDRESS_ROOM)
    return tuple(bears)


def _uniform_width(text: str, width: int | None) -> bool:
    """Whether all digits have one width, and every hyphen the same."""
    return width is not None and (HALF_DIGITS[10] if width else FULL_DIGITS[10]) not in text


def _spell_gap(text: str, form: int) -> str:
    return text.replace(SPACES[1 - form], SPACES[form])


def _spell_phone(text: str, form: int) -> str:
    return text.replace("-", "") if form else text


def _spell_width(text: str, form: int) -> str:
    return text.translate(_TO_FULL if form else _TO_HALF)


def _spell_chome(text: str, form: int) -> str:
    if form == 0:
        return text
    return _in_own_width(text, _CHOME_WORDS, r"\1\2丁目\3-\4\5" if form == 1 else r"\1\2-\3-\4\5")


def _spell_ban(text: str, form: int) -> str:
    return _in_own_width(text, _BAN_WORDS, r"\1\2-\3\4") if form else text


def _in_own_width(text: str, pattern: re.Pattern[str], replacement: str) -> str:
    full = any(d in text for d in FULL_DIGITS)
    spelled = pattern.sub(replacement, _half(text))
    return spelled.translate(_TO_FULL) if full else spelled


def _spell_room(text: str, form: int) -> str:
    return text[:-1] if form else text


_SPELL: Final = {
    NAME_GAP.name: _spell_gap,
    KANA_GAP.name: _spell_gap,
    PHONE_HYPHEN.name: _spell_phone,
    ADDRESS_CHOME.name: _spell_chome,
    ADDRESS_BAN.name: _spell_ban,
    ADDRESS_WIDTH.name: _spell_width,
    ADDRESS_GAP.name: _spell_gap,
    ADDRESS_ROOM.name: _spell_room,
}
