"""`sign-in`: the OpenID provider through which the people of the body sign in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from azukari.cli.options import json_option, office_options, open_office, read_small
from azukari.cli.speech import Speech, speech
from azukari.errors import OptionError

if TYPE_CHECKING:
    from azukari.web.accounts.queries import ProviderInfo

ALGORITHMS = ("RS256", "PS256", "ES256")
ANSWER = "/sign-in/provider/answer"


@click.group("sign-in")
def sign_in() -> None:
    """職員のログイン。 How the people of the body sign in."""


@sign_in.group()
def provider() -> None:
    """ログインの提供元（OpenID Connect）。 The body's OpenID provider; it stands for the password only."""


@provider.command("set")
@click.option("--issuer", required=True, help="提供元の issuer（https）/ issuer, as the provider writes it")
@click.option("--client-id", required=True, help="提供元での登録名 / client id")
@click.option("--label", required=True, help="ボタンの文字 / what the button on the sign-in page says")
@click.option(
    "--secret-file",
    type=click.Path(path_type=Path),
    help="共有の秘密（client_secret_basic）のファイル。省くと鍵を作る / file of a client secret; without it a key is made",
)
@click.option(
    "--algorithm",
    type=click.Choice(ALGORITHMS),
    default="RS256",
    show_default=True,
    help="鍵の署名方式 / signature of the key",
)
@click.option("--new-key", is_flag=True, help="鍵を作り直す / make another key")
@click.option(
    "--only/--also-password",
    default=False,
    help="パスワードとパスキーだけのログインを止める / nobody signs in with a password or a passkey alone",
)
@office_options
@json_option
@speech
def set_command(
    out: Speech,
    issuer: str,
    client_id: str,
    label: str,
    secret_file: Path | None,
    algorithm: str,
    new_key: bool,
    only: bool,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """提供元を設定し、公開鍵を表示する。 Set the provider and print the public key to register there."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts import queries
    from azukari.web.accounts.actions import provider as action

    settings = action.Settings(label, issuer, client_id, algorithm, _secret(secret_file), only)
    action.configure(
        body_id=office.body_id, settings=settings, kek=office.kek, new_key=new_key, by=office.by, at=office.at
    )
    _tell(out, queries.provider_of(office.body_id))


@provider.command("show")
@office_options
@json_option
@speech
def show(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """設定を表示する。 Print the settings, without any secret."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts import queries

    _tell(out, queries.provider_of(office.body_id))


@provider.command("remove")
@office_options
@json_option
@speech
def remove(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """提供元と、結び付けたアカウントを消す。 Remove the provider and every account that was linked."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts.actions import provider as action

    action.remove(body_id=office.body_id, by=office.by, at=office.at)
    out.say("提供元を消しました。", "The provider is removed.")
    out.answer({"provider": None})


@provider.command("test")
@office_options
@json_option
@speech
def test(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """提供元に接続して、使えるかを調べる。 Call the provider: its description and its keys."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.accounts import queries
    from azukari.web.accounts.oidc import answering, discovery

    found = queries.provider_of(office.body_id)
    metadata = discovery.discover(found.issuer, found.method)
    keys = len(answering.keys_of(metadata))
    signs = ", ".join(metadata.algorithms)
    out.say(f"使えます。署名方式 {signs}、鍵 {keys} 個", f"It can be used. Signs with {signs}; {keys} keys")
    out.answer({"issuer": found.issuer, "algorithms": list(metadata.algorithms), "keys": keys})


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return read_small(path).decode("ascii").strip()
    except UnicodeDecodeError:
        raise OptionError("a client secret is ASCII") from None


def _tell(out: Speech, found: ProviderInfo) -> None:
    shown: dict[str, Any] = {
        "issuer": found.issuer,
        "client_id": found.client_id,
        "label": found.label,
        "method": found.method,
        "only": found.only,
        "answer": ANSWER,
        "public_jwk": found.public_jwk or None,
    }
    out.say(f"提供元: {found.issuer}（{found.client_id}）", f"Provider: {found.issuer} ({found.client_id})")
    out.say(f"戻り先: https://（この機関のホスト名）{ANSWER}", f"Redirect address: https://(your host){ANSWER}")
    if found.public_jwk:
        keys = json.dumps({"keys": [found.public_jwk]})
        out.say(f"提供元に登録する公開鍵: {keys}", f"Public key to register there: {keys}")
    if found.only:
        out.say("パスワードだけではログインできません。", "Nobody signs in with a password.")
    out.answer(shown)
