"""Hand-overs that are no table: paper, media, access by terminal (docs/spec/consignment.md).

Nothing is sealed here; what can be fixed beforehand is what went to whom: which fields of how many people, in how many
units. The recipient signs a receipt over exactly the ledger entry.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from azukari.errors import ForeignReceiptError, FormatError, Language
from azukari.fields.kinds import Field, Kind
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import Verifier, open_note, parse_note, sign_note
from azukari.seal.identity import Identity
from azukari.seal.logged import OpenValue, as_text, committed, require, require_hex
from azukari.seal.manifest import MAX_FIELDS, SMALL_BAND, SMALL_COUNT

ENTRY: Final = "azukari/consignment/v1"
VOID: Final = "azukari/consignment-void/v1"
RECEIPT: Final = "azukari/consignment-receipt/v1"
SUFFIX: Final = ".azc"
MAX_ENTRY: Final = 65_536  # bytes, also of a receipt
LABELS: Final = ("carrier", "note", "party", "people", "purpose", "units")
REASON: Final = "reason"  # the label of a void entry
_IDENTIFIERS: Final = ("consignment", "body", "entrustment", "party")


class Medium(StrEnum):
    """渡し方。 Paper, a medium of storage, or access by terminal to what stays where it is."""

    PAPER = "paper"
    MEDIA = "media"
    TERMINAL = "terminal"

    def label(self, language: Language) -> str:
        """What people read."""
        ja, en = _MEDIA[self]
        return ja if language == "ja" else en


class Unit(StrEnum):
    """単位。 What is counted; each belongs to one medium."""

    SHEET = "sheet"
    BUNDLE = "bundle"
    BOX = "box"
    DISC = "disc"
    TAPE = "tape"
    DEVICE = "device"
    ACCOUNT = "account"
    TERMINAL = "terminal"

    @property
    def medium(self) -> Medium:
        """The medium whose unit this is."""
        return _UNITS[self][0]

    def label(self, language: Language) -> str:
        """What people read."""
        _, ja, en = _UNITS[self]
        return ja if language == "ja" else en


_MEDIA: Final = {
    Medium.PAPER: ("紙", "paper"),
    Medium.MEDIA: ("記録媒体", "storage media"),
    Medium.TERMINAL: ("端末からの閲覧・入力", "access by terminal"),
}
_UNITS: Final = {
    Unit.SHEET: (Medium.PAPER, "枚", "sheets"),
    Unit.BUNDLE: (Medium.PAPER, "束", "bundles"),
    Unit.BOX: (Medium.PAPER, "箱", "boxes"),
    Unit.DISC: (Medium.MEDIA, "ディスク", "discs"),
    Unit.TAPE: (Medium.MEDIA, "テープ", "tapes"),
    Unit.DEVICE: (Medium.MEDIA, "USB メモリ等の装置", "devices"),
    Unit.ACCOUNT: (Medium.TERMINAL, "アカウント", "accounts"),
    Unit.TERMINAL: (Medium.TERMINAL, "端末", "terminals"),
}


@dataclass(frozen=True)
class ConsignmentEntry:
    """現物の受渡し（台帳の記載）。 What everybody may know of it: no name and no text, but commitments to them.

    Identifiers are 16 random bytes as hex; ``parent`` is that of the hand-over or consignment that the party above
    holds, or empty. ``units`` and ``people``: counts, None below ten. ``fields`` ascending by their text, none twice, no
    reference. ``day``: ISO, on which it changes hands. ``recipient``: the verifier key that will sign the receipt, empty
    for a party without one. ``commitments``: 32 bytes as hex for each of LABELS. Anything else raises FormatError.
    """

    consignment: str
    body: str
    entrustment: str
    party: str
    parent: str
    medium: Medium
    unit: Unit
    units: int | None
    people: int | None
    fields: tuple[Field, ...]
    day: str
    recipient: str
    commitments: dict[str, str]

    def __post_init__(self) -> None:
        for name in (*_IDENTIFIERS, *(["parent"] if self.parent else [])):
            require_hex(getattr(self, name), 16)
        require(self.unit.medium is self.medium, "unit")
        require(all(n is None or SMALL_COUNT <= n < 2**63 for n in (self.units, self.people)), "count")
        require(0 < len(self.fields) <= MAX_FIELDS and self.fields == consigned_fields(self.fields), "fields")
        require(_is_day(self.day), "day")
        if self.recipient:
            Verifier.parse(self.recipient)
        require(set(self.commitments) == set(LABELS), "commitments")
        for text in self.commitments.values():
            require_hex(text, 32)

    def encode(self) -> bytes:
        """The canonical bytes: the ledger entry, and the slip that the recipient signs for."""
        return canonical(
            {
                "type": ENTRY,
                **{name: getattr(self, name) for name in (*_IDENTIFIERS, "parent", "day", "recipient")},
                "medium": self.medium.value,
                "unit": self.unit.value,
                "units": _banded(self.units),
                "people": _banded(self.people),
                "fields": [str(field) for field in self.fields],
                "commitments": self.commitments,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> ConsignmentEntry:
        """Read an entry strictly: exactly the known members, each of its form. Raises FormatError."""
        value = _object(data, ENTRY)
        try:
            entry = cls(
                **{name: as_text(value[name]) for name in (*_IDENTIFIERS, "parent", "day", "recipient")},
                medium=Medium(value["medium"]),
                unit=Unit(value["unit"]),
                units=_count(value["units"]),
                people=_count(value["people"]),
                fields=tuple(Field.parse(as_text(text)) for text in value["fields"]),
                commitments={label: as_text(text) for label, text in value["commitments"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError("consignment") from error
        require(entry.encode() == data, "consignment")
        return entry


@dataclass(frozen=True)
class VoidEntry:
    """現物の受渡しの取消し（台帳の記載）。 On ``day`` (ISO) a consignment was called void; the reason is committed to.

    Anything of another form raises FormatError.
    """

    consignment: str
    day: str
    reason: str  # the commitment, 32 bytes as hex

    def __post_init__(self) -> None:
        require_hex(self.consignment, 16)
        require(_is_day(self.day), "day")
        require_hex(self.reason, 32)

    def encode(self) -> bytes:
        """The canonical bytes: the ledger entry."""
        return canonical({"type": VOID, "consignment": self.consignment, "day": self.day, "reason": self.reason})

    @classmethod
    def parse(cls, data: bytes) -> VoidEntry:
        """Read an entry strictly. Raises FormatError."""
        value = _object(data, VOID)
        try:
            entry = cls(*(as_text(value[name]) for name in ("consignment", "day", "reason")))
        except KeyError as error:
            raise FormatError("void") from error
        require(entry.encode() == data, "void")
        return entry


def consigned_fields(fields: Any) -> tuple[Field, ...]:
    """Fields as an entry lists them: ascending by their text, none twice, no row reference."""
    return tuple(sorted({field for field in fields if field.kind is not Kind.REFERENCE}, key=str))


def commitments_of(seed: bytes, values: Mapping[str, str]) -> dict[str, str]:
    """The commitments to ``values`` (one for each of LABELS), opened by HMAC-SHA256 of the label under the seed."""
    return {label: committed(label, opened(seed, label, values[label])) for label in LABELS}


def opened(seed: bytes, label: str, value: str) -> OpenValue:
    """What opens the commitment to ``value`` under this label. Raises FormatError, LimitError for a text that no proof carries."""
    return OpenValue(hmac.digest(seed, label.encode(), "sha256"), value)


def sign_receipt(entry_bytes: bytes, identity: Identity, today: date) -> bytes:
    """The recipient's receipt for a consignment. FormatError, ForeignReceiptError for a key that the entry does not name."""
    entry = ConsignmentEntry.parse(entry_bytes)
    if entry.recipient != identity.vkey:
        raise ForeignReceiptError("key")
    return sign_note(_receipt_text(entry, entry_bytes, today.isoformat()), [identity.signer])


