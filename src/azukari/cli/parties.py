"""`party` and `entrust`: who may receive data, for what, until when."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from pathlib import Path
from uuid import uuid4

import click

from azukari.cli.options import find_party, json_option, office_options, open_office, read_small, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import AzukariError, FormatError, OptionError
from azukari.fields.kinds import Field
from azukari.seal.identity import make_challenge, parse_card, verify_answer
from azukari.stores.files import creating, remove


@click.group()
def party() -> None:
    """相手（委託先）を登録する。 Register parties and confirm their keys."""


@party.command("add")
@click.argument("card_file", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="名称 / name")
@click.option("--country", default="JP", show_default=True, help="国（2 文字）/ country (ISO 3166)")
@click.option("-o", "--challenge", type=click.Path(path_type=Path), required=True, help="確認の問い / challenge file")
@office_options
@json_option
@speech
def add(
    out: Speech,
    card_file: Path,
    name: str,
    country: str,
    challenge: Path,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """カードから相手を仮登録し、確認の問いを作る。 Register CARD_FILE as pending and write a challenge to send."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody import vault
    from azukari.web.custody.actions import party as action

    require_new(challenge)
    card = parse_card(read_small(card_file))
    party_id, secret = uuid4(), secrets.token_bytes(32)
    with creating(challenge) as file:
        file.write(make_challenge(card, secret))
    try:
        action.add(
            body_id=office.body_id,
            card=card,
            name=name,
            country=country,
            wrapped_challenge=office.kek.wrap(secret, vault.challenge_purpose(party_id)),
            party_id=party_id,
            by=office.by,
            at=office.at,
        )
    except BaseException:
        remove(challenge)
        raise
    out.say(
        f"仮登録しました: {name}（{party_id.hex}）\n{challenge.name} を相手に送り、答えを受け取ってください。\n"
        "指紋は相手に電話で読み上げてもらい、confirm で打ち込みます。",
        f"Registered as pending: {name} ({party_id.hex})\nSend {challenge.name} and wait for the answer.\n"
        "Have the fingerprint read out on the phone and type it in with confirm.",
    )
    out.answer({"party": party_id.hex, "challenge": str(challenge)})


@party.command("confirm")
@click.argument("name")
@click.argument("answer_file", type=click.Path(path_type=Path))
@click.option("--fingerprint", required=True, help="電話で聞いた指紋 / fingerprint heard on the phone")
@office_options
@json_option
@speech
def confirm(
    out: Speech,
    name: str,
    answer_file: Path,
    fingerprint: str,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """答えと指紋を確かめ、鍵を確認済みにする。 Confirm a party's key from its answer and fingerprint."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.seal.identity import Card
    from azukari.web.custody import vault
    from azukari.web.custody.actions import party as action

    known = find_party(office.body_id, name)
    secret = office.kek.unwrap(known.wrapped_challenge, vault.challenge_purpose(known.id))
    try:
        verify_answer(Card(known.recipient, known.vkey), secret, read_small(answer_file))
        answer_ok = True
    except AzukariError:
        answer_ok = False
    action.confirm(party_id=known.id, fingerprint=fingerprint, answer_ok=answer_ok, by=office.by, at=office.at)
    out.say(f"確認しました: {known.name}", f"Confirmed: {known.name}")
    out.answer({"party": known.id.hex, "status": "confirmed"})


@click.command()
@click.option("--party", "name", required=True, help="委託先 / entrustee (name or id)")
@click.option("--title", required=True, help="件名 / title")
@click.option("--purpose", required=True, help="目的 / purpose")
@click.option("--fields", required=True, help="渡してよい項目 / permitted fields, e.g. name,kana,amount/spouse")
@click.option("--from", "starts", type=click.DateTime(["%Y-%m-%d"]), required=True, help="開始日 / first day")
@click.option("--until", "ends", type=click.DateTime(["%Y-%m-%d"]), required=True, help="終了日 / last day")
@office_options
@json_option
@speech
def entrust(
    out: Speech,
    name: str,
    title: str,
    purpose: str,
    fields: str,
    starts: datetime,
    ends: datetime,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """委託を登録する。 Register an entrustment: purpose, permitted fields, period."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import entrustment

    wanted = parse_fields(fields)
    entrustment_id = entrustment.create(
        body_id=office.body_id,
        party_id=find_party(office.body_id, name).id,
        title=title,
        purpose=purpose,
        starts_on=_day(starts),
        ends_on=_day(ends),
        fields=wanted,
        by=office.by,
        at=office.at,
    )
    out.say(f"委託を登録しました: {title}（{entrustment_id.hex}）", f"Entrustment: {title} ({entrustment_id.hex})")
    out.answer({"entrustment": entrustment_id.hex})


def parse_fields(text: str) -> list[Field]:
    """Fields separated by commas. OptionError for an unknown one."""
    try:
        return [Field.parse(part.strip()) for part in text.split(",") if part.strip()]
    except FormatError:
        raise OptionError("--fields: unknown kind or role") from None


def _day(moment: datetime) -> date:
    return moment.date()
