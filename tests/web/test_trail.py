"""Uses come in: each is taken once, or waits with a reason; and its person finds it in their list."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger
from tests.web.listing import NOW, Office
from tests.web.telling import NAME, Telling, event, listed, telling

from azukari.errors import (
    ColumnError,
    FormatError,
    LimitError,
    NotFoundError,
    NotPermittedError,
    OptionError,
    PayloadError,
    StateError,
)
from azukari.uses import Reason
from azukari.uses.mapping import ColumnMapping

MAPPING = ColumnMapping(
    {"subject": "宛名番号", "time": "日時", "act": "操作", "purpose_label": "事由"}, {"unit": "市民課"}, {}
)


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


def whole(counts: Any, told: int) -> tuple[int, int, int]:
    """The three counts, which make up what was told."""
    assert counts.told == told == counts.taken + counts.before + counts.waiting
    return counts.taken, counts.before, counts.waiting


def reasons(counts: Any) -> list[tuple[int, str, str]]:
    return sorted((place, reason.value, member) for place, reason, member in counts.reasons)


def waiting(office: Office) -> int:
    from azukari.web.trail.models import Waiting

    return int(Waiting.objects.filter(body_id=office.ledger.body_id).count())


def leaves(office: Office) -> int:
    from azukari.completeness.leaf import is_leaf
    from azukari.web.sequencer import queries

    return sum(map(is_leaf, queries.entries(office.ledger.log_id)))


def test_take_when_uses_are_told_then_each_person_reads_their_own_and_the_report_checks(office: Office) -> None:
    source = telling(office)
    told = [
        event(1, "a"),
        event(2, "b", act="印刷", items="世帯全員"),
        event(3, "ａ", purpose=None, time="2025-01-02T00:00:00Z"),
    ]
    assert whole(source.take(*told), 3) == (3, 0, 0)
    office.index()
    first, second = listed(office, "a")
    assert {first.purpose, second.purpose} == {"住民票の写しの交付（dpv#Verification）", "住民票の写しの交付"}
    assert (first.unit, first.deed, first.party) == ("市民課　窓口", "view", "霞ヶ浜市")
    assert min(first.day, second.day) == date(2025, 1, 2), "a late use has the day on which it was done"
    (only,) = listed(office, "b")
    assert only.deed == "print" and only.purpose.endswith("項目: 世帯全員")


def test_take_when_told_again_then_nothing_is_added_and_told_differently_waits(office: Office) -> None:
    source = telling(office)
    source.take(event(1), event(2))
    assert whole(source.take(event(1), event(2), event(3), event(3)), 4) == (1, 3, 0)
    for other in (
        event(1, "b"),
        event(1, act="print"),
        event(1, time="2026-11-19T14:30:06+09:00"),
        event(3, items="x"),
    ):
        counts = source.take(other)
        assert whole(counts, 1) == (0, 0, 1) and reasons(counts) == [(1, "told-differently", "id")]
    assert leaves(office) == 3 and waiting(office) == 4


def test_take_when_two_of_one_batch_have_one_number_and_differ_then_the_second_waits(office: Office) -> None:
    source = telling(office)
    assert reasons(source.take(event(1), event(1, "b"))) == [(2, "told-differently", "id")]


@pytest.mark.parametrize(
    ("wrong", "reason", "member"),
    [
        (event(1, "x"), "nobody", "subject"),
        (event(1, source="urn:other"), "envelope", "source"),
        (event(1, time="1969-12-31T00:00:00Z"), "time", "time"),
        (event(1, time="2027-01-01T00:00:00Z"), "ahead", "time"),
        (event(1, act="steal"), "act", "act"),
        (event(1, visibility="unanswered"), "no-sealed-keys", "visibility"),
        (event(1, visibility="withheld", reveal_after="2026-11-19"), "visibility", "reveal_after"),
        (event(1, visibility="withheld", reveal_after="2999-11-19"), "visibility", "visibility"),
        (event(1, "x", visibility="withheld", reveal_after="2027-01-01"), "nobody", "subject"),
        (event(1, specversion="0.3"), "envelope", ""),
        (event(1, nonsense="1"), "unknown-member", ""),
        (event(1, unit="123456789018"), "number-in-text", "unit"),
        (7, "envelope", ""),
    ],
)
def test_take_when_an_element_is_no_use_then_it_waits_once_with_its_reason_and_the_others_are_taken(
    office: Office, wrong: Any, reason: str, member: str
) -> None:
    source = telling(office)
    for expected in ((1, 0, 1), (0, 1, 1)):
        counts = source.take(event("good"), wrong)
        assert whole(counts, 2) == expected and reasons(counts) == [(2, reason, member)]
    assert waiting(office) == 1 and leaves(office) == 1


def test_take_when_withheld_then_the_list_counts_it_until_its_day(office: Office) -> None:
    source = telling(office)
    told = event(1, visibility="withheld", reveal_after="2026-12-01")
    assert whole(source.take(told), 1) == (1, 0, 0) and whole(source.take(told), 1) == (0, 1, 0)
    office.index()
    assert listed(office, "a") == [None]
    office.index(NOW + timedelta(days=20))
    _, made = office.checked("a", NOW + timedelta(days=20))
    assert [entry.event.deed for entry in made.lists[0].entries] == ["view"]


def test_take_when_a_source_adds_people_then_whom_the_body_did_not_know_has_a_list(office: Office) -> None:
    source = telling(office, adds_people=True)
    assert (
        whole(source.take(event(1, "new"), event(2, "new", visibility="withheld", reveal_after="2027-01-01")), 2)[0]
        == 2
    )
    office.index()
    assert len(listed(office, "new")) == 2


def test_take_when_the_source_has_ended_then_refused_and_nothing_is_kept(office: Office) -> None:
    from azukari.web.trail.actions import source as action

    source = telling(office)
    action.end(source_id=source.id, by=BY, at=NOW)
    with pytest.raises(NotPermittedError):
        source.take(event(1), event(2, "x"))
    assert leaves(office) == waiting(office) == 0


def test_waiting_when_read_in_the_register_then_no_word_of_it_is_there(office: Office) -> None:
    from azukari.web.trail.models import Told, Waiting

    source = telling(office)
    source.take(event("number-1", "himitsu-77", party="青嵐"), event(2))
    (row,) = Waiting.objects.all()
    assert b"himitsu" not in bytes(row.line) and b"himitsu" not in bytes(row.mark)
    assert {len(bytes(one.mark)) for one in Told.objects.all()} == {16}
    changed = bytes(row.line)[:-1] + bytes([bytes(row.line)[-1] ^ 1])
    Waiting.objects.update(line=changed)
    with pytest.raises(PayloadError):
        source.again()
    assert waiting(office) == 1


def test_again_when_the_person_came_to_be_known_then_taken_and_no_longer_waiting(office: Office) -> None:
    source = telling(office)
    source.take(event(1, "late"), event(2, act="steal"))
    assert whole(source.again(), 2) == (0, 0, 2)
    office.numbers(["late"])
    assert whole(source.again(), 2) == (1, 0, 1)
    assert waiting(office) == 1 and leaves(office) == 1
    assert whole(source.take(event(1, "late")), 1) == (0, 1, 0)


def table(folder: Path, *rows: str, heading: str = "宛名番号,日時,操作,事由") -> Path:
    path = folder / "uses.csv"
    path.write_bytes("\r\n".join([heading, *rows, ""]).encode("cp932"))
    return path


def of_file(source: Telling, path: Path) -> Any:
    from azukari.web.trail import files
    from azukari.web.trail.actions import taking

    told = files.elements(source.info, path, KEK, NOW)
    return taking.all_of(source=source.info, elements=told, kek=KEK, by=BY, at=NOW)


def test_table_when_taken_twice_then_once_and_two_equal_rows_are_two_uses(office: Office, tmp_path: Path) -> None:
    source = telling(office, form="table", mapping=MAPPING.encode())
    rows = [
        "a,令和8年11月19日 14時30分,閲覧,証明",
        "a,令和8年11月19日 14時30分,閲覧,証明",
        "ｂ,2026/11/18 9:00,印刷,証明",
    ]
    path = table(tmp_path, *rows)
    assert whole(of_file(source, path), 3) == (3, 0, 0)
    assert whole(of_file(source, path), 3) == (0, 3, 0)
    office.index()
    assert [len(listed(office, one)) for one in "ab"] == [2, 1]


def test_table_when_its_mapping_is_mended_then_what_waited_is_taken_once(office: Office, tmp_path: Path) -> None:
    source = telling(office, form="table", mapping=MAPPING.encode())
    path = table(
        tmp_path, "a,2026/11/19 14:30,ミル,証明", "a,2026/11/19 14:30,ミル,証明", "b,2026/11/19 14:30,閲覧,証明"
    )
    assert whole(of_file(source, path), 3) == (1, 0, 2)
    mended = ColumnMapping(MAPPING.columns, MAPPING.constants, {"act": {"ミル": "view"}})
    source.mend(form="table", mapping=mended.encode())
    assert whole(source.again(), 2) == (2, 0, 0) and waiting(office) == 0
    assert whole(of_file(source, path), 3) == (0, 3, 0), "their numbers are those of the file"


def test_table_when_a_heading_is_missing_then_refused_and_nothing_is_kept(office: Office, tmp_path: Path) -> None:
    source = telling(office, form="table", mapping=MAPPING.encode())
    with pytest.raises(ColumnError):
        of_file(source, table(tmp_path, "a,2026/11/19,閲覧", heading="宛名番号,日時,操作"))
    with pytest.raises(NotFoundError):
        of_file(source, tmp_path / "none.csv")
    assert waiting(office) == leaves(office) == 0


def test_file_when_lines_batch_or_one_event_then_all_are_read(office: Office, tmp_path: Path) -> None:
    source, path = telling(office), tmp_path / "uses"
    long = json.dumps(event(4, purpose_label="x" * 70_000)).encode()
    path.write_bytes(json.dumps(event(1)).encode() + b"\n\n" + long + b"\r\nnonsense\n" + json.dumps(event(2)).encode())
    counts = of_file(source, path)
    assert whole(counts, 4) == (2, 0, 2) and reasons(counts) == [(2, "too-long", ""), (3, "not-readable", "")]
    path.write_text(json.dumps([event(2), event(3)], indent=1), "utf-8")
    assert whole(of_file(source, path), 2) == (1, 1, 0)
    path.write_text(json.dumps(event(5), indent=1), "utf-8")
    assert whole(of_file(source, path), 1) == (1, 0, 0)


def test_batch_when_it_is_no_json_or_too_many_then_refused_whole(office: Office) -> None:
    from azukari.web.trail import elements

    source = telling(office).info
    for data, error in (
        (b"", FormatError),
        (b"[1", FormatError),
        (b"\xff", FormatError),
        (b"[" + b"1," * 1_000 + b"1]", LimitError),
    ):
        with pytest.raises(error):
            elements.of_batch(source, data, NOW)
    with pytest.raises(LimitError):
        elements.of_text(source, b"1\n" * 1_001, NOW)


def test_silent_when_nothing_was_told_for_too_long_then_named_until_it_tells_again(office: Office) -> None:
    from azukari.web.trail import queries

    source = telling(office, every_hours=24)
    telling(office, name="urn:never")
    body = office.ledger.body_id
    assert not queries.silent(body, NOW + timedelta(hours=24))
    late = NOW + timedelta(hours=25)
    assert [one.name for one in queries.silent(body, late)] == [NAME]
    source.take(event(1, "x"), at=late)
    assert not queries.silent(body, late), "also what waits was told"


def test_check_when_a_source_is_silent_then_it_says_so(office: Office) -> None:
    from azukari.web.checks import work
    from azukari.web.checks.observation import Installation

    seen = Installation(office.ledger.folder, office.ledger.folder / "keys", NOW + timedelta(hours=25))

    def grade() -> str:
        told = work.sources(seen)
        return "" if told is None else told.grade.value

    assert grade() == ""
    source = telling(office, every_hours=24)
    assert grade() == "look"
    source.take(event(1), at=seen.at)
    assert grade() == "good"


@pytest.mark.parametrize(
    "terms",
    [{"form": "excel"}, {"form": "table"}, {"mapping": MAPPING.encode()}, {"every_hours": 0}, {"every_hours": 9_000}],
)
def test_source_when_its_terms_make_no_sense_then_refused(office: Office, terms: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        telling(office, **terms)


def test_source_when_the_name_is_taken_or_none_then_refused_and_a_token_is_known_by_its_hash(office: Office) -> None:
    from azukari.web.trail import queries
    from azukari.web.trail.actions import source as action

    source = telling(office)
    with pytest.raises(StateError):
        telling(office)
    for name in ("", "  ", "x" * 201, "a\nb"):
        with pytest.raises(OptionError):
            telling(office, name=name)
    assert queries.with_token(source.token) == source.info and queries.with_token("azukari_x") is None
    other = action.renew(source_id=source.id, by=BY, at=NOW)
    assert queries.with_token(source.token) is None and queries.with_token(other) == source.info
    action.end(source_id=source.id, by=BY, at=NOW)
    assert queries.with_token(other) is None


words = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["view", "shown", "unanswered", "a", "b", "市民課"]))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@st.composite
def near(draw: st.DrawFn) -> Any:
    """Something like an event: a good one with some member changed, or anything at all."""
    made = event(draw(st.integers(0, 5)), draw(st.sampled_from(["a", "b", "x", ""])))
    name = draw(
        st.sampled_from(["act", "party", "unit", "fields", "visibility", "reveal_after", "country", "id", "time", ""])
    )
    if name in made:
        made[name] = draw(words | anything)
    elif name:
        made["data"][name] = draw(words | anything)
    return draw(st.sampled_from([made, made, made, draw(anything)]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(near(), max_size=12), st.booleans())
def test_take_when_anything_is_told_then_the_counts_add_up_and_every_leaf_is_one_taken(
    office: Office, told: list[Any], lines: bool
) -> None:
    from azukari.web.trail import elements
    from azukari.web.trail.actions import taking
    from azukari.web.trail.models import Source, Told

    name = f"urn:{Source.objects.count()}"
    source = telling(office, name=name)
    told = [one | {"source": name} if isinstance(one, dict) else one for one in told]
    before, before_told = leaves(office), Told.objects.count()
    if lines:
        data = "\n".join(json.dumps(one) for one in told).encode()
        found = list(elements.of_lines(source.info, BytesIO(data), NOW))
    else:
        found = elements.of_batch(source.info, json.dumps(told).encode(), NOW)
    counts = taking.all_of(source=source.info, elements=found, kek=KEK, by=BY, at=NOW)
    whole(counts, len(told))
    assert leaves(office) - before == counts.taken == Told.objects.count() - before_told
    again = taking.all_of(source=source.info, elements=found, kek=KEK, by=BY, at=NOW)
    assert (again.taken, again.before, again.waiting) == (0, counts.taken + counts.before, counts.waiting)


def test_reasons_when_shown_then_in_both_languages() -> None:
    assert Reason.NO_POOL.label("ja") != Reason.NO_POOL.label("en")
