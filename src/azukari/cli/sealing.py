"""`seal`, `receipt`, `return`: a hand-over and its way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import polars as pl

from azukari.cli.options import (
    Office,
    find_entrustment,
    find_hand_over,
    find_party,
    json_option,
    office_options,
    open_office,
    read_small,
    require_new,
)
from azukari.cli.speech import Progress, Speech, speech
from azukari.fields.days import day_of
from azukari.fields.kinds import Kind
from azukari.handover.choosing import Choice, Fate, choose
from azukari.seal.consignment import is_receipt
from azukari.seal.receipt import MAX_RECEIPT, Grade
from azukari.stores.files import remove
from azukari.stores.remote import ask_witness
from azukari.tables import (
    ColumnTyping,
    apply_overrides,
    parse_columns_option,
    read_table,
    type_columns,
    write_table,
)

if TYPE_CHECKING:
    from azukari.web.custody.withholding import Withheld

_FATES = {
    Fate.LEAVES: ("渡す", "leaves"),
    Fate.UNTYPED: ("種類が不明のため渡さない", "stays: its kind is unknown"),
    Fate.NOT_PERMITTED: ("委託で許可されていないため渡さない", "stays: the entrustment does not permit it"),
    Fate.LOCAL_ID: ("機関に残し、行参照と結ぶ", "stays, kept under the row reference"),
}


def typed(frame: pl.DataFrame, columns: str | None) -> list[ColumnTyping]:
    """Type a table, the officer's word first: what `--columns` declares holds, for twelve digits too."""
    typings = type_columns(frame)
    if columns is None:
        return typings
    overrides = parse_columns_option(columns, frame.columns)
    said = {h: False for h, field in overrides.items() if field and field.kind is not Kind.INDIVIDUAL_NUMBER}
    return apply_overrides(typings, overrides, declare_number=said)


def show_typing(out: Speech, typings: list[ColumnTyping], choice: Choice | None = None) -> None:
    """Each column with what it was taken for, why, and what happens to it."""
    fates = {header: fate for header, _, fate in choice.fates} if choice else {}
    for typing in typings:
        grounds = out.pick("", " ").join(ground.sentence(out.language) for ground in typing.grounds)
        fate = out.pick(*_FATES[fates[typing.header]]) if typing.header in fates else ""
        out.say(
            f"  {typing.header}: {typing.field.label('ja') if typing.field else '不明'}　{fate}（{grounds}）",
            f"  {typing.header}: {typing.field.label('en') if typing.field else 'unknown'}  {fate} ({grounds})",
        )


