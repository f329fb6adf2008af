"""Steps 2 to 8 on whole cases: who is accused, who is not, what is excluded, whether the sample is ours."""

from __future__ import annotations

import polars as pl
import pytest
from tests.unit.trace.cases import (
    COLUMNS,
    SHOWN,
    copies,
    copy_of,
    id_of,
    others,
    register,
    rng,
    specimen_of,
    traced,
)

from azukari.errors import FormatError, LimitError, SpecimenError, TableError
from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.fingerprint.keys import Channel
from azukari.seal.receipt import Grade
from azukari.testing.sealed import fixed_bytes, seal_copy
from azukari.testing.specimens import mix_rows, nfkc, pick_rows, shuffle_rows, strip_spaces, typing_errors
from azukari.trace.finding import Genuine, Leaked, excluded_by_field, judge_genuine, threshold
from azukari.trace.fuzzy import match_source
from azukari.trace.specimen import Specimen, SpecimenFile


def rows_of(name: str, count: int = 40, seed: int = 1) -> pl.DataFrame:
    return pick_rows(copy_of(name).table, count, rng(seed))


@pytest.mark.parametrize("name", ["seiran", "shiraho"])
def test_specimen_when_leaked_from_one_copy_then_that_copy_alone_is_accused(name: str) -> None:
    found = traced(specimen_of(rows_of(name).select(SHOWN))).finding
    assert found.accused == (id_of(name),) and found.genuine is Genuine.GENUINE
    assert (found.rows, found.linkable) == (40, 40) and found.linked >= 36
    assert found.shams.reached == 0 and found.bound == pytest.approx(1e-9)


def test_specimen_when_fields_leaked_that_others_never_held_then_they_are_excluded() -> None:
    found = traced(specimen_of(rows_of("seiran").select(SHOWN))).finding
    assert {(x.hand_over, x.field, x.grade) for x in found.excluded} == {
        (id_of("wakaba"), Field(Kind.BIRTH_DATE), Grade.CLAIMED),
        (id_of("yamabiko"), Field(Kind.BIRTH_DATE), Grade.CLAIMED),
    }


def test_specimen_when_a_field_could_be_derived_then_it_excludes_nobody() -> None:
    """Kana can be guessed from names, postal codes follow from addresses."""
    shown = rows_of("seiran").select("氏名", "フリガナ", "住所", "郵便番号")
    found = traced(specimen_of(shown)).finding
    assert found.accused == (id_of("seiran"),)
    assert {(x.hand_over, x.field) for x in found.excluded} == {(id_of("yamabiko"), Field(Kind.ADDRESS))}


def test_specimen_when_keyed_in_with_errors_then_still_attributed() -> None:
    shown = rows_of("shiraho", 60).select(SHOWN)
    leak = typing_errors(shown, list(SHOWN[:5]), 0.05, rng(2))
    found = traced(specimen_of(leak)).finding
    assert found.accused == (id_of("shiraho"),) and found.linked >= 50


def test_specimen_when_shuffled_then_the_spelling_alone_accuses() -> None:
    found = traced(specimen_of(shuffle_rows(rows_of("seiran", 60).select(SHOWN), rng(3))))
    measured = found.examined[id_of("seiran")].measurement
    assert found.finding.accused == (id_of("seiran"),)
    assert measured.channels[Channel.SPELLING] > 50 > measured.channels[Channel.ORDER]


def test_specimen_when_every_spelling_was_normalised_then_the_order_alone_accuses() -> None:
    leak = strip_spaces(nfkc(pick_rows(copy_of("shiraho").table, 60, rng(4)).select("氏名", "生年月日", "年金額")))
    found = traced(specimen_of(leak))
    measured = found.examined[id_of("shiraho")].measurement
    assert measured.channels[Channel.SPELLING] == 0.0
    assert found.finding.accused == (id_of("shiraho"),)


def test_specimen_when_normalised_and_shuffled_then_ours_but_nobody_is_accused() -> None:
    leak = strip_spaces(nfkc(shuffle_rows(rows_of("seiran", 60).select("氏名", "生年月日", "年金額"), rng(5))))
    found = traced(specimen_of(leak)).finding
    assert found.accused == () and found.genuine is Genuine.GENUINE


def test_specimen_when_only_references_are_shown_then_they_accuse() -> None:
    found = traced(specimen_of(rows_of("seiran", 3).select("行参照", "年金額")))
    assert found.finding.accused == (id_of("seiran"),)
    assert found.examined[id_of("seiran")].measurement.channels[Channel.REFERENCE] > 100


def test_specimen_when_references_are_invented_then_nobody_is_accused() -> None:
    fake = rows_of("seiran", 3).select("年金額").with_columns(pl.Series("行参照", ["0" * 16, "1" * 16, "Z" * 16]))
    found = traced(specimen_of(fake)).finding
    assert found.accused == () and found.genuine is Genuine.CANNOT_SAY


