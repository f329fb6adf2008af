"""`monitor`: follow somebody else's ledger, and keep what it signed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from azukari.cli.options import json_option, read_small
from azukari.cli.speech import Speech, speech
from azukari.errors import AzukariError, ForkError, NotFoundError, OptionError
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.limits import LIMITS
from azukari.ledger.monitor import Change, Followed, follow, verify_past
from azukari.ledger.note import Verifier, parse_note
from azukari.ledger.policy import Policy, verify_cosigned
from azukari.ledger.tiles import TILE_WIDTH, ReadTile
from azukari.stores.files import creating, replacing
from azukari.stores.remote import RemoteLog

_SAYS = {
    Change.FIRST: ("初めて見た台帳です。", "This ledger is seen for the first time."),
    Change.UNCHANGED: ("前回から変わっていません。", "It is as it was."),
    Change.GROWN: ("前回の続きです。書き換えはありません。", "It continues what was kept; nothing was rewritten."),
}


@click.command()
@click.argument("url")
@click.option("--log-key", "log_keys", multiple=True, required=True, help="台帳の検証鍵 / verifier key of the ledger")
@click.option(
    "--state", type=click.Path(path_type=Path), required=True, help="前回の状態 / the last checkpoint, kept here"
)
@click.option(
    "--policy", "policy_path", type=click.Path(path_type=Path), help="証人の定め / witness policy it must meet"
)
@click.option("--also", multiple=True, help="他から得たチェックポイント / another's checkpoint: a file or a URL")
@click.option("--every", type=click.IntRange(1), help="秒ごとに繰り返す / again every so many seconds")
@json_option
@speech
def monitor(
    out: Speech,
    url: str,
    log_keys: Sequence[str],
    state: Path,
    policy_path: Path | None,
    also: Sequence[str],
    every: int | None,
    as_json: bool,
) -> None:
    """URL の台帳を追跡し、書換え・巻戻し・二枚舌を知らせる。 Follow the ledger at URL; report rewrites and split views."""
    out.as_json = as_json
    keys = [Verifier.parse(vkey) for vkey in log_keys]
    origins = {key.name for key in keys}
    if len(origins) != 1:
        raise OptionError("--log-key: the keys are those of several ledgers")
    policy = None if policy_path is None else Policy.parse(read_small(policy_path, LIMITS.policy_bytes))
    with RemoteLog(url) as log:
        while True:
            _round(out, log, origins.copy().pop(), keys, state, policy, also)
            if every is None:
                return
            time.sleep(every)


def _round(
    out: Speech,
    log: RemoteLog,
    origin: str,
    keys: Sequence[Verifier],
    state: Path,
    policy: Policy | None,
    also: Sequence[str],
) -> None:
    """Fetch, judge, and only then keep; a fork leaves what was kept and both notes beside it as evidence."""
    kept = state.read_bytes() if state.exists() else None
    try:
        shown = log.checkpoint()
    except LookupError:
        raise NotFoundError("there is no checkpoint at this address") from None
    if policy is not None:
        verify_cosigned(shown, policy, origin=origin, log_keys=keys)
    try:
        found = follow(kept, shown, origin, keys, _tiles(log, open_checkpoint(shown, origin, keys)))
    except ForkError as error:
        raise _with_evidence(error, state, kept or b"", shown) from error
    for other in also:
        _compare(log, found, _note_of(other), origin, keys, state, shown)
    if found.change is not Change.UNCHANGED or kept != shown:
        with replacing(state) as file:
            file.write(shown)
    ja, en = _SAYS[found.change]
    out.say(f"{ja}　{found.checkpoint.size} 件", f"{en} {found.checkpoint.size} entries")
    out.answer({"verdict": found.change.value, "size": found.checkpoint.size})


def _compare(
    log: RemoteLog,
    found: Followed,
    note: bytes,
    origin: str,
    keys: Sequence[Verifier],
    state: Path,
    shown: bytes,
) -> None:
    """A checkpoint that somebody else was shown must lie on the same history."""
    other = open_checkpoint(note, origin, keys)
    old, new = sorted((other, found.checkpoint), key=lambda each: each.size)
    try:
        verify_past(old, new, _tiles(log, new))
    except ForkError as error:
        raise _with_evidence(error, state, note, shown) from error


def _tiles(log: RemoteLog, checkpoint: Checkpoint) -> ReadTile:
    """Tiles of the log as wide as they are at the size of the checkpoint."""

    def read(level: int, index: int) -> bytes:
        return log.tile(level, index, min(TILE_WIDTH, (checkpoint.size >> 8 * level) - index * TILE_WIDTH))

    return read


def _note_of(place: str) -> bytes:
    """A checkpoint out of a file, or from the prefix of another address."""
    if not place.startswith(("http://", "https://")):
        return read_small(Path(place), LIMITS.note_bytes)
    with RemoteLog(place.removesuffix("/checkpoint")) as other:
        try:
            return other.checkpoint()
        except LookupError:
            raise NotFoundError("there is no checkpoint at the other address") from None


def _with_evidence(error: ForkError, state: Path, one: bytes, two: bytes) -> AzukariError:
    """Both signed notes are kept for whoever must be told; together they prove it."""
    names = []
    for number, note in enumerate((one, two), start=1):
        size = parse_note(note)[0].split("\n")[1]
        path = state.with_name(f"{state.name}.fork-{number}-{size}")
        if not path.exists():
            with creating(path) as file:
                file.write(note)
        names.append(path.name)
    return ForkError(f"{error.detail}; kept: {', '.join(names)}", **error.facts)
