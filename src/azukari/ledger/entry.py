"""The canonical encoding of ledger entries and of every other JSON that is hashed or signed.

Objects with sorted keys, no white space, UTF-8, integers only: the subset of RFC 8785 in which all
encoders agree. A reader that re-encodes what it parsed gets the same bytes, or refuses them.
"""

from __future__ import annotations

import json
from typing import Any

from azukari.errors import FormatError


def canonical(value: Any) -> bytes:
    """The one encoding of a JSON value without floats. Raises FormatError for anything else."""
    try:
        _require_plain(value)
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        return text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:  # newer Pythons read what is nested too deeply to write
        raise FormatError("json") from error


def parse_canonical(data: bytes, kind: str) -> dict[str, Any]:
    """Read a canonical JSON object whose ``type`` is ``kind``. Raises FormatError."""
    value = _loads(data)
    if not isinstance(value, dict) or value.get("type") != kind:
        raise FormatError(kind)
    if canonical(value) != data:
        raise FormatError("not canonical")
    return value


def entry_type(data: bytes) -> str:
    """The ``type`` of an entry, "" if it has none. Raises FormatError if it is no JSON object."""
    value = _loads(data)
    if not isinstance(value, dict):
        raise FormatError("entry")
    kind = value.get("type", "")
    return kind if isinstance(kind, str) else ""


def _loads(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FormatError("json") from error


def _require_plain(value: Any) -> None:
    if isinstance(value, float):
        raise FormatError("float")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for child in children:
        _require_plain(child)
