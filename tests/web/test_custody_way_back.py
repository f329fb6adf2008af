"""Receipts, returns and the end of a copy record: what comes back is counted, and the ledger says so in bands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, ROWS, Scene, call, copied, entries, people

from azukari.cli.options import Office, open_office
from azukari.errors import ForeignReceiptError, FormatError, SignatureError, StateError, StorageError
from azukari.fields.days import day_of
from azukari.seal.receipt import Grade
from azukari.tables import read_table


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    scenes.without_office(monkeypatch)
    yield
    scenes.close()


@pytest.fixture
def sealed(tmp_path: Path) -> Scene:
    return copied(scenes.sealed(), tmp_path / "scene")


def opened(scene: Scene) -> Office:
    return open_office(scene / "office", scene / "office.key", None)


# --- receipts


def receive(office: Office, note: bytes) -> tuple[UUID, Grade]:
    from azukari.web.custody.actions.receiving import add_receipt

    return add_receipt(note=note, body_id=office.body_id, by=office.by, at=office.at)


def test_grade_when_recipient_and_oversight_have_signed_then_the_better_one_counts(sealed: Scene) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.queries.copies import best_grade

    office = opened(sealed)
    slugs = sealed.hand_overs()
    assert [best_grade(UUID(hex=slugs[slug])) for slug in ("seiran", "yamabiko")] == [Grade.RECEIPTED, Grade.OPENED]
    assert [r.grade for r in queries.receipts(UUID(hex=slugs["yamabiko"]))] == ["receipted", "opened"]
    assert office.body_id


def test_receipt_when_anything_in_it_is_another_then_not_kept(sealed: Scene) -> None:
    from azukari.web.custody.models import Receipt

    office, note = opened(sealed), (sealed / "seiran.csv.receipt").read_bytes()
    Receipt.objects.filter(hand_over_id=UUID(hex=sealed.hand_overs()["seiran"])).delete()
    count = Receipt.objects.count()
    hand_over, other = (sealed.hand_overs()[slug].encode() for slug in ("seiran", "shiraho"))
    for error, altered in [
        (ForeignReceiptError, note.replace(hand_over, other)),
        (ForeignReceiptError, note.replace(hand_over, b"00" * 16)),
        (ForeignReceiptError, note.replace(hand_over, b"0011")),
        (ForeignReceiptError, note.replace(b'"receipted"', b'"claimed"')),
        (SignatureError, note.replace(b'"receipted"', b'"opened"')),
        (SignatureError, note.replace(b'"day":"2', b'"day":"1')),
        (FormatError, note.replace(hand_over, b"xyz")),
        (FormatError, note[:-1]),
        (FormatError, b""),
        (FormatError, bytes(300_000)),
    ]:
        assert altered != note
        with pytest.raises(error):
            receive(office, altered)
    assert Receipt.objects.count() == count
    assert receive(office, note) == (UUID(hex=hand_over.decode()), Grade.RECEIPTED)
    with pytest.raises(StateError):
        receive(office, note)


# --- returns


def give_back(scene: Scene, table: pl.DataFrame, slug: str = "seiran", source: pl.DataFrame | None = None) -> Any:
    from azukari.web.custody.actions.receiving import receive_return

    office = opened(scene)
    hand_over = UUID(hex=scene.hand_overs()[slug])
    return receive_return(
        table=table, hand_over_id=hand_over, source=source, kek=office.kek, by=office.by, at=office.at
    )


def last(scene: Scene) -> dict[str, Any]:
    value = json.loads(entries(scene)[-1])
    assert isinstance(value, dict)
    return value


def delivered(scene: Scene, slug: str = "seiran") -> pl.DataFrame:
    return read_table(scene / f"{slug}.csv").frame


def test_return_when_rows_are_missing_added_and_changed_then_each_is_counted(sealed: Scene) -> None:
    from azukari.web.custody import queries

    table = delivered(sealed)
    people_only = table.filter(pl.col("フリガナ").str.replace_all("[ 　\u2009]", "").is_in(plain_kana()))
    missing, changed = 12, 15
    kept = people_only.slice(missing)
    amounts = [str(n) if n < changed else amount for n, amount in enumerate(kept["年金額"])]
    strangers = kept.head(2).with_columns(pl.lit("AAAAAAAAAAAAAAAA").alias("行参照"))
    found = give_back(sealed, pl.concat([kept.with_columns(pl.Series("年金額", amounts)), strangers]))
    assert (found.returned, len(found.added), len(found.changed)) == (kept.height, 2, changed)
    assert len(found.missing) == ROWS - kept.height
    entry = last(sealed)
    assert (entry["returned"], entry["missing"], entry["changed"]) == (found.returned, len(found.missing), changed)
    assert entry["added"] == "<10", "small numbers point to people"
    (row,) = queries.returns(UUID(hex=sealed.hand_overs()["seiran"]))
    assert (row.returned, row.missing, row.added, row.changed) == (kept.height, len(found.missing), 2, changed)


def plain_kana() -> list[str]:
    return people()["フリガナ"].str.replace_all("　", "").to_list()


def test_return_when_whole_then_ids_are_back_and_canaries_and_references_are_not(sealed: Scene) -> None:
    found = give_back(sealed, delivered(sealed).sample(fraction=1.0, shuffle=True, seed=4))
    assert (found.returned, found.canaries, found.missing, found.added, found.changed) == (ROWS, 2, (), (), ())
    assert found.table["宛名番号"].to_list() == people()["宛名番号"].to_list()
    assert "行参照" not in found.table.columns and "個人番号" not in found.table.columns
    assert {last(sealed)[name] for name in ("missing", "added", "changed")} == {0}


def test_return_when_the_contractor_added_a_column_then_it_comes_through(sealed: Scene) -> None:
    table = delivered(sealed).with_columns(pl.lit("済").alias("照合結果"))
    found = give_back(sealed, table, source=people())
    assert found.new_columns == ("照合結果",) and set(found.table["照合結果"]) == {"済"}
    assert found.table["個人番号"].to_list() == people()["個人番号"].to_list()


def test_return_when_empty_of_our_rows_then_all_are_missing(sealed: Scene) -> None:
    table = delivered(sealed).head(1).with_columns(pl.lit("AAAAAAAAAAAAAAAA").alias("行参照"))
    found = give_back(sealed, table)
    assert (found.returned, len(found.missing), len(found.added)) == (0, ROWS, 1)


def test_return_when_of_another_hand_over_then_nothing_matches(sealed: Scene) -> None:
    found = give_back(sealed, delivered(sealed, "shiraho"))
    assert (found.returned, len(found.added), len(found.missing)) == (0, ROWS + 2, ROWS)


@pytest.mark.parametrize("step", ["append", "row", "keep"])
def test_return_when_it_fails_at_a_step_then_neither_row_nor_entry_nor_table(
    sealed: Scene, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from azukari.web.custody.actions import receiving
    from azukari.web.custody.models import Return

    before = entries(sealed)
    output = sealed / "back.csv"
    command = ("return", sealed / "seiran.csv", "--handover", sealed.hand_overs()["seiran"], "-o", output)

    def refuse(*_: Any, **__: Any) -> None:
        raise StorageError("full")

    with monkeypatch.context() as patch:
        if step == "append":
            patch.setattr(receiving.ledger_entry, "append", refuse)
        elif step == "row":
            patch.setattr(Return.objects, "create", refuse)
        else:
            patch.setattr("azukari.cli.sealing.write_table", refuse)
        assert sealed.run(*command).code == 51
        assert entries(sealed) == before and not Return.objects.exists() and not output.exists()
    assert sealed.run(*command).code == 0


# --- the end of a copy record


def test_record_when_over_its_last_day_then_removed_with_one_entry_and_the_package_stays_sealed(
    sealed: Scene,
) -> None:
    from datetime import timedelta

    from azukari.web.custody import places
    from azukari.web.custody.actions.expiring import remove_expired
    from azukari.web.custody.models import HandOver
    from azukari.web.custody.retention import YEARS

    office = opened(sealed)
    hand_over = UUID(hex=sealed.hand_overs()["wakaba"])
    assert {row.expires_on for row in HandOver.objects.all()} == {date(2099 + YEARS, 12, 31)}
    today = day_of(office.at)
    HandOver.objects.filter(id=hand_over).update(expires_on=today)
    acting = {"body_id": office.body_id, "by": office.by}
    assert remove_expired(**acting, at=office.at) == [], "the last day itself is still kept"
    assert remove_expired(**acting, at=office.at + timedelta(days=1)) == [hand_over]
    assert last(sealed)["handover"] == hand_over.hex and not places.record(hand_over).exists()
    size = len(entries(sealed))
    assert remove_expired(**acting, at=office.at + timedelta(days=2)) == [] and len(entries(sealed)) == size
    assert places.package(hand_over).exists()
    others = {UUID(hex=h) for h in sealed.hand_overs().values()} - {hand_over}
    assert all(places.record(other).exists() for other in others)


def test_record_when_killed_between_entry_and_removal_then_the_next_run_removes_it(
    sealed: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody import places
    from azukari.web.custody.actions import expiring
    from azukari.web.custody.models import HandOver

    sealed.json("list")
    hand_over = UUID(hex=sealed.hand_overs()["wakaba"])
    HandOver.objects.filter(id=hand_over).update(expires_on=date(2020, 1, 1))

    def refuse(_: Path) -> None:
        raise StorageError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(expiring, "remove", refuse)
        assert sealed.run("expire").code == 51
    assert places.record(hand_over).exists()
    size = len(entries(sealed))
    assert sealed.run("expire").code == 0
    assert not places.record(hand_over).exists() and len(entries(sealed)) == size


def test_planted_person_when_everything_came_back_then_is_whole_again(sealed: Scene) -> None:
    found = give_back(sealed, delivered(sealed), source=people())
    row = found.table.filter(pl.col("宛名番号") == PLANTED["宛名番号"])
    assert row.height == 1
    same = ("宛名番号", "個人番号", "年金額", "郵便番号", "生年月日")
    assert {header: row[header].item() for header in same} == {header: PLANTED[header] for header in same}
    assert call("verify", sealed / "seiran.azk").code == 0
