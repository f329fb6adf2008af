"""The register as a sheet: what went out comes back the same; nothing in it is a formula; all rows or none."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import polars as pl
import pytest
from tests.web import bodies
from tests.web.bodies import client_of, furnish
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import ColumnError, OptionError
from azukari.seal.identity import Identity, card_of
from azukari.tables import read_table

ROW = {
    "件名": "届書の入力",
    "委託先": "青嵐データ入力",
    "利用目的": "届書の\n入力",
    "開始日": "令和8年4月1日",
    "終了日": "2027-03-31",
    "項目": "氏名、フリガナ、配偶者の生年月日",
}


def party(body_id: UUID, name: str = "青嵐データ入力") -> None:
    from azukari.web.custody.actions import party as action

    card = card_of(Identity.generate())
    action.add(body_id=body_id, card=card, name=name, country="JP", wrapped_challenge=b"w", by=BY, at=AT)


def take(ledger: Ledger, *rows: dict[str, str]) -> Any:
    from azukari.web.custody.actions.importing import take_in

    frame = pl.DataFrame(rows, schema=dict.fromkeys({h: None for row in rows for h in row}, pl.String))
    return take_in(frame=frame, body_id=ledger.body_id, by=BY, at=AT)


def test_sheet_when_taken_in_then_registered_as_it_says_and_again_passed_over(ledger: Ledger) -> None:
    from azukari.web.custody import queries
    from azukari.web.custody.sheets import sheet

    party(ledger.body_id)
    more = {"段階": "契約", "契約条項": "秘密保持義務、取扱者の明確化", "法的根拠": "=1+1", "作業場所": "＋庁舎"}
    taken = take(ledger, ROW | more, ROW | {"件名": "-別の件", "項目": "name, amount/spouse"})
    assert (taken.made, taken.known, taken.refused) == (2, 0, ())
    one, two = queries.entrustments(ledger.body_id)
    assert (one.starts_on, one.ends_on, one.purpose) == (date(2026, 4, 1), date(2027, 3, 31), "届書の\n入力")
    assert [str(field) for field in one.fields] == ["birth-date/spouse", "kana/person", "name/person"]
    assert (one.stage, one.clauses, one.legal_basis) == ("contract", ("handlers", "secrecy"), "=1+1")
    assert (two.title, two.stage) == ("-別の件", "performance")
    again = take(ledger, *sheet(ledger.body_id).to_dicts())
    assert (again.made, again.known) == (0, 2)


def test_sheet_when_another_party_took_the_name_of_a_firm_then_the_confirmed_one_is_meant_or_nobody(
    ledger: Ledger,
) -> None:
    """A contractor names the sub-contractor that it asks for, and may name it like a firm that is here."""
    from azukari.web.custody import queries
    from azukari.web.custody.actions import party as action

    party(ledger.body_id)
    party(ledger.body_id)
    assert [type(one.error) for one in take(ledger, ROW).refused] == [OptionError]
    one, two = queries.parties(ledger.body_id)
    for meant in (one, two):
        action.confirm(party_id=meant.id, fingerprint=meant.fingerprint, answer_ok=True, by=BY, at=AT)
        taken = take(ledger, ROW)
        if meant is one:
            assert (taken.made, queries.entrustments(ledger.body_id)[0].party) == (1, one.id)
    assert [type(one.error) for one in taken.refused] == [OptionError]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_sheet_when_saved_and_taken_into_another_body_then_the_same_register(
    ledger: Ledger, tmp_path: Path, kind: str
) -> None:
    from azukari.web.custody import queries

    party(ledger.body_id)
    take(ledger, ROW | {"法的根拠": "=HYPERLINK(1)"}, ROW | {"件名": "@別の件", "作業場所": "＝庁舎"})
    with bodies.screens():
        other = bodies.another_body(ledger)
        party(other)
        own, foreign = furnish(ledger, "kasumi"), furnish(ledger, "betsu", other)
        saved = client_of(own.people["auditor"]).get(f"/entrustments/sheet.{kind}").content
        (tmp_path / f"sheet.{kind}").write_bytes(saved)
        if kind == "xlsx":
            cells = [cell for row in openpyxl.load_workbook(BytesIO(saved)).active for cell in row]
            assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "inlineStr"}
        else:
            assert '"=' not in saved.decode() and '"@' not in saved.decode() and '"＝' not in saved.decode()
        frame = read_table(tmp_path / f"sheet.{kind}").frame.filter(pl.col("委託先") == "青嵐データ入力")
        (tmp_path / "back.csv").write_bytes(frame.drop("番号").write_csv().encode())
        with (tmp_path / "back.csv").open("rb") as file:
            answer = client_of(foreign.people["officer"]).post("/entrustments/take", {"sheet": file})
        assert answer.status_code == 200
        here, there = (
            [
                (e.title, e.purpose, e.starts_on, e.ends_on, e.fields, e.stage, e.clauses, e.legal_basis, e.places)
                for e in queries.entrustments(body_id)
                if "kasumi" not in e.title and "betsu" not in e.title
            ]
            for body_id in (ledger.body_id, other)
        )
    assert here == there and len(here) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"委託先": "だれも知らない会社"},
        {"開始日": "令和8年2月30日"},
        {"終了日": "2020-01-01"},
        {"項目": ""},
        {"項目": "血液型"},
        {"件名": " "},
        {"再委託": "再委託"},
        {"段階": "夢"},
        {"契約条項": "よく寝ること"},
    ],
)
def test_sheet_when_one_row_is_wrong_then_it_is_named_and_nothing_is_registered(
    ledger: Ledger, wrong: dict[str, str]
) -> None:
    from azukari.web.custody import queries
    from azukari.web.sequencer import queries as sequencer

    party(ledger.body_id)
    taken = take(ledger, ROW, ROW | wrong, ROW)
    assert (taken.made, [one.row for one in taken.refused]) == (0, [2])
    assert queries.entrustments(ledger.body_id) == [] and sequencer.count(ledger.log_id) == 0


def test_sheet_when_a_column_is_missing_or_it_is_too_long_then_refused(ledger: Ledger) -> None:
    with pytest.raises(ColumnError):
        take(ledger, {header: value for header, value in ROW.items() if header != "項目"})
    with pytest.raises(OptionError):
        take(ledger, *[ROW] * 5_001)
