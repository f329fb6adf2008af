"""`permission`: what a party asks of the first entruster, the decision, and the certificate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from azukari.cli.options import (
    find_entrustment,
    find_party,
    find_permission,
    json_option,
    office_options,
    open_office,
    require_new,
)
from azukari.cli.parties import parse_fields
from azukari.cli.speech import Speech, speech
from azukari.fields.days import day_of
from azukari.seal.certificate import Mode, Reporting
from azukari.stores.files import creating

_day = click.DateTime(["%Y-%m-%d"])
_id = click.argument("permission_id")


@click.group()
def permission() -> None:
    """再委託の許諾（番号法第 10 条）。 Permission of the first entruster to entrust the work onwards."""


@permission.command("ask")
@click.option("--entrustment", required=True, help="申請する側の委託 / entrustment of the party that asks")
@click.option("--to", "to", required=True, help="再委託先 / the party below (name or id)")
@click.option("--country", default="JP", show_default=True, help="取り扱う国 / where it is handled")
@click.option("--fields", required=True, help="項目 / fields, e.g. name,kana")
@click.option("--people", type=click.IntRange(1), required=True, help="人数（最大）/ people, at most")
@click.option("--from", "starts", type=_day, required=True, help="開始日 / first day")
@click.option("--until", "ends", type=_day, required=True, help="終了日 / last day")
@click.option("--safeguards", required=True, help="安全管理措置 / safeguards")
@click.option("--renews", help="更新する許諾 / the permission that this renews")
@office_options
@json_option
@speech
def ask(
    out: Speech,
    entrustment: str,
    to: str,
    country: str,
    fields: str,
    people: int,
    starts: datetime,
    ends: datetime,
    safeguards: str,
    renews: str | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """申請を記録する。 Record what is asked."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import permission as action

    made = action.ask(
        entrustment_id=find_entrustment(office.body_id, entrustment).id,
        party_id=find_party(office.body_id, to).id,
        country=country,
        fields=parse_fields(fields),
        people=people,
        starts_on=starts.date(),
        ends_on=ends.date(),
        safeguards=safeguards,
        renews_id=None if renews is None else find_permission(office.body_id, renews).id,
        by=office.by,
        at=office.at,
    )
    out.say(f"申請を記録しました: {made.hex}", f"Recorded: {made.hex}")
    out.answer({"permission": made.hex})


@permission.command("grant")
@_id
@click.option("--until", "ends", type=_day, help="期限（省くと年度末まで）/ until; left out: the fiscal year's end")
@click.option("--advance", is_flag=True, help="あらかじめの許諾 / in advance, for uses that are reported")
@click.option("--report", type=click.Choice([r.value for r in Reporting if r.value]), help="報告 / how often")
@click.option("--evidence", default="", help="確認した資料 / evidence that was looked at")
@click.option("--reason", default="", help="理由・条件 / reason or condition")
@office_options
@json_option
@speech
def grant(
    out: Speech,
    permission_id: str,
    ends: datetime | None,
    advance: bool,
    report: str | None,
    evidence: str,
    reason: str,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """許諾する。 Permit."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import permission as action

    info = find_permission(office.body_id, permission_id)
    decision = action.Decision(
        mode=Mode.ADVANCE if advance else Mode.NOW,
        report=Reporting(report or ""),
        evidence=evidence,
        reason=reason,
        ends_on=None if ends is None else ends.date(),
    )
    child = action.grant(permission_id=info.id, decision=decision, by=office.by, at=office.at)
    out.say(f"許諾しました。再委託 {child.hex}", f"Permitted. Entrustment {child.hex}")
    out.answer({"permission": info.id.hex, "entrustment": child.hex})


@permission.command("refuse")
@_id
@click.option("--reason", required=True, help="理由 / reason")
@office_options
@json_option
@speech
def refuse(
    out: Speech,
    permission_id: str,
    reason: str,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """許諾しない。 Say no."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import permission as action

    info = find_permission(office.body_id, permission_id)
    action.refuse(permission_id=info.id, reason=reason, by=office.by, at=office.at)
    out.say("許諾しないことを記録しました。", "Refused.")
    out.answer({"permission": info.id.hex, "status": "refused"})


@permission.command("revoke")
@_id
@click.option("--reason", required=True, help="理由 / reason")
@office_options
@json_option
@speech
def revoke(
    out: Speech,
    permission_id: str,
    reason: str,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """許諾を取り消す。 Take it back; the ledger says so."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import permission as action

    info = find_permission(office.body_id, permission_id)
    index = action.revoke(permission_id=info.id, reason=reason, by=office.by, at=office.at)
    out.say(f"取り消しました。台帳 {index} 番", f"Revoked: ledger entry {index}")
    out.answer({"permission": info.id.hex, "status": "revoked", "entry": index})


@permission.command("certificate")
@_id
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="許諾書 / certificate, *.azp")
@click.option("--pdf", type=click.Path(path_type=Path), help="人が読む許諾書 / the page that people read")
@click.option("--confirm", is_flag=True, help="今も有効と台帳に記載する / say in the ledger that it is still in force")
@office_options
@json_option
@speech
def certificate(
    out: Speech,
    permission_id: str,
    output: Path,
    pdf: Path | None,
    confirm: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """許諾書を書き出す。 Write the certificate, which `azukari verify` checks offline."""
    out.as_json = as_json
    require_new(*filter(None, (output, pdf)))
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import permission as action
    from azukari.web.custody.queries import certificates
    from azukari.web.papers.certificate import certificate_pdf
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.queries.signing import signers_of

    info, log = find_permission(office.body_id, permission_id), queries.log_of(office.body_id)
    if confirm:
        action.confirm(permission_id=info.id, by=office.by, at=office.at)
    signers = signers_of(log.id, office.kek, day_of(office.at))
    checkpoint.integrate(log_id=log.id, signers=signers, by=office.by, at=office.at)
    data = certificates.certificate(info.id)
    paper = None if pdf is None else certificate_pdf(data, out.language)
    with creating(output) as file:
        file.write(data)
    if pdf is not None and paper is not None:
        with creating(pdf) as file:
            file.write(paper)
    out.say(f"許諾書を書きました: {output.name}", f"Certificate written: {output.name}")
    out.answer({"permission": info.id.hex, "certificate": str(output)})
