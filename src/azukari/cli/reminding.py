"""`reminders`: what waits and what ends soon, as text, JSON, a calendar file, or, in numbers alone, by mail."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from azukari.cli.options import Office, json_option, office_options, open_office, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import OptionError, StorageError
from azukari.fields.days import day_of
from azukari.stores.files import creating
from azukari.stores.mail import post, relay_of

_WAITING = {
    "asked": ("許諾の申請", "permission asked"),
    "key": ("鍵の確認待ち", "key to be confirmed"),
    "unreceipted": ("受領書なし", "no receipt"),
}


@click.command()
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="何日先まで / days ahead")
@click.option(
    "--ics",
    type=click.Path(path_type=Path),
    help="期限をカレンダーのファイルに書く / write last days to a calendar file",
)
@click.option(
    "--mail",
    is_flag=True,
    help="担当者に件数をメールで送る（1 日 1 通） / mail the numbers to the officers, once a day",
)
@office_options
@json_option
@speech
def reminders(
    out: Speech,
    days: int,
    ics: Path | None,
    mail: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """待っていることと、期限の近いことを一覧する。 List what waits and what ends soon, or mail how much to the officers."""
    out.as_json = as_json
    if mail and ics is not None:
        raise OptionError("--mail or --ics")
    if ics is not None:
        require_new(ics)
    if mail:
        _mail(out, office_path, keys_path, login)
    else:
        _list(out, days, ics, open_office(office_path, keys_path, login))


def _list(out: Speech, days: int, ics: Path | None, office: Office) -> None:
    from azukari.web.custody.calendar import calendar, said, window
    from azukari.web.custody.queries import register
    from azukari.web.custody.queries.ends import ends

    today = day_of(office.at)
    waiting = [one for one in register.reminders(office.body_id, today) if one.kind in _WAITING]
    ending = ends(office.body_id, today - timedelta(days=days), today + timedelta(days=days))
    for one in waiting:
        out.say(*(f"{label}: {one.what} ({one.day})" for label in _WAITING[one.kind]))
    for end in ending:
        out.say(f"{end.day} {said(end, 'ja')}", f"{end.day} {said(end, 'en')}")
    if not waiting and not ending:
        out.say("待っているものはありません。", "Nothing waits.")
    if ics is not None:
        found = ends(office.body_id, *window(today))
        with creating(ics) as file:
            file.write(calendar(found, office.body_id, out.language, office.at))
    rows = [*((one.kind, one.id, one.what, one.day) for one in waiting)]
    rows += [(end.kind, end.id, end.what, end.day) for end in ending]
    out.answer(
        {"reminders": [{"kind": kind, "id": one.hex, "what": what, "day": str(day)} for kind, one, what, day in rows]}
    )


def _mail(out: Speech, office_path: Path, keys_path: Path, login: str | None) -> None:
    """The environment names the relay and the address of the screens (docs/manual). StorageError if a mail failed."""
    relay, link = relay_of(os.environ), os.environ.get("AZUKARI_MAIL_LINK", "")
    if not link.startswith("https://") and not link.startswith("http://localhost"):
        raise OptionError("AZUKARI_MAIL_LINK: https://...")
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions.mailing import remind

    named: dict[str, Any] = {"sender": relay.sender, "link": link, "by": office.by, "at": office.at}
    done = remind(body_id=office.body_id, kek=office.kek, send=lambda mail: post(relay, mail), **named)
    out.say(
        f"待っていること {done.waiting} 件。通知先 {done.officers}、送信 {done.sent}、送信済み {done.before}、"
        f"不明 {done.unknown}、失敗 {len(done.codes)}",
        f"{done.waiting} things wait. Addresses {done.officers}, sent {done.sent}, sent before {done.before}, "
        f"unknown {done.unknown}, failed {len(done.codes)}",
    )
    if done.codes:
        raise StorageError(f"{len(done.codes)} not mailed: {', '.join(map(_answer, done.codes))}")
    out.answer(asdict(done) | {"codes": list(done.codes)})


def _answer(code: int) -> str:
    return f"SMTP {code}" if code else "no answer"