def test_specimen_when_canaries_are_in_it_then_they_accuse() -> None:
    """Rows out of the order, spellings removed: what is left are the two people who do not exist."""
    copy = copy_of("seiran")
    numbers = dict(pairs := [(p, n) for p, n in traced_canaries("seiran")])
    assert len(pairs) == 2
    canary_rows = copy.table[sorted(numbers)]
    leak = strip_spaces(pl.concat([canary_rows, shuffle_rows(rows_of("seiran", 8), rng(1))]).select(SHOWN))
    found = traced(specimen_of(leak))
    assert found.examined[id_of("seiran")].measurement.channels[Channel.CANARY] > 40
    assert found.finding.accused == (id_of("seiran"),)


def traced_canaries(name: str) -> list[tuple[int, int]]:
    import json

    return [(p, n) for p, n in json.loads(copy_of(name).reader().read("canaries"))]


def test_specimen_when_two_leakers_mix_their_rows_then_both_are_accused() -> None:
    leak = mix_rows([rows_of("seiran", 120, 1).select(SHOWN), rows_of("shiraho", 120, 2).select(SHOWN)], rng(6))
    assert set(traced(specimen_of(leak)).finding.accused) == {id_of("seiran"), id_of("shiraho")}


def test_specimen_when_of_a_fifth_body_with_the_same_people_then_nobody_is_accused() -> None:
    """Another body holds the same people and hands them over marked by its own keys: ours by value, of no copy of ours."""
    fifth = seal_copy(register(), COLUMNS, "fifth body", snapshot="fifth body")
    for seed in range(5):
        found = traced(specimen_of(pick_rows(fifth.table, 60, rng(seed)).select(SHOWN))).finding
        assert found.accused == () and found.genuine is Genuine.GENUINE


def test_specimen_when_taken_from_the_source_itself_then_nobody_is_accused() -> None:
    for leak in (register().head(60), register().sort("フリガナ").head(60), register()):
        assert traced(specimen_of(leak.select(SHOWN))).finding.accused == ()


def test_specimen_when_of_other_people_then_not_ours() -> None:
    found = traced(specimen_of(others().head(60).select(SHOWN))).finding
    assert (found.accused, found.genuine, found.excluded) == ((), Genuine.NOT_OURS, ())


def test_specimen_when_two_rows_then_cannot_say_unless_accused() -> None:
    found = traced(specimen_of(register().head(2).select("氏名", "生年月日"))).finding
    assert (found.accused, found.genuine) == ((), Genuine.CANNOT_SAY)


def test_specimen_when_nothing_is_typed_then_cannot_say_and_no_exception() -> None:
    leak = pl.DataFrame({"何か": ["x", "y", "z"]})
    found = traced(specimen_of(leak)).finding
    assert (found.accused, found.genuine, found.leaked, found.linkable) == ((), Genuine.CANNOT_SAY, (), 0)


def test_specimen_when_there_is_no_hand_over_then_cannot_say() -> None:
    found = traced(specimen_of(register().head(5).select(SHOWN)), ()).finding
    assert (found.accused, found.genuine, found.hand_overs) == ((), Genuine.CANNOT_SAY, 0)


def test_copy_when_burned_then_it_measures_nothing_and_is_named() -> None:
    leak = specimen_of(rows_of("seiran").select(SHOWN))
    found = traced(leak, burned=("seiran",))
    assert found.finding.accused == () and found.finding.burned == (id_of("seiran"),)
    assert found.examined[id_of("seiran")].measurement.total == 0.0
    assert found.finding.genuine is Genuine.GENUINE


def test_copy_when_a_counted_row_was_never_in_it_then_excluded_as_claimed() -> None:
    first, second = register().head(450), register().tail(450)
    halves = (seal_copy(first, COLUMNS, "first half"), seal_copy(second, COLUMNS, "second half"))
    leak = specimen_of(pick_rows(halves[0].table, 40, rng()).select(SHOWN))
    found = traced(leak, halves).finding
    assert found.accused == (halves[0].entry.hand_over,)
    (excluded,) = found.excluded
    assert (excluded.hand_over, excluded.field, excluded.grade) == (halves[1].entry.hand_over, None, Grade.CLAIMED)
    assert excluded.rows >= 36


def test_copy_when_only_the_spelling_differs_then_never_excluded() -> None:
    """The other firm's copy spells and orders the same people otherwise; that says nothing against its having leaked."""
    found = traced(specimen_of(rows_of("seiran").select(SHOWN))).finding
    assert id_of("shiraho") not in {x.hand_over for x in found.excluded}


def test_copy_when_of_another_snapshot_then_rows_it_lacks_do_not_exclude_it() -> None:
    later = seal_copy(register().tail(450), COLUMNS, "later", snapshot="later")
    leak = specimen_of(pick_rows(copy_of("seiran").table.head(300), 40, rng()).select(SHOWN))
    found = traced(leak, (copy_of("seiran"), later)).finding
    assert found.excluded == () and found.accused == (id_of("seiran"),)


