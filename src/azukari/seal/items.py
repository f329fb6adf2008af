"""What crossings carry: one canonical JSON object per item (docs/spec/crossing.md, section 4).

Packages (.azk) and certificates (.azp) travel as they are; everything else is one of the classes here. Identifiers are
16 bytes as hex, days and moments ISO 8601 (moments in UTC, to the second), an absent value an empty text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final, Self

from azukari.errors import FormatError
from azukari.fields.kinds import Field
from azukari.ledger.bundles import parse_bundle
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import Verifier, from_base64
from azukari.seal.manifest import MAX_FIELDS

MAX_ITEM: Final = 400_000  # bytes of one item: a receipt of the largest size, with room
MAX_LINE: Final = 400  # characters of a name or title
MAX_TEXT: Final = 270_000  # characters of a text
MAX_COUNT: Final = 2**53 - 1
MAX_CHANGES: Final = 64  # of a ledger's key
MAX_KEYS: Final = 64  # of one person's lists

_HEX: Final = re.compile("[0-9a-f]{32}")
_LETTER: Final = re.compile("[0-9A-Z]{4,40}")
_LIST_KEY: Final = re.compile("[0-9a-f]{64}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_WORD: Final = re.compile("[a-z]{1,20}(?:-[a-z]{1,20}){0,3}")
Form = Callable[[Any], bool]


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and moment_text(moment(value)) == value
    except (ValueError, FormatError):
        return False


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT and _CONTROL.search(value) is None


def _is_line(value: Any) -> bool:
    return _is_text(value) and len(value) <= MAX_LINE and "\n" not in value


def _is_name(value: Any) -> bool:
    return _is_line(value) and bool(value.strip())


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def _is_list_key(value: Any) -> bool:
    return isinstance(value, str) and _LIST_KEY.fullmatch(value) is not None


def _is_key(value: Any) -> bool:
    try:
        return _is_line(value) and Verifier.parse(value).vkey == value
    except FormatError:
        return False


def _is_fields(value: Any) -> bool:
    try:
        parsed = [Field.parse(text) for text in value] if isinstance(value, tuple) else []
    except (FormatError, TypeError, AttributeError):
        return False
    return 0 < len(parsed) <= MAX_FIELDS and tuple(sorted({str(one) for one in parsed})) == value


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_COUNT


def _is_texts(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) <= MAX_CHANGES and all(_is_text(one) and one for one in value)


def _one_of(*words: str) -> Form:
    return lambda value: isinstance(value, str) and value in words


def _or_empty(form: Form) -> Form:
    return lambda value: value == "" or form(value)


# One form for each member, whatever the item: a word means the same everywhere.
_FORMS: Final[dict[str, Form]] = {
    "id": _is_id,
    "firm": _is_id,
    "work": _is_id,
    "by": _is_id,
    "parent": _or_empty(_is_id),
    "permission": _or_empty(_is_id),
    "renews": _or_empty(_is_id),
    "name": _is_name,
    "title": _is_name,
    "login": lambda value: _is_name(value) and len(value) <= 150,
    "name_en": _is_line,
    "origin": _is_line,
    "recipient": _is_name,
    "vkey": _is_key,
    "country": lambda value: isinstance(value, str) and re.fullmatch("[A-Z]{2}", value) is not None,
    "status": _one_of("pending", "confirmed", "revoked"),
    "outcome": _one_of("accepted", "refused"),
    "decision": _one_of("", "granted", "refused", "revoked"),
    "stage": _one_of("selection", "contract", "performance", "end"),
    "kind": _one_of("receipt", "ask"),
    "what": _one_of(
        *("body", "firm", "work", "account", "package", "consignment"),
        *("certificate", "answer", "ledger", "checkpoint", "event", "citizen", "box", "sent"),
    ),
    "item": _is_id,
    "number": _is_count,
    "word": _or_empty(lambda value: isinstance(value, str) and _WORD.fullmatch(value) is not None),
    "detail": _is_line,
    "reason": _is_text,
    "purpose": _is_text,
    "safeguards": lambda value: _is_text(value) and bool(value.strip()),
    "card": lambda value: _is_text(value) and bool(value),
    "text": lambda value: _is_text(value) and bool(value),
    "fields": _is_fields,
    "people": _is_count,
    "starts_on": _is_day,
    "ends_on": _is_day,
    "at": _is_moment,
    "is_active": lambda value: type(value) is bool,
    "code_hash": _is_line,
    "invited_at": _or_empty(_is_moment),
    "expires_at": _or_empty(_is_moment),
    "entries": lambda value: _is_text(value) and bool(value),
    "note": lambda value: _is_text(value) and bool(value),
    "since": lambda value: value == 0 or _is_count(value),
    "past": _is_text,
    "changes": _is_texts,
    "citizen": _is_id,
    "event": lambda value: _is_text(value) and bool(value),
    "index": lambda value: type(value) is int and 0 <= value <= MAX_COUNT,
    "issued_at": _or_empty(_is_moment),
    "keys": lambda value: isinstance(value, tuple) and len(value) <= MAX_KEYS and all(map(_is_list_key, value)),
    "letter": _or_empty(lambda value: isinstance(value, str) and _LETTER.fullmatch(value) is not None),
    "sealed": lambda value: _is_text(value) and bool(value),
    "source": _is_id,
}


@dataclass(frozen=True)
class Item:
    """便の品。 What all items share: ``encode``, ``parse``, and members of known form; FormatError otherwise."""

    type: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for member in fields(self):
            if not _FORMS[member.name](getattr(self, member.name)):
                raise FormatError(f"{self.type}: {member.name}")

    def encode(self) -> bytes:
        """The canonical bytes. FormatError beyond ``MAX_ITEM``."""
        return _bounded(canonical({"type": self.type} | asdict(self)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read an item strictly: exactly the known members, each of its form. FormatError."""
        try:
            value = parse_canonical(_bounded(data), cls.type)
        except RecursionError as error:  # from Python 3.13 on, json reads deeper than Python code may recurse
            raise FormatError(cls.type) from error
        value.pop("type")
        if set(value) != {member.name for member in fields(cls)}:
            raise FormatError(f"{cls.type}: members")
        return cls(**{name: tuple(one) if isinstance(one, list) else one for name, one in value.items()})


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_ITEM:
        raise FormatError(f"an item of more than {MAX_ITEM} bytes")
    return data


