"""Members of a use: what is taken, and why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.fields.dates import parse_date
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import individual_check_digit
from azukari.uses import Act, Reason, Visibility, use_of
from azukari.uses.moments import parse_moment
from azukari.uses.reasons import UnusableError
from azukari.uses.use import MEMBERS

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
TOLD = {
    "source": "urn:example:juki",
    "id": "17",
    "subject": "００００１２３",
    "time": "令和8年11月20日 14時30分5秒",
    "act": "閲覧",
    "purpose_label": "住民票の写しの交付",
    "unit": "市民課",
}


def refused(**changed: str) -> UnusableError:
    with pytest.raises(UnusableError) as caught:
        use_of(TOLD | changed, NOW)
    return caught.value


def test_use_when_told_as_offices_write_then_it_is_read() -> None:
    use = use_of(TOLD | {"fields": "氏名、配偶者の生年月日; address/person"}, NOW)
    assert use.subject == "0000123"
    assert use.time == datetime(2026, 11, 20, 5, 30, 5, tzinfo=UTC)
    assert (use.act, use.visibility, use.reveal_after) == (Act.VIEW, Visibility.SHOWN, None)
    assert use.fields == (Field(Kind.ADDRESS), Field(Kind.BIRTH_DATE, "spouse"), Field(Kind.NAME))


@pytest.mark.parametrize(
    ("changed", "reason", "member"),
    [
        ({"id": " "}, Reason.MISSING, "id"),
        ({"subject": ""}, Reason.NOBODY, "subject"),
        ({"subject": "1" * 65}, Reason.TOO_LONG, "subject"),
        ({"time": ""}, Reason.MISSING, "time"),
        ({"time": "昨日"}, Reason.TIME, "time"),
        ({"time": "2026-11-20T25:00:00Z"}, Reason.TIME, "time"),
        ({"time": "2026-11-22"}, Reason.AHEAD, "time"),
        ({"act": "look"}, Reason.ACT, "act"),
        ({"purpose_label": ""}, Reason.MISSING, "purpose"),
        ({"purpose": "https://example.org/why"}, Reason.PURPOSE, "purpose"),
        ({"unit": ""}, Reason.MISSING, "party"),
        ({"unit": "市民課\n"+"x"*3+"\x07"}, Reason.SIGNS, "unit"),
        ({"unit": "課" * 201}, Reason.TOO_LONG, "unit"),
        ({"country": "jp"}, Reason.COUNTRY, "country"),
        ({"fields": "氏名,血液型"}, Reason.FIELD, "fields"),
        ({"fields": "代理人氏名"}, Reason.FIELD, "fields"),
        ({"entrustment": "17"}, Reason.ENTRUSTMENT, "entrustment"),
        ({"visibility": "withheld"}, Reason.VISIBILITY, "reveal_after"),
        ({"visibility": "withheld", "reveal_after": "いつか"}, Reason.VISIBILITY, "visibility"),
        ({"visibility": "shown", "reveal_after": "2027-04-01"}, Reason.VISIBILITY, "reveal_after"),
        ({"visibility": "secret"}, Reason.VISIBILITY, "visibility"),
    ],
)  # fmt: skip
def test_use_when_a_member_is_wrong_then_reason_and_member_are_named(
    changed: dict[str, str], reason: Reason, member: str
) -> None:
    error = refused(**changed)
    assert (error.reason, error.member) == (reason, member)


@pytest.mark.parametrize("member", sorted(MEMBERS - {"source", "id", "time", "noted", "fields"}))
def test_use_when_any_text_holds_a_number_then_it_is_refused_whole(member: str) -> None:
    eleven = "12345678901"
    number = eleven + individual_check_digit(eleven)
    error = refused(**{member: f"番号 {number[:4]}-{number[4:8]} {number[8:]} の件"})
    assert (error.reason, error.member) == (Reason.NUMBER, member)
    assert number[:4] not in str(error)


def test_use_when_withheld_then_it_says_until_when() -> None:
    use = use_of(TOLD | {"visibility": "後日公開", "reveal_after": "令和9年4月1日"}, NOW)
    assert (use.visibility, use.reveal_after) == (Visibility.WITHHELD, date(2027, 4, 1))


def test_use_when_shown_in_a_log_then_nobody_is_named() -> None:
    assert "0000123" not in repr(use_of(TOLD, NOW))


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["+09:00", "Z", "-0330", ""]))
def test_moment_when_written_in_iso_then_it_is_read_back(moment: datetime, zone: str) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    offset = {"+09:00": 540, "Z": 0, "-0330": -210, "": 540}[zone]
    found = parse_moment(f"{moment.isoformat(timespec='milliseconds')}{zone}")
    assert found == (moment - timedelta(minutes=offset)).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R8.11.20 午後2時30分", "2026-11-20T05:30:00+00:00"),
        ("２０２６/１１/２０　１４：３０", "2026-11-20T05:30:00+00:00"),
        ("平成31年4月30日 午前12時05分", "2019-04-29T15:05:00+00:00"),
        ("2026-11-20", "2026-11-19T15:00:00+00:00"),
        ("2026-11-20 14:30:05.123 JST", "2026-11-20T05:30:05.123000+00:00"),
    ],
)
def test_moment_when_written_as_offices_do_then_it_is_read(text: str, expected: str) -> None:
    found = parse_moment(text)
    assert found is not None and found.isoformat() == expected


@given(st.text(max_size=40))
def test_moment_when_it_is_any_text_then_it_is_a_moment_or_none(text: str) -> None:
    found = parse_moment(text)
    assert found is None or found.tzinfo is UTC
    if parse_date(text) is not None and not any(sign in text for sign in ":：時"):
        assert found is not None


@given(
    st.dictionaries(st.sampled_from(sorted(MEMBERS)), st.text(max_size=30) | st.lists(st.text(max_size=9), max_size=3))
)
def test_use_when_members_are_any_texts_then_it_is_a_use_or_has_a_reason(told: dict[str, str | list[str]]) -> None:
    try:
        use_of({**TOLD, **told}, NOW)
    except UnusableError as error:
        assert error.reason in Reason and error.member in MEMBERS | {"party", "purpose"}
