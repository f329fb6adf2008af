"""The register on paper and in a calendar."""

from __future__ import annotations

import base64
import re
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web import bodies
from tests.web.bodies import KEK, Records, client_of, furnish
from tests.web.conftest import AT, BY, Ledger
from tests.web.stalls import Stall, certificate

from azukari.seal.identity import Identity
from azukari.stores.clock import now

NOON = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    with bodies.screens():
        yield furnish(ledger, "kasumi")


def text_of(data: bytes) -> str:
    """The words of a PDF, by a reader of this test's own: strings of UTF-16 in the streams of the pages."""
    streams = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)~>", data, re.DOTALL)
    pages = b"".join(zlib.decompress(base64.a85decode(one)) for one in streams)
    strings = re.findall(rb"\(((?:[^\\()]|\\.)*)\) Tj", pages, re.DOTALL)
    plain = (re.sub(rb"\\([0-7]{3}|.)", _sign, one, flags=re.DOTALL) for one in strings)
    return "".join(one.decode("utf-16-be") for one in plain)


def _sign(found: re.Match[bytes]) -> bytes:
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    sign = found[1]
    return bytes([int(sign, 8)]) if len(sign) == 3 else named.get(sign, sign)


def grown(own: Records, works: int) -> None:
    """More entrustments in the register, every third of them below the one before it; written as rows."""
    from azukari.web.custody.models import Entrustment, PermittedField

    made: list[Any] = []
    for number in range(works):
        below = made[-1] if number % 3 == 2 else None
        made.append(
            Entrustment(
                id=uuid4(), body_id=own.body_id, party_id=own.arguments["party_id"], parent=below,
                title=f"届書の入力 その{number}", purpose="届書の記載を入力し、照合する", purpose_opening=b"o" * 32,
                starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31), entry_index=10_000 + number, created_at=AT,
                created_by=BY,
            )
        )  # fmt: skip
    Entrustment.objects.bulk_create(made)
    fields = ("name/person", "kana/person", "address/person")
    PermittedField.objects.bulk_create(
        PermittedField(body_id=own.body_id, entrustment_id=one.id, field=field) for one in made for field in fields
    )


def test_register_when_printed_then_the_tree_parties_fields_and_counts_are_readable(
    own: Records, ledger: Ledger
) -> None:
    furnish(ledger, "betsu", bodies.another_body(ledger))
    grown(own, 6)
    answer = client_of(own.people["auditor"]).get("/entrustments/register.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    for said in (
        "委託管理台帳",
        "委託 7 件",
        "kasumi 入力",
        "kasumi 委託先",
        "届書の入力 その5",
        "└",
        "氏名",
        "申請中",
        "1 件",
        "10 行",
    ):
        assert said in text, said
    assert "betsu" not in text
    sheet = client_of(own.people["officer"]).get(f"/entrustments/{own.arguments['entrustment_id']}/sheet.pdf")
    text = text_of(sheet.content)
    for said in ("委託票", "kasumi 入力", "kasumi 再委託先", "届書の入力", "2099-03-31"):
        assert said in text, said
    assert "その5" not in text


@pytest.mark.usefixtures("template")
def test_register_when_it_is_empty_or_holds_signs_of_markup_then_it_is_printed_as_it_is() -> None:
    from azukari.fields.kinds import Field
    from azukari.web.custody.queries.printing import Printed
    from azukari.web.custody.register_paper import entrustment_pdf, register_pdf

    assert register_pdf([], "水底市", "en", NOON).startswith(b"%PDF")
    work = Printed(
        UUID(int=1), 2, "<b>入力 & 印刷</b>", "A<B", "JP", "performance", "p" * 400 + "\n" + "長" * 400, "", "", (),
        date(2026, 4, 1), date(2027, 3, 31), 7, (Field.parse("name/person"),), (), 0, 0, 0,
    )  # fmt: skip
    assert "<b>入力 & 印刷</b>" in text_of(register_pdf([work] * 60, "水底市", "ja", NOON))
    assert "A<B" in text_of(entrustment_pdf([work, work], "水底市", "en", NOON))


@pytest.mark.usefixtures("template")
def test_papers_when_a_text_is_longer_than_a_page_then_all_of_it_is_printed() -> None:
    """As long as a form lets it be: one such purpose must not keep the whole register from being printed."""
    from azukari.fields.kinds import Field
    from azukari.web.custody.queries.printing import Printed
    from azukari.web.custody.register_paper import entrustment_pdf, register_pdf
    from azukari.web.papers import certificate_pdf

    work = Printed(
        UUID(int=1), 0, "入力", "甲", "JP", "performance", "長" * 2_000, "法" * 500, "", (), date(2026, 4, 1),
        date(2027, 3, 31), 7, (Field.parse("name/person"),), (), 0, 0, 0,
    )  # fmt: skip
    assert text_of(register_pdf([work, work], "水底市", "ja", NOON)).count("長") == 4_000
    assert text_of(entrustment_pdf([work, work], "水底市", "ja", NOON)).count("長") == 4_000
    first, sub = (Stall(uuid4(), uuid4(), name, Identity.generate(), uuid4()) for name in ("青嵐", "白磯"))
    data = certificate(first, sub, now().date(), uuid4(), safeguards="錠" * 2_000)
    assert text_of(certificate_pdf(data, "ja")).count("錠") == 2_000


