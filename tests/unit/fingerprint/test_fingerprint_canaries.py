"""Canaries: their law, their looks, and that they are nobody."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.fields import fictitious
from azukari.fields.dates import parse_date
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import is_corporate_number, is_individual_number, looks_like_individual_number
from azukari.fingerprint.canaries import Canary, canary, coincidence, draw, plain_date
from azukari.fingerprint.keys import Channel, HandOverKey, aes
from azukari.handover.decoys import ROWS_PER_CANARY, canary_count, decoy_rows

KEYS = st.binary(min_size=32, max_size=32)
NUMBERS = st.integers(0, 2**40)
COLUMNS = (
    ("氏名", Field(Kind.NAME)),
    ("フリガナ", Field(Kind.KANA)),
    ("生年月日", Field(Kind.BIRTH_DATE)),
    ("電話番号", Field(Kind.PHONE)),
    ("住所", Field(Kind.ADDRESS)),
    ("個人番号", Field(Kind.INDIVIDUAL_NUMBER)),
    ("メール", Field(Kind.EMAIL)),
    ("備考", Field(Kind.FREE_TEXT)),
    ("配偶者氏名", Field(Kind.NAME, "spouse")),
    ("配偶者電話", Field(Kind.PHONE, "spouse")),
)


def source_of(rows: int) -> pl.DataFrame:
    cells = ["山田　太郎", "ヤマダ　タロウ", "1970-01-02", "090-0111-2222", "東京都霞浜市西町1丁目2番3号"]
    cells += ["123456789010", "x@example.jp", "備考あり", "山田　花子", "090-0111-3333"]
    return pl.DataFrame({h: [c] * rows for (h, _), c in zip(COLUMNS, cells, strict=True)})


@given(KEYS, NUMBERS, st.integers(0, 15), st.integers(1, 2**63))
def test_draw_when_any_key_then_as_the_specification_computes(key: bytes, number: int, which: int, size: int) -> None:
    word = int.from_bytes(aes(key, b"azkcan/1" + (16 * number + which).to_bytes(8, "big"))[:8], "big")
    assert draw(key, number, which, size) == (word * size) >> 64 < size


@given(KEYS, NUMBERS)
def test_canary_when_drawn_then_from_the_pools_and_without_a_number(key: bytes, number: int) -> None:
    person = canary(key, number)
    surname, given_name = person.name.split("\u3000")
    assert (surname, person.kana.split("\u3000")[0]) in fictitious.SURNAMES
    assert (given_name, person.kana.split("\u3000")[1]) in fictitious.GIVEN_NAMES
    assert date(1940, 1, 1) <= person.birth < date(2000, 1, 1)
    assert person.phone.startswith("090-0") and len(person.phone) == 13
    for text in (person.name, person.kana, person.phone, person.birth.isoformat()):
        assert not looks_like_individual_number(text) and not is_corporate_number(text)


def test_pools_when_counted_then_as_the_rules_say() -> None:
    assert (len(fictitious.SURNAMES), len(fictitious.GIVEN_NAMES)) == (128, 64)
    for pool in (fictitious.SURNAMES, fictitious.GIVEN_NAMES):
        assert len({name for name, _ in pool}) == len({kana for _, kana in pool}) == len(pool)


def test_draws_when_many_then_uniform_within_chance() -> None:
    surnames = Counter(canary(b"k" * 32, number).name.split("\u3000")[0] for number in range(6400))
    # 127 degrees of freedom: mean 127, deviation 16; six deviations
    chi_square = sum((surnames[name] - 50) ** 2 / 50 for name, _ in fictitious.SURNAMES)
    assert chi_square < 127 + 6 * 16


@pytest.mark.parametrize(
    ("rows", "count"), [(0, 0), (49, 0), (50, 2), (4_999, 2), (5_000, 3), (50_000, 12), (990_000, 200), (10**7, 200)]
)
def test_canary_count_when_by_default_then_by_size(rows: int, count: int) -> None:
    assert canary_count(rows) == count
    assert ROWS_PER_CANARY == 5_000


@given(KEYS, st.integers(1, 30))
@settings(max_examples=30)
def test_decoys_when_made_then_no_number_passes_its_check_digit(secret: bytes, count: int) -> None:
    rows, numbers = decoy_rows(source_of(60), COLUMNS, HandOverKey(secret), count)
    assert rows.height == len(numbers) == count
    assert rows.columns == [header for header, _ in COLUMNS]
    for cell in (cell for row in rows.rows() for cell in row):
        assert not is_individual_number(cell)
    assert all(looks_like_individual_number(cell) for cell in rows["個人番号"])
    assert set(rows["備考"]) == set(rows["配偶者氏名"]) == set(rows["配偶者電話"]) == {""}
    assert all("99番" in cell for cell in rows["住所"])


@given(KEYS)
@settings(max_examples=30)
def test_decoy_when_someone_has_its_name_and_birth_date_then_it_is_passed_over(secret: bytes) -> None:
    key = HandOverKey(secret)
    channel = key.channel(Channel.CANARY)
    first, second = canary(channel, 0), canary(channel, 1)
    era = f"昭和{first.birth.year - 1925}年{first.birth.month}月{first.birth.day}日"
    births = [era if parse_date(era) == first.birth else first.birth.isoformat(), second.birth.isoformat()]
    source = source_of(60).with_columns(
        pl.Series("氏名", [first.name.replace("\u3000", " "), second.name] + ["山田　太郎"] * 58),
        pl.Series("生年月日", births + ["1970-01-02"] * 58),
    )
    _, numbers = decoy_rows(source, COLUMNS, key, 3)
    assert not {0, 1} & set(numbers) and len(numbers) == 3
    by_kana = [column for column in COLUMNS if column[0] != "氏名"]
    kana = source.with_columns(pl.Series("フリガナ", [first.kana, second.kana] + ["ヤマダ　タロウ"] * 58))
    assert not {0, 1} & set(decoy_rows(kana, by_kana, key, 3)[1])


def test_decoys_when_there_is_no_name_then_none() -> None:
    rows, numbers = decoy_rows(source_of(60), COLUMNS[2:4], HandOverKey(b"k" * 32), 5)
    assert (rows.height, numbers, rows.columns) == (0, [], ["生年月日", "電話番号"])


def test_decoys_when_the_body_uses_every_local_id_then_none_is_somebody_elses() -> None:
    columns = (("氏名", Field(Kind.NAME)), ("宛名番号", Field(Kind.LOCAL_ID)))
    source = pl.DataFrame({"氏名": ["山田　太郎"] * 90, "宛名番号": [f"{number:02d}" for number in range(10, 100)]})
    rows, _ = decoy_rows(source, columns, HandOverKey(b"k" * 32), 20)
    assert not set(rows["宛名番号"]) & set(source["宛名番号"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1965-3-2", (1965, 3, 2)),
        ("1965/03/02", (1965, 3, 2)),
        ("19650302", (1965, 3, 2)),
        ("1965年3月2日", (1965, 3, 2)),
    ]
    + [(text, None) for text in ("昭和40年3月2日", "1965-02-30", "65/3/2", "1965.3.2", "１９６５-3-2", "", "1965-3/2")],
)
def test_plain_date_when_read_then_only_the_four_notations(text: str, expected: tuple[int, int, int] | None) -> None:
    assert plain_date(text) == (None if expected is None else date(*expected))


PERSON = Canary(7, "佐藤　愛", "サトウ　アイ", date(1965, 3, 2), "090-0123-4567")


@pytest.mark.parametrize(
    ("cells", "chance"),
    [
        ({Kind.NAME: "佐藤愛"}, 1 / 8192),
        ({Kind.KANA: "サトウ アイ"}, 1 / 8192),
        ({Kind.NAME: "佐藤 愛", Kind.KANA: "アサクラ"}, 1 / 8192),  # the name counts, the kana is not looked at
        ({Kind.PHONE: "09001234567"}, 1e-7),
        ({Kind.BIRTH_DATE: "1965/3/2"}, 1 / 21915),
        ({Kind.NAME: "佐藤愛", Kind.PHONE: "090-0123-4567", Kind.BIRTH_DATE: "19650302"}, 1e-7 / 8192 / 21915),
        ({Kind.NAME: "佐藤愛", Kind.BIRTH_DATE: "昭和40年3月2日"}, 1 / 8192),  # a notation that is not re-computed
        ({Kind.NAME: "佐藤愛", Kind.PHONE: ""}, 1 / 8192),
        ({Kind.NAME: "佐藤愛", Kind.PHONE: "090-0123-4568"}, None),
        ({Kind.NAME: "佐藤愛", Kind.BIRTH_DATE: "1965-03-03"}, None),
        ({Kind.NAME: "佐藤　愛子"}, None),
        ({Kind.ADDRESS: "西町1-2"}, None),
        ({}, None),
    ],
)
def test_coincidence_when_cells_are_compared_then_its_chance_or_none(
    cells: dict[Kind, str], chance: float | None
) -> None:
    found = coincidence(cells, PERSON)
    assert found == (None if chance is None else pytest.approx(chance, rel=1e-12))


def test_draw_when_numbers_are_drawn_at_once_then_as_one_by_one() -> None:
    from azukari.fingerprint.keys import prf_u64

    words = prf_u64(b"k" * 32, b"azkcan/1", np.arange(0, 16 * 50, 16, dtype=np.uint64)).tolist()
    assert [word * 128 >> 64 for word in words] == [draw(b"k" * 32, number, 0, 128) for number in range(50)]
