"""Sealing as the office does it: what the register and the ledger hold afterwards, and that neither holds one alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PARTY, ROWS, Scene, call, copied, entries, people

from azukari.cli.options import Office, open_office
from azukari.errors import NotPermittedError, StorageError, TileError, UnconfirmedKeyError
from azukari.fields.kinds import Field
from azukari.handover.choosing import choose
from azukari.seal.manifest import Entry
from azukari.seal.package import Package, verify_package
from azukari.tables import type_columns, write_table


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture
def registered(tmp_path: Path) -> Scene:
    return copied(scenes.registered(), tmp_path / "scene")


@pytest.fixture
def sealed(tmp_path: Path) -> Scene:
    return copied(scenes.sealed(), tmp_path / "scene")


def opened(scene: Scene) -> Office:
    return open_office(scene / "office", scene / "office.key", None)


def order(scene: Scene, office: Office, title: str, name: str = "out.azk", table: pl.DataFrame | None = None) -> Any:
    from azukari.web.custody import queries
    from azukari.web.custody.actions.sealing import Order

    terms = next(e for e in queries.entrustments(office.body_id) if e.title == title)
    choice = choose(type_columns(people() if table is None else table), terms.fields)
    return Order(terms.id, terms.party, choice, scene / name)


def seal(scene: Scene, office: Office, title: str, name: str = "out.azk", table: pl.DataFrame | None = None) -> Any:
    from azukari.web.custody.actions import sealing

    source = people() if table is None else table
    return sealing.seal(
        source=source, order=order(scene, office, title, name, table), kek=office.kek, by=office.by, at=office.at
    )


def package(path: Path, vkey: str | None = None) -> Package:
    with path.open("rb") as file:
        return verify_package(file, vkey)


def test_hand_over_when_released_then_row_entry_and_package_are_of_one_piece(registered: Scene) -> None:
    office = opened(registered)
    info = seal(registered, office, "照合")
    found = package(registered / "out.azk", registered.log_key)
    entry = entries(registered)[info.entry_index]
    assert entry == info.entry == found.entry_bytes
    assert (found.entry.hand_over, found.entry.rows) == (info.id.hex, info.rows) == (info.id.hex, ROWS + 2)
    assert found.entry.fields == info.fields == tuple(map(Field.parse, ["reference", "name", "kana"]))
    assert found.tree_size > info.entry_index, "a checkpoint that covers the entry was signed before it left"
    assert (info.status, info.burned_at) == ("released", None)
    kept = registered / "office" / "packages" / f"{info.id}.azk"
    assert kept.read_bytes() == (registered / "out.azk").read_bytes()


def test_entry_when_read_then_no_name_header_or_purpose_is_in_it(registered: Scene) -> None:
    info = seal(registered, opened(registered), "入力")
    words = [*people().columns, PARTY["seiran"], "届書の処理", "行参照", "入力"]
    assert not [word for word in words if word.encode() in info.entry]


def test_entry_when_fewer_than_ten_rows_leave_then_only_a_band_is_public(registered: Scene) -> None:
    info = seal(registered, opened(registered), "照合", table=people().head(9))
    assert info.rows == 9 and json.loads(info.entry)["rows"] == "<10"
    answer = call("verify", registered / "out.azk", "--json")
    assert answer.json["rows"] == "<10"
    scenes.call("open", registered / "out.azk", "-i", registered / "yamabiko.key", "-o", registered / "rows.csv")
    assert '"rows":"<10"' in (registered / "rows.csv.receipt").read_text()


def test_snapshot_when_the_same_table_comes_in_another_file_then_one_index_key_for_both(registered: Scene) -> None:
    """A trace looks a sample up once per state of the source, not once per copy."""
    registered.seal("seiran")
    write_table(people(), registered / "register.xlsx")
    registered.seal("shiraho", "register.xlsx")
    people().head(200).write_csv(registered / "other.csv")
    registered.seal("wakaba", "other.csv")
    one, same, other = (h.snapshot for h in hand_overs(registered))
    assert one == same != other


def test_snapshot_when_only_the_numbers_differ_then_it_is_the_same_since_nothing_is_derived_from_them(
    registered: Scene,
) -> None:
    registered.seal("seiran")
    others = people()["個人番号"].to_list()
    people().with_columns(pl.Series("個人番号", [*others[1:], others[0]])).write_csv(registered / "other.csv")
    registered.seal("shiraho", "other.csv")
    names = people()["氏名"].to_list()
    people().with_columns(pl.Series("氏名", [*names[1:], names[0]])).write_csv(registered / "third.csv")
    registered.seal("wakaba", "third.csv")
    one, same, other = (h.snapshot for h in hand_overs(registered))
    assert one == same != other


def hand_overs(scene: Scene) -> list[Any]:
    from azukari.web.custody import queries

    return sorted(queries.hand_overs(opened(scene).body_id), key=lambda h: h.entry_index or 0)


def test_copies_when_sealed_for_two_parties_then_references_order_and_spelling_are_each_their_own(
    sealed: Scene,
) -> None:
    from azukari.tables import read_table

    one, other = (read_table(sealed / f"{slug}.csv").frame for slug in ("seiran", "shiraho"))
    assert not set(one["行参照"]) & set(other["行参照"])
    assert one["電話番号"].str.replace_all("[^0-9]", "").to_list() != other["電話番号"].to_list()
    assert set(one["住所"]) != set(other["住所"])
    same = one.join(other, on=["フリガナ", "生年月日"], how="inner")
    assert same.height > 0.3 * ROWS  # readings carry a gap of their own, dates carry nothing


def test_reference_when_the_same_table_is_sealed_twice_for_one_party_then_no_reference_recurs(
    registered: Scene,
) -> None:
    """A reference belongs to one row of one hand-over, never to a person."""
    office = opened(registered)
    tables = []
    for name in ("1", "2"):
        seal(registered, office, "照合", f"{name}.azk")
        table = registered / f"{name}.csv"
        assert call("open", registered / f"{name}.azk", "-i", registered / "yamabiko.key", "-o", table).code == 0
        tables.append(set(pl.read_csv(table, infer_schema=False)["行参照"]))
    assert len(tables[0]) == len(tables[1]) == ROWS + 2
    assert not tables[0] & tables[1]


def test_party_when_revoked_after_the_entrustment_then_nothing_is_sealed_to_it(registered: Scene) -> None:
    from azukari.web.custody.models import Party

    office = opened(registered)
    Party.objects.filter(name=PARTY["yamabiko"]).update(status="revoked")
    with pytest.raises(UnconfirmedKeyError):
        seal(registered, office, "照合")
    assert call(*command(registered)).code == 31


def command(scene: Scene) -> tuple[object, ...]:
    named = ("--entrustment", "照合", "--to", PARTY["yamabiko"], "-o", scene / "out.azk")
    return ("seal", scene / "register.csv", *named, "--office", scene / "office", "--keys", scene / "office.key")


def test_party_when_it_is_not_the_entrustee_then_refused_whoever_asks(registered: Scene) -> None:
    from dataclasses import replace

    from azukari.web.custody import queries
    from azukari.web.custody.actions import sealing

    office = opened(registered)
    wanted = order(registered, office, "照合")
    for party in queries.parties(office.body_id):
        if party.id != wanted.party_id:
            with pytest.raises(NotPermittedError):
                sealing.seal(
                    source=people(),
                    order=replace(wanted, party_id=party.id),
                    kek=office.kek,
                    by=office.by,
                    at=office.at,
                )


@pytest.mark.parametrize("after", ["append", "row"])
def test_seal_when_it_fails_after_the_append_then_neither_row_nor_entry_nor_file(
    registered: Scene, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    from azukari.web.custody.actions import sealing
    from azukari.web.custody.models import HandOver

    office, before = opened(registered), entries(registered)
    where, name = (sealing.ledger_entry, "append") if after == "append" else (HandOver.objects, "create")
    _fail_after(monkeypatch, where, name)
    with pytest.raises(ZeroDivisionError):
        seal(registered, office, "照合")
    assert entries(registered) == before and not HandOver.objects.exists()
    _nothing_spooled(registered)


def _fail_after(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    real: Callable[..., Any] = getattr(where, name)

    def fail(*args: Any, **named: Any) -> None:
        real(*args, **named)
        raise ZeroDivisionError

    monkeypatch.setattr(where, name, fail)


def _nothing_spooled(scene: Scene) -> None:
    for folder in ("spool", "index", "packages"):
        left = [path.name for path in (scene / "office" / folder).iterdir() if "lock.sqlite3" not in path.name]
        assert not left
    assert not (scene / "out.azk").exists()


@pytest.mark.parametrize("error", [StorageError("full"), TileError("altered")])
def test_seal_when_no_checkpoint_can_be_signed_then_no_package_leaves_and_a_restart_finishes(
    registered: Scene, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from azukari.web.custody import places
    from azukari.web.custody.actions import releasing

    office = opened(registered)

    def refuse(**_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(releasing.checkpoint, "integrate", refuse)
        with pytest.raises(type(error)):
            seal(registered, office, "照合")
        assert not (registered / "out.azk").exists()
        assert not list((registered / "office" / "packages").iterdir())
        (row,) = hand_overs_unopened(office)
        assert row.status == "logged"
    assert places.pending()
    assert releasing.recover(kek=office.kek, by=office.by, at=office.at) == releasing.Recovered(1, 0, 0)
    assert package(registered / "out.azk", registered.log_key).entry_bytes == row.entry
    assert not places.pending()


def hand_overs_unopened(office: Office) -> list[Any]:
    from azukari.web.custody import queries

    return queries.hand_overs(office.body_id)


def test_recover_when_files_lie_there_that_no_hand_over_knows_then_they_are_voided(sealed: Scene) -> None:
    from uuid import uuid4

    from azukari.web.custody import places

    opened(sealed)
    stray = [places.payload(uuid4()), places.record(uuid4())]
    temporary = [path.with_name(f".{path.name}.0123456789ab.azukari-tmp") for path in (*stray, places.package(uuid4()))]
    for path in [*stray, *temporary]:
        path.write_bytes(b"left")
    kept = {*(sealed / "office").rglob("*.azk"), *(sealed / "office").rglob("*.record")}
    assert sealed.json("list")["handovers"]
    assert not [path for path in [*stray, *temporary] if path.exists()]
    assert all(path.exists() for path in kept - set(stray))


def test_seal_when_a_package_is_edited_in_the_office_then_the_entry_tells(sealed: Scene) -> None:
    (path,) = (sealed / "office" / "packages").glob(f"{UUID(hex=sealed.hand_overs()['wakaba'])}.azk")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    assert call("verify", path, "--log-key", sealed.log_key, "--json").json["error"] == "payload"


def test_entry_when_a_manifest_hides_a_field_then_the_proof_fails(sealed: Scene) -> None:
    """Story 3: a manifest altered to hide a field does not lead to the checkpoint any more."""
    import io

    from azukari.seal.archive import member_offsets
    from azukari.seal.package import MEMBERS, write_package

    data = (sealed / "seiran.azk").read_bytes()
    places = member_offsets(io.BytesIO(data), MEMBERS)
    entry, payload, proof = (data[offset : offset + size] for offset, size in (places[name] for name in MEMBERS))
    value = json.loads(entry)
    value["fields"] = ["reference/person", "name/person", "kana/person"]
    altered = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert Entry.parse(altered).fields != Entry.parse(entry).fields
    with (sealed / "altered.azk").open("wb") as out:
        write_package(out, altered, io.BytesIO(payload), proof)
    assert call("verify", sealed / "altered.azk", "--log-key", sealed.log_key, "--json").json["error"] == "proof"


def test_seal_when_two_processes_seal_at_once_then_both_are_released_one_after_the_other(registered: Scene) -> None:
    names = ("out.azk", "two.azk")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "azukari", *(str(part).replace("out.azk", name) for part in command(registered))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for name in names
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    assert [h.status for h in hand_overs(registered)] == ["released"] * 2
    assert all(package(registered / name, registered.log_key) for name in names)
    registered.json("ledger", "check")
