"""The event that a leaf commits to: what happened, once for everybody whom it concerns (docs/spec/completeness.md, 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from azukari.errors import FormatError, Language, LimitError
from azukari.fields.kinds import Field, Kind
from azukari.ledger.entry import canonical, parse_canonical

from .reading import day as read_day
from .reading import listed, members, require, text, timed
from .reading import time as read_time

EVENT: Final = "azukari/event/v1"
MAX_EVENT: Final = 16_384  # bytes
_TEXTS: Final = (
    "basis", "body", "country", "deed", "entrustment", "id", "next", "party", "purpose", "role", "system", "unit",
)  # fmt: skip
_DEED: Final = re.compile(r"[a-z]{1,20}")
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{32}")
_KEY_ID: Final = re.compile(r"[0-9a-f]{64}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class Act(StrEnum):
    """記載の種類。 What happened; the order is that of the kinds 1 to 9 of a leaf."""

    HAND_OVER = "hand-over"
    RE_ENTRUSTMENT = "re-entrustment"
    USE = "use"
    RETURN = "return"
    DISPOSAL = "disposal"
    CORRECTION = "correction"
    DISCLOSURE = "disclosure"
    REKEY = "rekey"
    ERASURE = "erasure"

    @property
    def kind(self) -> int:
        """The kind of a leaf that states this act, 1 to 9."""
        return _KINDS[self]

    def label(self, language: Language) -> str:
        """What people read."""
        ja, en = _LABELS[self]
        return ja if language == "ja" else en


_KINDS: Final = {act: number for number, act in enumerate(Act, start=1)}
_LABELS: Final = {
    Act.HAND_OVER: ("委託先への受渡し", "handed over to a contractor"),
    Act.RE_ENTRUSTMENT: ("再委託先への受渡し", "handed over to a sub-contractor"),
    Act.USE: ("利用", "used"),
    Act.RETURN: ("返却", "returned"),
    Act.DISPOSAL: ("廃棄", "destroyed"),
    Act.CORRECTION: ("訂正", "corrected"),
    Act.DISCLOSURE: ("開示", "disclosed"),
    Act.REKEY: ("鍵の取替え", "another key"),
    Act.ERASURE: ("消去", "erased"),
}


@dataclass(frozen=True)
class Event:
    """できごと。 What a person reads of one entry; it names nobody but body and party.

    ``basis``, ``body``, ``party``, ``purpose``: texts, may be empty. ``country``: two capitals or empty. ``entrustment``: 16
    bytes as hex, or empty. ``fields``: ascending by their text, none twice; may be none. ``id``: of the hand-over or use, 16
    bytes as hex. ``next``: the id of the next list key, 32 bytes as hex, of a rekey and of nothing else. ``role``: in which
    part of the row the person stands, as of a field. ``until``: last day, or None. Of a use and of nothing else: ``at``, when,
    to the second; ``deed``, the act of docs/spec/use.md; ``unit`` and ``system``, may be empty. Anything else raises
    FormatError, and more than 16,384 bytes LimitError.
    """

    act: Act
    basis: str
    body: str
    country: str
    day: date
    entrustment: str
    fields: tuple[Field, ...]
    id: str
    next: str
    party: str
    purpose: str
    role: str
    until: date | None = None
    at: datetime | None = None
    deed: str = ""
    system: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        Field(Kind.LOCAL_ID, self.role)  # raises for a role outside the vocabulary
        require(self.fields == tuple(sorted(set(self.fields), key=str)), "fields")
        require(not self.country or _COUNTRY.fullmatch(self.country) is not None, "country")
        require(not self.entrustment or _IDENTIFIER.fullmatch(self.entrustment) is not None, "entrustment")
        require(_IDENTIFIER.fullmatch(self.id) is not None, "id")
        require(bool(self.next) == (self.act is Act.REKEY), "next")
        require(not self.next or _KEY_ID.fullmatch(self.next) is not None, "next")
        self._require_deed()
        self.encode()

    def _require_deed(self) -> None:
        used = self.act is Act.USE
        require((self.at is not None) == used, "at")
        require(_DEED.fullmatch(self.deed) is not None if used else not self.deed, "deed")
        require(used or not (self.system or self.unit), "unit")

    def encode(self) -> bytes:
        """The canonical bytes, whose SHA-256 a commitment holds."""
        data = canonical(
            {
                "type": EVENT,
                **{name: getattr(self, name) for name in _TEXTS},
                "act": self.act.value,
                "at": timed(self.at) if self.at else "",
                "day": self.day.isoformat(),
                "fields": [str(field) for field in self.fields],
                "until": self.until.isoformat() if self.until else "",
            }
        )
        if len(data) > MAX_EVENT:
            raise LimitError(f"an event of more than {MAX_EVENT} bytes")
        return data

    @classmethod
    def parse(cls, data: bytes) -> Event:
        """Read an event strictly: exactly the known members, each of its form. Raises FormatError, LimitError."""
        if len(data) > MAX_EVENT:
            raise LimitError(f"an event of more than {MAX_EVENT} bytes")
        value = parse_canonical(data, EVENT)
        members(value, "type", *(field.name for field in fields(cls)))
        event = cls(
            act=_act(value["act"]),
            at=read_time(value["at"]) if text(value["at"]) else None,
            day=read_day(value["day"]),
            fields=tuple(Field.parse(text(each)) for each in listed(value["fields"])),
            until=read_day(value["until"]) if text(value["until"]) else None,
            **{name: text(value[name]) for name in _TEXTS},
        )
        require(event.encode() == data, "event")
        return event


def _act(value: Any) -> Act:
    try:
        return Act(text(value))
    except ValueError as error:
        raise FormatError("act") from error
