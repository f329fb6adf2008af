"""The specimen, and step 1: it is committed to before any key is touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from azukari.errors import FormatError, LimitError, SpecimenError, TableError
from azukari.fields.kinds import Field, Kind
from azukari.fields.spelling import SPACES
from azukari.fingerprint.keys import Channel
from azukari.ledger.entry import canonical, parse_canonical
from azukari.seal.commitments import OPENING_BYTES, SALT_BYTES, commitment

SPECIMEN: Final = "azukari/specimen/v1"
SPECIMEN_FILE: Final = "azukari/specimen-file/v1"
DISCLOSURE: Final = "azukari/disclosure/v1"
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 500


def is_blank(cell: str) -> bool:
    """Whether a cell holds nothing but gaps; a blank cell links, opens and leaks nothing."""
    return not cell.strip(SPACES)


@dataclass(frozen=True, repr=False)
class Specimen:
    """流出標本。 The leaked rows as they came: a field (or None) per column, cells as text."""

    columns: tuple[Field | None, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if not self.rows or not self.columns:
            raise TableError("no rows")
        if len(self.rows) > MAX_ROWS:
            raise LimitError(f"{MAX_ROWS} rows")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise TableError("rows of unequal length")

    def encode(self) -> bytes:
        """The bytes that are committed to."""
        return canonical({"columns": self.column_texts(), "rows": [list(row) for row in self.rows]})

    def column_texts(self) -> list[str | None]:
        """The columns as they stand in JSON."""
        return [None if field is None else str(field) for field in self.columns]

    def commitment(self, opening: bytes) -> bytes:
        """The commitment that is logged; ``opening``: 32 random bytes."""
        return commitment("specimen", opening, self.encode())

    def cells(self) -> list[tuple[Kind, str]]:
        """Every cell of a known kind."""
        return [
            (field.kind, cell)
            for row in self.rows
            for field, cell in zip(self.columns, row, strict=True)
            if field is not None
        ]

    def first_columns(self) -> dict[Field, int]:
        """The first column of each field."""
        where: dict[Field, int] = {}
        for number, field in enumerate(self.columns):
            if field is not None:
                where.setdefault(field, number)
        return where


@dataclass(frozen=True, repr=False)
class SpecimenFile:
    """標本ファイル。 What named verifiers get: the specimen, its opening, and the salts of opened cells.

    ``openings``: per hand-over, specimen row -> delivered column -> 16-byte salt.
    """

    specimen: Specimen
    opening: bytes
    openings: dict[str, dict[int, dict[int, bytes]]]

    def encode(self) -> bytes:
        """The canonical bytes of specimen.json."""
        return canonical(
            {
                "type": SPECIMEN_FILE,
                "opening": self.opening.hex(),
                "columns": self.specimen.column_texts(),
                "rows": [list(row) for row in self.specimen.rows],
                "openings": {
                    hand_over: [
                        {"row": row, "salts": {str(column): salt.hex() for column, salt in salts.items()}}
                        for row, salts in sorted(rows.items())
                    ]
                    for hand_over, rows in self.openings.items()
                },
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> SpecimenFile:
        """Raises FormatError."""
        value = parse_canonical(data, SPECIMEN_FILE)
        try:
            file = cls(_specimen(value), bytes.fromhex(value["opening"]), _openings(value["openings"]))
        except (KeyError, TypeError, ValueError, AttributeError, TableError) as error:
            raise FormatError("specimen file") from error
        if file.encode() != data or len(file.opening) != OPENING_BYTES:
            raise FormatError("specimen file")
        return file

    def verify(self, committed: bytes) -> None:
        """Raises SpecimenError unless the specimen is the committed one."""
        if self.specimen.commitment(self.opening) != committed:
            raise SpecimenError


def specimen_entry(*, case: str, specimen: str, committed: bytes, day: str) -> bytes:
    """The ledger entry of step 1; identifiers as hex."""
    return canonical({"type": SPECIMEN, "case": case, "specimen": specimen, "commitment": committed.hex(), "day": day})


def disclosure_entry(*, hand_over: str, specimen: str, channels: list[str], day: str) -> bytes:
    """The ledger entry of step 9: from here on the marks of this copy are burned."""
    return canonical(
        {"type": DISCLOSURE, "handover": hand_over, "specimen": specimen, "channels": sorted(channels), "day": day}
    )


def read_specimen_entry(data: bytes) -> dict[str, Any]:
    """A specimen entry, read strictly. Raises FormatError."""
    value = parse_canonical(data, SPECIMEN)
    try:
        committed, day = bytes.fromhex(value["commitment"]), date.fromisoformat(value["day"]).isoformat()
        again = specimen_entry(case=value["case"], specimen=value["specimen"], committed=committed, day=day)
        texts = isinstance(value["case"], str) and isinstance(value["specimen"], str)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError("specimen entry") from error
    if again != data or not texts or len(committed) != OPENING_BYTES:
        raise FormatError("specimen entry")
    return value


def read_disclosure_entry(data: bytes) -> dict[str, Any]:
    """A disclosure entry, read strictly. Raises FormatError."""
    value = parse_canonical(data, DISCLOSURE)
    try:
        hand_over, day = bytes.fromhex(value["handover"]).hex(), date.fromisoformat(value["day"]).isoformat()
        channels = [Channel(name).value for name in value["channels"]]
        again = disclosure_entry(hand_over=hand_over, specimen=value["specimen"], channels=channels, day=day)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError("disclosure entry") from error
    if again != data or len(hand_over) != 32 or not isinstance(value["specimen"], str):
        raise FormatError("disclosure entry")
    return value


def _specimen(value: dict[str, Any]) -> Specimen:
    columns = tuple(None if text is None else Field.parse(text) for text in value["columns"])
    rows = tuple(tuple(row) for row in value["rows"])
    if not all(isinstance(cell, str) for row in rows for cell in row):
        raise FormatError("cell")
    return Specimen(columns, rows)


def _openings(value: dict[str, Any]) -> dict[str, dict[int, dict[int, bytes]]]:
    openings = {
        bytes.fromhex(hand_over).hex(): {
            int(row["row"]): {int(column): bytes.fromhex(salt) for column, salt in row["salts"].items()} for row in rows
        }
        for hand_over, rows in value.items()
    }
    salts = [salt for rows in openings.values() for columns in rows.values() for salt in columns.values()]
    numbers = [n for rows in openings.values() for row, columns in rows.items() for n in (row, *columns)]
    sizes = {len(salt) for salt in salts} <= {SALT_BYTES} and {len(bytes.fromhex(h)) for h in openings} <= {16}
    if not sizes or min(numbers, default=0) < 0:
        raise FormatError("openings")
    return openings
