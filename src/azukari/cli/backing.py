"""`backup`, `restore`, `migrate`: the office into one encrypted file, back from it, and to a new version's register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from azukari.cli.locking import alone
from azukari.cli.options import (
    json_option,
    now,
    office_options,
    open_keys,
    open_office,
    open_outside,
    read_identity,
    read_small,
    require_new,
)
from azukari.cli.speech import Progress, Speech, speech
from azukari.errors import NotFoundError, OptionError, StateError
from azukari.ledger.limits import LIMITS
from azukari.seal.identity import parse_card, require_recipient
from azukari.stores.files import creating, remove, sweep_temporary
from azukari.stores.keys import KeyEncryptionKey
from azukari.stores.remote import ask_witness
from azukari.web.backup import names

LOCK: Final = ".backup.lock"
DAY: Final = 86_400  # seconds
pg_option = click.option(
    "--pg-bin",
    type=click.Path(path_type=Path),
    help="pg_dump・pg_restore のフォルダー / folder of pg_dump and pg_restore",
)
published_option = click.option(
    "--published",
    type=click.Path(path_type=Path),
    multiple=True,
    help="公開済みの台帳（フォルダー又はチェックポイント）/ what was published: an export folder or a checkpoint",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to", "chosen", multiple=True, help="開けられる鍵（age1… 又はカード）/ who may open it: age1... or a card"
)
@click.option("--keep", type=click.IntRange(1), help="フォルダーに残す世代の数 / how many to keep in the folder")
@pg_option
@office_options
@json_option
@speech
def backup(
    out: Speech,
    file: Path,
    chosen: tuple[str, ...],
    keep: int | None,
    pg_bin: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """機関の控えを、暗号化した一つのファイルにする。 Back the office up into FILE, or into a new file in the folder FILE."""
    out.as_json = as_json
    if keep is not None and not file.is_dir():
        raise OptionError("--keep: FILE is no folder")
    path = _new_name(file, office_path, now())
    kek, at = _opened(office_path, keys_path, login), now()
    from azukari.web.backup import making

    to = making.recipients([recipient(each) for each in chosen])
    with alone(office_path / LOCK, "another backup of this office is being made"):
        sweep_temporary(path.parent, name=path.name)
        if file.is_dir():  # what a killed one has left under an earlier moment's name
            sweep_temporary(file, before=at.timestamp() - DAY)
        with creating(path) as target:
            made = making.make(
                target,
                kek=kek,
                to=to,
                programs=pg_bin,
                at=at,
                progress=Progress(out.pick("控え", "Backup")),
            )
    dropped = [] if keep is None else _drop_old(file, keep)
    out.say(
        f"控えを作りました: {path.name}　{made.files} 個のファイルと登録簿　{path.stat().st_size} バイト",
        f"Backed up into {path.name}: {made.files} file(s) and the register, {path.stat().st_size} bytes",
    )
    out.answer({"backup": str(path), "files": made.files, "bytes": path.stat().st_size, "removed": len(dropped)})


def _opened(office_path: Path, keys_path: Path, login: str | None) -> KeyEncryptionKey:
    """The key of the office that is open then: one with staff, or that of the contractors' screens."""
    try:
        return open_outside(office_path, keys_path)
    except StateError:
        return open_office(office_path, keys_path, login).kek


def _new_name(file: Path, office_path: Path, at: datetime) -> Path:
    """A backup inside the office would be lost together with it, and be part of the next."""
    path = file / names.name_at(at) if file.is_dir() else file
    if office_path.resolve() in path.resolve().parents:
        raise StateError("a backup belongs outside the office directory")
    require_new(path)
    return path


def recipient(text: str) -> str:
    """An age key as it is, or that of a card in a file. Raises FormatError, NotFoundError."""
    found = text if text.startswith("age1") else parse_card(read_small(Path(text))).recipient
    require_recipient(found)
    return found


