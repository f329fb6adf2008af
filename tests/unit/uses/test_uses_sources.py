"""Each source: what it tells becomes uses, and whatever cannot be read is counted with its place."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import ColumnError, FormatError
from azukari.uses import Act, Quarantined, Reason, Taken, Visibility, mapping, pgaudit, read_events, read_rows, tally
from azukari.uses.reading import read_audit_events, read_batch, read_log, read_usages

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
KEY = b"k" * 32


def event(**changed: Any) -> dict[str, Any]:
    data = {"act": "view", "purpose_label": "証明書の交付", "unit": "市民課", "fields": ["name/person"]}
    told = {
        "specversion": "1.0", "type": "azukari.use.v1", "source": "urn:example:juki", "id": "1", "subject": "0000123",
        "time": "2026-11-20T14:30:05+09:00", "data": data,
    }  # fmt: skip
    return told | changed


def lines(*events: Any) -> io.BytesIO:
    return io.BytesIO(b"".join(json.dumps(one).encode() + b"\n" for one in events))


def test_events_when_told_by_lines_batch_or_alone_then_they_are_the_same() -> None:
    told = [event(id=str(number)) for number in range(3)]
    by_lines = list(read_events(lines(*told), NOW))
    by_batch = list(read_events(io.BytesIO(json.dumps(told, indent=2).encode()), NOW))
    assert by_lines == by_batch and tally(by_lines).taken == 3
    alone = list(read_events(io.BytesIO(json.dumps(told[0], indent=2).encode()), NOW))
    assert alone == by_lines[:1]


def test_events_when_some_lines_are_broken_then_each_is_counted_at_its_place() -> None:
    file = io.BytesIO(
        lines(event(), event(type="other")).getvalue() + b'{"id": 1, "id": 2}\n\n' + b"[" * 99_999 + b"\n"
    )
    file.seek(0, 2)
    file.write(lines(event(data={"act": "view", "who": "x"}), event(id="9")).getvalue())
    file.seek(0)
    found = list(read_events(file, NOW))
    assert [(one.place, one.reason) for one in found if isinstance(one, Quarantined)] == [
        (2, Reason.ENVELOPE), (3, Reason.NOT_READABLE), (4, Reason.TOO_LONG), (5, Reason.UNKNOWN_MEMBER),
    ]  # fmt: skip
    assert tally(found).told == 6 and tally(found).taken == 2


@given(st.binary(max_size=300))
def test_events_when_they_are_any_bytes_then_nothing_is_raised(data: bytes) -> None:
    found = list(read_events(io.BytesIO(data), NOW))
    assert all(isinstance(one, Quarantined) for one in found)
    assert len(found) >= bool(data.strip())


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["specversion", "type", "data", "id", "act", "agent", "entity", "coding", "what", "resourceType", "entry", "usages"]), inner, max_size=5), max_leaves=20))  # fmt: skip
def test_sources_when_they_tell_any_json_then_nothing_is_raised(value: Any) -> None:
    data = json.dumps(value).encode()
    list(read_batch(data, NOW))
    list(read_audit_events(data, "urn:example:hospital", NOW))
    list(read_usages(value, "urn:example:register", "0000123", KEY, NOW))


COLUMNS = mapping.ColumnMapping(
    {"subject": "宛名番号", "time": "操作日時", "act": "操作", "unit": "課"},
    {"source": "urn:example:juki", "purpose_label": "証明書の交付"},
    {"act": {"01": "view", "02": "print"}},
)


def table(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["宛名番号", "操作日時", "操作", "課"], orient="row")


def test_rows_when_mapped_then_cells_words_and_constants_make_uses() -> None:
    found = list(
        read_rows(table(("0001", "R8.11.20 9:05", "02", "税務課"), ("0002", "", "01", "税務課")), COLUMNS, KEY, NOW)
    )
    assert isinstance(found[0], Taken)
    assert (found[0].use.subject, found[0].use.act, found[0].use.unit) == ("0001", Act.PRINT, "税務課")
    assert found[1] == Quarantined(2, Reason.MISSING, "time")


def test_rows_when_a_file_is_read_twice_then_ids_are_the_same_and_equal_rows_are_two() -> None:
    row = ("0001", "R8.11.20 9:05", "01", "税務課")
    twice = [
        [one.use.id for one in read_rows(table(row, row), COLUMNS, KEY, NOW) if isinstance(one, Taken)] for _ in "12"
    ]
    assert twice[0] == twice[1] and len(set(twice[0])) == 2
    other = [one.use.id for one in read_rows(table(row), COLUMNS, b"x" * 32, NOW) if isinstance(one, Taken)]
    assert other[0] not in twice[0]


def test_rows_when_a_heading_is_missing_then_nothing_is_read() -> None:
    with pytest.raises(ColumnError, match="操作日時"):
        list(read_rows(table(("1", "2", "3", "4")).drop("操作日時"), COLUMNS, KEY, NOW))


def test_mapping_when_encoded_then_it_is_read_back_and_others_are_refused() -> None:
    assert mapping.ColumnMapping.parse(COLUMNS.encode()) == COLUMNS
    for data in (b"{}", COLUMNS.encode() + b" ", COLUMNS.encode().replace(b"subject", b"sybject"), b"x" * 70_000):
        with pytest.raises(FormatError):
            mapping.ColumnMapping.parse(data)


def test_exchange_records_when_non_disclosure_is_marked_then_existence_is_not_answered() -> None:
    frame = pl.DataFrame(
        [("0001", "令和8年11月19日10時20分", "霞ヶ浜年金機構", "地方税関係情報", "年金給付の支給", "有"),
         ("0001", "令和8年11月19日10時21分", "霞ヶ浜年金機構", "地方税関係情報", "年金給付の支給", "")],
        schema=["宛名番号", "提供の日時", "情報照会者", "特定個人情報の項目", "事務", "不開示"], orient="row",
    )  # fmt: skip
    columns = mapping.exchange(provider=True)
    whole = mapping.ColumnMapping(columns.columns, {**columns.constants, "source": "urn:example:net"}, columns.words)
    uses = [one.use for one in read_rows(frame, whole, KEY, NOW) if isinstance(one, Taken)]
    assert [use.visibility for use in uses] == [Visibility.UNANSWERED, Visibility.SHOWN]
    assert (uses[1].act, uses[1].party, uses[1].items) == (Act.PROVIDE, "霞ヶ浜年金機構", "地方税関係情報")


def audit_event(**changed: Any) -> dict[str, Any]:
    """A disclosure as BALP's example has it, of a fictitious patient."""
    dicom, reason = "http://dicom.nema.org/resources/ontology/DCM", "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    return {
        "resourceType": "AuditEvent", "id": "a1", "type": {"system": dicom, "code": "110106"}, "action": "R",
        "recorded": "2026-11-20T05:30:00.000Z", "outcome": "0", "purposeOfEvent": [{"coding": [{"system": reason, "code": "PATRQT"}]}],
        "source": {"site": "病院情報システム", "observer": {"display": "サーバ 1"}},
        "agent": [
            {"type": {"coding": [{"system": dicom, "code": "110153"}]}, "who": {"display": "霞ヶ浜病院"}, "requestor": False},
            {"type": {"coding": [{"system": dicom, "code": "110152"}]}, "who": {"display": "青嵐データ入力"}, "requestor": False},
            {"who": {"reference": "Practitioner/7"}, "requestor": True, "role": [{"text": "地域連携室"}]},
        ],
        "entity": [
            {"type": {"code": "1"}, "role": {"code": "1"}, "what": {"reference": "Patient/0000123"}},
            {"type": {"code": "2"}, "role": {"code": "3"}, "what": {"display": "退院時サマリ"}},
        ],
    } | changed  # fmt: skip


