"""Why a use waits in quarantine: a closed list, with what people read."""

from __future__ import annotations

from enum import StrEnum

from azukari.errors import FormatError, Language


class Reason(StrEnum):
    """保留の理由。 The values stand in records and never change; none tells what the line held."""

    NOT_READABLE = "not-readable"
    ENVELOPE = "envelope"
    UNKNOWN_MEMBER = "unknown-member"
    MISSING = "missing"
    TOO_LONG = "too-long"
    SIGNS = "signs"
    TIME = "time"
    AHEAD = "ahead"
    ACT = "act"
    PURPOSE = "purpose"
    COUNTRY = "country"
    FIELD = "field"
    ENTRUSTMENT = "entrustment"
    VISIBILITY = "visibility"
    NUMBER = "number-in-text"
    NOBODY = "nobody"
    DIFFERENT = "told-differently"
    NO_POOL = "no-sealed-keys"

    def label(self, language: Language) -> str:
        """A short sentence."""
        return _LABELS[self][0 if language == "ja" else 1]


class UnusableError(FormatError):
    """使えない利用記録。 What was told is no use: ``reason``, and the member that it is about ("" for the whole)."""

    def __init__(self, reason: Reason, member: str = "") -> None:
        super().__init__(f"{reason.value} {member}".strip())
        self.reason = reason
        self.member = member


_LABELS: dict[Reason, tuple[str, str]] = {
    Reason.NOT_READABLE: ("読めない行です。", "The line cannot be read."),
    Reason.ENVELOPE: ("CloudEvents 1.0 の形ではありません。", "This is not the shape of CloudEvents 1.0."),
    Reason.UNKNOWN_MEMBER: ("知らない項目があります。", "There is a member that is not known."),
    Reason.MISSING: ("必要な項目がありません。", "A member that is needed is missing."),
    Reason.TOO_LONG: ("長すぎる項目があります。", "A member is too long."),
    Reason.SIGNS: ("使えない文字があります。", "A member holds signs that cannot be shown."),
    Reason.TIME: ("日時を読めません。", "The time cannot be read."),
    Reason.AHEAD: ("日時が先です。", "The time lies ahead."),
    Reason.ACT: ("何をしたか読めません。", "What was done is not a known act."),
    Reason.PURPOSE: (
        "利用目的の番号が DPV のものではありません。",
        "The purpose is no IRI of the Data Privacy Vocabulary.",
    ),
    Reason.COUNTRY: ("国は英字 2 文字です。", "A country has two letters."),
    Reason.FIELD: ("項目の種類が分かりません。", "A field is of no known kind."),
    Reason.ENTRUSTMENT: ("委託の番号が正しくありません。", "The entrustment is no identifier."),
    Reason.VISIBILITY: ("見せ方が正しくありません。", "Whether it is shown is not clear."),
    Reason.NUMBER: (
        "個人番号かもしれない 12 桁があります。",
        "There are twelve digits that may be an individual number.",
    ),
    Reason.NOBODY: ("誰のことか分かりません。", "Whom it is about cannot be told."),
    Reason.NO_POOL: (
        "存否を答えない記録のための鍵が、まだありません。",
        "There are no keys yet for a use whose existence is not answered.",
    ),
    Reason.DIFFERENT: ("同じ番号で、前と内容が違います。", "Under the same number something else was told before."),
}
