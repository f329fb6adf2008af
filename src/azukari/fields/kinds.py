"""The closed vocabulary: kinds of field, the role a field speaks of, and what can be derived from what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from azukari.errors import FormatError, Language

_ROLE = re.compile(r"person|spouse|dependant-[1-9][0-9]?")


class Kind(StrEnum):
    """項目の種類。 What a column holds. The values stand in manifests and ledger entries; they never change."""

    NAME = "name"
    KANA = "kana"
    BIRTH_DATE = "birth-date"
    PHONE = "phone"
    POSTAL_CODE = "postal-code"
    ADDRESS = "address"
    INDIVIDUAL_NUMBER = "individual-number"
    AMOUNT = "amount"
    EMAIL = "email"
    LOCAL_ID = "local-id"
    CODE = "code"
    FREE_TEXT = "free-text"
    REFERENCE = "reference"  # the row reference that azukari adds; never read from a source


@dataclass(frozen=True, order=True)
class Field:
    """項目。 A kind and the person it speaks of: the row's own person, the spouse, dependant 1 to 99.

    Text form ``kind/role``, for example ``birth-date/spouse``.
    """

    kind: Kind
    role: str = "person"

    def __post_init__(self) -> None:
        if not _ROLE.fullmatch(self.role):
            raise FormatError("role")

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.role}"

    def label(self, language: Language) -> str:
        """What people read: 配偶者の金額, spouse's amount."""
        ja, en = _KIND_LABELS[self.kind]
        if self.role == "person":
            return ja if language == "ja" else en
        number = self.role.partition("-")[2]
        if language == "ja":
            return f"{'扶養親族' + number if number else '配偶者'}の{ja}"
        return f"{'dependant ' + number if number else 'spouse'}'s {en}"

    @classmethod
    def parse(cls, text: str) -> Field:
        """Read ``kind/role``; ``kind`` alone means the person. Raises FormatError."""
        kind, slash, role = text.partition("/")
        try:
            return cls(Kind(kind), role if slash else "person")
        except ValueError as error:
            raise FormatError("field") from error


REFERENCE = Field(Kind.REFERENCE)

_KIND_LABELS: dict[Kind, tuple[str, str]] = {
    Kind.NAME: ("氏名", "name"),
    Kind.KANA: ("フリガナ", "kana"),
    Kind.BIRTH_DATE: ("生年月日", "birth date"),
    Kind.PHONE: ("電話番号", "phone"),
    Kind.POSTAL_CODE: ("郵便番号", "postal code"),
    Kind.ADDRESS: ("住所", "address"),
    Kind.INDIVIDUAL_NUMBER: ("個人番号", "individual number"),
    Kind.AMOUNT: ("金額", "amount"),
    Kind.EMAIL: ("メール", "e-mail"),
    Kind.LOCAL_ID: ("機関内の番号", "local id"),
    Kind.CODE: ("区分", "code"),
    Kind.FREE_TEXT: ("自由記述", "free text"),
    Kind.REFERENCE: ("行参照", "row reference"),
}

# What a holder of the left kind can work out, for the same role, without any other source.
# An address holds no postal code by itself, but the postal code list is public: both ways count.
DERIVABLE: dict[Kind, frozenset[Kind]] = {
    Kind.NAME: frozenset({Kind.KANA}),  # readings can be guessed well enough to fake a sample
    Kind.KANA: frozenset(),
    Kind.ADDRESS: frozenset({Kind.POSTAL_CODE}),
}


def derivable(wanted: Field, held: frozenset[Field]) -> bool:
    """Whether ``wanted`` is held, or could be worked out from what is held for the same role.

    Only where this is False may a leaked field exclude a hand-over (docs/spec/trace.md, step 8).
    """
    return wanted in held or any(
        field.role == wanted.role and wanted.kind in DERIVABLE.get(field.kind, frozenset()) for field in held
    )
