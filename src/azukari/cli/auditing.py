"""`ledger audit-key`, `ledger audit-index`: whoever audits rebuilds the index of a ledger, and cosigns that it matches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from azukari.cli.locking import alone
from azukari.cli.options import json_option, now, passphrase, read_small, require_new
from azukari.cli.speech import Progress, Speech, speech
from azukari.completeness.auditing import Audit
from azukari.completeness.index_entry import IndexEntry
from azukari.errors import FormatError, IndexRootError, NotFoundError, OptionError, StorageError
from azukari.ledger.bundles import parse_bundle
from azukari.ledger.check import check_growth
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.cosignature import Cosigner
from azukari.ledger.entry import canonical
from azukari.ledger.limits import LIMITS
from azukari.ledger.monitor import follow
from azukari.ledger.note import Verifier, parse_note, to_base64
from azukari.ledger.tiles import TILE_WIDTH, ReadTile, TileReader
from azukari.ledger.tree import EMPTY_ROOT
from azukari.ledger.witnessing import add_signatures
from azukari.stores.files import creating, make_folders, replacing
from azukari.stores.folder import FolderLog
from azukari.stores.keys import create_signing_key_file, open_signing_key_file
from azukari.stores.remote import RemoteLog

USE: Final = "auditor"
_LABELS, _PLACES, _STATE = "labels", "places", "state.json"
Place = RemoteLog | FolderLog


@click.command("audit-key")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="監査人の名 / name of the auditor, e.g. audit.example.lg.jp/a1")
@json_option
@speech
def audit_key(out: Speech, path: Path, name: str, as_json: bool) -> None:
    """監査人の鍵を作る。 Make an auditor's key in PATH; it is used for nothing less than a rebuilt index."""
    out.as_json = as_json
    require_new(path)
    Cosigner(name, bytes(32))  # refuses a bad name before anything is written
    made = Cosigner(name, create_signing_key_file(path, name, USE, passphrase()).seed)
    out.say(f"監査人の検証鍵（公開）: {made.vkey}", f"The auditor's key (public): {made.vkey}")
    out.answer({"name": name, "vkey": made.vkey})


@click.command("audit-index")
@click.argument("place")
@click.option("--log-key", "log_keys", multiple=True, required=True, help="台帳の検証鍵 / verifier key of the ledger")
@click.option(
    "--key", "key_path", type=click.Path(path_type=Path), required=True, help="監査人の鍵 / auditor's key file"
)
@click.option(
    "--state", type=click.Path(path_type=Path), required=True, help="前回までの状態 / folder: what was audited"
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="連署した状態 / the checkpoint, cosigned, for `ledger audit-answer`",
)
@json_option
@speech
def audit_index(
    out: Speech,
    place: str,
    log_keys: Sequence[str],
    key_path: Path,
    state: Path,
    output: Path | None,
    as_json: bool,
) -> None:
    """PLACE（URL 又はフォルダー）の台帳の索引を全て計算し直し、連署する。 Rebuild every index of the ledger at PLACE; cosign.

    It goes on from what was audited before. A wrong entry is kept as evidence beside the state, and nothing is signed.
    """
    out.as_json = as_json
    if output is not None:
        require_new(output)
    key = open_signing_key_file(key_path, USE, passphrase())
    verifiers = [Verifier.parse(vkey) for vkey in log_keys]
    if len({verifier.name for verifier in verifiers}) != 1:
        raise OptionError("--log-key: the keys are those of several ledgers")
    make_folders(state)
    with _opened(place) as log, alone(state / ".lock", "another audit keeps this state"):
        checkpoint, note, epochs = _Auditing(out, log, verifiers, state).run()
    line = Cosigner(key.name, key.seed).cosign(parse_note(note)[0], int(now().timestamp()))
    if output is not None:
        with creating(output) as file:
            file.write(add_signatures(note, [line]))
    out.say(
        f"索引 {epochs} 件は、台帳 {checkpoint.size} 件から計算したものと一致します。\n{line.rstrip()}",
        f"{epochs} index entries are those that the {checkpoint.size} ledger entries lead to.\n{line.rstrip()}",
    )
    out.answer({"verdict": "holds", "size": checkpoint.size, "indexes": epochs, "cosignature": line})


@contextmanager
def _opened(place: str) -> Iterator[Place]:
    if place.startswith(("http://", "https://")):
        with RemoteLog(place) as log:
            yield log
    else:
        yield FolderLog(Path(place))


