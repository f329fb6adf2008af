"""The register of entrustments as a sheet: out to Excel or CSV, and back in, each row as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl

from azukari.errors import FormatError, NotFoundError, OptionError
from azukari.fields.dates import parse_date
from azukari.fields.kinds import Field, Kind
from azukari.web.custody import queries
from azukari.web.custody.clauses import CLAUSES

# Header and what it holds; those that a sheet must have come first.
NEEDED: Final = ("件名", "委託先", "利用目的", "開始日", "終了日", "項目")
HEADERS: Final = (*NEEDED, "番号", "再委託", "法的根拠", "作業場所", "段階", "契約条項")
_STAGES: Final = {"selection": "選定", "contract": "契約", "performance": "履行中", "end": "終了"}
_SEPARATOR: Final = "、"
ROLES: Final = ("person", "spouse", *(f"dependant-{number}" for number in range(1, 10)))


def sheet(body_id: UUID) -> pl.DataFrame:
    """All entrustments of a body as rows of text, in the order of the ledger."""
    names = {one.id: one.name for one in queries.parties(body_id)}
    rows = [_row(one, names[one.party]) for one in queries.entrustments(body_id)]
    return pl.DataFrame(rows, schema=dict.fromkeys(HEADERS, pl.String), orient="row")


def _row(info: queries.EntrustmentInfo, party: str) -> list[str]:
    kept = [clause.ja for clause in CLAUSES if clause.key in info.clauses]
    return [
        info.title,
        party,
        info.purpose,
        info.starts_on.isoformat(),
        info.ends_on.isoformat(),
        _SEPARATOR.join(str(field) for field in info.fields),
        info.id.hex,
        "再委託" if info.parent else "",
        info.legal_basis,
        info.places,
        _STAGES[info.stage],
        _SEPARATOR.join(kept),
    ]


def values_of(row: Mapping[str, str], parties: Mapping[str, UUID | None]) -> dict[str, Any]:
    """What a row says, as ``actions.entrustment.create`` takes it; ``parties``: None for a name that several bear.

    OptionError, FormatError, NotFoundError.
    """
    if row.get("再委託", "").strip():
        raise OptionError("a sub-entrustment comes about by a permission, not by a sheet")
    name = row["委託先"].strip()
    if name not in parties:
        raise NotFoundError("the party in this row is not registered")
    if parties[name] is None:
        raise OptionError("several parties bear this name; register the work on its own page")
    clauses = {clause.ja: clause.key for clause in CLAUSES}
    return {
        "party_id": parties[name],
        "title": row["件名"],
        "purpose": row["利用目的"],
        "starts_on": _day(row["開始日"]),
        "ends_on": _day(row["終了日"]),
        "fields": _fields(row["項目"]),
        "legal_basis": row.get("法的根拠", ""),
        "places": row.get("作業場所", ""),
        "stage": _known({label: key for key, label in _STAGES.items()}, row.get("段階", "").strip() or "履行中"),
        "clauses": [_known(clauses, text) for text in _parts(row.get("契約条項", ""))],
    }


def _fields(text: str) -> list[str]:
    """``kind/role``, or the label that people read."""
    known = [Field(kind, role) for role in ROLES for kind in Kind]
    labels = {field.label("ja"): str(field) for field in known}
    return [labels.get(part, part) for part in _parts(text)]


def _parts(text: str) -> Sequence[str]:
    return [part.strip() for part in text.replace(",", _SEPARATOR).split(_SEPARATOR) if part.strip()]


def _known(values: Mapping[str, str], text: str) -> str:
    if text not in values:
        raise OptionError("a stage or clause that is not one of the list")
    return values[text]


def _day(text: str) -> date:
    found = parse_date(text)
    if found is None:
        raise FormatError("a day that is none")
    return found
