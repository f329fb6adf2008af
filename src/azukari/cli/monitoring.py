"""`monitor`: follow somebody else's ledger, and keep what it signed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import click

from azukari.cli.locking import alone
from azukari.cli.options import json_option, read_small
from azukari.cli.speech import Progress, Speech, speech
from azukari.errors import ForkError, NotFoundError, OptionError
from azukari.ledger.check import check_growth
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.limits import LIMITS
from azukari.ledger.monitor import Change, Followed, follow, verify_past
from azukari.ledger.note import Verifier
from azukari.ledger.policy import Policy, verify_cosigned
from azukari.ledger.tiles import TILE_WIDTH, ReadTile
from azukari.ledger.tree import EMPTY_ROOT
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
@click.option("--entries", is_flag=True, help="新しい記載も全て計算し直す / recompute all new entries, too")
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
    entries: bool,
    as_json: bool,
) -> None:
    """URL の台帳を追跡し、書換え・巻戻し・二枚舌を知らせる。 Follow the ledger at URL; report rewrites and split views."""
    out.as_json = as_json
    keys = [Verifier.parse(vkey) for vkey in log_keys]
    origins = {key.name for key in keys}
    if len(origins) != 1:
        raise OptionError("--log-key: the keys are those of several ledgers")
    policy = None if policy_path is None else Policy.parse(read_small(policy_path, LIMITS.policy_bytes))
    lock = state.with_name(f".{state.name}.lock")
    with RemoteLog(url) as log, alone(lock, "another monitor keeps this state"):
        watch = _Watch(out, log, origins.pop(), keys, state, policy, also, entries)
        while True:
            _round(watch, again=every is not None)
            if every is None:
                return
            time.sleep(every)


def _round(watch: _Watch, *, again: bool) -> None:
    """One look. Whoever looks again tells what could not be reached, and goes on."""
    try:
        watch.look()
    except NotFoundError as error:
        if not again:
            raise
        click.echo(f"azukari: {error.sentence(watch.out.language)}", err=True)


@dataclass(frozen=True)
class _Watch:
    """追跡。 Which log is followed, against what, and where its state is kept."""

    out: Speech
    log: RemoteLog
    origin: str
    keys: Sequence[Verifier]
    state: Path
    policy: Policy | None
    also: Sequence[str]
    entries: bool

    def look(self) -> None:
        """Fetch, judge, and only then keep; a fork leaves what was kept, and the evidence of it beside."""
        kept = read_small(self.state, LIMITS.note_bytes) if self.state.exists() else None
        shown = _checkpoint_at(self.log)
        if self.policy is not None:
            verify_cosigned(shown, self.policy, origin=self.origin, log_keys=self.keys)
        try:
            found = follow(kept, shown, self.origin, self.keys, self._tiles(self._open(shown)))
        except ForkError as error:
            raise self._with_evidence(error, kept or b"", shown) from error
        for place in self.also:
            self._compare(found.checkpoint, shown, _note_of(place))
        if self.entries:
            self._recompute(kept, found.checkpoint)
        if kept != shown:
            with replacing(self.state) as file:
                file.write(shown)
        self._tell(found)

    def _tell(self, found: Followed) -> None:
        ja, en = _SAYS[found.change]
        self.out.say(f"{ja}　{found.checkpoint.size} 件", f"{en} {found.checkpoint.size} entries")
        self.out.answer({"verdict": found.change.value, "size": found.checkpoint.size})

    def _compare(self, new: Checkpoint, shown: bytes, note: bytes) -> None:
        """A checkpoint that somebody else was shown must lie on the same history."""
        smaller, larger = sorted((self._open(note), new), key=lambda each: each.size)
        try:
            verify_past(smaller, larger, self._tiles(larger))
        except ForkError as error:
            split = ForkError(f"split view: {error.detail}", **error.facts)
            raise self._with_evidence(split, note, shown) from error

    def _recompute(self, kept: bytes | None, new: Checkpoint) -> None:
        """The entries since what was kept, or all of them, are those of the signed root."""
        old = Checkpoint(self.origin, 0, EMPTY_ROOT) if kept is None else self._open(kept)
        read_bundle = self.log.bundle
        check_growth(
            self._tiles(new),
            lambda index: read_bundle(index, min(TILE_WIDTH, new.size - index * TILE_WIDTH)),
            old,
            new,
            Progress(self.out.pick("記載の検査", "Entries")),
        )

    def _open(self, note: bytes) -> Checkpoint:
        return open_checkpoint(note, self.origin, self.keys)

    def _tiles(self, checkpoint: Checkpoint) -> ReadTile:
        """Tiles of the log as wide as they are at the size of the checkpoint."""

        def read(level: int, index: int) -> bytes:
            return self.log.tile(level, index, min(TILE_WIDTH, (checkpoint.size >> 8 * level) - index * TILE_WIDTH))

        return read

    def _with_evidence(self, error: ForkError, *notes: bytes) -> ForkError:
        """Both signed notes and the proof are kept for whoever must be told (``ledger.monitor.verify_fork``)."""
        proof = error.facts.pop("proof", b"")
        names = [self._keep("fork", note) for note in notes]
        if isinstance(proof, bytes) and proof:
            names.append(self._keep("fork-proof", proof))
        return ForkError(f"{error.detail}; kept: {', '.join(names)}", **error.facts)

    def _keep(self, what: str, data: bytes) -> str:
        """Under a name that follows from the bytes: two forks at one size leave two files."""
        path = self.state.with_name(f"{self.state.name}.{what}-{sha256(data).hexdigest()[:16]}")
        if not path.exists():
            with creating(path) as file:
                file.write(data)
        return path.name


def _checkpoint_at(log: RemoteLog) -> bytes:
    try:
        return log.checkpoint()
    except LookupError:
        raise NotFoundError("there is no checkpoint at this address") from None


def _note_of(place: str) -> bytes:
    """A checkpoint out of a file, or from the prefix of another address."""
    if not place.startswith(("http://", "https://")):
        return read_small(Path(place), LIMITS.note_bytes)
    with RemoteLog(place.removesuffix("/checkpoint")) as other:
        return _checkpoint_at(other)
