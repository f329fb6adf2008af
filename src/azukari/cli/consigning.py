"""`consign`: hand-overs that are no table, their proof, the recipient's signature for them, and calling one void."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from azukari.cli.options import (
    Office,
    find_entrustment,
    find_party,
    json_option,
    key_option,
    office_options,
    open_office,
    read_identity,
    read_small,
    require_new,
)
from azukari.cli.parties import parse_fields
from azukari.cli.speech import Speech, speech
from azukari.errors import NotFoundError
from azukari.fields.days import day_of
from azukari.seal.consignment import MAX_ENTRY, ConsignmentEntry, Unit, sign_receipt
from azukari.stores.clock import today
from azukari.stores.files import creating
from azukari.tables import read_table
from azukari.tables.guard import unguarded

_day = click.DateTime(["%Y-%m-%d"])


@click.group()
def consign() -> None:
    """紙・媒体・端末での受渡し。 Hand over what is no table: paper, media, access by terminal."""


@consign.command("add")
@click.option("--entrustment", required=True, help="委託 / entrustment (title or id)")
@click.option("--to", "to", required=True, help="相手 / party (name or id)")
@click.option("--unit", type=click.Choice([one.value for one in Unit]), required=True, help="単位 / what is counted")
@click.option("--units", type=click.IntRange(1), required=True, help="数 / how many")
@click.option("--people", type=click.IntRange(1), help="人数（一覧があれば省ける）/ people, unless there is a list")
@click.option("--fields", required=True, help="項目 / fields, e.g. name,kana")
@click.option("--carrier", required=True, help="渡し方 / how it gets there: by whom, in what")
@click.option("--day", type=_day, help="渡す日 / day (today)")
@click.option("--list", "list_path", type=click.Path(path_type=Path), help="宛名番号の一覧 / table of local ids")
@click.option("--note", default="", help="備考 / note, without names of people concerned")
@click.option("--parent", help="再委託先に渡すとき、上の受渡し / for a party below another: what the one above holds")
@click.option("--taken-out", is_flag=True, help="支援措置の対象者の分は抜き取った / what is of protected people is out")
@click.option(
    "--unmatched", is_flag=True, help="対象者か確かめられなくても渡す / though nobody can tell who is protected"
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="署名してもらう票 / slip to be signed, *.azc")
@office_options
@json_option
@speech
def add(
    out: Speech,
    entrustment: str,
    to: str,
    unit: str,
    units: int,
    people: int | None,
    fields: str,
    carrier: str,
    day: datetime | None,
    list_path: Path | None,
    note: str,
    parent: str | None,
    taken_out: bool,
    unmatched: bool,
    output: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """渡したことを台帳に載せ、署名してもらう票を書く。 Log a hand-over; write the slip that the recipient signs for."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions.consignment import Slip
    from azukari.web.custody.actions.consignment import consign as action

    party = find_party(office.body_id, to)
    if output is not None:
        require_new(output)
    slip = Slip(
        entrustment_id=find_entrustment(office.body_id, entrustment, party.id).id,
        party_id=party.id,
        unit=Unit(unit),
        units=units,
        fields=tuple(parse_fields(fields)),
        carrier=carrier,
        day=day_of(office.at) if day is None else day.date(),
        people=people,
        note=note,
        local_ids=None if list_path is None else _listed(list_path),
        parent_id=None if parent is None else _id(parent),
        taken_out=taken_out,
        unmatched=unmatched,
    )
    made = action(slip=slip, kek=office.kek, by=office.by, at=office.at)
    _tell_added(out, made, output)


def _tell_added(out: Speech, made: UUID, output: Path | None) -> None:
    from azukari.web.custody.queries import consignments

    info = consignments.consignment(made)
    if output is not None:
        with creating(output) as file:
            file.write(info.entry)
    if info.withheld_people or info.withheld_addresses or info.unlisted:
        out.say(
            f"  支援措置: 抜き取った人 {info.withheld_people}　住所を隠した人 {info.withheld_addresses}　"
            f"確かめられない人 {info.unlisted}",
            f"  Protective measures: {info.withheld_people} taken out, {info.withheld_addresses} with the address covered, "
            f"{info.unlisted} whom nobody could look up",
        )
    out.say(
        f"台帳に載せました: 現物の受渡し {info.id.hex}　{info.people} 人　台帳 {info.entry_index} 番",
        f"Logged: consignment {info.id.hex}  {info.people} people  ledger entry {info.entry_index}",
    )
    out.answer(
        {
            "consignment": info.id.hex,
            "people": info.people,
            "entry": info.entry_index,
            "withheld": {
                "people": info.withheld_people,
                "addresses": info.withheld_addresses,
                "unmatched": info.unlisted,
            },
            "slip": None if output is None else str(output),
        }
    )


