"""Sealing tables as offices have them: what leaves, what is written down about it, and what never gets in."""

from __future__ import annotations

import io
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import ColumnError, NothingToSealError, NumberInTextError
from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.fields.numbers import is_individual_number
from azukari.fields.spelling import presentation
from azukari.fingerprint import references
from azukari.fingerprint.canaries import canary
from azukari.fingerprint.keys import Channel
from azukari.handover.choosing import Choice, Fate, choose, verify_choice
from azukari.handover.linking import COMBINATIONS, Digester, link_columns
from azukari.handover.returning import local_ids
from azukari.handover.sealing import REFERENCE_HEADER, Plan
from azukari.seal.commitments import commitment
from azukari.tables.typing import type_columns
from azukari.testing.sealed import fixed_bytes, fixed_identity, seal_copy

# Typed in by somebody at a counter: blanks, one person twice, several people to a row, every kind of notation.
REGISTER = pl.DataFrame(
    {
        "整理番号": [f"{n:04d}" for n in range(60)],
        "氏　名": ["髙橋　和子", "山﨑 一郎", "佐藤愛", "佐藤　亮", "", "髙橋　和子"] * 10,
        "ﾌﾘｶﾞﾅ": ["ﾀｶﾊｼ ｶｽﾞｺ", "ヤマサキ　イチロウ", "サトウアイ", "", "サトウ ケイ", "ﾀｶﾊｼ ｶｽﾞｺ"] * 10,
        "生年月日（和暦）": ["昭和40年3月2日", "S12.1.5", "平成元年4月1日", "", "昭40.3.2", "昭和40年3月2日"] * 10,
        "住所": [
            "霞浜市西町1丁目2番3号　青葉荘101号室",
            "霞浜市西町１－２－３",
            "",
            "西町1番地",
            "西町\n1-2",
            "霞浜市東町9-8",
        ]
        * 10,
        "電話": ["090-0111-2222", "０９０－０１１１－２２２２", "", "03(1234)5678", "0312345678", "090-0111-2222"] * 10,
        "世帯員氏名": ["髙橋　実", "", "佐藤　誠", "", "", "髙橋　実"] * 10,
        "金額": ["000780900", "1,234", "", "0", "－5", "000780900"] * 10,
        "備考": ["", "要確認", '"至急"', "a,b", "二行\nある", ""] * 10,
        "その他": ["x"] * 60,
    }
)
COLUMNS = {
    "整理番号": Field(Kind.LOCAL_ID),
    "氏　名": Field(Kind.NAME),
    "ﾌﾘｶﾞﾅ": Field(Kind.KANA),
    "生年月日（和暦）": Field(Kind.BIRTH_DATE),
    "住所": Field(Kind.ADDRESS),
    "電話": Field(Kind.PHONE),
    "世帯員氏名": Field(Kind.NAME, "spouse"),
    "金額": Field(Kind.AMOUNT),
    "備考": Field(Kind.FREE_TEXT),
}
COPY = seal_copy(REGISTER, COLUMNS, "seiran")
KINDS = {header: field.kind for header, field in COLUMNS.items()}
LEAVING = [header for header in COLUMNS if header != "整理番号"]


def canary_positions() -> dict[int, int]:
    return dict(json.loads(COPY.reader().read("canaries")))


def test_copy_when_opened_then_every_row_is_there_and_only_presentation_differs() -> None:
    table, sources = COPY.table, COPY.reader().numbers("source-rows", "<u8").tolist()
    assert table.columns == [REFERENCE_HEADER, *LEAVING]
    assert sorted(sources) == list(range(62)) and COPY.rows == table.height == 62
    for position, source in enumerate(sources):
        if source < 60:
            for header in LEAVING:
                before, after = REGISTER[header][source], table[header][position]
                assert presentation(KINDS[header], before) == presentation(KINDS[header], after)
                if KINDS[header] not in (Kind.NAME, Kind.KANA, Kind.PHONE, Kind.ADDRESS):
                    assert before == after


