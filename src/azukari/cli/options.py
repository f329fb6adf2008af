"""Options that several commands share, and how an office is opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import click

from azukari.errors import KeyFileError, NotFoundError, OptionError, StateError
from azukari.seal.identity import MAX_TEXT, Identity
from azukari.stores.keys import KeyEncryptionKey, needs_passphrase, open_key_file, read_secret_option

if TYPE_CHECKING:
    from azukari.web.accounts.queries import BodyInfo
    from azukari.web.custody.queries import EntrustmentInfo, HandOverInfo, PartyInfo
    from azukari.web.custody.queries.permissions import PermissionInfo

F = TypeVar("F", bound=Callable[..., Any])

json_option = click.option("--json", "as_json", is_flag=True, help="結果を JSON で / answer as JSON")
key_option = click.option(
    "-i", "--key", "key_path", type=click.Path(path_type=Path), required=True, help="鍵ファイル / key file"
)
log_key_option = click.option("--log-key", help="台帳の検証鍵 / the ledger's verifier key, if you have it")


def office_options(command: F) -> F:
    """--office, --keys and --as, also from AZUKARI_OFFICE, AZUKARI_KEYS and AZUKARI_LOGIN."""
    for option in (
        click.option("--as", "login", envvar="AZUKARI_LOGIN", help="操作する人 / who acts (login)"),
        click.option(
            "--keys",
            "keys_path",
            type=click.Path(path_type=Path),
            envvar="AZUKARI_KEYS",
            required=True,
            help="機関の鍵ファイル（機関の外に置く）/ the office's key file, kept outside the office",
        ),
        click.option(
            "--office",
            "office_path",
            type=click.Path(path_type=Path),
            envvar="AZUKARI_OFFICE",
            required=True,
            help="機関のフォルダー / office directory",
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Office:
    """開いた機関。 An office that is open, its key, and who acts, when."""

    kek: KeyEncryptionKey
    body_id: UUID
    by: UUID
    at: datetime


def now() -> datetime:
    """The one clock reading of a command."""
    return datetime.now(UTC)


def open_office(office_path: Path, keys_path: Path, login: str | None) -> Office:
    """Open an office for one command; what a crash left is finished or voided first. While the keystore is lost that waits:
    else leaves that are owed would keep everybody out, who restores the keystore too.

    Raises NotFoundError, KeyFileError, NotPermittedError.
    """
    kek = open_keys(keys_path)
    start(office_path)
    from azukari.web.accounts import queries as accounts
    from azukari.web.custody import places
    from azukari.web.custody.actions import releasing
    from azukari.web.keyring import queries as keyring
    from azukari.web.subjects import queries as subjects
    from azukari.web.subjects.actions import settling

    person = accounts.person(login) if login else _only_officer()
    body = accounts.body(person.body)
    require_own(kek, body)
    keyring.open_replaced(kek)
    opened = Office(kek, body.id, person.id, now())
    settling.settle(kek=kek, by=opened.by, at=opened.at)
    if places.pending() and not subjects.is_keystore_lost():
        with suppress(StateError):  # another process is sealing, and will finish what lies there; nobody is asked
            releasing.recover(kek=kek, by=opened.by, at=opened.at)
    return opened


def open_outside(office_path: Path, keys_path: Path) -> KeyEncryptionKey:
    """Open an office of contractors' screens; returns its own key, which opens nothing of the inside.

    Raises NotFoundError, KeyFileError, StateError (an office with staff: its key never faces a network outside).
    """
    kek = open_keys(keys_path)
    start(office_path)
    from azukari.web.accounts import queries as accounts
    from azukari.web.keyring import queries as keyring

    bodies = accounts.bodies()
    if any(person.role != "contractor" for body in bodies for person in accounts.people(body.id)):
        raise StateError("this office is the inside")
    require_own(kek, *bodies)
    keyring.open_replaced(kek)
    return kek


def start(office_path: Path) -> None:
    """Start an office. NotFoundError if there is none, or no office can be opened with this installation."""
    try:
        from azukari.web import office
    except ImportError as error:
        raise NotFoundError("azukari[web] is not installed") from error
    office.start(office_path)


def require_own(kek: KeyEncryptionKey, *bodies: BodyInfo) -> None:
    """KeyFileError unless the key is that of each of these bodies."""
    if any(body.key_id != kek.key_id for body in bodies):
        raise KeyFileError("this key belongs to another office")


def _only_officer() -> Any:
    from azukari.web.accounts import queries as accounts

    people = [p for body in accounts.bodies() for p in accounts.people(body.id) if p.role == "officer"]
    if len(people) != 1:
        raise OptionError("--as: there are several officers")
    return people[0]


def open_keys(keys_path: Path) -> KeyEncryptionKey:
    """The office's key; at a terminal the passphrase is asked for if the environment gives none. Raises KeyFileError."""
    given = passphrase()
    if given is None and needs_passphrase(keys_path) and sys.stdin.isatty():
        given = str(click.prompt("Passphrase / パスフレーズ", hide_input=True, err=True)).encode()
    return open_key_file(keys_path, given)