def test_audit_event_when_it_is_a_disclosure_then_recipient_purpose_and_items_are_read() -> None:
    (found,) = read_audit_events(json.dumps(audit_event()).encode(), "urn:example:hospital", NOW)
    assert isinstance(found, Taken)
    use = found.use
    assert (use.subject, use.act, use.party, use.role) == ("0000123", Act.PROVIDE, "青嵐データ入力", "地域連携室")
    assert (use.purpose_label, use.items, use.system) == ("本人の求め", "退院時サマリ", "病院情報システム")


def test_audit_event_when_it_is_about_two_or_nobody_then_it_waits() -> None:
    one = audit_event()["entity"][0]
    two = audit_event(entity=[one, {**one, "what": {"reference": "Patient/2"}}])
    bundle = {"resourceType": "Bundle", "entry": [{"resource": two}, {"resource": audit_event(entity=[])}, {}]}
    found = list(read_audit_events(json.dumps(bundle).encode(), "urn:example:hospital", NOW))
    assert found == [
        Quarantined(1, Reason.NOBODY, "subject"), Quarantined(2, Reason.NOBODY, "subject"), Quarantined(3, Reason.ENVELOPE),
    ]  # fmt: skip


def test_usages_when_pulled_twice_then_ids_are_the_same_and_each_member_is_read() -> None:
    usage = {"logtime": "2026-11-20T10:20:30", "action": "世帯の照会", "receiverCode": "12345678", "receiverSystem": "窓口", "receiverName": "霞ヶ浜市"}  # fmt: skip
    pulled = [list(read_usages([usage, usage, {"action": "x"}], "urn:example:r", "0000123", KEY, NOW)) for _ in "12"]
    assert pulled[0] == pulled[1] and tally(pulled[0]).quarantined == {Reason.MISSING: 1}
    uses = [one.use for one in pulled[0] if isinstance(one, Taken)]
    assert len({use.id for use in uses}) == 2
    assert uses[0].time == datetime(2026, 11, 20, 1, 20, 30, tzinfo=UTC), "a time without an offset is Japan's"
    assert (uses[0].system, uses[0].party, uses[0].purpose_label) == ("窓口", "霞ヶ浜市", "世帯の照会")