def test_specimen_when_names_are_garbled_then_the_source_links_more_rows() -> None:
    leak = typing_errors(rows_of("seiran", 60).select(SHOWN), ["氏名", "フリガナ"], 1.0, rng(8))
    specimen = specimen_of(leak)
    without = traced(specimen).finding
    matched = match_source(specimen, register(), list(COLUMNS.items()))
    snapshot = copy_of("seiran").entry.snapshot
    found = traced(specimen, source_rows={snapshot: matched}).finding
    assert without.linked < 30 < 45 < found.linked
    assert found.accused == (id_of("seiran"),)


def test_specimen_when_the_source_match_is_wrong_then_those_rows_do_not_count() -> None:
    specimen = specimen_of(rows_of("seiran", 30).select(SHOWN))
    wrong = {row: row for row in range(30)}
    found = traced(specimen, source_rows={copy_of("seiran").entry.snapshot: wrong})
    assert len(found.examined[id_of("seiran")].counted) <= 2


def test_finding_when_shown_then_no_cell_of_the_specimen_and_no_guilt() -> None:
    leak = rows_of("seiran").select(SHOWN)
    found = traced(specimen_of(leak)).finding
    text = str(found.as_json())
    assert not [cell for row in leak.rows() for cell in row[:5] if len(cell) > 3 and cell in text]
    assert "guilt" not in text and "probab" not in text
    assert found.threshold == pytest.approx(threshold(4))


def test_progress_when_traced_then_every_copy_is_counted() -> None:
    from azukari.trace.tracing import trace

    seen: list[tuple[int, int]] = []
    specimen = specimen_of(register().head(5).select(SHOWN))
    trace(specimen, [one.copy(i) for i, one in enumerate(copies())], specimen_id="s", committed=b"c" * 32,
          specimens_in_case=3, shams=10, progress=lambda done, total: seen.append((done, total)))  # fmt: skip
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("linkable", "linked", "word"),
    [
        (0, 0, "cannot-say"), (2, 2, "cannot-say"), (3, 2, "genuine"), (3, 1, "cannot-say"), (4, 2, "genuine"),
        (5, 0, "not-ours"), (40, 1, "not-ours"), (20, 1, "cannot-say"), (21, 1, "not-ours"),
    ],
)  # fmt: skip
def test_genuine_when_rows_are_counted_then_by_the_shares_of_step_7(linkable: int, linked: int, word: str) -> None:
    assert judge_genuine(linkable, linked).value == word


@pytest.mark.parametrize(
    ("cells", "opened", "certain"),
    [
        (0, 0, False),
        (1, 1, True),
        (2, 1, False),
        (2, 2, True),
        (6, 3, True),
        (7, 3, False),
        (4, 2, False),
        (9, 0, False),
    ],
)
def test_leaked_when_cells_are_counted_then_certain_by_half_and_three_or_all(
    cells: int, opened: int, certain: bool
) -> None:
    leaked = Leaked(Field(Kind.PHONE), cells, opened)
    assert leaked.certain is certain
    found = excluded_by_field("h", (REFERENCE, Field(Kind.NAME)), Grade.RECEIPTED, [leaked])
    assert (found is not None) is certain
    assert excluded_by_field("h", (Field(Kind.PHONE),), Grade.RECEIPTED, [leaked]) is None


@pytest.mark.parametrize(
    ("columns", "rows"),
    [((), (("a",),)), ((None,), ()), ((None,), (("a", "b"),)), ((None, None), (("a", "b"), ("a",)))],
)
def test_specimen_when_it_is_no_table_then_table_error(
    columns: tuple[None, ...], rows: tuple[tuple[str, ...], ...]
) -> None:
    with pytest.raises(TableError):
        Specimen(columns, rows)


def test_specimen_when_too_many_rows_then_limit() -> None:
    with pytest.raises(LimitError):
        Specimen((None,), (("a",),) * 100_001)


def test_specimen_file_when_written_then_read_back_and_it_opens_the_commitment() -> None:
    specimen = specimen_of(register().head(3).select(SHOWN))
    opening = fixed_bytes("opening")
    file = SpecimenFile(specimen, opening, {id_of("seiran"): {0: {1: bytes(16)}, 2: {1: bytes(16), 10: b"s" * 16}}})
    again = SpecimenFile.parse(file.encode())
    assert again.encode() == file.encode() and again.specimen == specimen
    again.verify(specimen.commitment(opening))
    for committed in (bytes(32), specimen.commitment(bytes(32))):
        with pytest.raises(SpecimenError):
            again.verify(committed)


@pytest.mark.parametrize(
    "change",
    [
        (b'"columns":[', b'"columns":["x/y",'),
        (b'"opening":"', b'"opening":"Z'),
        (b'"row":0', b'"row":"0"'),
        (b'"rows":[[', b'"rows":[[5,'),
        (b'{"columns"', b'{"a":1,"columns"'),
        (b'"1":"', b'"01":"'),
        (b"[[", b"["),
    ],
)
def test_specimen_file_when_malformed_then_format(change: tuple[bytes, bytes]) -> None:
    file = SpecimenFile(specimen_of(register().head(3).select(SHOWN)), bytes(32), {"h": {0: {1: bytes(16)}}})
    assert change[0] in file.encode()
    with pytest.raises(FormatError):
        SpecimenFile.parse(file.encode().replace(*change, 1))
