"""`rekey`: another key-encryption key for the office."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import click

from azukari.cli.locking import alone, beside
from azukari.cli.options import json_option, now, office_options, open_keys, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import StateError
from azukari.stores.keys import KeyEncryptionKey, create_key_file, open_key_file, read_secret_option

_BUSY = "serve, work or crossing run has the office open; end it, and start it again with the new key"


@click.command()
@click.option(
    "--new-keys",
    "new_path",
    type=click.Path(path_type=Path),
    required=True,
    help="新しい鍵ファイル。無ければ作る / the new key file; made if it is not there",
)
@office_options
@json_option
@speech
def rekey(out: Speech, new_path: Path, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """機関の鍵を取り替え、包んだ秘密をすべて移す。中断しても、同じ命令で続きから。 Replace the office's key; can be repeated.

    AZUKARI_NEW_PASSPHRASE(_FILE) protects the new file. End serve, work and crossing run first; afterwards only the new key opens the
    office. Keep the old file until the backups that need it are gone.
    """
    out.as_json = as_json
    from azukari.web import office

    office.start(office_path)
    from azukari.web.custody import places
    from azukari.web.rekeying import rekey as action

    old = open_keys(keys_path)
    with alone(lock(office_path), _BUSY), places.sealing_alone():
        new = _new_key(new_path, office_path)
        moved = action(
            old=old,
            new=new,
            by=_who(login),
            at=now(),
            progress=lambda count: out.say(f"  {count} 件を移しました。", f"  {count} moved."),
        )
    out.say(
        f"鍵を取り替えました（{moved} 件）。今後は {new_path.name} を使います。",
        f"The key was replaced ({moved} secrets). Use {new_path.name} from now on.",
    )
    out.answer({"key_id": new.key_id, "moved": moved})


def lock(office_path: Path) -> Path:
    """What a process holds that keeps the office's key for longer than one command."""
    return office_path / "keys.lock"


def unlocked(office_path: Path) -> AbstractContextManager[None]:
    """While the block runs the office's key is not replaced. StateError while it is being."""
    return beside(lock(office_path), "the office's key is being replaced")


def _new_key(path: Path, office_path: Path) -> KeyEncryptionKey:
    """The new key; of an interrupted run the one that it has made."""
    passphrase = read_secret_option(os.environ, "AZUKARI_NEW_PASSPHRASE")
    if path.exists():
        return open_key_file(path, passphrase)
    if office_path.resolve() in path.resolve().parents:
        raise StateError("keys belong outside the office directory")
    require_new(path)
    return create_key_file(path, passphrase)


def _who(login: str | None) -> UUID:
    from azukari.web import office
    from azukari.web.accounts import queries

    return queries.person(login).id if login else office.ITSELF
