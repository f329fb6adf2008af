"""`keystore`: backups of the keys of people concerned, which live for days, and the way back from one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import click

from azukari.cli.backing import recipient
from azukari.cli.locking import alone
from azukari.cli.options import (
    Office,
    json_option,
    now,
    office_options,
    open_keys,
    open_office,
    read_identity,
    require_new,
)
from azukari.cli.rekeying import lock
from azukari.cli.speech import Speech, speech
from azukari.errors import NotFoundError, StateError
from azukari.stores.files import creating, remove, sweep_temporary

LOCK: Final = ".keystore-backup.lock"
DAY: Final = 86_400  # seconds
_BUSY: Final = "serve, work or crossing run has the office open; end it"
days_option = click.option(
    "--days",
    type=click.IntRange(0, 365),
    default=14,
    show_default=True,
    envvar="AZUKARI_KEYSTORE_DAYS",
    help="控えを残す日数 / for how many days a backup of the keystore lives",
)
folder_argument = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))


@click.group()
def keystore() -> None:
    """鍵保管簿の控え。登録簿の控えより早く消す。 Backups of people's keys; they are gone sooner than those of the register."""


@keystore.command()
@folder_argument
@click.option(
    "--to", "chosen", multiple=True, help="開けられる鍵（age1… 又はカード）/ who may open it: age1... or a card"
)
@days_option
@office_options
@json_option
@speech
def backup(
    out: Speech,
    folder: Path,
    chosen: tuple[str, ...],
    days: int,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """FOLDER に鍵保管簿の控えを作り、古いものを消す。 Back the keystore up into FOLDER, and remove what is over its days."""
    out.as_json = as_json
    if office_path.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise StateError("a backup belongs outside the office directory")
    office = open_office(office_path, keys_path, login)
    path = _made(folder, office_path, office, chosen)
    gone = _pruned(folder, office.at, days, path)
    if path is None:
        out.say("鍵保管簿は、まだありません。", "There is no keystore yet.")
        out.answer({"backup": None, "removed": len(gone)})
        return
    out.say(
        f"鍵保管簿の控えを作りました: {path.name}　{days} 日を過ぎた {len(gone)} 個を消しました",
        f"Backed the keystore up into {path.name}; removed {len(gone)} that were over {days} day(s)",
    )
    out.answer({"backup": str(path), "bytes": path.stat().st_size, "removed": len(gone)})


def _made(folder: Path, office_path: Path, office: Office, chosen: tuple[str, ...]) -> Path | None:
    """The new backup; None in an office that has no people yet. Raises as ``keystores.make``."""
    from azukari.web.backup import keystores, making, names
    from azukari.web.subjects import queries

    if not queries.store_path().exists() and not queries.in_keystore():
        return None
    path, to = folder / names.keystore_name_at(office.at), making.recipients([recipient(each) for each in chosen])
    require_new(path)
    with alone(office_path / LOCK, "another backup of this keystore is being made"):
        sweep_temporary(folder, before=office.at.timestamp() - DAY)
        with creating(path) as target:
            keystores.make(target, kek=office.kek, to=to, at=office.at)
    return path


def _pruned(folder: Path, at: datetime, days: int, but: Path | None = None) -> list[Path]:
    """The backups that were over their days, which are gone now. Raises StorageError."""
    from azukari.web.backup import names

    gone = [one for one in names.over(folder, at, days) if one != but]
    for path in gone:
        remove(path)
    return gone


@keystore.command()
@folder_argument
@days_option
@json_option
@speech
def prune(out: Speech, folder: Path, days: int, as_json: bool) -> None:
    """FOLDER の鍵保管簿の控えのうち、日数を過ぎたものを消す。 Remove the backups of a keystore in FOLDER that are over their days."""
    out.as_json = as_json
    try:
        from azukari.web.backup import names
    except ImportError as error:
        raise NotFoundError("azukari[web] is not installed") from error
    gone = _pruned(folder, now(), days)
    left = len(names.keystores(folder))
    out.say(f"{len(gone)} 個を消しました。残り {left} 個", f"Removed {len(gone)}; {left} left")
    out.answer({"removed": len(gone), "left": left})


@keystore.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-i", "--key", "key_path", type=click.Path(path_type=Path), required=True, help="監督の鍵 / the oversight key file"
)
@click.option(
    "--made-with",
    "old_path",
    type=click.Path(path_type=Path),
    help="その後に取り替えた場合、控えを作った時の鍵ファイル / the key file of then, if it was replaced since",
)
@office_options
@json_option
@speech
def restore(
    out: Speech,
    file: Path,
    key_path: Path,
    old_path: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """控え FILE から鍵保管簿を戻す。消去した人の鍵は戻らない。 Restore the keystore; the keys of who was erased do not come back."""
    out.as_json = as_json
    secret = read_identity(key_path).secret
    office = open_office(office_path, keys_path, login)
    made_with = office.kek if old_path is None else open_keys(old_path)
    from azukari.web.backup import keystores

    try:
        source = file.open("rb")
    except OSError:
        raise NotFoundError(file.name) from None
    with source, alone(lock(office_path), _BUSY):
        done = keystores.restore(source, secret=secret, made_with=made_with, kek=office.kek, by=office.by, at=office.at)
    out.say(
        f"鍵保管簿を戻しました（{done.people} 人）。",
        f"The keystore is restored, with the keys of {done.people} people.",
    )
    if done.lost:
        out.say(
            f"控えより後に加わった {done.lost} 人の鍵は失われ、新しい鍵になりました。その人の支援措置は、終えて登録し直してください。",
            f"The keys of {done.lost} people who came after the backup are lost; they got new ones. End and note anew their protections.",
        )
    out.answer({"people": done.people, "lost": done.lost, "pages": done.pages})
