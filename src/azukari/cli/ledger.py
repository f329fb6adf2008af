"""`ledger`: the body's own log: integrate, export, serve, check, and have it witnessed."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from azukari.cli.auditing import audit_index, audit_key
from azukari.cli.backing import resume
from azukari.cli.indexing import audit_answer, audit_policy, index
from azukari.cli.monitoring import monitor
from azukari.cli.options import Office, json_option, office_options, open_office, read_small, require_new
from azukari.cli.speech import Progress, Speech, speech
from azukari.errors import OptionError, StorageError
from azukari.fields.days import day_of
from azukari.ledger.limits import LIMITS
from azukari.ledger.note import Signer
from azukari.stores.clock import SystemClock
from azukari.stores.files import creating
from azukari.stores.remote import ask_witness

if TYPE_CHECKING:
    from azukari.web.sequencer.queries import Signed

folder_option = click.option(
    "--export", "folder", type=click.Path(path_type=Path), help="書き出すフォルダー / folder to export to each time"
)


@click.group()
def ledger() -> None:
    """台帳を統合・公開・検査し、証人の署名を集める。 Integrate, publish and check the ledger; have it witnessed."""


@ledger.command("integrate")
@click.option("--once", is_flag=True, help="一度だけ / once, instead of until ended")
@folder_option
@office_options
@json_option
@speech
def integrate(
    out: Speech,
    once: bool,
    folder: Path | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """新しい記載を統合し、署名し、証人に送る。 Sign what is new, ask the witnesses, export; until ended."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint
    from azukari.web.sequencer.queries.signing import signers_of

    log = queries.log_of(office.body_id)
    after = _publisher(out, office, log.id, folder)
    if once:
        signers = signers_of(log.id, office.kek, day_of(office.at))
        signed = checkpoint.integrate(log_id=log.id, signers=signers, by=office.by, at=office.at)
        after(signed)
        out.answer({"size": signed.size})
        return
    run_integrator(office, log.id, after, stop_on_signal())


def run_integrator(office: Office, log_id: UUID, after: Callable[[Signed], None], stop: threading.Event) -> None:
    """The integrator in this thread, until ``stop`` is set."""
    from azukari.web.postgresql import wall
    from azukari.web.sequencer.actions import integrator
    from azukari.web.sequencer.queries.signing import signers_of

    with wall.acting(wall.ALL):  # also in a process that serves, whose own connections see next to nothing
        integrator.run(
            log_id=log_id,
            signers=lambda at: signers_of(log_id, office.kek, day_of(at)),
            clock=SystemClock(),
            stop=stop,
            after=after,
            by=office.by,
            at=office.at,
        )


def stop_on_signal() -> threading.Event:
    """Set when the process is asked to end: it finishes the checkpoint that it is at."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: stop.set())
    return stop


def _publisher(out: Speech, office: Office, log_id: UUID, folder: Path | None) -> Callable[[Signed], None]:
    """What follows each checkpoint: the witnesses are asked, and what may be shown is exported."""
    from azukari.web.leaves.export import export_index
    from azukari.web.sequencer.actions import witnessing
    from azukari.web.sequencer.export import export_log

    def publish(signed: Signed) -> None:
        gathered = witnessing.gather(log_id=log_id, ask=ask_witness, by=office.by, at=SystemClock().now())
        for name, error in gathered.failed.items():
            out.say(f"証人 {name}: {error.sentence('ja')}", f"witness {name}: {error.sentence('en')}")
        out.say(f"台帳 {signed.size} 件に署名しました。", f"Signed the ledger at {signed.size} entries.")
        if folder is not None:
            export_log(log_id, folder, whole=False)
            export_index(log_id, folder)

    return publish


@ledger.command("export")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--all", "whole", is_flag=True, help="全てのファイルを照合し直す / compare and mend every file, not only new ones"
)
@office_options
@json_option
@speech
def export(
    out: Speech, folder: Path, whole: bool, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """台帳を C2SP tlog-tiles の形で書き出す。 Export the ledger as C2SP tlog-tiles."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.leaves.export import export_index
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint, witnessing
    from azukari.web.sequencer.export import export_log
    from azukari.web.sequencer.queries.signing import signers_of

    log = queries.log_of(office.body_id)
    signers = signers_of(log.id, office.kek, day_of(office.at))
    checkpoint.integrate(log_id=log.id, signers=signers, by=office.by, at=office.at)
    witnessing.gather(log_id=log.id, ask=ask_witness, by=office.by, at=office.at)
    changed = export_log(log.id, folder, whole=whole, progress=Progress(out.pick("書き出し", "Export")))
    changed += export_index(log.id, folder)
    out.say(f"{changed} 個のファイルを書きました。検証鍵: {log.vkey}", f"{changed} file(s) written. Key: {log.vkey}")
    out.answer({"folder": str(folder), "files": changed, "log_key": log.vkey})


