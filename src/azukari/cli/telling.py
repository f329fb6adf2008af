"""`source`: systems that tell uses; taking their files, what waits, another try (docs/spec/use.md)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azukari.cli.options import json_option, office_options, open_office, read_small
from azukari.cli.speech import Speech, speech
from azukari.uses.mapping import MAX_BYTES

if TYPE_CHECKING:
    from azukari.web.trail.elements import Counts

FORMS = ("events", "table", "fhir")
SHOWN = 10  # places that are named


@click.group()
def source() -> None:
    """利用記録の記録元。 Sources of uses."""


@source.command("add")
@click.argument("name")
@click.option("--form", type=click.Choice(FORMS), default="events", show_default=True, help="形式 / form")
@click.option("--mapping", "mapping_file", type=click.Path(path_type=Path), help="列の対応（表）/ mapping of columns")
@click.option("--every-hours", type=int, help="この時間知らせが無ければ途絶えた / silent after so many hours")
@click.option("--adds-people", is_flag=True, help="知らない宛名番号は新しい人 / local ids not known are new people")
@office_options
@json_option
@speech
def add(
    out: Speech,
    name: str,
    form: str,
    mapping_file: Path | None,
    every_hours: int | None,
    adds_people: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """記録元を登録し、トークンを一度だけ示す。 Add the source NAME; its token is shown once."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.trail.actions import source as action

    mapping = b"" if mapping_file is None else read_small(mapping_file, MAX_BYTES)
    terms = action.Terms(form, mapping, every_hours, adds_people)
    made, token = action.add(body_id=office.body_id, name=name, terms=terms, by=office.by, at=office.at)
    out.say(f"登録しました: {name}", f"Added: {name}")
    out.say(f"トークン（今だけ表示）: {token}", f"Token, shown now only: {token}")
    out.answer({"id": made.hex, "token": token})


@source.command("list")
@office_options
@json_option
@speech
def list_sources(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """記録元と保留を一覧する。 List sources, who is silent, and what waits."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.trail import queries

    waiting, told = queries.waiting(office.body_id), list[dict[str, Any]]()
    for one in queries.sources(office.body_id):
        reasons = {reason.value: count for reason, count in waiting.get(one.id, [])}
        silent = one.silent(office.at)
        ja, en = ("　途絶えています", " silent") if silent else ("", "")
        count = sum(reasons.values())
        out.say(f"{one.name}　保留 {count:,} 件{ja}", f"{one.name}: {count:,} waiting{en}")
        told.append({"name": one.name, "form": one.form, "silent": silent, "ended": one.ended, "waiting": reasons})
    out.answer({"sources": told})


@source.command("take")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@office_options
@json_option
@speech
def take(
    out: Speech, name: str, file: Path, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """記録元 NAME のファイルを取り込む。同じファイルを二度取り込んでも増えない。 Take FILE of the source NAME; twice is once."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.trail import files, queries
    from azukari.web.trail.actions import taking

    found = queries.named(office.body_id, name)
    told = files.elements(found, file, office.kek, office.at)
    _show(out, taking.all_of(source=found, elements=told, kek=office.kek, by=office.by, at=office.at))


@source.command("again")
@click.argument("name")
@office_options
@json_option
@speech
def again(out: Speech, name: str, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """記録元 NAME の保留を、もう一度取り込む。 Try once more what waits of the source NAME."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.trail import queries
    from azukari.web.trail.actions import again as action

    found = queries.named(office.body_id, name)
    _show(out, action.again(source=found, kek=office.kek, by=office.by, at=office.at))


@source.command("mend")
@click.argument("name")
@click.option("--mapping", "mapping_file", type=click.Path(path_type=Path), help="列の対応（表）/ mapping of columns")
@click.option("--every-hours", type=int, help="この時間知らせが無ければ途絶えた / silent after so many hours")
@click.option("--adds-people/--no-adds-people", default=None, help="知らない宛名番号は新しい人か / new people or not")
@office_options
@json_option
@speech
def mend(
    out: Speech,
    name: str,
    mapping_file: Path | None,
    every_hours: int | None,
    adds_people: bool | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """記録元 NAME の定めを直す。 Mend the terms of the source NAME; what is not given stays."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.trail import queries
    from azukari.web.trail.actions import source as action

    found = queries.named(office.body_id, name)
    terms = action.Terms(
        found.form,
        found.mapping if mapping_file is None else read_small(mapping_file, MAX_BYTES),
        found.every_hours if every_hours is None else every_hours,
        found.adds_people if adds_people is None else adds_people,
    )
    action.mend(source_id=found.id, terms=terms, by=office.by, at=office.at)
    out.say(f"直しました: {name}", f"Mended: {name}")
    out.answer({"id": found.id.hex})


@source.command("end")
@click.argument("name")
@office_options
@json_option
@speech
def end(out: Speech, name: str, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """記録元 NAME を止める。 The source NAME tells nothing any more."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.trail import queries
    from azukari.web.trail.actions import source as action

    found = queries.named(office.body_id, name)
    action.end(source_id=found.id, by=office.by, at=office.at)
    out.say(f"止めました: {name}", f"Ended: {name}")
    out.answer({"id": found.id.hex})


def _show(out: Speech, found: Counts) -> None:
    out.say(
        f"知らせ {found.told:,} 件: 取り込み {found.taken:,}、取り込み済み {found.before:,}、保留 {found.waiting:,}。",
        f"Told {found.told:,}: taken {found.taken:,}, taken before {found.before:,}, waiting {found.waiting:,}.",
    )
    for place, reason, _ in found.reasons[:SHOWN]:
        out.say(f"  {place}: {reason.label('ja')}", f"  {place}: {reason.label('en')}")
    reasons = [{"place": place, "reason": reason.value, "member": member} for place, reason, member in found.reasons]
    told = {"told": found.told, "taken": found.taken, "before": found.before, "waiting": found.waiting}
    out.answer(told | {"reasons": reasons})
