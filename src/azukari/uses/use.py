"""One use, judged member by member (docs/spec/use.md, Members)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from azukari.errors import FormatError, Language
from azukari.fields.dates import parse_date
from azukari.fields.kinds import Field
from azukari.fields.numbers import is_individual_number
from azukari.tables.vocabulary import read_header
from azukari.uses.moments import parse_moment
from azukari.uses.reasons import Reason, UnusableError

SHORT: Final = 200  # characters of a member
LONG: Final = 400  # ... of those that people read as a sentence
MAX_FIELDS: Final = 100
AHEAD: Final = timedelta(days=1)  # how far a source's clock may be ahead of ours

Raw = Mapping[str, str | list[str]]
"""Members as a source told them: texts, and a list for ``fields`` where the form has lists."""


class Act(StrEnum):
    """行為。 What was done with the data."""

    VIEW = "view"
    SEARCH = "search"
    PRINT = "print"
    EXPORT = "export"
    REGISTER = "register"
    CHANGE = "change"
    DELETE = "delete"
    PROVIDE = "provide"
    RECEIVE = "receive"
    MATCH = "match"

    def label(self, language: Language) -> str:
        """What people read."""
        return _ACTS[self][0] if language == "ja" else _ENGLISH[self]


class Visibility(StrEnum):
    """見せ方。 Shown at once, counted until a day, or not even counted (docs/spec/completeness.md, 7)."""

    SHOWN = "shown"
    WITHHELD = "withheld"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Use:
    """利用。 One act on the data of one person; ``time`` is when it was done, ``noted`` when the source noted it, in UTC."""

    source: str
    id: str
    subject: str = field(repr=False)
    time: datetime
    noted: datetime | None
    act: Act
    purpose: str
    purpose_label: str
    basis: str
    unit: str
    role: str
    party: str
    system: str
    country: str
    fields: tuple[Field, ...]
    items: str
    entrustment: str
    visibility: Visibility
    reveal_after: date | None


MEMBERS: Final = frozenset(Use.__dataclass_fields__)
_MOST: Final = {"purpose": LONG, "purpose_label": LONG, "basis": LONG, "items": LONG, "fields": 10 * LONG}
_OUR_OWN: Final = frozenset({"source", "id", "time", "noted"})  # numbers of the source's records, moments: of nobody
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_TWELVE: Final = re.compile(r"(?<![0-9])[0-9](?:[ \-]?[0-9]){11}(?![0-9])")
_IRI: Final = re.compile(r"https://w3id\.org/dpv(?:/[A-Za-z0-9/._-]{1,80})?#[A-Za-z][A-Za-z0-9-]{0,80}")
_HEX: Final = re.compile("[0-9a-f]{32}")
_BETWEEN: Final = re.compile("[,、;，；]")

# Words of Japanese systems for each act; the first is what the screens say.
_ACTS: Final[dict[Act, tuple[str, ...]]] = {
    Act.VIEW: ("閲覧", "照会", "参照", "表示", "view", "read", "select"),
    Act.SEARCH: ("検索", "search", "query"),
    Act.PRINT: ("印刷", "帳票出力", "交付", "print"),
    Act.EXPORT: ("書き出し", "出力", "抽出", "ダウンロード", "export", "download", "copy"),
    Act.REGISTER: ("登録", "追加", "新規", "register", "create", "insert"),
    Act.CHANGE: ("変更", "更新", "修正", "異動", "change", "update"),
    Act.DELETE: ("削除", "消去", "delete"),
    Act.PROVIDE: ("提供", "送付", "送信", "provide", "disclose", "send"),
    Act.RECEIVE: ("取得", "受領", "受信", "収集", "receive", "collect"),
    Act.MATCH: ("突合", "名寄せ", "ひも付け", "紐付け", "match", "link"),
}
_ENGLISH: Final = {
    Act.VIEW: "viewed",
    Act.SEARCH: "searched",
    Act.PRINT: "printed",
    Act.EXPORT: "exported",
    Act.REGISTER: "registered",
    Act.CHANGE: "changed",
    Act.DELETE: "deleted",
    Act.PROVIDE: "provided",
    Act.RECEIVE: "received",
    Act.MATCH: "matched",
}
_ACT_OF: Final = {word: act for act, words in _ACTS.items() for word in words}
_VISIBILITY_OF: Final = {
    "": Visibility.SHOWN, "shown": Visibility.SHOWN, "公開": Visibility.SHOWN,
    "withheld": Visibility.WITHHELD, "後日公開": Visibility.WITHHELD,
    "unanswered": Visibility.UNANSWERED, "不開示": Visibility.UNANSWERED,
}  # fmt: skip


def use_of(raw: Raw, now: datetime) -> Use:
    """The use that these members tell. UnusableError names the reason and the member, and nothing of what it held."""
    texts = {member: _text(member, raw.get(member, "")) for member in MEMBERS}
    visibility, reveal_after = _visibility(texts)
    time = _moment("time", texts["time"], now)
    if time is None:
        raise UnusableError(Reason.MISSING, "time")
    return Use(
        source=_needed("source", texts),
        id=_needed("id", texts),
        subject=_subject(texts),
        time=time,
        noted=_moment("noted", texts["noted"], now),
        act=_act(texts),
        purpose=_purpose(texts),
        purpose_label=texts["purpose_label"],
        basis=texts["basis"],
        unit=texts["unit"],
        role=texts["role"],
        party=_party(texts),
        system=texts["system"],
        country=_country(texts),
        fields=_fields(raw.get("fields", "")),
        items=texts["items"],
        entrustment=_entrustment(texts),
        visibility=visibility,
        reveal_after=reveal_after,
    )


def _text(member: str, value: str | list[str]) -> str:
    """The member without space around it; judged, too, where it is a list."""
    if not value:  # most members of most uses
        return ""
    text = (value if isinstance(value, str) else ",".join(value)).strip()
    if not text:
        return ""
    if len(text) > _MOST.get(member, SHORT):
        raise UnusableError(Reason.TOO_LONG, member)
    if _CONTROL.search(text):
        raise UnusableError(Reason.SIGNS, member)
    if len(text) >= 12 and member not in _OUR_OWN and _holds_number(text):
        raise UnusableError(Reason.NUMBER, member)
    return text


def _holds_number(text: str) -> bool:
    return any(map(is_individual_number, _TWELVE.findall(unicodedata.normalize("NFKC", text))))


def _needed(member: str, texts: Mapping[str, str]) -> str:
    if not texts[member]:
        raise UnusableError(Reason.MISSING, member)
    return texts[member]


def _subject(texts: Mapping[str, str]) -> str:
    """The local id in its plain form: NFKC, at most 64 characters (docs/spec/subject.md, 1)."""
    if not texts["subject"]:
        raise UnusableError(Reason.NOBODY, "subject")
    plain = unicodedata.normalize("NFKC", texts["subject"]).strip()
    if not 0 < len(plain) <= 64:
        raise UnusableError(Reason.TOO_LONG, "subject")
    return plain


def _moment(member: str, text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    found = parse_moment(text)
    if found is None:
        raise UnusableError(Reason.TIME, member)
    if found > now + AHEAD:
        raise UnusableError(Reason.AHEAD, member)
    return found


def _act(texts: Mapping[str, str]) -> Act:
    word = unicodedata.normalize("NFKC", _needed("act", texts)).casefold()
    if word not in _ACT_OF:
        raise UnusableError(Reason.ACT, "act")
    return _ACT_OF[word]


def _purpose(texts: Mapping[str, str]) -> str:
    if not texts["purpose"] and not texts["purpose_label"]:
        raise UnusableError(Reason.MISSING, "purpose")
    if texts["purpose"] and not _IRI.fullmatch(texts["purpose"]):
        raise UnusableError(Reason.PURPOSE, "purpose")
    return texts["purpose"]


def _party(texts: Mapping[str, str]) -> str:
    if not texts["party"] and not texts["unit"]:
        raise UnusableError(Reason.MISSING, "party")
    return texts["party"]


def _country(texts: Mapping[str, str]) -> str:
    if texts["country"] and not re.fullmatch("[A-Z]{2}", texts["country"]):
        raise UnusableError(Reason.COUNTRY, "country")
    return texts["country"]


def _entrustment(texts: Mapping[str, str]) -> str:
    text = texts["entrustment"].replace("-", "").casefold()
    if text and not _HEX.fullmatch(text):
        raise UnusableError(Reason.ENTRUSTMENT, "entrustment")
    return text


def _fields(value: str | list[str]) -> tuple[Field, ...]:
    words: Iterable[str] = _BETWEEN.split(value) if isinstance(value, str) else value
    found = {_field(word.strip()) for word in words if word.strip()}
    if len(found) > MAX_FIELDS:
        raise UnusableError(Reason.TOO_LONG, "fields")
    return tuple(sorted(found, key=str))


@lru_cache(1_024)  # sources have few words, and say them in every use
def _field(word: str) -> Field:
    """A word of the vocabulary, or a heading that says one."""
    try:
        return Field.parse(word)
    except FormatError:
        reading = read_header(word)
    if reading.kind is None or reading.other_party:
        raise UnusableError(Reason.FIELD, "fields")
    return Field(reading.kind, reading.role)


def _visibility(texts: Mapping[str, str]) -> tuple[Visibility, date | None]:
    """What is withheld says until when, and nothing else does."""
    word = unicodedata.normalize("NFKC", texts["visibility"]).casefold()
    day = parse_date(texts["reveal_after"]) if texts["reveal_after"] else None
    found = _VISIBILITY_OF.get(word)
    if found is None or (texts["reveal_after"] and day is None):
        raise UnusableError(Reason.VISIBILITY, "visibility")
    if (found is Visibility.WITHHELD) != (day is not None):
        raise UnusableError(Reason.VISIBILITY, "reveal_after")
    return found, day
