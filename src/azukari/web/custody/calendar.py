"""Last days as a calendar that every calendar program imports (iCalendar, RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from azukari.errors import Language
from azukari.web.custody.queries.ends import End

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
AHEAD: Final = timedelta(days=400)  # a fiscal year and a month
BEHIND: Final = timedelta(days=31)
OCTETS: Final = 75  # of a line without its end, RFC 5545 section 3.1
WARNING_DAYS: Final = 30
_SAID: Final = {
    "permission-ends": ("許諾の期限", "Permission ends"),
    "entrustment-ends": ("委託の終了", "Entrustment ends"),
    "document-expires": ("書類の有効期限", "Document expires"),
}


def window(today: date) -> tuple[date, date]:
    """The first and the last day that a calendar shows."""
    return today - BEHIND, today + AHEAD


def said(end: End, language: Language) -> str:
    """許諾の期限: 青嵐データ入力."""
    ja, en = _SAID[end.kind]
    return f"{ja if language == 'ja' else en}: {end.what}"


def calendar(ends: Sequence[End], body_id: UUID, language: Language, at: datetime) -> bytes:
    """All-day events; the same end has the same UID in every calendar, so that importing twice doubles nothing."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//azukari//reminders//JA", "CALSCALE:GREGORIAN"]
    lines.append("METHOD:PUBLISH")
    for end in ends:
        lines += _event(end, body_id, language, at)
    lines.append("END:VCALENDAR")
    return "".join(part + "\r\n" for line in lines for part in fold(line)).encode()


def escape(text: str) -> str:
    """A TEXT value (RFC 5545 section 3.3.11); control characters become spaces."""
    plain = "".join("\n" if c == "\n" else " " if c < " " or "\x7f" <= c <= "\x9f" else c for c in text)
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, "\\" + sign)
    return plain.replace("\n", "\\n")


def fold(line: str) -> Iterable[str]:
    """A content line in parts of at most ``OCTETS`` octets, cut between characters; all but the first begin with a space."""
    part, size = "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + character, size + octets
    yield part


def _event(end: End, body_id: UUID, language: Language, at: datetime) -> list[str]:
    summary = escape(said(end, language))
    return [
        "BEGIN:VEVENT",
        f"UID:{end.kind}-{end.id}@{body_id}",
        f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{end.day:%Y%m%d}",
        f"SUMMARY:{summary}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{summary}",
        f"TRIGGER:-P{WARNING_DAYS}D",
        "END:VALARM",
        "END:VEVENT",
    ]
