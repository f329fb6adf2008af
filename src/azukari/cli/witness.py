"""`witness`: cosign the ledgers of other bodies, over HTTP or by carried files; no office, no account."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from azukari.cli.options import json_option, now, passphrase, read_small, require_new
from azukari.cli.speech import Speech, speech
from azukari.errors import (
    AzukariError,
    ForkError,
    FormatError,
    NotFoundError,
    ProofError,
    SignatureError,
    StateError,
)
from azukari.ledger import LIMITS, Cosigner, Verifier
from azukari.stores.clock import SystemClock
from azukari.stores.files import creating, remove
from azukari.stores.keys import (
    SigningKey,
    create_signing_key_file,
    needs_passphrase,
    open_signing_key_file,
    read_seed_option,
)
from azukari.stores.serving import LOOPBACK, serve
from azukari.witness.record import Evidence
from azukari.witness.witness import KEY, Outcome, Witness, WitnessFolder

USE: Final = "witness"
SEED: Final = "AZUKARI_WITNESS_SEED"

folder_argument = click.argument("folder", type=click.Path(path_type=Path))


@click.group()
def witness() -> None:
    """他の機関の台帳に連署する証人。 A witness that cosigns the ledgers of other bodies and refuses forks."""


@witness.command("init")
@folder_argument
@click.option("--name", required=True, help="証人の名 / name of the witness, e.g. witness.example.lg.jp/w1")
@json_option
@speech
def init(out: Speech, folder: Path, name: str, as_json: bool) -> None:
    """証人を開設する。 Make a witness in FOLDER.

    AZUKARI_PASSPHRASE(_FILE) protects the new key; with AZUKARI_WITNESS_SEED_FILE no key is written.
    """
    out.as_json = as_json
    require_new(folder / KEY, folder / "witness.db") if folder.exists() else require_new(folder)
    seed = read_seed_option(os.environ, SEED)
    cosigner = Cosigner(name, seed or bytes(32))  # refuses a bad name before anything is written
    if seed is not None:
        WitnessFolder.create(folder, cosigner)
    else:
        cosigner = _with_new_key(folder, name)
    out.say(f"証人を開設しました。検証鍵（公開）: {cosigner.vkey}", f"Witness made. Its key (public): {cosigner.vkey}")
    out.answer({"folder": str(folder), "name": name, "vkey": cosigner.vkey})


def _with_new_key(folder: Path, name: str) -> Cosigner:
    folder.mkdir(mode=0o700, exist_ok=True)
    key = create_signing_key_file(folder / KEY, name, USE, passphrase())
    try:
        cosigner = Cosigner(name, key.seed)
        WitnessFolder.create(folder, cosigner)
    except BaseException:
        remove(folder / KEY)
        raise
    return cosigner


@witness.command("trust")
@folder_argument
@click.option("--log", "vkeys", multiple=True, required=True, help="台帳の検証鍵 / verifier key of a ledger")
@click.option("--remove", "removing", is_flag=True, help="信頼を外す / no longer trust this key")
@json_option
@speech
def trust(out: Speech, folder: Path, vkeys: tuple[str, ...], removing: bool, as_json: bool) -> None:
    """連署する台帳とその鍵を加える。 Follow a ledger; during a rotation it has several keys."""
    out.as_json = as_json
    keys = [Verifier.parse(vkey) for vkey in vkeys]
    with WitnessFolder(folder) as opened, opened.changing() as record:
        changed = [key.name for key in keys if (record.distrust(key) if removing else record.trust(key))]
    out.say(f"{len(changed)} 個の鍵を変更しました。", f"{len(changed)} key(s) changed.")
    out.answer({"changed": changed})


@witness.command("list")
@folder_argument
@json_option
@speech
def list_command(out: Speech, folder: Path, as_json: bool) -> None:
    """台帳・連署した状態・分岐の証拠を一覧する。 List ledgers, what was cosigned, and evidence of forks."""
    out.as_json = as_json
    with WitnessFolder(folder) as opened, opened.reading() as record:
        logs = [(name, record.last_of(name), record.keys_of(name)) for name in record.origins()]
        evidence = record.evidence()
        name, vkey = opened.name, opened.vkey
    out.say(f"証人　{vkey}", f"witness {vkey}")
    listed = []
    for origin, last, keys in logs:
        size, root, time = (last.size, last.root.hex(), _moment(last.time)) if last else (0, "-", "-")
        out.say(f"台帳　{origin}　{size} 件　{root}　{time}", f"ledger {origin} size {size} {root} {time}")
        listed.append({"origin": origin, "size": size, "root": root, "time": time, "keys": [k.vkey for k in keys]})
    for found in evidence:
        out.say(*_sentences(found))
    out.answer({"name": name, "vkey": vkey, "logs": listed, "evidence": [_as_json(found) for found in evidence]})


@witness.command("serve")
@folder_argument
@click.option("--port", type=click.IntRange(0, 65_535), default=7380, show_default=True, help="ポート / port; 0: any")
@click.option("--host", default=LOOPBACK, show_default=True, help="待ち受ける住所 / address to listen on")
@json_option
@speech
def serve_command(out: Speech, folder: Path, port: int, host: str, as_json: bool) -> None:
    """HTTP で連署する。SIGTERM で終わる。 Cosign over HTTP (C2SP tlog-witness) until SIGTERM or Ctrl-C."""
    out.as_json = as_json
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="azukari: %(message)s")
    with WitnessFolder(folder) as opened:
        from azukari.witness.app import application

        app = application(Witness(opened, _cosigner(opened)), SystemClock())
        ready = partial(_listening, out, host, opened.vkey)
        serve(app, port, ready, host, body_bytes=LIMITS.request_bytes)
    out.say("終わりました。", "Ended.")


def _listening(out: Speech, host: str, vkey: str, port: int) -> None:
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    out.say(f"証人が待ち受けています: {url}　{vkey}", f"The witness listens: {url} {vkey}")
    out.answer({"url": url, "vkey": vkey})
    sys.stdout.flush()


@witness.command("sign")
@folder_argument
@click.argument("request", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="返答 / answer file")
@json_option
@speech
def sign(out: Speech, folder: Path, request: Path, output: Path, as_json: bool) -> None:
    """運ばれてきた依頼に連署する。 Cosign a carried REQUEST: the same bytes as over HTTP, and the same answer.

    Where another size was cosigned last, the answer tells it, as over HTTP. A fork is refused with its evidence.
    """
    out.as_json = as_json
    require_new(output)
    body = read_small(request, LIMITS.request_bytes)
    with WitnessFolder(folder) as opened:
        outcome = Witness(opened, _cosigner(opened)).add_checkpoint(body, now())
        if outcome.status == 200 or (outcome.status == 409 and outcome.evidence is None):
            with creating(output) as file:
                file.write(outcome.body)
        if outcome.status != 200:
            raise _refused(out, opened, outcome)
    out.say(f"連署しました: {output.name}", f"Cosigned: {output.name}")
    out.answer({"answer": str(output)})


def _refused(out: Speech, folder: WitnessFolder, outcome: Outcome) -> AzukariError:
    """The refusal as one of our verdicts; a fork comes before what the request asked."""
    found = outcome.evidence
    if found is not None and found.kind == "fork":
        files = [path.name for path in folder.write_evidence(found)]
        kept = out.pick(f"証拠: {'、'.join(files)}", f"evidence: {', '.join(files)}")
        return ForkError(f"{out.pick(*_sentences(found))}; {kept}", kind="fork")
    if outcome.status == 409:
        size = outcome.body.decode().strip()
        return StateError(out.pick(f"最後に連署したのは {size} 件の状態", f"the size cosigned last is {size}"))
    kinds = {404: NotFoundError, 403: SignatureError, 422: ProofError}
    return kinds.get(outcome.status, FormatError)(outcome.reason)


def _cosigner(folder: WitnessFolder) -> Cosigner:
    """The key of the witness: the seed that the environment names, else its key file."""
    seed = read_seed_option(os.environ, SEED)
    key = SigningKey(folder.name, seed) if seed is not None else _from_file(folder.folder / KEY)
    return Cosigner(key.name, key.seed)


def _from_file(path: Path) -> SigningKey:
    given = passphrase()
    if given is None and needs_passphrase(path) and sys.stdin.isatty():
        given = str(click.prompt("Passphrase / パスフレーズ", hide_input=True, err=True)).encode()
    return open_signing_key_file(path, USE, given)


def _sentences(found: Evidence) -> tuple[str, str]:
    seen, offered = found.seen, found.offered
    states = f"{seen.size} {seen.root.hex()} / {offered.size} {offered.root.hex()}"
    if found.kind == "fork":
        return f"分岐　{found.origin}　{states}", f"fork of {found.origin}: {states}"
    return f"証明なし　{found.origin}　{states}", f"no valid proof from {found.origin}: {states}"


def _as_json(found: Evidence) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "origin": found.origin,
        "time": _moment(found.time),
        "seen": {"size": found.seen.size, "root": found.seen.root.hex()},
        "refused": {"size": found.offered.size, "root": found.offered.root.hex()},
        "files": sorted(found.files) if found.kind == "fork" else [],
    }


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat()
