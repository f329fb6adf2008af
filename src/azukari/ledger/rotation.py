"""Changing a log's key: an entry of the log itself names the new key, under checkpoints that the old key signed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from azukari.errors import FormatError

from .entry import canonical, parse_canonical
from .note import ED25519, Verifier

LOG_KEY: Final = "azukari/log-key/v1"
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class KeyChange:
    """鍵の交代。 From now on ``key`` signs; the key with the id ``replaces`` (hex) signs beside it to the end of ``until``."""

    origin: str
    key: str
    replaces: str
    until: str

    def __post_init__(self) -> None:
        verifier = Verifier.parse(self.key)
        if verifier.name != self.origin or verifier.kind != ED25519:
            raise FormatError("the new key is none of this log")
        if not _KEY_ID.fullmatch(self.replaces) or verifier.key_id.hex() == self.replaces:
            raise FormatError("a change of keys does not replace another key")
        try:
            day = date.fromisoformat(self.until).isoformat()
        except ValueError:
            day = ""
        if day != self.until or not day:
            raise FormatError("a change of keys has no date")

    def encode(self) -> bytes:
        """The entry, canonical."""
        return canonical(
            {
                "key": self.key,
                "origin": self.origin,
                "replaces": self.replaces,
                "type": LOG_KEY,
                "until": self.until,
            }
        )

    @classmethod
    def parse(cls, entry: bytes) -> KeyChange:
        """Read an entry of this type. FormatError."""
        value = parse_canonical(entry, LOG_KEY)
        members = ("origin", "key", "replaces", "until")
        if set(value) != {*members, "type"} or not all(isinstance(value[name], str) for name in members):
            raise FormatError("a change of keys has other members")
        return cls(*(value[name] for name in members))


def keys_after(vkey: str, entries: Iterable[bytes]) -> Sequence[str]:
    """Verifier keys of a log, oldest first, that follow from ``vkey`` by its entries of this type, in their order.

    The caller has verified that the log holds these entries, each under a key that came before it. FormatError for
    an entry that replaces another key than the last, or brings back one that the log had before.
    """
    keys = [vkey]
    for entry in entries:
        change = KeyChange.parse(entry)
        last = Verifier.parse(keys[-1])
        if (change.origin, change.replaces) != (last.name, last.key_id.hex()) or change.key in keys:
            raise FormatError("a change of keys does not follow the one before it")
        keys.append(change.key)
    return keys