def test_copy_when_entered_twice_then_both_rows_leave_with_references_of_their_own() -> None:
    table = COPY.table
    assert table[REFERENCE_HEADER].n_unique() == 62
    assert table[REFERENCE_HEADER].to_list() == references.references(COPY.secrets.key.channel(Channel.REFERENCE), 62)
    twice = table.filter(pl.col("氏　名").str.contains("髙橋"))
    assert twice.height == 20


def test_copy_when_values_are_equal_then_spelled_alike_in_every_role() -> None:
    table = COPY.table
    names = table["氏　名"].to_list() + table["世帯員氏名"].to_list()
    assert len({name for name in names if presentation(Kind.NAME, name) == "髙橋和子"}) == 1


def test_copy_when_a_column_is_not_chosen_then_it_and_the_local_id_stay() -> None:
    text = COPY.table.write_csv()
    assert "その他" not in text and "整理番号" not in text
    assert not set(REGISTER["整理番号"]) & {cell for row in COPY.table.rows() for cell in row}


def test_entry_when_published_then_fields_and_count_and_no_personal_data() -> None:
    entry, text = COPY.entry, COPY.entry_bytes.decode()
    assert entry.fields == (REFERENCE, *(COLUMNS[header] for header in LEAVING))
    assert (entry.rows, entry.rules, entry.code, entry.strict_schema) == (62, "rules/1", "half/1", False)
    assert not [word for word in ["氏", "髙橋", "整理", "データ", "seiran"] if word in text]


def test_entry_when_every_commitment_is_opened_then_it_holds() -> None:
    key = COPY.secrets.key
    values = {f"channel/{channel.value}": key.channel(channel) for channel in Channel}
    values |= COPY.opened()[0].committed_values() | {"canaries": COPY.reader().read("canaries")}
    for label, value in values.items():
        assert commitment(label, key.derive(f"opening/{label}"), value).hex() == COPY.entry.commitments[label]
    assert set(values) == set(COPY.entry.commitments)


def test_recipient_when_it_opens_then_it_learns_no_channel_key_and_no_source_row_key() -> None:
    contents, key = COPY.opened()[0], COPY.secrets.key
    inside = COPY.identity.decrypt(COPY.payload)
    secrets = [key.channel(channel) for channel in Channel]
    secrets += [key.secret, key.derive("source-rows"), COPY.secrets.record_key, COPY.secrets.index_key]
    for secret in secrets:
        assert secret not in inside and secret.hex().encode() not in inside
    assert contents.cell_key == key.derive("cells")


def test_oversight_when_it_opens_then_the_same_bytes_as_the_recipient() -> None:
    assert fixed_identity("oversight").decrypt(COPY.payload) == COPY.identity.decrypt(COPY.payload)


def test_canaries_when_by_default_then_two_of_sixty_rows_and_nobody() -> None:
    found = canary_positions()
    assert len(found) == 2
    channel = COPY.secrets.key.channel(Channel.CANARY)
    for position, number in found.items():
        row = COPY.table.row(position, named=True)
        person = canary(channel, number)
        assert presentation(Kind.NAME, row["氏　名"]) == presentation(Kind.NAME, person.name)
        assert row["電話"].replace("-", "") == person.phone.replace("-", "")
        assert row["世帯員氏名"] == row["備考"] == ""
        assert not any(is_individual_number(cell) for cell in row.values())


def test_strict_schema_when_sealed_then_not_one_cell_is_spelled() -> None:
    copy = seal_copy(REGISTER, COLUMNS, "shiraho", strict_schema=True, canaries=0)
    sources = copy.reader().numbers("source-rows", "<u8").tolist()
    assert copy.entry.strict_schema
    assert copy.table.drop(REFERENCE_HEADER).rows() == [REGISTER.select(LEAVING).row(source) for source in sources]


@pytest.mark.parametrize(("rows", "shown"), [(1, None), (9, None), (10, 10)])
def test_small_table_when_sealed_then_counts_below_ten_are_a_band_and_without_canaries(
    rows: int, shown: int | None
) -> None:
    copy = seal_copy(REGISTER.head(rows), COLUMNS, "wakaba")
    assert (copy.entry.rows, copy.rows, copy.table.height) == (shown, rows, rows)
    assert copy.reader().read("canaries") == b"[]"


