"""The text of a reminder by mail, in Japanese and English: numbers and days, a link, and nothing else.

Mail leaves the network and lies where others read it: no name of a person, a firm or a work ever stands in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from azukari.web.custody.queries.tally import Tally

_WAITING: Final = {
    "asked": ("許諾の申請", "permissions asked for"),
    "key": ("鍵の確認待ち", "keys to be confirmed"),
    "unreceipted": ("受領書のない受渡し", "hand-overs without a receipt"),
}
_ENDING: Final = {
    "permission-ends": ("30 日以内に終わる許諾", "permissions that end within 30 days"),
    "entrustment-ends": ("30 日以内に終わる委託", "entrustments that end within 30 days"),
    "document-expires": ("期限が過ぎたか、30 日以内に来る書類", "documents that have expired or will within 30 days"),
}


def message(
    found: Sequence[Tally], *, sender: str, to: str, link: str, today: date, at: datetime, mail_id: UUID
) -> EmailMessage:
    """One plain mail. ``link`` is where the screens are; ``mail_id`` is random and says nothing of anybody."""
    total = sum(one.count for one in found)
    made = EmailMessage()
    made["From"], made["To"] = sender, to
    made["Subject"] = f"預かり: {total} 件 / azukari: {total}"
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{mail_id.hex}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
    made.set_content(_japanese(found, link, today) + "\n" + _english(found, link, today), cte="base64")
    return made


def _japanese(found: Sequence[Tally], link: str, today: date) -> str:
    lines = [f"・{_label(one)[0]}: {one.count:,} 件（{_when_ja(one, today)}）" for one in found]
    end = f"内容は画面で確かめてください: {link}\n通知先は、画面の「アカウント」で変えられます。\n"
    return "預かりからのお知らせです。\n\n" + "\n".join(lines) + f"\n\n{end}"


def _english(found: Sequence[Tally], link: str, today: date) -> str:
    lines = [f"- {_label(one)[1]}: {one.count:,} ({_when_en(one, today)})" for one in found]
    end = f"The screens show what they are: {link}\nThe address of these mails is changed under Account.\n"
    return "From azukari.\n\n" + "\n".join(lines) + f"\n\n{end}"


def _label(one: Tally) -> tuple[str, str]:
    return (_WAITING | _ENDING)[one.kind]


def _when_ja(one: Tally, today: date) -> str:
    days = (one.day - today).days
    if one.kind in _WAITING:
        return f"最も古いものは {max(-days, 0)} 日前から"
    return f"最も早いものは {days} 日後" if days > 0 else f"最も早いものは {-days} 日過ぎ" if days else "今日まで"


def _when_en(one: Tally, today: date) -> str:
    days = (one.day - today).days
    if one.kind in _WAITING:
        return f"the oldest for {_days(max(-days, 0))}"
    return f"the first in {_days(days)}" if days > 0 else f"the first {_days(-days)} ago" if days else "the first today"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