@ledger.command("check")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="以前に受け取ったチェックポイント / a checkpoint that somebody kept: it must be a past of this ledger",
)
@office_options
@json_option
@speech
def check(
    out: Speech, against: Path | None, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """台帳を全て計算し直す。 Recompute the whole ledger from its entries."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import checked, queries
    from azukari.web.sequencer.check import check_log
    from azukari.web.sequencer.queries.signing import verifiers

    log = queries.log_of(office.body_id)
    kept = None if against is None else read_small(against, LIMITS.note_bytes)
    size = check_log(log.id, [verifier.vkey for verifier in verifiers(log.id)], kept)
    with suppress(StorageError):  # a disk that is full changes nothing about the ledger
        checked.keep(log.id, size=size, at=office.at)
    out.say(f"成り立ちます。台帳 {size} 件", f"It holds. {size} ledger entries")
    out.answer({"verdict": "holds", "size": size})


@ledger.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="待ち受ける番地 / address to listen on")
@click.option("--port", type=click.IntRange(0, 65535), default=8750, show_default=True, help="ポート / port; 0: any")
@click.option("--integrate", "integrating", is_flag=True, help="統合もこの中で行う / integrate in a thread of it too")
@office_options
@speech
def serve(
    out: Speech, host: str, port: int, integrating: bool, office_path: Path, keys_path: Path, login: str | None
) -> None:
    """台帳を HTTP で公開する。 Serve the public ledger over HTTP, until ended."""
    office = open_office(office_path, keys_path, login)
    from azukari.web import serving
    from azukari.web.sequencer import queries

    log = queries.log_of(office.body_id)
    stop = threading.Event()
    with ExitStack() as stack:
        if integrating:
            after = _publisher(out, office, log.id, None)
            thread = threading.Thread(target=run_integrator, args=(office, log.id, after, stop), name="integrator")
            thread.start()
            stack.callback(thread.join)
            stack.callback(stop.set)
        serving.serve(
            host,
            port,
            lambda taken: _tell_address(out, f"http://{host}:{taken}/ledger/{log.id}", log.vkey),
            also=log.origin.partition("/")[0],
        )


def _tell_address(out: Speech, prefix: str, vkey: str) -> None:
    out.say(f"公開しています: {prefix}/checkpoint　検証鍵: {vkey}", f"Serving {prefix}/checkpoint  Key: {vkey}")


@ledger.command("policy")
@click.argument("policy_path", type=click.Path(path_type=Path), required=False)
@office_options
@json_option
@speech
def policy(
    out: Speech, policy_path: Path | None, office_path: Path, keys_path: Path, login: str | None, as_json: bool
) -> None:
    """証人の定め（C2SP tlog-policy）を採用する。 Adopt a witness policy; without POLICY_PATH show the one in force."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import policy as policy_actions
    from azukari.web.sequencer.queries import witnessing

    log = queries.log_of(office.body_id)
    if policy_path is not None:
        text = read_small(policy_path, LIMITS.policy_bytes)
        policy_actions.adopt(log_id=log.id, text=text, by=office.by, at=office.at)
    current = witnessing.policy(log.id)
    names = list(current.witnesses) if current else []
    quorum = current.quorum if current else "none"
    out.say(f"証人: {'、'.join(names) or 'なし'}　必要: {quorum}", f"witnesses: {', '.join(names) or 'none'}; {quorum}")
    out.answer({"witnesses": names, "quorum": quorum})


@ledger.command("witness-request")
@click.argument("witness")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="依頼 / request file")
@click.option("--old-size", type=click.IntRange(0), help="証人が最後に見た件数 / the size that the witness saw last")
@office_options
@json_option
@speech
def witness_request(
    out: Speech,
    witness: str,
    output: Path,
    old_size: int | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """証人への依頼をファイルにする。 Write the request to a witness that no network reaches, to be carried."""
    out.as_json = as_json
    require_new(output)
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import witnessing

    log = queries.log_of(office.body_id)
    body = witnessing.request(log_id=log.id, witness=witness, old_size=old_size, by=office.by, at=office.at)
    with creating(output) as file:
        file.write(body)
    out.say(f"依頼を書きました: {output.name}", f"Request written: {output.name}")
    out.answer({"request": str(output)})


@ledger.command("witness-answer")
@click.argument("witness")
@click.argument("answer_path", type=click.Path(path_type=Path))
@click.option("--size", type=click.IntRange(0), help="依頼した時の件数 / size of the ledger that was asked for")
@office_options
@json_option
@speech
def witness_answer(
    out: Speech,
    witness: str,
    answer_path: Path,
    size: int | None,
    office_path: Path,
    keys_path: Path,
    login: str | None,
    as_json: bool,
) -> None:
    """運ばれてきた証人の答えを取り込む。 Take in the answer of a witness that was carried back."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import witnessing

    log = queries.log_of(office.body_id)
    body = read_small(answer_path, LIMITS.note_bytes)
    taken = witnessing.take_answer(log_id=log.id, witness=witness, body=body, size=size, by=office.by, at=office.at)
    out.say(
        f"台帳 {taken} 件に {witness} の署名を加えました。", f"{witness} has cosigned the ledger at {taken} entries."
    )
    out.answer({"witness": witness, "size": taken})


@ledger.command("rotate")
@click.option(
    "--until", required=True, help="旧鍵も署名する最後の日 / last day on which the old key signs too: YYYY-MM-DD"
)
@office_options
@json_option
@speech
def rotate(out: Speech, until: str, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """台帳の鍵を新しくする。 Give the ledger a new key; the old one signs beside it until a day that the ledger names."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint, key
    from azukari.web.sequencer.queries.signing import signers_of, wrap_seed

    log, seed = queries.log_of(office.body_id), secrets.token_bytes(32)
    vkey = Signer(log.origin, seed).vkey
    key.rotate(
        log_id=log.id,
        vkey=vkey,
        wrapped_key=wrap_seed(office.kek, log.id, seed),
        until=_day(until),
        by=office.by,
        at=office.at,
    )
    signers = signers_of(log.id, office.kek, day_of(office.at))
    signed = checkpoint.integrate(log_id=log.id, signers=signers, by=office.by, at=office.at)
    out.say(
        f"新しい検証鍵: {vkey}\n旧鍵は {until} まで署名します。", f"New key: {vkey}\nThe old one signs until {until}."
    )
    out.answer({"log_key": vkey, "size": signed.size})


@ledger.command("keys")
@office_options
@json_option
@speech
def keys(out: Speech, office_path: Path, keys_path: Path, login: str | None, as_json: bool) -> None:
    """台帳の検証鍵を、今のものから順に示す。 List the ledger's verifier keys, the present one first."""
    out.as_json = as_json
    office = open_office(office_path, keys_path, login)
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.queries.signing import verifiers

    found = [verifier.vkey for verifier in verifiers(queries.log_of(office.body_id).id)]
    for vkey in found:
        out.say(vkey, vkey)
    out.answer({"keys": found})


for one in (audit_key, audit_index, index, audit_policy, audit_answer):
    ledger.add_command(one)
ledger.add_command(monitor)
ledger.add_command(resume)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OptionError("--until: YYYY-MM-DD") from None
