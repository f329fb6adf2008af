"""`list`: parties, entrustments, and hand-overs of both kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import click

from azukari.cli.options import json_option, office_options, open_office
from azukari.cli.speech import Speech, speech

Names = dict[UUID, str]
Listed = list[dict[str, Any]]


@click.command("list")
@office_options
@json_option
@speech
def list_command(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """登録済みの相手・委託・受渡しを一覧する。 List parties, entrustments and hand-overs."""
    out.as_json = as_json
    body_id = open_office(office_path, keys_path, login).body_id
    from azukari.web.custody import queries

    parties = queries.parties(body_id)
    names = {party.id: party.name for party in parties}
    for party in parties:
        out.say(
            f"相手　{party.id.hex}　{party.name}　{party.status}", f"party {party.id.hex} {party.name} {party.status}"
        )
    out.answer(
        {
            "parties": [{"id": p.id.hex, "name": p.name, "status": p.status} for p in parties],
            "entrustments": _entrustments(out, body_id, names),
            "handovers": _hand_overs(out, body_id, names),
            "consignments": _consignments(out, body_id, names),
        }
    )


def _entrustments(out: Speech, body_id: UUID, names: Names) -> Listed:
    from azukari.web.custody import queries

    found = queries.entrustments(body_id)
    for e in found:
        out.say(
            f"委託　{e.id.hex}　{e.title}　{names[e.party]}　{e.starts_on}〜{e.ends_on}",
            f"entrustment {e.id.hex} {e.title} {names[e.party]} {e.starts_on}..{e.ends_on}",
        )
    return [{"id": e.id.hex, "title": e.title, "party": e.party.hex} for e in found]


def _hand_overs(out: Speech, body_id: UUID, names: Names) -> Listed:
    from azukari.web.custody import queries
    from azukari.web.custody.queries.copies import best_grades

    found, grades = queries.hand_overs(body_id), best_grades(body_id)
    for h in found:
        out.say(
            f"受渡し　{h.id.hex}　{names[h.party]}　{h.status}　{h.rows} 行　{grades[h.id].value}",
            f"hand-over {h.id.hex} {names[h.party]} {h.status} {h.rows} rows {grades[h.id].value}",
        )
    return [
        {"id": h.id.hex, "party": h.party.hex, "status": h.status, "rows": h.rows, "grade": grades[h.id].value}
        for h in found
    ]


def _consignments(out: Speech, body_id: UUID, names: Names) -> Listed:
    from azukari.web.custody.queries import consignments

    found, grades = consignments.of_body(body_id), consignments.grades(body_id)
    for c in found:
        ja, en = _state(grades.get(c.id, ""), void=c.voided_at is not None)
        out.say(
            f"現物　{c.id.hex}　{names[c.party]}　{c.day}　{c.unit.label('ja')} {c.units}　{c.people} 人　{ja}",
            f"consignment {c.id.hex} {names[c.party]} {c.day} {c.units} {c.unit.label('en')} {c.people} people {en}",
        )
    return [
        {
            "id": c.id.hex,
            "party": c.party.hex,
            "medium": c.medium.value,
            "unit": c.unit.value,
            "units": c.units,
            "people": c.people,
            "day": c.day.isoformat(),
            "grade": grades.get(c.id, ""),
            "void": c.voided_at is not None,
        }
        for c in found
    ]


def _state(grade: str, *, void: bool) -> tuple[str, str]:
    if void:
        return "取消し", "void"
    return {"receipted": ("署名あり", "signed for"), "claimed": ("紙の受領書", "signed on paper")}.get(
        grade, ("署名なし", "not signed for")
    )