def verify_receipt(note: bytes, entry_bytes: bytes) -> str:
    """The receipt is signed by the key that the entry names, over this very entry; returns its day.

    Raises FormatError, SignatureError, ForeignReceiptError.
    """
    text, value = _read_receipt(note)
    entry = ConsignmentEntry.parse(entry_bytes)
    if not entry.recipient or text != _receipt_text(entry, entry_bytes, value["day"]):
        raise ForeignReceiptError
    open_note(note, [Verifier.parse(entry.recipient)])
    return str(value["day"])


def consignment_of(note: bytes) -> str:
    """The consignment that a receipt claims to be for, not verified. Raises FormatError."""
    return str(_read_receipt(note)[1]["consignment"])


def is_receipt(note: bytes) -> bool:
    """Whether this is meant as the receipt for a consignment, and not for a package."""
    return note.startswith(RECEIPT.encode() + b"\n")


def _receipt_text(entry: ConsignmentEntry, entry_bytes: bytes, day: str) -> str:
    body = {
        "type": RECEIPT,
        "consignment": entry.consignment,
        "entry": hashlib.sha256(entry_bytes).hexdigest(),
        "medium": entry.medium.value,
        "unit": entry.unit.value,
        "units": _banded(entry.units),
        "people": _banded(entry.people),
        "fields": [str(field) for field in entry.fields],
        "day": day,
    }
    return f"{RECEIPT}\n{canonical(body).decode()}\n"


def _read_receipt(note: bytes) -> tuple[str, dict[str, Any]]:
    require(len(note) <= MAX_ENTRY, "receipt")
    text, _ = parse_note(note)
    heading, _, rest = text.partition("\n")
    require(heading == RECEIPT, "receipt")
    value = parse_canonical(rest.removesuffix("\n").encode(), RECEIPT)
    require(isinstance(value.get("day"), str) and _is_day(value["day"]), "receipt")
    require(isinstance(value.get("consignment"), str), "receipt")
    return text, value


def _object(data: bytes, kind: str) -> dict[str, Any]:
    require(len(data) <= MAX_ENTRY, "consignment")
    try:
        return parse_canonical(data, kind)
    except RecursionError as error:  # from Python 3.13 on, json reads deeper than Python code may recurse
        raise FormatError("consignment") from error


def _banded(count: int | None) -> int | str:
    return SMALL_BAND if count is None else count


def _count(value: Any) -> int | None:
    if value == SMALL_BAND:
        return None
    require(type(value) is int, "count")
    return int(value)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
