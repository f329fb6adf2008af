"""Before sealing: what the party would hold in all, who gets which field, which marks; and every state of the work."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, ROWS, check_spill, people
from tests.web.conftest import AT, BY, Ledger
from tests.web.looking import Desk, desk, job, work_off

from azukari.errors import StateError
from azukari.testing import other_people


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    scenes.without_office(monkeypatch)
    with desk(scenes.copied(scenes.sealed(), tmp_path / "scene")) as opened:
        yield opened
    scenes.close()


def register() -> bytes:
    return people().write_csv().encode()


def overlapping(known: int, new: int) -> bytes:
    """People of the register and people of another one, in a table that was never sealed."""
    table = people()
    return table.head(known).vstack(other_people(new, 99).select(table.columns)).write_csv().encode()


def holding(look: str) -> dict[str, Any]:
    return dict(job(look).result["holding"])


def test_look_when_the_same_table_was_handed_over_then_everybody_is_known_and_no_cell_is_in_the_register(
    office: Desk,
) -> None:
    look = office.looked("照合", register())
    found = holding(look)
    assert (found["known"], found["people"], found["new"]) == ([ROWS] * 2, [ROWS] * 2, [0, 0])
    assert found["unions"] == [{"fields": ["kana/person", "name/person"], "rows": ROWS}]
    check_spill(json.dumps(job(look).result, ensure_ascii=False))
    text = office.page(look)
    for shown in (
        "合わせて持つことになる人",
        "おとりの人物",
        "どの相手がどの項目を持つか",
        "渡した・今回も渡す",
        "例を見る",
    ):
        assert shown in text
    assert "幅があるのは" not in text


def test_look_when_some_people_are_new_then_the_numbers_and_the_joined_fields_are_exact(office: Desk) -> None:
    found = holding(office.looked("入力", overlapping(120, 80)))
    assert (found["known"], found["new"], found["people"]) == ([120] * 2, [80] * 2, [ROWS + 80] * 2)
    assert 0 < found["unique"] <= 200


def test_look_when_the_examples_are_kept_then_sealed_beside_the_upload_and_gone_with_it(office: Desk) -> None:
    from azukari.web.custody import foresight
    from azukari.web.jobs.actions import queue

    look = office.looked("入力", register())
    upload, kek = job(look).upload, _kek()
    (note,) = (office.scene / "office" / "uploads").glob("*.note")
    names = [row[0][0] for row in (foresight.examples(upload, kek) or {})["rows"]]
    assert names and all(
        name in office.page(look) or name.replace("\u3000", "□") in office.page(look) for name in names
    )
    assert not [cell for cell in (*names, *PLANTED.values()) if cell and cell.encode() in note.read_bytes()]
    queue.discard(upload_id=upload, by=BY, at=AT)
    assert foresight.examples(upload, kek) is None and not note.exists()
    assert "例を見る" not in office.page(look)


def test_look_when_somebody_is_protected_then_neither_counted_as_leaving_nor_shown_in_an_example(office: Desk) -> None:
    from azukari.web.custody import foresight
    from azukari.web.subjects.actions import protection

    held = people()["宛名番号"].to_list()[: ROWS - 2]
    terms = protection.Terms(starts_on=datetime(2020, 1, 1).date(), ends_on=None, holds="rows")
    protection.add(body_id=office.body, local_ids=held, terms=terms, kek=_kek(), by=BY, at=AT)
    look = office.looked("入力", register())
    found, shown = holding(look), foresight.examples(job(look).upload, _kek()) or {}
    assert (found["rows"], found["known"], found["people"]) == (2, [2, 2], [ROWS, ROWS])
    names = {row[0][0] for row in shown["rows"]}
    assert len(names) == 2 and names <= set(people()["氏名"].to_list()[ROWS - 2 :])


def _kek() -> Any:
    from azukari.web import office as offices

    return offices.key()


def test_look_again_when_the_officer_keeps_a_column_then_the_figures_follow(office: Desk) -> None:
    look = office.looked("照合", register())
    said = office.columns(look)
    kana = next(key for key, field in said.items() if field == "kana/person")
    again = office.client.post(f"{look}/again", said | {kana: ""}).headers["Location"]
    assert again != look
    work_off()
    first, second = job(look).result, job(again).result
    assert (len(first["marks"]["columns"]), len(second["marks"]["columns"])) == (2, 1)
    assert sum(c["fate"] == "leaves" for c in second["columns"]) == 1
    assert office.client.post(f"{look}/again", said | {kana: "nonsense/person"}).status_code == 400


def test_look_again_when_no_spelling_is_to_change_then_none_is_shown_and_the_word_stays(office: Desk) -> None:
    look = office.looked("照合", register())
    shown = "例を見る（印の前と後）"
    assert shown in office.page(look)
    again = office.client.post(f"{look}/again", office.columns(look) | {"strict": "on"}).headers["Location"]
    work_off()
    marks, page = job(again).result["marks"], office.page(again)
    assert (marks["columns"], marks["rows_that_name"], marks["strict"]) == ([], None, True)
    assert marks["canaries"] == job(look).result["marks"]["canaries"] > 0
    assert shown not in page and "変えません。印は弱くなります。" in page
    assert re.search(r'<input[^>]*name="strict"[^>]*checked', page)
    back = office.client.post(f"{again}/again", office.columns(again)).headers["Location"]
    work_off()
    assert job(back).result["marks"]["columns"] and shown in office.page(back)


def test_look_when_the_table_has_no_headers_then_the_first_person_stands_in_no_job_but_on_the_page_as_long_as_the_table(
    office: Desk,
) -> None:
    from azukari.web.jobs.models import Job

    planted = people().filter(pl.col("氏名") == PLANTED["氏名"])
    data = pl.concat([planted, people().head(5)]).write_csv(include_header=False).encode()
    look = office.looked("照合", data)
    assert PLANTED["氏名"] in office.client.get(look).content.decode()
    kinds = {"column_1": "name/person", "column_2": "kana/person"}
    started = office.client.post(f"{look}/start", dict.fromkeys(office.columns(look), "") | kinds)
    work_off()
    assert job(started.headers["Location"]).status == "done"
    kept = json.dumps([[row.arguments, row.result] for row in Job.objects.all()], ensure_ascii=False)
    check_spill(kept)
    shown = office.page(look)
    check_spill(shown)
    assert "列 2" in shown


def test_seal_when_done_then_table_and_note_are_gone(office: Desk) -> None:
    address = office.sealing("照合", register())
    waiting = office.page(address)
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting and "順番を待っています" in waiting
    work_off()
    text = office.page(address)
    assert "封印しました" in text and "refresh" not in text and "progress.js" not in text
    assert not list((office.scene / "office" / "uploads").iterdir())
    assert office.client.post(f"{address}/retry").status_code == 409


def test_seal_when_the_disk_is_full_then_nothing_left_and_the_page_offers_another_try(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody.actions import sealing

    address = office.sealing("照合", register())
    with monkeypatch.context() as patch:
        patch.setattr(sealing, "seal_table", _full)
        work_off()
    text = office.page(address)
    assert (job(address).status, job(address).error) == ("failed", "storage")
    assert "もう一度試す" in text and "何も渡っていません" in text and "列の確認に戻る" in text
    assert not list((office.scene / "office" / "spool").glob("*.payload"))
    assert office.client.post(f"{address}/retry").headers["Location"] == address
    work_off()
    assert job(address).status == "done"
    assert sum(one["id"] == job(address).id.hex for one in office.scene.json("list")["handovers"]) == 1


def _full(*args: Any, **named: Any) -> Any:
    raise OSError(errno.ENOSPC, "no space")


def test_seal_when_it_fails_after_the_entry_then_the_page_says_so_and_another_try_hands_over_once(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody.actions import releasing

    address = office.sealing("照合", register())
    with monkeypatch.context() as patch:
        patch.setattr(releasing, "release", _full)
        work_off()
    text = office.page(address)
    assert job(address).error == "storage" and "台帳には記載済みです" in text and "何も渡っていません" not in text
    office.client.post(f"{address}/retry")
    work_off()
    assert job(address).status == "done" and "封印しました" in office.page(address)


def test_seal_when_interrupted_three_times_then_offered_again_and_when_cancelled_too(office: Desk) -> None:
    from azukari.web.jobs.models import Job

    address = office.sealing("照合", register())
    past = datetime(2020, 1, 1, tzinfo=AT.tzinfo)
    Job.objects.filter(id=job(address).id).update(status="running", attempts=3, lease_until=past, holder="x")
    assert "作業中" in office.page(address)
    Job.objects.filter(id=job(address).id).update(cancelling=True)
    assert "取りやめています" in office.page(address)
    Job.objects.filter(id=job(address).id).update(cancelling=False)
    work_off()
    assert "3 回中断しました" in office.page(address)
    office.client.post(f"{address}/retry")
    office.client.post(f"{address}/cancel")
    assert job(address).status == "cancelled" and "もう一度試す" in office.page(address)
    office.client.post(f"{address}/cancel")  # and now the table goes
    assert not list((office.scene / "office" / "uploads").iterdir())
    assert "もう一度試す" not in office.page(address)
    assert office.client.post(f"{address}/retry").status_code == 409


def test_seal_when_refused_for_what_it_is_then_no_other_try_is_offered(office: Desk) -> None:
    from azukari.web.jobs.models import Job

    address = office.sealing("照合", register())
    Job.objects.filter(id=job(address).id).update(status="failed", error="number-in-text", ended_at=AT)
    text = office.page(address)
    assert "もう一度試す" not in text and "やめて、表を消す" in text
    assert office.client.post(f"{address}/retry").status_code == 409


def test_look_page_when_its_table_is_being_sealed_then_another_tab_cannot_destroy_it(office: Desk) -> None:
    look = office.looked("照合", register())
    address = office.client.post(f"{look}/start", office.columns(look)).headers["Location"]
    for action in ("cancel", "again", "start"):
        assert office.client.post(f"{look}/{action}", office.columns(look)).status_code == 409, action
    work_off()
    assert job(address).status == "done"


# ---- What a firm holds, and the tree ------------------------------------------------------------------------------------


def three_levels(ledger: Ledger) -> tuple[list[UUID], list[UUID]]:
    """Entrustments one under the other, each with a released hand-over of its party."""
    from tests.web import bodies

    from azukari.web.custody.models import Entrustment, PermittedField

    parties = [bodies.furnish(ledger, mark).arguments["party_id"] for mark in ("ichi", "ni", "san")]
    works: list[UUID] = []
    for party_id, fields in zip(
        parties, (["name/person", "kana/person"], ["name/person"], ["kana/person"]), strict=True
    ):
        row = Entrustment.objects.filter(party_id=party_id).get()
        Entrustment.objects.filter(id=row.id).update(parent=works[-1] if works else None)
        PermittedField.objects.filter(entrustment=row).exclude(field__in=fields).delete()
        works.append(row.id)
    return works, parties


def test_tree_when_asked_for_at_any_level_then_whole_with_each_word(ledger: Ledger) -> None:
    from azukari.fields.kinds import Field, Kind
    from azukari.web.custody.matrix import Mark, matrix
    from azukari.web.custody.queries.held import beneath
    from azukari.web.custody.queries.tree import tree

    works, _ = three_levels(ledger)
    assert beneath({works[0]}) == set(works[1:]) and beneath({works[2]}) == set()
    for asked in works:
        nodes = list(tree(asked).walk())
        assert [one.id for one in nodes] == works and [one.id for one in nodes if one.here] == [asked]
        assert [one.level for one in nodes] == [1, 2, 3]
    found = matrix(tree(works[2]), [Field(Kind.KANA)], [Field(Kind.ADDRESS)])
    words = {row.label: [mark for _, mark in row.cells] for row in found.rows}
    assert words["氏名"] == [Mark.HANDED] * 3  # each has a hand-over of names
    assert words["フリガナ"] == [Mark.PERMITTED, Mark.NEVER, Mark.NOW]
    assert words["個人番号"] == words["住所"] == [Mark.NEVER] * 3


def test_held_when_a_firm_has_two_keys_and_firms_below_then_all_of_it_and_nothing_of_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.web.bodies import KEK

    from azukari.web.custody import vault
    from azukari.web.custody.models import HandOver, Party
    from azukari.web.custody.queries.held import held

    _, parties = three_levels(ledger)
    monkeypatch.setattr(vault, "index_key", lambda *_: bytes(32))
    monkeypatch.setattr(vault, "record_key", lambda *_: bytes(32))
    counted = [(found.own, found.below) for found in (held(one, KEK) for one in parties)]
    assert counted == [(1, 2), (1, 1), (1, 0)]
    Party.objects.filter(id__in=[parties[0], parties[2]]).update(corporate_number="1234567890123")
    assert (held(parties[2], KEK).own, held(parties[2], KEK).below) == (2, 1)
    HandOver.objects.filter(party_id=parties[2]).update(status="void")
    assert (held(parties[0], KEK).own, held(parties[0], KEK).below) == (1, 1)


@pytest.mark.usefixtures("open_office")
def test_discard_when_a_job_waits_for_the_upload_then_refused_and_it_stays() -> None:
    from tests.web.test_web_jobs import BODY, enqueue, kept, opened

    from azukari.web.jobs.actions import queue

    upload_id = kept(b"x")
    enqueue(upload_id=upload_id, body_id=BODY)
    with pytest.raises(StateError):
        queue.discard(upload_id=upload_id, by=BY, at=AT + timedelta(1))
    assert opened(upload_id) == b"x"