@click.command()
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--entrustment", required=True, help="委託 / entrustment (title or id)")
@click.option("--to", "to", required=True, help="相手 / party (name or id)")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="包み / package, *.azk")
@click.option(
    "--parent",
    help="再委託先に渡すとき、上の受渡し / for a party below another: the hand-over that the one above holds",
)
@click.option("--columns", help="列の種類 / declare columns: 氏名=name,備考=drop")
@click.option("--strict-schema", is_flag=True, help="表記を変えない / no spelling marks")
@click.option("--canaries", type=click.IntRange(0, 200), help="おとりの数 / number of canaries")
@click.option(
    "--unmatched",
    is_flag=True,
    help="支援措置の対象者を見分けられない行も渡す / hand over also rows in which nobody protected can be told apart",
)
@office_options
@json_option
@speech
def seal(
    out: Speech,
    table: Path,
    entrustment: str,
    to: str,
    output: Path,
    parent: str | None,
    columns: str | None,
    strict_schema: bool,
    canaries: int | None,
    unmatched: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """表に印を付けて封印し、台帳に載せる。 Mark and seal TABLE for a party; the ledger entry comes first."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions.sealing import Order
    from azukari.web.custody.actions.sealing import seal as action
    from azukari.web.custody.withholding import withhold

    party = find_party(office.body_id, to)
    terms = find_entrustment(office.body_id, entrustment, party.id)
    above = None if parent is None else find_hand_over(office.body_id, parent).id
    require_new(output)
    source = read_table(table)
    typings = typed(source.frame, columns)
    choice = choose(typings, terms.fields)
    out.say(
        f"列の判定（{source.frame.height} 行、{source.encoding}）:",
        f"Columns ({source.frame.height} rows, {source.encoding}):",
    )
    show_typing(out, typings, choice)
    _tell_withheld(out, withhold(source.frame, choice, office.body_id, day_of(office.at), office.kek))
    sealed = action(
        source=source.frame,
        order=Order(terms.id, party.id, choice, output, strict_schema, canaries, parent_id=above, unmatched=unmatched),
        kek=office.kek,
        by=office.by,
        at=office.at,
        ask=ask_witness,
        progress=Progress(out.pick("封印", "sealing")),
    )
    out.say(
        f"封印しました: {output.name}　受渡し {sealed.id.hex}　{sealed.rows} 行　台帳 {sealed.entry_index} 番",
        f"Sealed: {output.name}  hand-over {sealed.id.hex}  {sealed.rows} rows  ledger entry {sealed.entry_index}",
    )
    out.answer(
        {
            "handover": sealed.id.hex,
            "package": str(output),
            "rows": sealed.rows,
            "entry": sealed.entry_index,
            "withheld": {
                "rows": sealed.withheld_rows,
                "addresses": sealed.withheld_addresses,
                "unmatched": sealed.unmatched_rows,
            },
            "fields": [str(field) for field in sealed.fields],
            "columns": [
                {"header": h, "field": str(f) if f else None, "fate": fate.value} for h, f, fate in choice.fates
            ],
        }
    )


def _tell_withheld(out: Speech, withheld: Withheld) -> None:
    """What stays because of protective measures, in numbers; nothing where nobody is protected."""
    if withheld.held or withheld.blanked or withheld.unmatched:
        out.say(
            f"  支援措置: 渡さない行 {len(withheld.held)}　住所などを伏せる行 {withheld.blanked}　"
            f"見分けられない行 {withheld.unmatched}",
            f"  Protective measures: {len(withheld.held)} rows stay, {withheld.blanked} without their address, "
            f"{withheld.unmatched} in which nobody can be told apart",
        )


@click.command()
@click.argument("receipt_file", type=click.Path(path_type=Path))
@office_options
@json_option
@speech
def receipt(
    out: Speech, receipt_file: Path, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """相手の受領書を確かめて保管する。 Verify and keep a receipt."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions.receiving import add_receipt

    note = read_small(receipt_file, MAX_RECEIPT)
    if is_receipt(note):
        _receipt_of_consignment(out, note, office)
        return
    hand_over, grade = add_receipt(note=note, body_id=office.body_id, by=office.by, at=office.at)
    out.say(
        f"受領書を保管しました（{grade.label('ja')}）: {hand_over.hex}",
        f"Receipt kept ({grade.label('en')}): {hand_over.hex}",
    )
    out.answer({"handover": hand_over.hex, "grade": grade.value})


def _receipt_of_consignment(out: Speech, note: bytes, office: Office) -> None:
    from azukari.web.custody.actions import signed_for

    made = signed_for.add_receipt(note=note, body_id=office.body_id, by=office.by, at=office.at)
    label = Grade.RECEIPTED.label
    out.say(f"受領書を保管しました（{label('ja')}）: {made.hex}", f"Receipt kept ({label('en')}): {made.hex}")
    out.answer({"consignment": made.hex, "grade": Grade.RECEIPTED.value})


def _keep(frame: pl.DataFrame, output: Path) -> Callable[[], None]:
    """Write the table; what is returned takes it back."""
    write_table(frame, output)
    return lambda: remove(output)


@click.command("return")
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--handover", required=True, help="受渡し / hand-over id")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="照合済みの表 / table")
@click.option("--source", type=click.Path(path_type=Path), help="元の表 / source table, to join what never left")
@office_options
@json_option
@speech
def return_command(
    out: Speech,
    table: Path,
    handover: str,
    output: Path,
    source: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """返却された表を照合し、おとりを除き、宛名番号を戻す。 Match a returned TABLE; strip canaries, give ids back."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions.receiving import receive_return

    info = find_hand_over(office.body_id, handover)
    require_new(output)
    returned = receive_return(
        table=read_table(table).frame,
        hand_over_id=info.id,
        source=None if source is None else read_table(source).frame,
        kek=office.kek,
        keep=lambda frame: _keep(frame, output),
        by=office.by,
        at=office.at,
    )
    missing, added, changed = len(returned.missing), len(returned.added), len(returned.changed)
    out.say(
        f"返却 {returned.returned} 行　欠け {missing}　余分 {added}　値の変わった行 {changed}（セル {returned.changed_cells}）"
        f"　おとりを除いた数 {returned.canaries}",
        f"{returned.returned} returned, {missing} missing, {added} added, {changed} changed "
        f"({returned.changed_cells} cells), {returned.canaries} canaries stripped",
    )
    out.answer(
        {
            "handover": info.id.hex,
            "returned": returned.returned,
            "missing": missing,
            "added": added,
            "changed": changed,
            "changed_cells": returned.changed_cells,
            "canaries": returned.canaries,
            "new_columns": list(returned.new_columns),
            "table": str(output),
        }
    )