LOG = pgaudit.LogMapping(
    "urn:example:db", "%m %u %d: ", {"public.residents": pgaudit.Watched(1, "name/person")},
    {"party": "霞ヶ浜市", "purpose_label": "窓口"},
)  # fmt: skip
AUDIT = '2026-11-20 14:30:05.123 JST madoguchi juki: LOG:  AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.residents,"select *\n\tfrom residents where atena = $1 and ku = $2","0000123,""x,y"""\n'


def test_log_when_a_watched_table_is_read_then_the_parameter_says_whom() -> None:
    (found,) = read_log(AUDIT.splitlines(keepends=True), LOG, KEY, NOW)
    assert isinstance(found, Taken)
    assert (found.use.subject, found.use.act, found.use.role, found.use.system) == (
        "0000123",
        Act.VIEW,
        "madoguchi",
        "juki",
    )


def test_log_when_lines_are_others_then_they_are_counted_as_not_concerned_or_wait() -> None:
    other = "2026-11-20 14:30:05.123 JST madoguchi juki: LOG:  checkpoint starting\n"
    hidden = AUDIT.replace('"0000123,""x,y"""', "<not logged>")
    elsewhere = AUDIT.replace("public.residents", "public.holidays")
    torn = "AUDIT: SESSION,1,1\n"
    found = list(read_log((other + AUDIT + hidden + elsewhere + torn).splitlines(keepends=True), LOG, KEY, NOW))
    assert found[0] is None and isinstance(found[1], Taken) and found[3] is None
    assert found[2] == Quarantined(4, Reason.NOBODY, "subject")
    assert found[4] == Quarantined(8, Reason.NOT_READABLE)


@given(st.text(max_size=200))
def test_log_when_it_is_any_text_then_nothing_is_raised(text: str) -> None:
    list(read_log((AUDIT + text).splitlines(keepends=True), LOG, KEY, NOW))
    list(read_log([f"{AUDIT[:60]}{text}\n"], LOG, KEY, NOW))
