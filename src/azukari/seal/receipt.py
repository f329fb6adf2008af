"""Receipts: what a party, or the oversight key, signs over exactly what it decrypted (docs/spec/package.md, section 8)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from azukari.errors import ForeignReceiptError, FormatError, Language
from azukari.fields.kinds import Field
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import Verifier, open_note, parse_note, sign_note
from azukari.seal.identity import Identity
from azukari.seal.manifest import SMALL_BAND, SMALL_COUNT, Entry

RECEIPT: Final = "azukari/receipt/v1"
MAX_RECEIPT: Final = 262_144  # bytes


class Grade(StrEnum):
    """受渡し内容の確かさ。 How a claim about the fields of a hand-over is backed."""

    CLAIMED = "claimed"  # the entry says so, fixed before the package left
    RECEIPTED = "receipted"  # the recipient decrypted the rows and signed the same field list
    OPENED = "opened"  # the oversight key decrypted the rows and signed the same field list

    def label(self, language: Language) -> str:
        """What people read."""
        ja, en = _GRADE_LABELS[self]
        return ja if language == "ja" else en


_GRADE_LABELS: Final = {
    Grade.CLAIMED: ("機関の申告のみ", "claimed by the body"),
    Grade.RECEIPTED: ("相手の受領書あり", "receipted by the recipient"),
    Grade.OPENED: ("監督の鍵で確認済み", "opened by the oversight key"),
}


@dataclass(frozen=True)
class Receipt:
    """受領書。 ``entry`` is the SHA-256 of the ledger entry, hex; the rest is recomputed from what was decrypted.

    ``rows`` as the entry publishes them: fewer than ten are a band here too.
    """

    hand_over: str
    grade: Grade
    entry: str
    fields: tuple[Field, ...]
    rows: int | str
    row_root: str
    day: str

    def _body(self) -> dict[str, Any]:
        return {
            "type": RECEIPT,
            "handover": self.hand_over,
            "grade": self.grade.value,
            "entry": self.entry,
            "fields": [str(field) for field in self.fields],
            "rows": self.rows,
            "row_root": self.row_root,
            "day": self.day,
        }

    def text(self) -> str:
        """The text of the note."""
        return f"{RECEIPT}\n{canonical(self._body()).decode()}\n"

    def sign(self, identity: Identity) -> bytes:
        """The receipt as a signed note."""
        return sign_note(self.text(), [identity.signer])


def make_receipt(entry: Entry, entry_bytes: bytes, rows: int, identity: Identity, today: date) -> bytes:
    """Sign a receipt after `open_package` has succeeded. Raises ForeignReceiptError for a key the entry does not name."""
    grades = {entry.recipient: Grade.RECEIPTED, entry.oversight: Grade.OPENED}
    if identity.vkey not in grades:
        raise ForeignReceiptError("key")
    digest = hashlib.sha256(entry_bytes).hexdigest()
    shown = rows if rows >= SMALL_COUNT else SMALL_BAND
    receipt = Receipt(
        entry.hand_over, grades[identity.vkey], digest, entry.fields, shown, entry.row_root, today.isoformat()
    )
    return receipt.sign(identity)


def verify_receipt(note: bytes, entry: Entry, entry_bytes: bytes) -> Receipt:
    """The receipt is signed by the key that the entry names for its grade, over this entry and these fields.

    Raises FormatError, SignatureError, ForeignReceiptError.
    """
    if len(note) > MAX_RECEIPT:
        raise FormatError("receipt")
    text, _ = parse_note(note)
    receipt = _parse(text)
    digest = hashlib.sha256(entry_bytes).hexdigest()
    rows = SMALL_BAND if entry.rows is None else entry.rows
    claimed = (receipt.hand_over, receipt.entry, receipt.fields, receipt.rows, receipt.row_root)
    if claimed != (entry.hand_over, digest, entry.fields, rows, entry.row_root):
        raise ForeignReceiptError
    named = entry.recipient if receipt.grade is Grade.RECEIPTED else entry.oversight
    if receipt.grade is Grade.CLAIMED or not named:
        raise ForeignReceiptError("grade")
    open_note(note, [Verifier.parse(named)])
    return receipt


def hand_over_of(note: bytes) -> str:
    """The hand-over that a receipt claims to be for, not verified. Raises FormatError."""
    if len(note) > MAX_RECEIPT:
        raise FormatError("receipt")
    return _parse(parse_note(note)[0]).hand_over


def _parse(text: str) -> Receipt:
    heading, _, rest = text.partition("\n")
    if heading != RECEIPT:
        raise FormatError("receipt")
    value = parse_canonical(rest.removesuffix("\n").encode(), RECEIPT)
    try:
        receipt = Receipt(
            hand_over=bytes.fromhex(value["handover"]).hex(),
            grade=Grade(value["grade"]),
            entry=str(value["entry"]),
            fields=tuple(Field.parse(text) for text in value["fields"]),
            rows=value["rows"],
            row_root=str(value["row_root"]),
            day=date.fromisoformat(value["day"]).isoformat(),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError("receipt") from error
    if receipt.text() != text:
        raise FormatError("receipt")
    return receipt
