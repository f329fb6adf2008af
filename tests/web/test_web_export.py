"""The static files are what C2SP tlog-tiles asks for, and an edited one is found."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from tests.web.conftest import ORIGIN, Ledger, make_ledger

from azukari.errors import NotFoundError, StateError, StorageError, TileError
from azukari.ledger import (
    BUNDLE_ENTRIES,
    TILE_WIDTH,
    bundle_path,
    check_tiles,
    open_checkpoint,
    parse_path,
    tile_path,
    tile_widths,
)
from azukari.ledger.checkpoint import Checkpoint


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def check_folder(folder: Path, signed: Checkpoint) -> None:
    """As a stranger does it: files only, each under the one name that this size gives it."""
    widths = tile_widths(signed.size)

    def width(level: int, index: int) -> int:
        full, partial = widths[level]
        return TILE_WIDTH if index < full else partial

    def read(path: str) -> bytes:
        try:
            return (folder / path).read_bytes()
        except FileNotFoundError:
            raise LookupError from None

    check_tiles(
        lambda level, index: read(tile_path(level, index, width(level, index))),
        lambda index: read(bundle_path(index, width(0, index))),
        signed.size,
        signed.root,
    )


def export(ledger: Ledger, folder: Path) -> tuple[int, Checkpoint]:
    from azukari.web.sequencer.export import export_log

    changed = export_log(ledger.log_id, folder)
    note = (folder / "checkpoint").read_bytes()
    return changed, open_checkpoint(note, ORIGIN, [ledger.verifier])


def grow(ledger: Ledger, *steps: int) -> None:
    for step in steps:
        ledger.append(*(os.urandom(8) for _ in range(step)))
        ledger.integrate()


def test_export_when_made_then_a_stranger_can_check_it(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    for steps in [(3,), (250, 10), (1, 260)]:
        grow(ledger, *steps)
        _, signed = export(ledger, folder)
        check_folder(folder, signed)
    assert signed.size == 524
    for path in set(files(folder)) - {"checkpoint"}:
        parse_path(path)


def test_export_when_done_again_then_nothing_changes(ledger: Ledger, tmp_path: Path) -> None:
    grow(ledger, 300)
    first, _ = export(ledger, tmp_path / "site")
    before = files(tmp_path / "site")
    assert first == len(before)
    assert export(ledger, tmp_path / "site")[0] == 0
    assert files(tmp_path / "site") == before


def test_export_when_several_sizes_were_signed_then_each_partial_is_served(ledger: Ledger, tmp_path: Path) -> None:
    grow(ledger, 200, 60, 5, 7)
    export(ledger, tmp_path / "site")
    names = set(files(tmp_path / "site"))
    assert {"tile/0/000", "tile/0/001.p/4", "tile/0/001.p/9", "tile/0/001.p/16", "tile/1/000.p/1"} <= names
    assert {"tile/entries/000", "tile/entries/001.p/4", "tile/entries/001.p/16"} <= names
    assert "tile/0/000.p/200" not in names
    content = files(tmp_path / "site")
    assert content["tile/0/001.p/16"].startswith(content["tile/0/001.p/4"])
    assert content["tile/entries/001.p/16"].startswith(content["tile/entries/001.p/4"])


@pytest.mark.parametrize("path", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000"])
@pytest.mark.parametrize("damage", ["flip", "remove"])
def test_export_when_a_file_is_edited_then_it_is_found_and_named(
    ledger: Ledger, tmp_path: Path, path: str, damage: str
) -> None:
    assert BUNDLE_ENTRIES == 256
    grow(ledger, 300)
    _, signed = export(ledger, tmp_path)
    content = bytearray((tmp_path / path).read_bytes())
    content[20] ^= 1
    (tmp_path / path).write_bytes(content)
    if damage == "remove":
        (tmp_path / path).unlink()
    with pytest.raises(TileError) as caught:
        check_folder(tmp_path, signed)
    name = parse_path(path)
    assert caught.value.facts["level"] == ("entries" if name.level is None else name.level)
    assert caught.value.facts["index"] == name.index
    assert export(ledger, tmp_path)[0] == 1  # and the next export puts it right
    check_folder(tmp_path, signed)


def test_export_when_nothing_is_signed_then_not_found(ledger: Ledger, tmp_path: Path) -> None:
    from azukari.web.sequencer.export import export_log

    with pytest.raises(NotFoundError):
        export_log(ledger.log_id, tmp_path)


def test_export_when_the_database_was_rolled_back_then_it_refuses(sqlite_office: Path, tmp_path: Path) -> None:
    """A restored backup must not overwrite a history that somebody has seen."""
    ledger = make_ledger(sqlite_office)
    from django.db import connections

    from azukari.web import environment
    from azukari.web.sequencer.export import export_log

    grow(ledger, 3)
    connections.close_all()
    shutil.copy(ledger.folder / environment.SQLITE, tmp_path / "backup")
    grow(ledger, 2)
    export(ledger, tmp_path / "site")
    before = files(tmp_path / "site")
    connections.close_all()
    shutil.copy(tmp_path / "backup", ledger.folder / environment.SQLITE)
    for steps in [(), (2,), (1,)]:  # shorter, as long but other entries, longer
        grow(ledger, *steps)
        with pytest.raises(StateError):
            export_log(ledger.log_id, tmp_path / "site")
    assert files(tmp_path / "site") == before


def test_export_when_the_disk_fills_up_then_the_old_checkpoint_still_stands(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(ledger, 3)
    _, old = export(ledger, tmp_path / "site")
    grow(ledger, 400)
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 3:
            raise OSError(errno.ENOSPC, "")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError):
        export(ledger, tmp_path / "site")
    monkeypatch.undo()
    note = (tmp_path / "site" / "checkpoint").read_bytes()
    assert open_checkpoint(note, ORIGIN, [ledger.verifier]) == old
    check_folder(tmp_path / "site", old)
    check_folder(tmp_path / "site", export(ledger, tmp_path / "site")[1])


def test_export_when_another_one_was_faster_then_its_checkpoint_stays(ledger: Ledger, tmp_path: Path) -> None:
    """A folder that went back would look like a rollback to whoever follows it."""
    from azukari.web.sequencer.export import export_log

    grow(ledger, 3)
    overtaken = []

    def meanwhile(done: int, total: int) -> None:
        if not overtaken:
            overtaken.append((done, total))
            grow(ledger, 4)
            export_log(ledger.log_id, tmp_path)

    with pytest.raises(StateError):
        export_log(ledger.log_id, tmp_path, progress=meanwhile)
    assert overtaken == [(1, 2)]
    note = (tmp_path / "checkpoint").read_bytes()
    signed = open_checkpoint(note, ORIGIN, [ledger.verifier])
    assert signed.size == 7
    check_folder(tmp_path, signed)


@pytest.mark.parametrize("whole", [True, False])
def test_export_when_it_tells_its_progress_then_it_counts_to_all_its_files(
    ledger: Ledger, tmp_path: Path, whole: bool
) -> None:
    from azukari.web.sequencer.export import export_log

    for steps, files_now in [((3,), (2, 2)), ((300, 2), (7, 7)), ((), (7, 0))]:
        told: list[tuple[int, int]] = []
        grow(ledger, *steps)
        export_log(ledger.log_id, tmp_path, whole=whole, progress=lambda *at, told=told: told.append(at))
        total = len(told)
        assert told == [(done, total) for done in range(1, total + 1)]
        if not whole:
            assert total == files_now[1], steps


def test_export_when_interrupted_at_any_durable_step_then_the_next_one_completes_it(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.sequencer.export import export_log

    grow(ledger, 3)
    export_log(ledger.log_id, tmp_path / "whole")
    grow(ledger, 260)
    export_log(ledger.log_id, tmp_path / "whole")
    real = {name: getattr(os, name) for name in ("fsync", "replace")}
    for stop in range(1, 200):
        calls = []

        def step(name: str, *arguments: object, stop: int = stop, calls: list[str] = calls) -> None:
            calls.append(name)
            if len(calls) == stop:
                raise KeyboardInterrupt
            real[name](*arguments)

        folder = tmp_path / f"stopped-{stop}"
        for name in real:
            monkeypatch.setattr(os, name, lambda *arguments, name=name, step=step: step(name, *arguments))
        try:
            export_log(ledger.log_id, folder, whole=False)
            finished = True
        except KeyboardInterrupt:
            finished = False
        monkeypatch.undo()
        checkpointed = (folder / "checkpoint").exists()
        assert not checkpointed or set(files(folder)) >= {"tile/0/000", "tile/1/000.p/1"}, "the checkpoint comes last"
        export_log(ledger.log_id, folder, whole=False)
        made = files(folder)
        assert {path: data for path, data in made.items() if path in files(tmp_path / "whole")} == {
            path: data for path, data in files(tmp_path / "whole").items() if path in made
        }
        signed = open_checkpoint(made["checkpoint"], ORIGIN, [ledger.verifier])
        check_folder(folder, signed)
        if finished:
            break
    assert finished and stop > 20


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="asks the system which file a descriptor is")
def test_export_when_folders_are_new_then_each_is_durable_before_the_checkpoint(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder whose name is lost with the power takes its tiles along, and a checkpoint would vouch for nothing."""
    grow(ledger, 300)
    real, synced = os.fsync, []

    def noted(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    site = tmp_path / "new" / "site"
    export(ledger, site)
    monkeypatch.undo()
    checkpoint = next(at for at, path in enumerate(synced) if path.name.startswith(".checkpoint."))
    holding = {path.parent for path in [site.parent, site, *site.rglob("*")]}
    assert holding >= {tmp_path, site.parent, site, site / "tile", site / "tile/entries"}
    assert holding <= set(synced[:checkpoint]) and synced[-1] == site
