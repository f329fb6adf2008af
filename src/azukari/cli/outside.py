"""`outside`: found the office of the outside, where contractors fetch and hand in."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

import click

from azukari.cli.office import keys_apart, new_passphrase
from azukari.cli.options import json_option, now, read_small, require_new
from azukari.cli.sides import open_counter
from azukari.cli.speech import Speech, speech
from azukari.seal.pairing import SideCard, parse_side_card
from azukari.stores.files import creating, remove
from azukari.stores.keys import KeyEncryptionKey, create_key_file

_card_option = click.option(
    "--body-card",
    "card_path",
    type=click.Path(path_type=Path),
    required=True,
    help="内側のカード / the card of the inside (azukari crossing card)",
)
_output_option = click.option(
    "-o",
    "--card",
    "output",
    type=click.Path(path_type=Path),
    required=True,
    help="外側のカード / where to write its card",
)


@click.group()
def outside() -> None:
    """外側の窓口。 The counter for contractors, in an office of its own."""


@outside.command("init")
@click.argument("office_path", type=click.Path(path_type=Path))
@click.option(
    "--keys", "keys_path", type=click.Path(path_type=Path), required=True, help="新しい鍵ファイル / new key file"
)
@_card_option
@_output_option
@click.option("--database", help="PostgreSQL の番地 / libpq conninfo of an empty PostgreSQL database, no password")
@click.option("--passphrase", "ask", is_flag=True, help="鍵ファイルのパスフレーズを尋ねる / ask for a passphrase")
@json_option
@speech
def init(
    out: Speech,
    office_path: Path,
    keys_path: Path,
    card_path: Path,
    output: Path,
    database: str | None,
    ask: bool,
    as_json: bool,
) -> None:
    """外側の窓口を開設する。 Found an outside office in OFFICE_PATH, for the body of the card."""
    out.as_json = as_json
    from azukari.web.founding import found_outside

    card = parse_side_card(read_small(card_path))
    keys_apart(office_path, keys_path)
    require_new(output)
    new = not office_path.exists()
    kek = create_key_file(keys_path, new_passphrase(ask))
    try:
        found_outside(office_path, card=card, kek=kek, at=now(), database=database)
        made = write_card(UUID(hex=card.body), kek, output)
    except BaseException:
        remove(keys_path)
        if new:  # a half-made office would block the next try
            shutil.rmtree(office_path, ignore_errors=True)
        raise
    _tell(out, card, made, output)


@outside.command("add")
@click.argument("office_path", type=click.Path(path_type=Path))
@click.option("--keys", "keys_path", type=click.Path(path_type=Path), required=True, help="鍵ファイル / its key file")
@_card_option
@_output_option
@json_option
@speech
def add(out: Speech, office_path: Path, keys_path: Path, card_path: Path, output: Path, as_json: bool) -> None:
    """別の機関の窓口を、同じ外側に加える。 Add another body to the outside office in OFFICE_PATH, strictly apart."""
    out.as_json = as_json
    card = parse_side_card(read_small(card_path))
    require_new(output)
    opened = open_counter(office_path, keys_path)
    from azukari.web.founding import add_outside

    add_outside(card=card, kek=opened.kek, at=opened.at)
    _tell(out, card, write_card(UUID(hex=card.body), opened.kek, output), output)


def write_card(body_id: UUID, kek: KeyEncryptionKey, output: Path) -> SideCard:
    """Write the card of this side of a body. Raises StateError, KeyFileError, StorageError."""
    from azukari.web.accounts import queries as accounts
    from azukari.web.counter import queries as counter
    from azukari.web.crossing import queries
    from azukari.web.sequencer import queries as sequencer

    body, known = accounts.body(body_id), queries.peer(body_id)
    inside = known is not None and known.side == "inside"
    log = sequencer.log_of(body_id) if inside else counter.entruster(body_id)
    names = {"name": " ".join(body.name.split()), "name_en": " ".join(body.name_en.split())}
    note = queries.card(body_id, kek, origin=log.origin, log_vkey=log.vkey, **names)
    with creating(output) as file:
        file.write(note)
    return parse_side_card(note)


def _tell(out: Speech, inside: SideCard, made: SideCard, output: Path) -> None:
    out.say(
        f"外側の窓口: {inside.name}\nカード {output.name} を内側に渡してください。\n"
        f"外側の指紋（読み上げる）: {made.fingerprint}\n続けて、内側のカードを crossing pair で確かめてください。",
        f"Counter for {inside.name}\nGive the card {output.name} to the inside.\n"
        f"Fingerprint of the outside (read it out): {made.fingerprint}\n"
        "Then check the inside's card with crossing pair.",
    )
    out.answer({"body": inside.body, "card": str(output), "fingerprint": made.fingerprint})