def _drop_old(folder: Path, keep: int) -> list[Path]:
    """All but the newest; their names tell the moment."""
    old = sorted(folder.glob(names.PATTERN))[:-keep]
    for path in old:
        remove(path)
    return old


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("office_path", type=click.Path(path_type=Path), required=False)
@click.option(
    "-i", "--key", "key_path", type=click.Path(path_type=Path), required=True, help="監督の鍵 / the oversight key file"
)
@click.option(
    "--keys",
    "keys_path",
    type=click.Path(path_type=Path),
    envvar="AZUKARI_KEYS",
    required=True,
    help="機関の鍵ファイル（控えには入っていない）/ the office's key file, which no backup holds",
)
@click.option("--check", is_flag=True, help="検証だけする / only verify the file, restore nothing")
@click.option("--database", help="空の PostgreSQL の番地 / libpq conninfo of an empty PostgreSQL database, no password")
@published_option
@pg_option
@json_option
@speech
def restore(
    out: Speech,
    file: Path,
    office_path: Path | None,
    key_path: Path,
    keys_path: Path,
    check: bool,
    database: str | None,
    published: tuple[Path, ...],
    pg_bin: Path | None,
    as_json: bool,
) -> None:
    """控え FILE から、機関を OFFICE_PATH に戻す。 Restore the office of a backup, whole or not at all."""
    out.as_json = as_json
    if check == (office_path is not None):
        raise OptionError("OFFICE_PATH, or --check without it")
    secret, kek = read_identity(key_path).secret, open_keys(keys_path)
    if office_path is not None and office_path.resolve() in keys_path.resolve().parents:
        raise StateError("keys belong outside the office directory")
    notes = [_checkpoint(path) for path in published]
    from azukari.web.backup import restoring

    shown = Progress(out.pick("検証", "Verifying"))
    try:
        source = file.open("rb")
    except OSError:
        raise NotFoundError(file.name) from None
    with source:
        if office_path is None:
            found = restoring.verify(source, secret, kek, shown)
        else:
            found = restoring.restore(
                source, office_path, secret=secret, kek=kek, database=database, programs=pg_bin, progress=shown
            )
    if notes and office_path is not None:
        _resume_all(office_path, notes)
    held = bool(found.logs) and not notes
    _tell(out, found.made, held=held, checked=check, old=restoring.missing(found) > 0, keystore=bool(found.logs))
    logs = [{"origin": origin, "size": size} for _, origin, size in found.logs]
    facts = {"made": found.made, "version": found.version, "database": found.kind, "logs": logs}
    out.answer({**facts, "members": len(found.digests), "held": held, "migrate": restoring.missing(found)})


def _tell(out: Speech, made: str, *, held: bool, checked: bool, old: bool, keystore: bool) -> None:
    if checked:
        out.say(f"控えは揃っています。作成: {made}", f"The backup is whole. Made: {made}")
        return
    out.say(f"機関を戻しました。控えの作成: {made}", f"The office is restored, as of {made}")
    if held:
        out.say(
            "台帳は止めてあります。公開済みのものと比べてから再開してください: azukari ledger resume --published …",
            "Its ledger is held. Compare it with what was published: azukari ledger resume --published ...",
        )
    if keystore:
        out.say(
            "鍵保管簿は別の控えから戻してください: azukari keystore restore",
            "Restore the keystore from its own backup: azukari keystore restore",
        )
    if old:
        out.say(
            "登録簿を新しい版にしてください: azukari migrate", "Bring the register to this version: azukari migrate"
        )


def _resume_all(office_path: Path, notes: Sequence[bytes]) -> None:
    from azukari.web import office

    office.start(office_path)
    from azukari.web.accounts import queries as accounts
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import resuming

    for body in accounts.bodies():
        log = queries.log_of(body.id)
        own = [note for note in notes if note.partition(b"\n")[0] == log.origin.encode()]
        resuming.resume(log_id=log.id, notes=own, ask=ask_witness, by=office.ITSELF, at=now())


@click.command()
@published_option
@office_options
@json_option
@speech
def resume(
    out: Speech, published: tuple[Path, ...], office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """戻した機関の台帳を、公開済みのものと比べて再開する。 Let a restored ledger go on, after comparing it with what was published."""
    out.as_json = as_json
    notes = [_checkpoint(path) for path in published]
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import resuming

    log = queries.log_of(office.body_id)
    size = resuming.resume(log_id=log.id, notes=notes, ask=ask_witness, by=office.by, at=office.at)
    out.say(
        f"台帳を再開しました。公開済み {size} 件を含みます。",
        f"The ledger goes on; it has the {size} entries that were published.",
    )
    out.answer({"size": size})


def _checkpoint(path: Path) -> bytes:
    """The note of an exported folder, or of a file that a witness or a monitor kept."""
    return read_small(path / "checkpoint" if path.is_dir() else path, LIMITS.note_bytes)


@click.command()
@click.option(
    "--office", "office_path", type=click.Path(path_type=Path), envvar="AZUKARI_OFFICE", required=True,
    help="機関のフォルダー / office directory",
)  # fmt: skip
@json_option
@speech
def migrate(out: Speech, office_path: Path, as_json: bool) -> None:
    """登録簿を、この版の形にする。 Bring the register to this version; stop the services and back up before."""
    out.as_json = as_json
    try:
        from azukari.web import office
    except ImportError as error:
        raise NotFoundError("azukari[web] is not installed") from error
    office.start(office_path)
    office.migrate()
    out.say("登録簿はこの版の形です。", "The register is that of this version.")
    out.answer({"office": str(office_path)})
