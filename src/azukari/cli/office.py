"""`init`, `list`, `recover`, `expire`: the office as a whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from azukari.cli.options import json_option, now, office_options, open_office, passphrase, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import StateError
from azukari.seal.identity import Identity, card_of
from azukari.stores.files import creating, remove
from azukari.stores.keys import create_key_file
from azukari.stores.remote import ask_witness


@click.command()
@click.argument("office_path", type=click.Path(path_type=Path))
@click.option(
    "--keys", "keys_path", type=click.Path(path_type=Path), required=True, help="新しい鍵ファイル / new key file"
)
@click.option(
    "--oversight",
    "oversight_path",
    type=click.Path(path_type=Path),
    required=True,
    help="監督の鍵ファイル（作成後、機関の外で保管）/ new oversight key file, to be kept offline",
)
@click.option("--body", "name", required=True, help="機関の名 / name of the body")
@click.option("--body-en", "name_en", default="", help="英語名 / its English name")
@click.option("--origin", required=True, help="台帳の名 / name of the ledger, e.g. ledger.example.lg.jp/office")
@click.option("--login", default="officer", show_default=True, help="担当者の識別名 / the officer's login")
@click.option("--officer", required=True, help="担当者の氏名 / the officer's name")
@click.option("--database", help="PostgreSQL の番地 / libpq conninfo of an empty PostgreSQL database, no password")
@click.option("--passphrase", "ask", is_flag=True, help="鍵ファイルのパスフレーズを尋ねる / ask for a passphrase")
@json_option
@speech
def init(
    out: Speech,
    office_path: Path,
    keys_path: Path,
    oversight_path: Path,
    name: str,
    name_en: str,
    origin: str,
    login: str,
    officer: str,
    database: str | None,
    ask: bool,
    as_json: bool,
) -> None:
    """機関を開設する。 Found an office in OFFICE_PATH. AZUKARI_PASSPHRASE(_FILE) protects its key file."""
    out.as_json = as_json
    from azukari.web.founding import found

    keys_apart(office_path, keys_path, oversight_path)
    new = not office_path.exists()
    kek = create_key_file(keys_path, new_passphrase(ask))
    oversight = Identity.generate()
    try:
        with creating(oversight_path) as file:
            file.write(oversight.file_text().encode())
        founded = found(
            office_path,
            name=name,
            name_en=name_en,
            origin=origin,
            login=login,
            officer=officer,
            oversight=card_of(oversight),
            kek=kek,
            at=now(),
            database=database,
        )
    except BaseException:
        remove(keys_path)
        remove(oversight_path)
        if new:  # a half-made office would block the next try
            shutil.rmtree(office_path, ignore_errors=True)
        raise
    out.say(
        f"機関を開設しました: {office_path.name}\n監督の鍵 {oversight_path.name} は、機関の外で保管してください。\n"
        f"台帳の検証鍵（公開）: {founded.vkey}",
        f"Office founded: {office_path.name}\nKeep the oversight key {oversight_path.name} offline.\n"
        f"Ledger key (public): {founded.vkey}",
    )
    out.answer({"office": str(office_path), "body": founded.body_id.hex, "log_key": founded.vkey})


def new_passphrase(ask: bool) -> bytes | None:
    """What is to protect a new key file: typed twice, or from the environment."""
    if not ask:
        return passphrase()
    typed = click.prompt("Passphrase / パスフレーズ", hide_input=True, confirmation_prompt=True, err=True)
    return str(typed).encode()


def keys_apart(office_path: Path, *key_paths: Path) -> None:
    """Keys inside the office directory would be lost together with it."""
    office = office_path.resolve()
    for path in key_paths:
        if office == path.resolve() or office in path.resolve().parents:
            raise StateError("keys belong outside the office directory")
    require_new(*key_paths)


@click.command()
@office_options
@json_option
@speech
def recover(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """中断した封印を、完了するか取り消す。 Finish or void what a crash left; every office command does so too."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import releasing

    done = releasing.recover(kek=office.kek, by=office.by, at=office.at, ask=ask_witness)
    out.say(
        f"完了 {done.finished} 件、取消し {done.voided} 件、証人待ち {done.waiting} 件",
        f"{done.finished} finished, {done.voided} voided, {done.waiting} waiting for witnesses",
    )
    out.answer({"finished": done.finished, "voided": done.voided, "waiting": done.waiting})


@click.command()
@office_options
@json_option
@speech
def expire(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """保存期間の過ぎた写しの控えを消す。 Remove copy records that are over their last day; the ledger says so."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.custody.actions import expiring

    removed = expiring.remove_expired(body_id=office.body_id, by=office.by, at=office.at)
    out.say(f"控えを {len(removed)} 件消しました", f"{len(removed)} copy record(s) removed")
    out.answer({"removed": [hand_over.hex for hand_over in removed]})
