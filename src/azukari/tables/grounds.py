"""Why a column was typed as it was: codes with a sentence for people, and no cell in any of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from azukari.errors import Language
from azukari.fields.kinds import Kind


class GroundCode(StrEnum):
    """根拠の種類。 The values are stable: they stand in ``--json`` output."""

    HEADER = "header"
    NO_HEADER = "no-header"
    CONTENT = "content"
    CONTENT_DECIDES = "content-decides"
    TWELVE_DIGITS = "twelve-digits"
    HEADER_OVERRULED = "header-overruled"
    SOME_TWELVE = "some-twelve"
    DISAGREE = "disagree"
    OTHER_PARTY = "other-party"
    BLANK = "blank"
    UNKNOWN = "unknown"
    DECLARED = "declared"
    DECLARED_NOT_NUMBER = "declared-not-number"
    DROPPED = "dropped"


KIND_NAMES: Final[dict[Kind, tuple[str, str]]] = {
    Kind.NAME: ("氏名", "name"),
    Kind.KANA: ("フリガナ", "kana reading"),
    Kind.BIRTH_DATE: ("生年月日", "birth date"),
    Kind.PHONE: ("電話番号", "telephone number"),
    Kind.POSTAL_CODE: ("郵便番号", "postal code"),
    Kind.ADDRESS: ("住所", "address"),
    Kind.INDIVIDUAL_NUMBER: ("個人番号", "individual number"),
    Kind.AMOUNT: ("金額", "amount"),
    Kind.EMAIL: ("メールアドレス", "e-mail address"),
    Kind.LOCAL_ID: ("団体内の番号", "local identifier"),
    Kind.CODE: ("区分", "code"),
    Kind.FREE_TEXT: ("自由記述", "free text"),
    Kind.REFERENCE: ("参照符号", "row reference"),
}

_NOTHING: Final = ("不明なもの", "something unknown")

_SENTENCES: Final[dict[GroundCode, tuple[str, str]]] = {
    GroundCode.HEADER: ("見出しは{kind}を示しています。", "The header says {kind}."),
    GroundCode.NO_HEADER: ("見出しからは種類が分かりません。", "The header does not say what it is."),
    GroundCode.CONTENT: ("中身は{kind}の形をしています。", "The content looks like {kind}."),
    GroundCode.CONTENT_DECIDES: (
        "見出しと中身が食い違うため、中身に従い{kind}としました。",
        "Header and content disagree; going by the content, it is {kind}.",
    ),
    GroundCode.TWELVE_DIGITS: (
        "空欄でない{total}件のうち{count}件が12桁の数字のため、個人番号として扱います。",
        "{count} of {total} cells that are not blank are 12 digits: treated as the individual number.",
    ),
    GroundCode.HEADER_OVERRULED: (
        "見出しは{kind}ですが、12桁の数字を優先しました。",
        "The header says {kind}, but 12 digits count for more.",
    ),
    GroundCode.SOME_TWELVE: (
        "空欄でない{total}件のうち{count}件が12桁の数字で、個人番号が混じるおそれがあります。",
        "{count} of {total} cells that are not blank are 12 digits and may be individual numbers.",
    ),
    GroundCode.DISAGREE: (
        "見出しは{kind}ですが、中身がその形をしていません。",
        "The header says {kind}, but the content does not look like it.",
    ),
    GroundCode.OTHER_PARTY: (
        "本人・配偶者・扶養親族以外の者、又は扱いを定めていない番号の列です。",
        "It speaks of somebody else, or of an identifier that has no kind here.",
    ),
    GroundCode.BLANK: ("全て空欄です。", "All cells are blank."),
    GroundCode.UNKNOWN: (
        "見出しからも中身からも種類が分かりません。",
        "Neither header nor content tells what it is.",
    ),
    GroundCode.DECLARED: ("担当者が{kind}と申告しました。", "The officer declared it to be {kind}."),
    GroundCode.DECLARED_NOT_NUMBER: (
        "12桁の数字ですが、担当者が個人番号ではないと申告しました。",
        "It is 12 digits, and the officer declared that it is not the individual number.",
    ),
    GroundCode.DROPPED: ("担当者が渡さないと指定しました。", "The officer said that it must not leave."),
}


@dataclass(frozen=True)
class Ground:
    """根拠。 A code and the kind and counts that fill its sentence."""

    code: GroundCode
    kind: Kind | None = None
    count: int = 0
    total: int = 0

    def sentence(self, language: Language) -> str:
        """One sentence for people. It holds kinds and counts, never a cell."""
        place = 0 if language == "ja" else 1
        kind = (_NOTHING if self.kind is None else KIND_NAMES[self.kind])[place]
        return _SENTENCES[self.code][place].format(kind=kind, count=self.count, total=self.total)