def test_entrustment_when_its_texts_are_longer_than_a_certificate_carries_then_refused(own: Records) -> None:
    from azukari.errors import OptionError
    from azukari.web.custody.actions import entrustment

    named: dict[str, Any] = {
        "body_id": own.body_id, "party_id": own.arguments["party_id"], "starts_on": date(2026, 4, 1),
        "ends_on": date(2027, 3, 31), "fields": ["name"], "by": BY, "at": AT,
    }  # fmt: skip
    for title, purpose in (("題" * 401, "入力"), ("題", "入" * 2_001), (" ", "入力"), ("題", " ")):
        with pytest.raises(OptionError):
            entrustment.create(title=title, purpose=purpose, **named)
    entrustment.create(title="題" * 400, purpose="入" * 2_000, **named)


def test_register_when_it_holds_a_thousand_entrustments_then_printed_with_few_queries(own: Records) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from azukari.web.custody.queries.printing import printed
    from azukari.web.custody.register_paper import register_pdf

    grown(own, 1_000)
    with CaptureQueriesContext(connection) as asked:
        works = printed(own.body_id)
    assert len(asked) == 4 and len(works) == 1_001
    started = time.process_time()
    data = register_pdf(works, "霞ヶ浜", "ja", NOON)
    assert time.process_time() - started < 20, "about 3 s where nothing else runs"
    assert data.count(b"/Type /Page\n") > 30


# ---- Calendar ------------------------------------------------------------------------------------------------------


def unfolded(data: bytes) -> list[str]:
    """The content lines, by an unfolding of this test's own."""
    assert data.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"") and b"\r" not in data.replace(b"\r\n", b"")
    return data.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def unescaped(text: str) -> str:
    out, signs = "", iter(text)
    for sign in signs:
        if sign == "\\":
            following = next(signs)
            out += {"n": "\n", "\\": "\\", ";": ";", ",": ","}[following]
        else:
            assert sign not in ";,"
            out += sign
    return out


@settings(max_examples=60)
@given(st.text(max_size=120))
def test_calendar_when_a_name_holds_anything_then_it_is_read_back_and_breaks_no_line(what: str) -> None:
    from azukari.web.custody.calendar import calendar
    from azukari.web.custody.queries.ends import End

    end = End("permission-ends", UUID(int=5), what, date(2027, 3, 31))
    lines = unfolded(calendar([end], UUID(int=9), "ja", NOON))
    (summary,) = (line for line in lines if line.startswith("SUMMARY:"))
    plain = "".join(" " if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f") else c for c in what)
    assert unescaped(summary.removeprefix("SUMMARY:")) == f"許諾の期限: {plain}"
    assert lines[0] == "BEGIN:VCALENDAR" and lines[-1] == "END:VCALENDAR" and lines.count("END:VEVENT") == 1


def test_reminders_when_asked_for_then_every_end_is_there_once_without_a_title_of_a_document(
    own: Records, ledger: Ledger
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from azukari.stores.clock import now
    from azukari.web.custody.actions import document
    from azukari.web.custody.models import Entrustment, Permission

    other = furnish(ledger, "betsu", bodies.another_body(ledger))
    today = now().date()
    for records in (own, other):
        Entrustment.objects.filter(id=records.arguments["entrustment_id"]).update(ends_on=today + timedelta(days=400))
        Permission.objects.filter(id=records.arguments["permission_id"]).update(ends_on=today)
    for title, days in (("水鏡文代の誓約書", 10), ("遠い", 401), ("昔", -32)):
        terms = document.Terms(
            "party", own.arguments["party_id"], "evidence", title, today + timedelta(days=days)
        )  # fmt: skip
        document.add(body_id=own.body_id, terms=terms, file=SimpleUploadedFile("x", b"x"), kek=KEK, by=BY, at=AT)
    client = client_of(own.people["approver"])
    answer = client.get("/reminders.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    lines = unfolded(answer.content)
    said = sorted(line for line in lines if line.startswith("SUMMARY:"))
    assert said == ["SUMMARY:委託の終了: kasumi 入力", "SUMMARY:書類の有効期限: kasumi 委託先"], (
        "what is only asked for has no end"
    )
    assert "betsu" not in answer.content.decode() and "水鏡" not in answer.content.decode()
    uids = {line for line in lines if line.startswith("UID:")}
    again = {line for line in unfolded(client.get("/reminders.ics").content) if line.startswith("UID:")}
    assert uids == again and len(uids) == 2
    assert f"DTSTART;VALUE=DATE:{today + timedelta(days=10):%Y%m%d}" in lines
