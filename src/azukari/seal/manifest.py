"""The two manifests of a package (docs/spec/package.md, sections 4 and 5).

`Entry` is public: byte for byte it is the ledger entry and the package's manifest.json. `Contents` is
for the recipient alone: it opens the commitments of the entry and travels inside payload.age.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from azukari.errors import FormatError
from azukari.fields.kinds import Field
from azukari.ledger.entry import canonical, parse_canonical
from azukari.seal.commitments import OPENING_BYTES, verify_commitment

ENTRY: Final = "azukari/handover/v1"
CONTENTS: Final = "azukari/contents/v1"
SMALL_COUNT: Final = 10  # counts below this are published as a band only
SMALL_BAND: Final = "<10"
MAX_FIELDS: Final = 500
# Commitments of the entry, by label.
CHANNELS: Final = ("channel/canary", "channel/order", "channel/reference", "channel/spelling")
LABELS: Final = (*CHANNELS, "canaries", "headers", "party", "purpose", "rows")


@dataclass(frozen=True)
class Entry:
    """公開目録（台帳の記載）。 What everybody may know of a hand-over, fixed before it leaves.

    Identifiers are 16 random bytes as hex. ``rows`` counts delivered rows, canaries included, None
    below ten. ``recipient`` and ``oversight`` are verifier keys. ``commitments`` maps each label of
    LABELS to 32 bytes as hex; ``payload`` is the SHA-256 of payload.age.
    """

    hand_over: str
    body: str
    entrustment: str
    party: str
    snapshot: str
    parent: str
    day: str
    expires: str
    fields: tuple[Field, ...]
    rows: int | None
    rules: str
    code: str
    strict_schema: bool
    recipient: str
    oversight: str
    row_root: str
    payload: str
    payload_bytes: int
    commitments: dict[str, str]

    def encode(self) -> bytes:
        """The canonical bytes: ledger entry and manifest.json."""
        return canonical(
            {
                "type": ENTRY,
                "handover": self.hand_over,
                "body": self.body,
                "entrustment": self.entrustment,
                "party": self.party,
                "snapshot": self.snapshot,
                "parent": self.parent,
                "day": self.day,
                "expires": self.expires,
                "fields": [str(field) for field in self.fields],
                "rows": SMALL_BAND if self.rows is None else self.rows,
                "rules": self.rules,
                "code": self.code,
                "strict_schema": self.strict_schema,
                "recipient": self.recipient,
                "oversight": self.oversight,
                "row_root": self.row_root,
                "payload": self.payload,
                "payload_bytes": self.payload_bytes,
                "commitments": self.commitments,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Entry:
        """Read an entry strictly: exactly the known members, each of its form. Raises FormatError."""
        value = parse_canonical(data, ENTRY)
        try:
            entry = cls(
                hand_over=_hex(value["handover"], 16),
                body=_hex(value["body"], 16),
                entrustment=_hex(value["entrustment"], 16),
                party=_hex(value["party"], 16),
                snapshot=_hex(value["snapshot"], 16),
                parent=_hex(value["parent"], 16) if value["parent"] else "",
                day=date.fromisoformat(value["day"]).isoformat(),
                expires=date.fromisoformat(value["expires"]).isoformat(),
                fields=_fields(value["fields"]),
                rows=None if value["rows"] == SMALL_BAND else _count(value["rows"], SMALL_COUNT),
                rules=_text(value["rules"]),
                code=_text(value["code"]),
                strict_schema=_flag(value["strict_schema"]),
                recipient=_text(value["recipient"]),
                oversight=_text(value["oversight"]),
                row_root=_hex(value["row_root"], 32),
                payload=_hex(value["payload"], 32),
                payload_bytes=_count(value["payload_bytes"], 1),
                commitments=_commitments(value["commitments"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError("manifest") from error
        if entry.encode() != data:
            raise FormatError("manifest")
        return entry

    def committed(self, label: str) -> bytes:
        """The commitment under a label. Raises FormatError if there is none."""
        if label not in self.commitments:
            raise FormatError(label)
        return bytes.fromhex(self.commitments[label])


@dataclass(frozen=True, repr=False)
class Contents:
    """受領者向け目録。 What the recipient needs to check the rows against the entry: headers, count, salts.

    ``openings`` holds 32 bytes for "headers", "party", "purpose" and "rows"; ``cell_key`` salts the cells.
    """

    hand_over: str
    headers: tuple[str, ...]
    rows: int
    party: str
    purpose: str
    cell_key: bytes
    openings: dict[str, bytes]

    def encode(self) -> bytes:
        """The canonical bytes of manifest.json inside payload.age."""
        return canonical(
            {
                "type": CONTENTS,
                "handover": self.hand_over,
                "headers": list(self.headers),
                "rows": self.rows,
                "party": self.party,
                "purpose": self.purpose,
                "cell_key": self.cell_key.hex(),
                "openings": {label: opening.hex() for label, opening in self.openings.items()},
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Contents:
        """Raises FormatError."""
        value = parse_canonical(data, CONTENTS)
        try:
            contents = cls(
                hand_over=_hex(value["handover"], 16),
                headers=tuple(_text(header) for header in value["headers"]),
                rows=_count(value["rows"], 0),
                party=_text(value["party"]),
                purpose=_text(value["purpose"]),
                cell_key=bytes.fromhex(_hex(value["cell_key"], 32)),
                openings={label: bytes.fromhex(_hex(o, OPENING_BYTES)) for label, o in value["openings"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError("contents") from error
        if contents.encode() != data:
            raise FormatError("contents")
        return contents

    def committed_values(self) -> dict[str, bytes]:
        """The bytes that the entry commits to, by label."""
        return {
            "headers": headers_bytes(self.headers),
            "party": self.party.encode(),
            "purpose": self.purpose.encode(),
            "rows": rows_bytes(self.rows),
        }

    def verify(self, entry: Entry) -> None:
        """Raises CommitmentError unless everything here is what the entry committed to."""
        if self.hand_over != entry.hand_over:
            raise FormatError("contents of another hand-over")
        for label, value in self.committed_values().items():
            verify_commitment(label, self.openings.get(label, b""), value, entry.committed(label))


def headers_bytes(headers: tuple[str, ...]) -> bytes:
    """The committed form of the column headers, in delivered order."""
    return canonical(list(headers))


def rows_bytes(rows: int) -> bytes:
    """The committed form of the exact row count."""
    return rows.to_bytes(8, "big")


def _hex(value: Any, size: int) -> str:
    text = _text(value)
    if len(text) != 2 * size or text != bytes.fromhex(text).hex():
        raise FormatError("hex")
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FormatError("text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise FormatError("flag")
    return value


def _count(value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least or value >= 2**63:
        raise FormatError("count")
    return value


def _fields(value: Any) -> tuple[Field, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_FIELDS:
        raise FormatError("fields")
    return tuple(Field.parse(_text(text)) for text in value)


def _commitments(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) != set(LABELS):
        raise FormatError("commitments")
    return {label: _hex(text, 32) for label, text in value.items()}