@dataclass
class _Auditing:
    """監査。 Which ledger is rebuilt, and where the state is kept: the checkpoint, labels and their places of before.

    ``wrong``: the first entry that is not what the leaves lead to, and why.
    """

    out: Speech
    log: Place
    keys: Sequence[Verifier]
    state: Path
    wrong: tuple[bytes, IndexRootError] | None = None

    def run(self) -> tuple[Checkpoint, bytes, int]:
        """1. What was audited before is a past of what is shown. 2. The new entries lead to the signed root, 3. and every
        index entry among them is the one that the leaves lead to. 4. Keep that. The checkpoint, its note, how many.
        """
        kept, audit = self._kept()
        shown, origin = self._shown(), self.keys[0].name
        tiles = self._tiles(open_checkpoint(shown, origin, self.keys))
        new = follow(kept, shown, origin, self.keys, tiles).checkpoint  # 1
        old = Checkpoint(origin, 0, EMPTY_ROOT) if kept is None else open_checkpoint(kept, origin, self.keys)
        progress = Progress(self.out.pick("記載の検査", "Entries"))
        check_growth(tiles, lambda index: self._bundle(audit, index, new.size), old, new, progress)  # 2
        if self.wrong is not None:  # 3: said once it is sure that the ledger has signed it
            raise self._told(shown, new, *self.wrong)
        self._keep(audit, shown)  # 4
        return new, shown, audit.indexes

    def _shown(self) -> bytes:
        try:
            return self.log.checkpoint()
        except LookupError:
            raise NotFoundError("there is no checkpoint at this place") from None

    def _bundle(self, audit: Audit, index: int, size: int) -> bytes:
        start = index * TILE_WIDTH
        width = min(TILE_WIDTH, size - start)
        data = self.log.bundle(index, width)
        with suppress(FormatError):  # whoever asked says which bundle it is
            for entry in parse_bundle(data, width)[max(0, audit.size - start) :]:
                self._take(audit, entry)
        return data

    def _take(self, audit: Audit, entry: bytes) -> None:
        if self.wrong is None:
            try:
                audit.take(entry)
            except IndexRootError as error:
                self.wrong = entry, error

    def _told(self, shown: bytes, new: Checkpoint, entry: bytes, error: IndexRootError) -> IndexRootError:
        """With everything kept that another needs to see it: the signed ledger, the entry and its place in it."""
        index, kind = int(str(error.facts["index"])), error.facts["kind"]
        held = {
            "checkpoint": shown.decode(),
            "entry": to_base64(entry),
            "index": index,
            "kind": kind,
            "path": to_base64(b"".join(TileReader(self._tiles(new), new.size).inclusion_path(index))),
            "type": "azukari/index-misbehaviour/v1",
            "word": error.word,
        }
        file = self.state / f"index-{kind}-{index}.azm.json"
        if not file.exists():
            with creating(file) as out:
                out.write(canonical(held))
        return IndexRootError(f"{error.detail}; {file.name}", **error.facts)

    def _tiles(self, checkpoint: Checkpoint) -> ReadTile:
        def read(level: int, index: int) -> bytes:
            return self.log.tile(level, index, min(TILE_WIDTH, (checkpoint.size >> 8 * level) - index * TILE_WIDTH))

        return read

    def _kept(self) -> tuple[bytes | None, Audit]:
        """What was audited before. FormatError for a state that is none."""
        if not (self.state / _STATE).exists():
            return None, Audit()
        held = json.loads(read_small(self.state / _STATE, 4 * LIMITS.note_bytes))
        places = _first(self.state / _PLACES, 8 * held["labels"])
        labels = _first(self.state / _LABELS, 32 * held["labels"])
        last = IndexEntry.parse(held["last"].encode()) if held["last"] else None
        return held["checkpoint"].encode(), Audit(labels, places, held["size"], last, held["place"])

    def _keep(self, audit: Audit, shown: bytes) -> None:
        """Labels and places first; they count only once the state names so many."""
        for name, data in ((_LABELS, audit.labels), (_PLACES, audit.places)):
            with replacing(self.state / name) as file:
                file.write(data)
        held = {
            "checkpoint": shown.decode(),
            "labels": len(audit.places) // 8,
            "last": audit.last.encode().decode() if audit.last else "",
            "place": audit.place,
            "size": audit.size,
        }
        with replacing(self.state / _STATE) as file:
            file.write(canonical(held))


def _first(path: Path, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(count)
    except OSError as error:
        raise StorageError(path.name) from error
    if len(data) != count:
        raise FormatError(f"{path.name} is cut")
    return data