def test_two_copies_when_of_one_register_then_order_references_and_spelling_differ() -> None:
    other = seal_copy(REGISTER, COLUMNS, "yamabiko")
    mine, theirs = (c.reader().numbers("source-rows", "<u8").tolist() for c in (COPY, other))
    assert mine != theirs
    assert not set(COPY.table[REFERENCE_HEADER]) & set(other.table[REFERENCE_HEADER])
    assert COPY.reader().read("leaves")[:32] != other.reader().read("leaves")[:32]


def test_plan_when_a_source_column_is_called_like_the_reference_then_column_error() -> None:
    with pytest.raises(ColumnError):
        _ = Plan(((REFERENCE_HEADER, Field(Kind.NAME)),), None).headers


def test_record_when_read_then_local_ids_headers_and_digests_but_no_cell() -> None:
    record = COPY.reader()
    sources = record.numbers("source-rows", "<u8").tolist()
    ids = local_ids(record, range(62))
    assert ids == [REGISTER["整理番号"][s] if s < 60 else "" for s in sources]
    assert len(record.read("cells")) == 62 * 9 * 32 and len(record.read("leaves")) == 62 * 32
    digests = {name for name in record.names if name.startswith("digest/")}
    assert digests == {"digest/name-birth", "digest/kana-birth", "digest/name-phone", "digest/kana-phone"} | {
        "digest/name-address",
        "digest/name-kana",
    }
    everything = b"".join(record.read(name) for name in record.names if not name.startswith(("local-id", "headers")))
    for cell in ("髙橋", "0901112222", "西町", "000780900"):
        assert cell.encode() not in everything and cell.encode() not in COPY.record


def test_record_when_a_digest_is_looked_up_then_exactly_the_rows_of_that_person() -> None:
    record = COPY.reader()
    digester = Digester(COPY.secrets.index_key)
    combination = next(c for c in COMBINATIONS if c.name == "name-birth")
    forms = [digester.forms(Kind.NAME, ["髙橋和子"]), digester.forms(Kind.BIRTH_DATE, ["1965-03-02"])]
    wanted = digester.digests(combination, forms)[0]
    digests = record.numbers("digest/name-birth", "<u8")
    positions = record.numbers("position/name-birth", "<u4")[digests == wanted].tolist()
    found = {int(record.numbers("source-rows", "<u8")[p]) for p in positions}
    assert found == {row for row in range(60) if row % 6 in (0, 5)}
    assert (np.diff(digests.astype(object)) >= 0).all()


def test_link_columns_when_the_number_is_among_the_fields_then_in_no_combination() -> None:
    fields = [REFERENCE, *(Field(kind) for kind in Kind if kind is not Kind.REFERENCE)]
    for column in link_columns(fields):
        assert Kind.INDIVIDUAL_NUMBER not in {fields[number].kind for number in column.columns}


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=6), max_size=8), st.sampled_from(sorted(Kind))
)
@settings(max_examples=200)
def test_linkage_forms_when_of_a_column_then_as_cell_by_cell(cells: list[str], kind: Kind) -> None:
    from azukari.fields.linkage import fold

    found = Digester(fixed_bytes("k")).forms(kind, cells)
    assert found == [fold(kind, cell).encode() for cell in cells]


def test_digests_when_a_part_is_blank_then_zero_and_when_split_elsewhere_then_different() -> None:
    digester = Digester(fixed_bytes("k"))
    found = digester.digests(COMBINATIONS[0], [[b"ab", b"a", b"", b"ab"], [b"c", b"bc", b"c", b""]]).tolist()
    assert found[2] == found[3] == 0 and len({found[0], found[1], 0}) == 3
    other = digester.digests(COMBINATIONS[1], [[b"ab"], [b"c"]]).tolist()
    assert other[0] != found[0]


