"""What a party would hold in all: constructed cases with known answers, and small tables against counting by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import AzukariError, FormatError, WrongKeyError
from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.handover.choosing import Choice, Fate
from azukari.handover.holding import FEW, QUASI, Holding, hold
from azukari.handover.overlap import Earlier, Range
from azukari.handover.record import RecordReader
from azukari.testing.people import COLUMNS as ALL_COLUMNS
from azukari.testing.people import fictitious_people
from azukari.testing.sealed import SealedCopy, seal_copy

COLUMNS = {header: field for header, field in ALL_COLUMNS.items() if field.kind is not Kind.INDIVIDUAL_NUMBER}
NAME, KANA, BIRTH, PHONE = Field(Kind.NAME), Field(Kind.KANA), Field(Kind.BIRTH_DATE), Field(Kind.PHONE)
SMALL = {"氏名": NAME, "フリガナ": KANA, "生年月日": BIRTH, "電話番号": PHONE, "区分": Field(Kind.CODE)}
# Eight people; nobody shares a name with a birth date, a telephone or a reading with another.
CAST = [
    ("佐藤　愛", "サトウ　アイ", "1965-03-02", "090-0111-0001"),
    ("佐藤　愛", "サトウ　アイ", "1970-01-01", "090-0111-0002"),
    ("鈴木　亮", "スズキ　リョウ", "1950-05-05", "090-0111-0003"),
    ("鈴木　和子", "スズキ　カズコ", "1952-06-06", "090-0111-0004"),
    ("高橋　実", "タカハシ　ミノル", "1940-07-07", "090-0111-0005"),
    ("田中　稔", "タナカ　ミノル", "1940-07-07", "090-0111-0006"),
    ("伊藤　光", "イトウ　ヒカル", "1991-12-30", "090-0111-0007"),
    ("渡辺　光", "ワタナベ　ヒカリ", "1991-12-30", "090-0111-0008"),
]


def table(rows: Sequence[tuple[str, ...]], headers: Sequence[str] = tuple(SMALL)) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(headers, pl.String), orient="row")


def choice(fields: dict[str, Field], leaving: Sequence[str]) -> Choice:
    return Choice(tuple((h, f, Fate.LEAVES if h in leaving else Fate.NOT_PERMITTED) for h, f in fields.items()))


def earlier(copy: SealedCopy, snapshot: str, source_rows: int, *, gone: bool = False) -> Earlier:
    @contextmanager
    def opened() -> Iterator[RecordReader]:
        yield copy.reader()

    rows = len(copy.reader().numbers("source-rows", "<u8"))
    fields = frozenset(copy.entry.fields)
    return Earlier(snapshot, fields, rows, source_rows, copy.secrets.index_key, None if gone else opened)


@cache
def register(rows: int = 400, seed: int = 5) -> pl.DataFrame:
    return fictitious_people(rows, seed)


@cache
def copied(first: int, last: int, headers: tuple[str, ...], snapshot: str = "", name: str = "seiran") -> SealedCopy:
    frame = register()[first:last]
    return seal_copy(frame, {h: COLUMNS[h] for h in headers}, name, snapshot=snapshot or f"{first}-{last}")


def asked(first: int, last: int, leaving: Sequence[str], *copies: Earlier, same: str | None = None) -> Holding:
    return hold(register()[first:last], choice(COLUMNS, leaving), copies, same)


WHO = ("氏名", "フリガナ", "生年月日")


def test_hold_when_nothing_was_handed_over_then_only_this_table() -> None:
    found = asked(0, 100, WHO)
    assert (found.known, found.people) == (Range(0, 0), Range(100, 100))
    assert [(set(one.fields), one.rows) for one in found.unions] == [({NAME, KANA, BIRTH}, 100)]


def test_hold_when_one_earlier_table_overlaps_then_known_new_and_total_are_exact() -> None:
    found = asked(60, 160, ("氏名", "年金額"), earlier(copied(0, 100, WHO), "a", 100))
    assert (found.known, found.people) == (Range(40, 40), Range(160, 160))
    both = {one.rows: set(one.fields) for one in found.unions}
    assert both == {60: {NAME, Field(Kind.AMOUNT)}, 40: {NAME, KANA, BIRTH, Field(Kind.AMOUNT)}}


def test_hold_when_the_same_table_was_handed_over_then_exact_though_nothing_identifies() -> None:
    copy = copied(0, 100, ("年金額", "郵便番号"))
    found = asked(0, 100, ("氏名",), earlier(copy, "a", 100), same="a")
    assert (found.known, found.people) == (Range(100, 100), Range(100, 100))
    assert {field.kind for field in found.unions[0].fields} == {Kind.NAME, Kind.AMOUNT, Kind.POSTAL_CODE}


def test_hold_when_some_rows_of_the_same_table_stay_behind_then_known_by_their_numbers() -> None:
    """Rows 10 to 19 are held back now; an earlier copy of the whole table had them."""
    rows = [*range(10), *range(20, 100)]
    copy = earlier(copied(0, 100, ("年金額",)), "a", 100)
    found = hold(register()[:100][rows], choice(COLUMNS, ["氏名"]), [copy], "a", rows=rows)
    assert (found.rows, found.known, found.people) == (90, Range(90, 90), Range(100, 100))


def test_hold_when_a_copy_of_the_same_snapshot_names_people_then_one_without_names_is_linked_through_it() -> None:
    names, amounts = copied(0, 100, WHO, "s"), copied(0, 100, ("年金額",), "s", "shiraho")
    assert names.secrets.index_key == amounts.secrets.index_key
    found = asked(50, 150, ("住所",), earlier(names, "a", 100), earlier(amounts, "a", 100))
    assert (found.known, found.people) == (Range(50, 50), Range(150, 150))
    assert {field.kind for one in found.unions for field in one.fields if one.rows == 50} >= {Kind.NAME, Kind.ADDRESS}
    assert Field(Kind.AMOUNT) in max(found.unions, key=lambda one: len(one.fields)).fields


def test_hold_when_a_copy_cannot_be_compared_then_a_range_and_not_a_guess() -> None:
    found = asked(50, 150, WHO, earlier(copied(0, 100, ("年金額", "郵便番号")), "a", 100))
    assert (found.known, found.people) == (Range(0, 100), Range(100, 200))


def test_hold_when_two_earlier_tables_share_people_then_their_overlap_outside_is_left_open() -> None:
    first, second = earlier(copied(0, 100, WHO), "a", 100), earlier(copied(50, 150, WHO), "b", 100)
    found = asked(140, 240, WHO, first, second)
    assert (found.known, found.people) == (Range(10, 10), Range(200, 290)), "240 in truth"


def test_hold_when_the_record_is_gone_then_its_rows_widen_the_range() -> None:
    gone = earlier(copied(0, 100, WHO), "a", 100, gone=True)
    found = asked(50, 150, WHO, gone)
    assert found.known == Range(0, 100) and found.people.low <= 150 <= found.people.high
    again = asked(0, 100, WHO, gone, same="a")
    assert (again.known, again.people) == (Range(100, 100), Range(100, 100))


def test_hold_when_spouses_lie_in_the_same_digests_then_known_but_nobody_is_counted_twice() -> None:
    """The wives of the earlier table are the persons of this one: known, and people beside their husbands."""
    fields = {
        "氏名": NAME,
        "生年月日": BIRTH,
        "妻": Field(Kind.NAME, "spouse"),
        "妻の生年": Field(Kind.BIRTH_DATE, "spouse"),
    }
    rows = [(*CAST[i][::2], *CAST[i + 4][::2]) for i in range(4)]
    copy = seal_copy(table(rows, tuple(fields)), fields, "seiran")
    mine = {"氏名": NAME, "生年月日": BIRTH}
    found = hold(
        table([one[::2] for one in CAST[4:]], tuple(mine)), choice(mine, ["氏名"]), [earlier(copy, "a", 4)], None
    )
    assert found.known.low == 4 and found.people.low <= 8 <= found.people.high


@pytest.mark.parametrize(("damage", "error"), [("key", WrongKeyError), ("cut", FormatError), ("flip", WrongKeyError)])
def test_hold_when_a_record_is_damaged_then_refused(damage: str, error: type[AzukariError]) -> None:
    copy = copied(0, 100, WHO)
    data = bytearray(copy.record)
    if damage == "flip":
        data[200] ^= 1
    key = bytes(32) if damage == "key" else copy.secrets.record_key

    @contextmanager
    def opened() -> Iterator[RecordReader]:
        import io

        yield RecordReader(io.BytesIO(data[:-9] if damage == "cut" else data), key, copy.entry.hand_over)

    one = earlier(copy, "a", 100)
    broken = Earlier(one.snapshot, one.fields, one.rows, one.source_rows, one.index_key, opened)
    with pytest.raises(error):
        asked(0, 100, WHO, broken)
        opened_cells(opened)


def opened_cells(opened: object) -> None:
    with opened() as record:  # type: ignore[operator]
        for name in record.names:
            record.read(name)


# ---- Against counting by hand ----------------------------------------------------------------------------------------

CELLS = st.lists(st.booleans(), min_size=4, max_size=4)
PEOPLE = st.lists(st.integers(0, len(CAST) - 1), min_size=1, max_size=6, unique=True)
BLANKS = st.dictionaries(st.integers(0, len(CAST) - 1), CELLS, max_size=3)
LEAVES = st.sets(st.sampled_from(list(SMALL)), min_size=1)


def made(people: Sequence[int], blanks: dict[int, list[bool]]) -> pl.DataFrame:
    def row(who: int) -> tuple[str, ...]:
        shown = blanks.get(who, [True] * 4)
        return (*(cell if there else "" for cell, there in zip(CAST[who], shown, strict=True)), str(who % 2))

    return table([row(who) for who in people])


@settings(max_examples=60)
@given(
    here=PEOPLE,
    blanks=BLANKS,
    leaving=LEAVES,
    before=st.lists(st.tuples(PEOPLE, BLANKS, LEAVES, st.booleans()), max_size=3),
)
def test_hold_when_counted_by_hand_then_the_truth_lies_in_every_range_and_the_groups_agree(
    here: list[int], blanks: dict[int, list[bool]], leaving: set[str],
    before: list[tuple[list[int], dict[int, list[bool]], set[str], bool]],
) -> None:  # fmt: skip
    frame, copies = made(here, blanks), []
    for number, (who, empty, headers, gone) in enumerate(before):
        copy = seal_copy(
            made(who, empty), {h: SMALL[h] for h in SMALL if h in headers}, "seiran", snapshot=f"s{number}"
        )
        copies.append(earlier(copy, str(number), len(who), gone=gone))
    found = hold(frame, choice(SMALL, sorted(leaving)), copies, None)
    known = set(here) & {one for who, *_ in before for one in who}
    everybody = set(here) | {one for who, *_ in before for one in who}
    assert found.known.low <= len(known) <= found.known.high
    assert found.people.low <= len(everybody) <= found.people.high
    whole = not blanks and all(
        not empty and not gone and {"氏名", "生年月日"} <= headers for _, empty, headers, gone in before
    )
    if whole:
        assert found.known == Range(len(known), len(known))
        assert len(before) > 1 or found.people.exact
        counted = by_hand(frame, here, leaving, [(who, headers) for who, _, headers, _ in before])
        assert (Counter({one.fields: one.rows for one in found.unions}), found.unique, found.few) == counted
    assert sum(one.rows for one in found.unions) == len(here)


def by_hand(
    frame: pl.DataFrame, here: list[int], leaving: set[str], before: list[tuple[list[int], set[str]]]
) -> tuple[Counter[tuple[Field, ...]], int, int]:
    unions: Counter[tuple[Field, ...]] = Counter()
    sizes = []
    for row, person in zip(frame.rows(named=True), here, strict=True):
        headers = leaving.union(*(heads for who, heads in before if person in who))
        unions[tuple(sorted(SMALL[h] for h in headers))] += 1
        shown = [h for h in headers if SMALL[h].kind in QUASI]
        sizes.append(sum(all(other[h] == row[h] for h in shown) for other in frame.rows(named=True)))
    return unions, sum(size == 1 for size in sizes), sum(size < FEW for size in sizes)


def test_hold_when_told_to_stop_then_it_stops_between_two_snapshots() -> None:
    class Stop(Exception):
        pass

    told = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if done:
            raise Stop

    copies = [earlier(copied(0, 100, WHO), "a", 100), earlier(copied(50, 150, WHO), "b", 100)]
    with pytest.raises(Stop):
        hold(register()[:50], choice(COLUMNS, WHO), copies, None, progress)
    assert told == [(0, 2), (1, 2)]


def test_hold_when_reference_is_asked_for_then_it_is_no_field_of_a_person() -> None:
    found = asked(0, 50, WHO, earlier(copied(0, 100, WHO), "a", 100))
    assert all(REFERENCE not in one.fields for one in found.unions)
