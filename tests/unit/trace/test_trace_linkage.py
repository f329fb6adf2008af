"""Step 3: a row links to one position or to none, before any mark is looked at."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.trace.cases import COLUMNS, copy_of, register, specimen_of

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.fingerprint import references
from azukari.fingerprint.keys import Channel
from azukari.testing.sealed import SealedCopy, seal_copy
from azukari.trace.fuzzy import match_source
from azukari.trace.linkage import (
    Link,
    candidates,
    counts,
    open_links,
    plain_cell,
    positions_by_reference,
    question,
    settle,
    shown_references,
)
from azukari.trace.specimen import Specimen

NAME, KANA, BIRTH = Field(Kind.NAME), Field(Kind.KANA), Field(Kind.BIRTH_DATE)
PHONE, ADDRESS, EMAIL = Field(Kind.PHONE), Field(Kind.ADDRESS), Field(Kind.EMAIL)
PEOPLE = pl.DataFrame(
    [
        ("佐藤　愛", "サトウ　アイ", "1965-03-02", "090-0111-0001", "西町1丁目2番3号"),
        ("佐藤　愛", "サトウ　アイ", "1970-01-01", "090-0111-0002", "西町1丁目2番4号"),  # a namesake
        ("鈴木　亮", "スズキ　リョウ", "1950-05-05", "090-0111-0003", "西町1丁目2番5号"),
        ("鈴木　和子", "スズキ　カズコ", "1952-06-06", "090-0111-0003", "西町1丁目2番5号"),  # one household
        ("髙橋　実", "タカハシ　ミノル", "1940-07-07", "", "西町9番9号"),
        ("髙橋　実", "タカハシ　ミノル", "1940-07-07", "", "西町9番9号"),  # entered twice
    ],
    schema=["氏名", "フリガナ", "生年月日", "電話番号", "住所"],
    orient="row",
)
FIELDS = dict(zip(PEOPLE.columns, (NAME, KANA, BIRTH, PHONE, ADDRESS), strict=True))
COPY = seal_copy(PEOPLE, FIELDS, "small")
PLACE = {source: p for p, source in enumerate(COPY.reader().numbers("source-rows", "<u8").tolist())}


def linked(specimen: Specimen, copy: SealedCopy = COPY) -> dict[int, int]:
    asked = question(specimen, copy.secrets.index_key)
    return {link.row: link.position for link in settle(candidates(asked, copy.reader()), {})}


def sample(*rows: tuple[str, ...], fields: tuple[Field | None, ...] = (NAME, KANA, BIRTH, PHONE)) -> Specimen:
    return Specimen(fields, rows)


def test_row_when_a_strong_combination_points_to_one_person_then_linked() -> None:
    found = linked(sample(("佐藤愛", "", "1965/3/2", ""), ("鈴木 和子", "", "", "０９００１１１０００３")))
    assert found == {0: PLACE[0], 1: PLACE[3]}


def test_row_when_only_name_and_kana_then_namesakes_stay_ambiguous() -> None:
    found = linked(sample(("佐藤愛", "サトウアイ"), ("鈴木亮", "スズキリョウ"), fields=(NAME, KANA)))
    assert found == {1: PLACE[2]}


def test_row_when_a_strong_combination_finds_nobody_then_never_linked_by_a_weak_one() -> None:
    """The birth date is another: this is a namesake, not our person, whatever name and kana say."""
    assert linked(sample(("鈴木亮", "スズキリョウ", "1999-09-09", ""))) == {}
    assert linked(sample(("鈴木亮", "スズキリョウ", "", ""))) == {0: PLACE[2]}


def test_row_when_two_combinations_disagree_then_nobody_unless_one_has_more() -> None:
    """Name with the birth date of one person, name with the phone of another: ambiguous."""
    assert linked(sample(("佐藤愛", "", "1965-03-02", "090-0111-0002"))) == {}
    with_address = sample(
        ("佐藤愛", "", "1965-03-02", "090-0111-0002", "西町1-2-3"), fields=(NAME, KANA, BIRTH, PHONE, ADDRESS)
    )
    assert linked(with_address) == {0: PLACE[0]}


def test_row_when_the_person_was_entered_twice_then_ambiguous() -> None:
    assert linked(sample(("髙橋実", "タカハシミノル", "1940-07-07", ""))) == {}


def test_position_when_two_rows_point_to_it_then_the_first_counts() -> None:
    row = ("佐藤愛", "", "1965-03-02", "")
    assert linked(sample(row, row, ("佐藤　愛", "サトウアイ", "S40.3.2", ""))) == {0: PLACE[0]}


def test_row_when_a_glyph_was_typed_otherwise_then_still_linked() -> None:
    copy = seal_copy(PEOPLE.head(5), FIELDS, "small-5")
    place = {source: p for p, source in enumerate(copy.reader().numbers("source-rows", "<u8").tolist())}
    assert linked(sample(("高橋実", "", "昭和15年7月7日", "")), copy) == {0: place[4]}


def test_row_when_of_another_role_then_the_roles_are_not_mixed() -> None:
    spouse = Specimen((NAME, Field(Kind.BIRTH_DATE, "spouse")), (("佐藤愛", "1965-03-02"),))
    assert linked(spouse) == {}


def test_question_when_only_the_number_is_shown_then_nothing_is_asked() -> None:
    asked = question(Specimen((Field(Kind.INDIVIDUAL_NUMBER), None), (("123456789010", "x"),)), b"k" * 32)
    assert asked.digests == () and not asked.linkable.any()


COUNTS = st.lists(st.dictionaries(st.integers(0, 6), st.integers(1, 4), max_size=4).map(Counter), max_size=8)


@given(COUNTS, st.dictionaries(st.integers(0, 7), st.integers(0, 6), max_size=4))
def test_settle_when_any_candidates_then_each_row_and_position_once_and_never_a_tie(
    found: list[Counter[int]], given_positions: dict[int, int]
) -> None:
    links = settle(found, given_positions)
    assert len({link.row for link in links}) == len({link.position for link in links}) == len(links)
    assert [link.row for link in links] == sorted(link.row for link in links)
    for link in links:
        if link.row in given_positions:
            assert link.position == given_positions[link.row]
        else:
            best = max(found[link.row].values())
            assert [p for p, n in found[link.row].items() if n == best] == [link.position]


def test_settle_when_rows_come_in_another_order_then_ties_stay_unlinked() -> None:
    assert settle([Counter({1: 2, 2: 2}), Counter()], {}) == []
    assert settle([Counter({1: 2, 2: 1}), Counter({1: 5})], {}) == [Link(0, 1)]


def test_links_when_opened_then_only_cells_of_that_row_open_and_two_make_it_count() -> None:
    rows = (
        ("佐藤愛", "サトウアイ", "1965-03-02", "090-0111-0001"),
        ("佐藤愛", "ちがう", "1999-01-01", "090-0000-0000"),
    )
    links = [Link(0, PLACE[0]), Link(1, PLACE[1])]
    opened = open_links(sample(*rows), COPY.copy(), COPY.reader(), links)
    assert (opened[0].opened, opened[0].counts) == ((1, 2, 3, 4), True)
    assert (opened[1].opened, opened[1].counts) == ((1,), False)
    elsewhere = open_links(sample(rows[0]), COPY.copy(), COPY.reader(), [Link(0, PLACE[2])])
    assert (elsewhere[0].opened, elsewhere[0].counts) == ((), False)


@pytest.mark.parametrize(
    ("opened", "enough"),
    [
        ((), False),
        ((1,), False),
        ((1, 2), True),
        ((0,), True),  # the reference
        ((1, 3), False),  # an amount is no identity
        ((3, 4), False),
        ((1, 2, 3, 4), True),
    ],
)
def test_counts_when_columns_are_open_then_two_of_identity_or_the_reference(
    opened: tuple[int, ...], enough: bool
) -> None:
    fields = (REFERENCE, NAME, ADDRESS, Field(Kind.AMOUNT), Field(Kind.POSTAL_CODE))
    assert counts(fields, opened) is enough


def test_reference_when_shown_then_its_position_is_found_in_its_copy_only() -> None:
    copy, other = copy_of("seiran"), copy_of("shiraho")
    key = copy.secrets.key.channel(Channel.REFERENCE)
    shown = {5: references.references(key, 1, 77)[0], 6: references.references(b"x" * 32, 1)[0]}
    shown[7] = references.references(key, 1, copy.rows)[0]  # one beyond the last row
    assert positions_by_reference(copy.copy(), shown) == {5: 77}
    assert positions_by_reference(other.copy(), shown) == {}
    assert positions_by_reference(copy.copy(), {}) == {}


@given(st.text(st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), min_size=16, max_size=16))
def test_reference_when_any_is_shown_then_no_exception(text: str) -> None:
    assert positions_by_reference(COPY.copy(), {0: text}) == {}


def test_shown_references_when_retyped_or_blank_then_normal_form_or_left_out() -> None:
    specimen = Specimen((REFERENCE, None), (("7q0z-4m8k-tc5v-9xab", ""), ("", ""), ("IIII", "")))
    assert shown_references(specimen) == {0: "7Q0Z4M8KTC5V9XAB"}
    assert plain_cell(REFERENCE, "7q0z 4m8k tc5v 9xab") == "7Q0Z4M8KTC5V9XAB"
    assert plain_cell(NAME, "佐藤　愛") == "佐藤愛"


def test_fuzzy_when_cells_are_mistyped_then_matched_by_the_rest() -> None:
    fields = list(FIELDS.items())
    specimen = sample(
        ("佐藤愛", "サトウアイ", "1965-03-02", "090-0111-0009"), ("鈴木完", "スズキリョウ", "1950-05-05", "")
    )
    assert match_source(specimen, PEOPLE, fields) == {0: 0, 1: 2}


def test_fuzzy_when_two_people_are_alike_then_nobody() -> None:
    fields = list(FIELDS.items())
    assert match_source(sample(("髙橋実", "タカハシミノル", "1940-07-07", "")), PEOPLE, fields) == {}
    assert match_source(sample(("佐藤愛", "サトウアイ", "", "")), PEOPLE, fields) == {}


def test_fuzzy_when_one_cell_only_or_another_person_then_nobody() -> None:
    fields = list(FIELDS.items())
    assert match_source(sample(("鈴木亮", "", "", "")), PEOPLE, fields) == {}
    assert match_source(sample(("山田太郎", "ヤマダタロウ", "1999-01-01", "")), PEOPLE, fields) == {}
    assert match_source(Specimen((Field(Kind.AMOUNT),), (("1",),)), PEOPLE, fields) == {}


def test_fuzzy_when_on_a_whole_register_then_the_true_rows_and_hardly_any_other() -> None:
    from tests.unit.trace.cases import rng

    from azukari.testing.specimens import typing_errors

    people = register().with_row_index("n").sample(40, seed=3)
    rows = people["n"].to_list()
    leak = typing_errors(
        people.drop("n").select("氏名", "フリガナ", "生年月日", "電話番号", "住所"),
        ["氏名", "フリガナ", "住所"],
        0.5,
        rng(),
    )
    found = match_source(specimen_of(leak), register(), list(COLUMNS.items()))
    assert len(found) >= 30 and all(rows[row] == source for row, source in found.items())