CELL = st.one_of(st.sampled_from(["", "佐藤　愛", "1965-03-02", "西町1丁目2番3号", '"', "a,b", "\n", " "]), st.text(
    st.characters(exclude_categories=("Cs",)), max_size=5))  # fmt: skip


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=12), st.booleans())
@settings(max_examples=60)
def test_any_table_when_sealed_then_it_opens_and_says_the_same(rows: list[tuple[str, str, str]], strict: bool) -> None:
    columns = {"名": Field(Kind.NAME), "所": Field(Kind.ADDRESS), "額": Field(Kind.AMOUNT)}
    source = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    copy = seal_copy(source, columns, "any", strict_schema=strict)
    sources = copy.reader().numbers("source-rows", "<u8").tolist()
    for source_row, row in zip(sources, copy.table.rows(), strict=True):
        assert row[1:] == source.row(source_row) or not strict
        for (header, field), cell in zip(columns.items(), row[1:], strict=True):
            assert presentation(field.kind, cell) == presentation(field.kind, source[header][source_row])


def test_table_when_larger_than_one_chunk_then_positions_run_on() -> None:
    rows = 66_000
    source = pl.DataFrame({"金額": [str(n) for n in range(rows)]})
    copy = seal_copy(source, {"金額": Field(Kind.AMOUNT)}, "large")
    table = copy.table
    assert table.height == rows == copy.entry.rows
    assert [int(cell) for cell in table["金額"]] == copy.reader().numbers("source-rows", "<u8").tolist()
    key = copy.secrets.key.channel(Channel.REFERENCE)
    assert table[REFERENCE_HEADER][65_530:65_545].to_list() == references.references(key, 15, 65_530)


def typed(frame: pl.DataFrame, permitted: set[Field]) -> Choice:
    return choose(type_columns(frame), permitted)


def test_choice_when_columns_are_typed_then_only_permitted_ones_leave() -> None:
    frame = pl.DataFrame(
        {
            "宛名番号": [f"{n:010d}" for n in range(40)],
            "氏名": ["佐藤　愛", "鈴木　亮"] * 20,
            "個人番号": ["123456789010", "210987654321"] * 20,
            "ｘｘ": ["?"] * 40,
        }
    )
    choice = typed(frame, {Field(Kind.NAME)})
    fates = {header: fate for header, _, fate in choice.fates}
    assert fates == {
        "宛名番号": Fate.LOCAL_ID,
        "氏名": Fate.LEAVES,
        "個人番号": Fate.NOT_PERMITTED,
        "ｘｘ": Fate.UNTYPED,
    }
    assert choice.leaving == [("氏名", Field(Kind.NAME))] and choice.local_id == "宛名番号"
    verify_choice(frame, choice)


@pytest.mark.parametrize(("rows", "fates"), [(3, Fate.NOT_PERMITTED), (3, Fate.UNTYPED), (0, Fate.LEAVES)])
def test_choice_when_nothing_is_left_then_nothing_to_seal(rows: int, fates: Fate) -> None:
    with pytest.raises(NothingToSealError):
        verify_choice(pl.DataFrame({"氏名": ["佐藤"] * rows}), Choice((("氏名", Field(Kind.NAME), fates),)))


@pytest.mark.parametrize("text", ["番号は 123456789018 です", "１２３４ ５６７８ ９０１８", "1234-5678-9018"])
def test_choice_when_free_text_may_hold_a_number_then_refused_without_showing_it(text: str) -> None:
    frame = pl.DataFrame({"備考": ["", text, ""]})
    choice = Choice((("備考", Field(Kind.FREE_TEXT), Fate.LEAVES),))
    with pytest.raises(NumberInTextError) as caught:
        verify_choice(frame, choice)
    assert "5678" not in caught.value.sentence("ja") and "2" in caught.value.detail


def test_payload_when_sealed_twice_then_all_but_the_sealed_bytes_is_equal() -> None:
    again = seal_copy(REGISTER, COLUMNS, "seiran")
    assert again.record == COPY.record and again.entry.row_root == COPY.entry.row_root
    assert again.payload != COPY.payload and again.entry.commitments == COPY.entry.commitments
    assert io.BytesIO(again.identity.decrypt(again.payload)).getvalue() == COPY.identity.decrypt(COPY.payload)
