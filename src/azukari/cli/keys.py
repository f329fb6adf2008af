"""`keygen` and `answer`: a party's own key, made and proven without any office."""

from __future__ import annotations

from pathlib import Path

import click

from azukari.cli.options import json_option, key_option, read_identity, read_small, require_new
from azukari.cli.speech import Speech, speech
from azukari.seal.identity import Identity, answer_challenge, card_of, encode_card
from azukari.stores.files import create_together, creating


@click.command()
@click.argument("key_file", type=click.Path(path_type=Path))
@json_option
@speech
def keygen(out: Speech, key_file: Path, as_json: bool) -> None:
    """鍵ファイルと公開カードを作る。 Make KEY_FILE (secret) and KEY_FILE.card (public, to be sent)."""
    out.as_json = as_json
    identity = Identity.generate()
    card_file = key_file.with_name(key_file.name + ".card")
    require_new(key_file, card_file)
    create_together({key_file: identity.file_text().encode(), card_file: encode_card(identity)})
    fingerprint = card_of(identity).fingerprint
    out.say(
        f"鍵を作りました。秘密: {key_file.name}　送るカード: {card_file.name}\n指紋（電話で読み上げる）: {fingerprint}",
        f"Key made. Secret: {key_file.name}  Card to send: {card_file.name}\n"
        f"Fingerprint (read it out on the phone): {fingerprint}",
    )
    out.answer({"key": str(key_file), "card": str(card_file), "fingerprint": fingerprint})


@click.command()
@click.argument("challenge", type=click.Path(path_type=Path))
@key_option
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="答え / answer file")
@json_option
@speech
def answer(out: Speech, challenge: Path, key_path: Path, output: Path, as_json: bool) -> None:
    """確認の問いに、鍵を持っている証拠を返す。 Prove possession of the key to whoever registers it."""
    out.as_json = as_json
    require_new(output)
    reply = answer_challenge(read_identity(key_path), read_small(challenge))
    with creating(output) as file:
        file.write(reply)
    out.say(f"答えを書きました: {output.name}", f"Answer written: {output.name}")
    out.answer({"answer": str(output)})
