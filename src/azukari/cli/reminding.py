"""`reminders`: what waits and what ends soon, as text, JSON or a calendar file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from azukari.cli.options import json_option, office_options, open_office, require_new
from azukari.cli.speech import Speech, speech
from azukari.stores.files import creating

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
@office_options
@json_option
@speech
def reminders(
    out: Speech, days: int, ics: Path | None, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """待っていることと、期限の近いことを一覧する。 List what waits and what ends soon."""
    out.as_json = as_json
    if ics is not None:
        require_new(ics)
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.calendar import calendar, said, window
    from azukari.web.custody.queries import register
    from azukari.web.custody.queries.ends import ends

    today = office.at.date()
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
