"""CloudEvents 1.0 in its JSON format: one event, or a batch (docs/spec/use.md, Sources 1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from azukari.uses.reasons import Reason, UnusableError
from azukari.uses.use import MEMBERS, Raw

TYPE: Final = "azukari.use.v1"
VERSION: Final = "1.0"
EVENT_BYTES: Final = 65_536  # one event; CloudEvents asks intermediaries to forward at least this much
BATCH: Final = 1_000  # events of one batch
_ENVELOPE: Final = ("source", "id", "subject", "time")
_DATA: Final = MEMBERS - set(_ENVELOPE)
_JSON: Final = ("", "application/json")


def parse_json(data: bytes) -> Any:
    """A JSON value of at most the size of a batch. UnusableError for other bytes, names twice, or numbers that are none."""
    if len(data) > BATCH * EVENT_BYTES:
        raise UnusableError(Reason.TOO_LONG)
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UnusableError(Reason.NOT_READABLE) from None


def members_of(event: Any) -> Raw:
    """The members that an event tells. UnusableError if it is no event of ours."""
    if not isinstance(event, dict) or event.get("specversion") != VERSION or event.get("type") != TYPE:
        raise UnusableError(Reason.ENVELOPE)
    if event.get("datacontenttype", "") not in _JSON or not isinstance(event.get("data"), dict):
        raise UnusableError(Reason.ENVELOPE, "data")
    unknown = sorted(set(event["data"]) - _DATA)
    if unknown:
        raise UnusableError(Reason.UNKNOWN_MEMBER)
    texts = {member: _text(member, event.get(member, "")) for member in _ENVELOPE}
    return texts | {member: _text_or_list(member, value) for member, value in event["data"].items()}


def _text(member: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UnusableError(Reason.ENVELOPE, member)
    return value


def _text_or_list(member: str, value: Any) -> str | list[str]:
    if member == "fields" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    return _text(member, value)


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    """An object in which no name stands twice: which of two values counts, readers do not agree on."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(_: str) -> None:
    raise ValueError
