"""Reminders by mail: at most one for each officer and day, whoever asks how often, and whoever dies in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from azukari.fields.days import day_of
from azukari.stores.keys import KeyEncryptionKey
from azukari.stores.mail import Outcome, Posted
from azukari.web.accounts.queries.mail import Mailbox, officers
from azukari.web.custody.models import ReminderMail
from azukari.web.custody.queries.tally import tally
from azukari.web.custody.reminder_mail import message

Send = Callable[[EmailMessage], Posted]
"""Hands in one mail; raises nothing for what a relay does."""
_STATUS: Final = {
    Outcome.SENT: ReminderMail.Status.SENT,
    Outcome.REFUSED: ReminderMail.Status.FAILED,
    Outcome.UNKNOWN: ReminderMail.Status.CLAIMED,
}


@dataclass(frozen=True)
class Mailed:
    """通知の結果。 How many things wait, how many officers want mail, and how many mails went, failed, or nobody knows of.

    ``before``: sent earlier that day; ``codes``: what the relay answered to those that failed, 0 where it did not.
    """

    waiting: int
    officers: int
    sent: int = 0
    before: int = 0
    unknown: int = 0
    codes: tuple[int, ...] = ()


def remind(
    *, body_id: UUID, kek: KeyEncryptionKey, send: Send, sender: str, link: str, by: UUID, at: datetime
) -> Mailed:
    """Send today's reminders to the officers of a body who have not got theirs; nothing where nothing waits.

    Each is claimed in a transaction of its own before it is handed in: one that is refused is tried again when this is
    called again, one of which nobody knows whether it went is not. KeyFileError under another key.
    """
    today = day_of(at)
    found, boxes = tally(body_id, today), officers(body_id, kek)
    waiting = sum(one.count for one in found)
    told: list[tuple[str, int]] = []
    for box in boxes if found else ():
        if _claim(body_id, box, today, by, at):
            mail = message(found, sender=sender, to=box.address, link=link, today=today, at=at, mail_id=uuid4())
            posted = send(mail)
            _tell(box, today, posted)
            told.append((posted.outcome.value, posted.code))
        else:
            told.append((_standing(box, today), 0))
    words = [word for word, _ in told]
    codes = tuple(code for word, code in told if word == Outcome.REFUSED)
    return Mailed(waiting, len(boxes), words.count("sent"), words.count("before"), words.count("unknown"), codes)


def _claim(body_id: UUID, box: Mailbox, today: date, by: UUID, at: datetime) -> bool:
    """Whether the mail of today is ours to send."""
    claimed = {"status": ReminderMail.Status.CLAIMED, "tried_at": at, "tried_by": by}
    with transaction.atomic():
        made = ReminderMail.objects.get_or_create(
            person_id=box.person, day=today, defaults={"body_id": body_id, "tries": 1, "code": 0, **claimed}
        )
        if made[1]:
            return True
        row = ReminderMail.objects.select_for_update().get(pk=made[0].pk)
        if row.status != ReminderMail.Status.FAILED:
            return False
        ReminderMail.objects.filter(pk=row.pk).update(tries=row.tries + 1, **claimed)
    return True


def _tell(box: Mailbox, today: date, posted: Posted) -> None:
    found = ReminderMail.objects.filter(person_id=box.person, day=today)
    found.update(status=_STATUS[posted.outcome], code=posted.code)


def _standing(box: Mailbox, today: date) -> str:
    status = ReminderMail.objects.get(person_id=box.person, day=today).status
    return "before" if status == ReminderMail.Status.SENT else Outcome.UNKNOWN.value
