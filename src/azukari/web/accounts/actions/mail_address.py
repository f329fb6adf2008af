"""Where a person wants reminders by mail: told by the person, kept wrapped, read only when a mail goes out."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from azukari.errors import NotFoundError, OptionError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts.models import User
from azukari.web.accounts.queries.mail import address_purpose

MAX_ADDRESS: Final = 254  # characters, RFC 5321 4.5.3.1.3 without its brackets
_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@{_LABEL}(?:\.{_LABEL})+")


def keep(*, person_id: UUID, address: str, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Send reminders there from now on; nowhere if it is empty.

    OptionError for what is no address of ASCII letters (RFC 5321, without quoted names), NotFoundError without a person.
    """
    wanted = address.strip()
    if wanted and (len(wanted) > MAX_ADDRESS or not _ADDRESS.fullmatch(wanted)):
        raise OptionError("this is no mail address in plain letters")
    wrapped = kek.wrap(wanted.encode("ascii"), address_purpose(person_id)) if wanted else None
    if not User.objects.filter(id=person_id, is_active=True).update(wrapped_mail=wrapped):
        raise NotFoundError("there is no such person")