@dataclass(frozen=True)
class BodyItem(Item):
    """委託元の公開情報。 Names of the body, origin and verifier key of its ledger."""

    type: ClassVar[str] = "azukari/crossing-body/v1"
    id: str
    name: str
    name_en: str
    origin: str
    vkey: str


@dataclass(frozen=True)
class FirmItem(Item):
    """当事者の公開情報。 A firm that takes delivery outside: its id in the register, its keys and their state."""

    type: ClassVar[str] = "azukari/crossing-firm/v1"
    id: str
    name: str
    country: str
    recipient: str
    vkey: str
    status: str


@dataclass(frozen=True)
class WorkItem(Item):
    """委託の要点。 One entrustment of one firm; ``parent`` is the id of the one above, of another firm."""

    type: ClassVar[str] = "azukari/crossing-work/v1"
    id: str
    firm: str
    parent: str
    title: str = field(repr=False)
    purpose: str = field(repr=False)
    fields: tuple[str, ...]
    starts_on: str
    ends_on: str
    stage: str


@dataclass(frozen=True)
class AccountItem(Item):
    """委託先の利用者。 A person of a firm, and the newest invitation as the scrypt hash of its code: never the code.

    ``code_hash``, ``invited_at`` and ``expires_at`` are empty where nobody was invited yet.
    """

    type: ClassVar[str] = "azukari/crossing-account/v1"
    id: str
    firm: str
    login: str = field(repr=False)
    name: str = field(repr=False)
    is_active: bool
    code_hash: str = field(repr=False)
    invited_at: str
    expires_at: str


@dataclass(frozen=True)
class AnswerItem(Item):
    """提出への返事。 What became of a submission: taken or refused, with the verdict's word; of an ask also the decision."""

    type: ClassVar[str] = "azukari/crossing-answer/v1"
    id: str
    outcome: str
    word: str
    detail: str
    permission: str
    decision: str
    reason: str = field(repr=False)


@dataclass(frozen=True)
class EntriesItem(Item):
    """台帳の記載の束。 1 to 256 entries of the body's ledger; ``id`` is the index of the first, ``entries`` a bundle in base64."""

    type: ClassVar[str] = "azukari/crossing-ledger/v1"
    id: str
    entries: str = field(repr=False)

    @property
    def start(self) -> int:
        """Index of the first entry."""
        return int(self.id, 16)

    @property
    def bundle(self) -> list[bytes]:
        """The entries. FormatError."""
        return parse_bundle(from_base64(self.entries))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.start + len(self.bundle) > MAX_COUNT:
            raise FormatError(f"{self.type}: id")


@dataclass(frozen=True)
class CheckpointItem(Item):
    """台帳のチェックポイント。 A note that may be shown, and what leads to it from ``since`` entries and from older keys.

    ``past`` is as ``ledger.monitor.verify_fork`` takes it, each of ``changes`` a tlog-proof with its entry as extra data.
    """

    type: ClassVar[str] = "azukari/crossing-checkpoint/v1"
    id: str
    note: str
    since: int
    past: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class SentItem(Item):
    """提出。 What a firm hands in: ``kind`` receipt (``text``: the signed note) or ask (``text``: an `Ask`)."""

    type: ClassVar[str] = "azukari/crossing-sent/v1"
    id: str
    firm: str
    kind: str
    by: str
    at: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class RefusalItem(Item):
    """取り込めなかった品の知らせ。 Of which kind (``what``) and ``item`` the other side's crossing ``number`` brought what could not be taken.

    ``word`` and ``detail`` say why; both empty where the item, or a later one in its place, was taken after all. ``id`` is
    the refusal's own: the one for this item, whatever is said of it later.
    """

    type: ClassVar[str] = "azukari/crossing-refusal/v1"
    id: str
    what: str
    item: str
    number: int
    word: str
    detail: str


@dataclass(frozen=True)
class Ask(Item):
    """許諾の申請。 An entrustee asks for a named sub-contractor: its name, country and card, and the terms of the work.

    ``work``: the entrustee's own entrustment; ``country``: where the data will be handled; ``renews``: a permission.
    """

    type: ClassVar[str] = "azukari/ask/v1"
    work: str
    name: str
    card: str
    country: str
    fields: tuple[str, ...]
    people: int
    starts_on: str
    ends_on: str
    safeguards: str = field(repr=False)
    renews: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ends_on < self.starts_on:
            raise FormatError(f"{self.type}: period")


def moment_text(at: datetime) -> str:
    """A moment as items write it: UTC, whole seconds, ``Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The counterpart. FormatError for any other spelling."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise FormatError("moment") from error
