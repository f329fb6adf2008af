"""The form of evidence.json: plain data, read strictly (docs/spec/evidence.md, first part and step 1)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from azukari.errors import FormatError
from azukari.fields.kinds import Field
from azukari.fingerprint.keys import Channel
from azukari.ledger.entry import canonical, parse_canonical
from azukari.seal.receipt import Grade

EVIDENCE: Final = "azukari/evidence/v1"
SHAMS: Final = 20  # sham values that stand in the bundle
_FIGURE: Final = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{3}")  # a base-2 logarithm, three places
_EPSILON: Final = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?(e[+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class OpenKey:
    """開示した鍵。 A channel key and the opening of its commitment, 32 bytes each."""

    key: bytes
    opening: bytes


@dataclass(frozen=True)
class OpenLink:
    """開示したひも付け。 One delivered row: commitments of all its cells and the path of its leaf to the row root."""

    row: int
    position: int
    source_row: int
    source_salt: bytes
    cells: tuple[bytes, ...]
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class CanaryList:
    """おとりの一覧。 [delivered position, canary number] with the opening of the commitment."""

    pairs: tuple[tuple[int, int], ...]
    opening: bytes


@dataclass(frozen=True)
class Accused:
    """特定した写し。 One accused copy with everything that is opened of it; logarithms are base 2."""

    entry: int
    disclosure: int
    hand_over: str
    channels: Mapping[Channel, OpenKey]
    rows: int
    rows_opening: bytes
    links: tuple[OpenLink, ...]
    canaries: CanaryList | None
    log2_e: Mapping[str, float]


@dataclass(frozen=True)
class Excluded:
    """除外した写し。"""

    hand_over: str
    field: Field | None
    grade: Grade


@dataclass(frozen=True)
class Bundle:
    """証拠。 The whole of evidence.json."""

    rules: str
    code: str
    epsilon: str
    origin: str
    vkey: str
    checkpoint: str
    entries: tuple[bytes, ...]
    specimen: int
    columns: tuple[Field | None, ...]
    rows: int
    leaked: tuple[tuple[Field, int, int], ...]
    accused: tuple[Accused, ...]
    others: Mapping[str, float]
    excluded: tuple[Excluded, ...]
    receipts: Mapping[str, tuple[str, ...]]
    shams_drawn: int
    shams_reached: int
    shams_highest: float
    shams_first: tuple[float, ...]

    def encode(self) -> bytes:
        """The canonical bytes."""
        return canonical(
            {
                "type": EVIDENCE,
                "rules": self.rules,
                "code": self.code,
                "epsilon": self.epsilon,
                "origin": self.origin,
                "vkey": self.vkey,
                "checkpoint": self.checkpoint,
                "entries": [base64.b64encode(entry).decode() for entry in self.entries],
                "specimen": self.specimen,
                "columns": [None if field is None else str(field) for field in self.columns],
                "rows": self.rows,
                "leaked": [{"field": str(f), "cells": cells, "opened": opened} for f, cells, opened in self.leaked],
                "accused": [_accused(one) for one in self.accused],
                "others": [{"handover": h, "log2_e": _decimal(e)} for h, e in self.others.items()],
                "excluded": [
                    {
                        "handover": x.hand_over,
                        "field": None if x.field is None else str(x.field),
                        "grade": x.grade.value,
                    }
                    for x in self.excluded
                ],
                "receipts": {h: list(notes) for h, notes in self.receipts.items()},
                "shams": {
                    "drawn": self.shams_drawn,
                    "reached": self.shams_reached,
                    "highest": _decimal(self.shams_highest),
                    "first": [_decimal(e) for e in self.shams_first],
                },
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Bundle:
        """Raises FormatError."""
        value = parse_canonical(data, EVIDENCE)
        try:
            bundle = _bundle(value)
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            raise FormatError("evidence") from error
        if bundle.encode() != data or len(bundle.shams_first) != SHAMS:
            raise FormatError("evidence")
        if any(set(one.log2_e) != {*(c.value for c in one.channels), "total"} for one in bundle.accused):
            raise FormatError("figures")
        return bundle


def _decimal(value: float) -> str:
    return f"{value:.3f}"


def _accused(one: Accused) -> dict[str, Any]:
    return {
        "entry": one.entry,
        "disclosure": one.disclosure,
        "handover": one.hand_over,
        "channels": {c.value: {"key": k.key.hex(), "opening": k.opening.hex()} for c, k in one.channels.items()},
        "rows": {"count": one.rows, "opening": one.rows_opening.hex()},
        "links": [
            {
                "row": link.row,
                "position": link.position,
                "source_row": link.source_row,
                "source_salt": link.source_salt.hex(),
                "cells": [cell.hex() for cell in link.cells],
                "path": [step.hex() for step in link.path],
            }
            for link in one.links
        ],
        "canaries": None
        if one.canaries is None
        else {"list": [list(pair) for pair in one.canaries.pairs], "opening": one.canaries.opening.hex()},
        "log2_e": {name: _decimal(e) for name, e in one.log2_e.items()},
    }


def _bundle(value: dict[str, Any]) -> Bundle:
    shams = value["shams"]
    return Bundle(
        rules=_text(value["rules"]),
        code=_text(value["code"]),
        epsilon=_matching(_EPSILON, value["epsilon"]),
        origin=_text(value["origin"]),
        vkey=_text(value["vkey"]),
        checkpoint=_text(value["checkpoint"]),
        entries=tuple(base64.b64decode(_text(entry), validate=True) for entry in value["entries"]),
        specimen=_index(value["specimen"]),
        columns=tuple(None if text is None else Field.parse(text) for text in value["columns"]),
        rows=_index(value["rows"]),
        leaked=tuple((Field.parse(x["field"]), _index(x["cells"]), _index(x["opened"])) for x in value["leaked"]),
        accused=tuple(_parse_accused(one) for one in value["accused"]),
        others={_text(x["handover"]): _figure(x["log2_e"]) for x in value["others"]},
        excluded=tuple(
            Excluded(_text(x["handover"]), None if x["field"] is None else Field.parse(x["field"]), Grade(x["grade"]))
            for x in value["excluded"]
        ),
        receipts={h: tuple(_text(note) for note in notes) for h, notes in value["receipts"].items()},
        shams_drawn=_index(shams["drawn"]),
        shams_reached=_index(shams["reached"]),
        shams_highest=_figure(shams["highest"]),
        shams_first=tuple(_figure(e) for e in shams["first"]),
    )


def _parse_accused(one: dict[str, Any]) -> Accused:
    canaries = one["canaries"]
    return Accused(
        entry=_index(one["entry"]),
        disclosure=_index(one["disclosure"]),
        hand_over=_text(one["handover"]),
        channels={
            Channel(c): OpenKey(bytes.fromhex(k["key"]), bytes.fromhex(k["opening"]))
            for c, k in one["channels"].items()
        },
        rows=_index(one["rows"]["count"]),
        rows_opening=bytes.fromhex(one["rows"]["opening"]),
        links=tuple(
            OpenLink(
                _index(link["row"]),
                _index(link["position"]),
                _index(link["source_row"]),
                bytes.fromhex(link["source_salt"]),
                tuple(bytes.fromhex(cell) for cell in link["cells"]),
                tuple(bytes.fromhex(step) for step in link["path"]),
            )
            for link in one["links"]
        ),
        canaries=None
        if canaries is None
        else CanaryList(tuple((_index(p), _index(n)) for p, n in canaries["list"]), bytes.fromhex(canaries["opening"])),
        log2_e={_text(name): _figure(e) for name, e in one["log2_e"].items()},
    )


def _figure(value: Any) -> float:
    return float(_matching(_FIGURE, value))


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not pattern.fullmatch(_text(value)):
        raise FormatError("figure")
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FormatError("text")
    return value


def _index(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise FormatError("index")
    return value
