"""The Data Tracker protocol (findUsage 2.0): what a register answers about one person (docs/spec/use.md, Sources 5)."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from azukari.ledger.entry import canonical
from azukari.uses.reasons import Reason, UnusableError
from azukari.uses.use import Raw

_NEEDED: Final = ("logtime", "action", "receiverCode", "receiverSystem")


def members_of(usages: Any, source: str, subject: str, key: bytes) -> Iterator[Raw | UnusableError]:
    """The members of each usage of an answer about ``subject``, in order. UnusableError if the answer is none.

    The protocol has no numbers: an id is made of the usage, and of how often the answer holds it, under ``key``.
    """
    if not isinstance(usages, list):
        raise UnusableError(Reason.NOT_READABLE)
    seen: Counter[bytes] = Counter()
    for usage in usages:
        if not isinstance(usage, dict) or not all(isinstance(usage.get(member), str) for member in _NEEDED):
            yield UnusableError(Reason.MISSING)
            continue
        whole = hmac.digest(
            key, canonical([subject, *(str(usage.get(one, "")) for one in (*_NEEDED, "receiverName"))]), "sha256"
        )
        seen[whole] += 1
        yield {
            "source": source,
            "id": hmac.digest(key, whole + seen[whole].to_bytes(8, "big"), "sha256").hex(),
            "subject": subject,
            "time": usage["logtime"],
            "act": "view",
            "purpose_label": usage["action"],
            "party": str(usage.get("receiverName") or usage["receiverCode"]),
            "unit": usage["receiverCode"],
            "system": usage["receiverSystem"],
        }