@consign.command("void")
@click.argument("consignment")
@click.option("--reason", required=True, help="理由 / why it is void")
@office_options
@json_option
@speech
def void(
    out: Speech,
    consignment: str,
    reason: str,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """誤った記載を取り消す（消さない）。 Call CONSIGNMENT void, in an entry of its own; the first one stays."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions.consignment import void as action

    found = _own(office, consignment)
    index = action(consignment_id=found, reason=reason, kek=office.kek, by=office.by, at=office.at)
    out.say(f"取り消しました: 台帳 {index} 番", f"Called void: ledger entry {index}")
    out.answer({"consignment": found.hex, "entry": index})


@consign.command("prove")
@click.argument("consignment")
@click.option(
    "--show", default="party,people,purpose,units", show_default=True, help="示す値 / values to show, by label"
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="証明 / proof, *.azd")
@office_options
@json_option
@speech
def prove(
    out: Speech,
    consignment: str,
    show: str,
    output: Path,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """受渡しの証明を書く。 Write the proof of CONSIGNMENT, which `azukari verify` checks offline."""
    out.as_json = as_json
    require_new(output)
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.queries import consignment_proofs

    found, labels = _own(office, consignment), [label.strip() for label in show.split(",") if label.strip()]
    _integrate(office)
    data = consignment_proofs.proof(found, labels, office.kek)
    with creating(output) as file:
        file.write(data)
    out.say(f"証明を書きました: {output.name}", f"Proof written: {output.name}")
    out.answer({"consignment": found.hex, "proof": str(output), "shown": sorted(labels)})


def _integrate(office: Office) -> None:
    """What was logged a moment ago is proven under a checkpoint that covers it."""
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.queries.signing import signers_of

    log = queries.log_of(office.body_id)
    signers = signers_of(log.id, office.kek, day_of(office.at))
    checkpoint.integrate(log_id=log.id, signers=signers, by=office.by, at=office.at)


@consign.command("sign")
@click.argument("slip", type=click.Path(path_type=Path))
@key_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="受領書 / receipt")
@json_option
@speech
def sign(out: Speech, slip: Path, key_path: Path, output: Path | None, as_json: bool) -> None:
    """受け取った側が、票の中身を確かめて署名する。 The recipient signs for SLIP; no office is needed."""
    out.as_json = as_json
    receipt = output or slip.with_name(slip.name + ".receipt")
    require_new(receipt)
    data = read_small(slip, MAX_ENTRY)
    entry, note = ConsignmentEntry.parse(data), sign_receipt(data, read_identity(key_path), today())
    with creating(receipt) as file:
        file.write(note)
    units, people = (str(n) if n is not None else "<10" for n in (entry.units, entry.people))
    out.say(
        f"署名しました: {entry.unit.label('ja')} {units}、{people} 人、"
        f"{'、'.join(field.label('ja') for field in entry.fields)}\n受領書（委託元へ送る）: {receipt.name}",
        f"Signed for: {entry.unit.label('en')} {units}, people {people}, "
        f"{', '.join(field.label('en') for field in entry.fields)}\nReceipt (send it back): {receipt.name}",
    )
    out.answer({"consignment": entry.consignment, "receipt": str(receipt)})


def _listed(path: Path) -> list[str]:
    from azukari.web.subjects.lists import local_ids

    return local_ids(unguarded(read_table(path).frame))


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("hand-over") from None


def _own(office: Office, text: str) -> UUID:
    from azukari.web.custody.queries import consignments

    info = consignments.consignment(_id(text))
    if info.body != office.body_id:
        raise NotFoundError("there is no such consignment")
    return info.id