def ask_once(keys_path: Path) -> None:
    """Ask for the passphrase of a key file, if it has one that the environment does not give, for this process and
    those that it starts."""
    if passphrase() is None and needs_passphrase(keys_path) and sys.stdin.isatty():
        os.environ["AZUKARI_PASSPHRASE"] = str(click.prompt("Passphrase / パスフレーズ", hide_input=True, err=True))


def passphrase() -> bytes | None:
    """AZUKARI_PASSPHRASE or the file that AZUKARI_PASSPHRASE_FILE names; None without either."""
    return read_secret_option(os.environ, "AZUKARI_PASSPHRASE")


def read_identity(path: Path) -> Identity:
    """A party's or oversight key file. Raises NotFoundError, KeyFileError."""
    try:
        return Identity.parse(read_small(path).decode("ascii"))
    except UnicodeDecodeError as error:
        raise KeyFileError("no age identity") from error


def read_small(path: Path, limit: int = MAX_TEXT) -> bytes:
    """A file of at most ``limit`` bytes. Raises NotFoundError, OptionError."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise NotFoundError(path.name) from error
    if len(data) > limit:
        raise OptionError(f"{path.name} is too large")
    return data


def require_new(*paths: Path) -> None:
    """Each may be made: its folder is there, it is not. Raises NotFoundError, StateError."""
    for path in paths:
        if os.path.lexists(path):
            raise StateError(f"{path.name} exists already")
        if not path.resolve().parent.is_dir():
            raise NotFoundError(f"the folder of {path.name}")


def find_party(body_id: UUID, name: str) -> PartyInfo:
    """A party by id or name. Raises NotFoundError."""
    from azukari.web.custody.queries import naming

    return naming.party(body_id, name)


def find_entrustment(body_id: UUID, name: str, party_id: UUID | None = None) -> EntrustmentInfo:
    """An entrustment by id or title; of several with one title the one to ``party_id``. Raises NotFoundError."""
    from azukari.web.custody.queries import naming

    named = naming.entrustments(body_id, name)
    if not named:
        raise NotFoundError("entrustment")
    # The newest: a renewed permission opens a sub-entrustment of its own under the same title.
    return next((e for e in reversed(named) if e.party == party_id), named[0])


def find_hand_over(body_id: UUID, name: str) -> HandOverInfo:
    """A hand-over by id. Raises NotFoundError."""
    from azukari.web.custody.queries import naming

    return naming.hand_over(body_id, name)


def find_permission(body_id: UUID, name: str) -> PermissionInfo:
    """A permission by id. Raises NotFoundError."""
    from azukari.web.custody.queries import naming

    return naming.permission(body_id, name)


def confirm(question: str, yes: bool) -> None:
    """Ask before what cannot be taken back; without a terminal only ``--yes`` will do. Raises OptionError."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise OptionError("--yes")
    click.confirm(question, abort=True)
