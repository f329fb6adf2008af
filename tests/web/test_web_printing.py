"""The register on paper and in a calendar."""

from __future__ import annotations

import shutil
import subprocess
import time
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
from azukari.stores import clock
from azukari.stores.clock import today

NOON = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    with bodies.screens():
        yield furnish(ledger, "kasumi")


def text_of(data: bytes) -> str:
    """The words of a PDF in the order in which they were set, without the spaces between them."""
    return squeezed(judged("pdftotext", data, "-raw", "-enc", "UTF-8", "-", "-"))


def squeezed(text: str) -> str:
    return "".join(text.split())


def judged(program: str, data: bytes, *arguments: str) -> str:
    """What a program of poppler says of a PDF; of everything that it does not understand it complains."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here: make tools brings it")
    done = subprocess.run([program, *arguments], input=data, capture_output=True, check=True, timeout=60)
    assert done.stderr == b""
    return done.stdout.decode()


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
        assert squeezed(said) in text, said
    assert "betsu" not in text
    sheet = client_of(own.people["officer"]).get(f"/entrustments/{own.arguments['entrustment_id']}/sheet.pdf")
    text = text_of(sheet.content)
    for said in ("委託票", "kasumi 入力", "kasumi 再委託先", "届書の入力", "2099-03-31"):
        assert squeezed(said) in text, said
    assert "その5" not in text


@pytest.mark.usefixtures("template")
def test_register_when_it_is_empty_or_holds_signs_of_markup_then_it_is_printed_as_it_is() -> None:
    from azukari.fields.kinds import Field
    from azukari.web.custody.queries.printing import Counted, Printed
    from azukari.web.custody.register_paper import entrustment_pdf, register_pdf

    assert register_pdf([], "水底市", "en", NOON).startswith(b"%PDF")
    work = Printed(
        UUID(int=1), 2, "<b>入力 & 印刷</b>", "A<B", "JP", "performance", "p" * 400 + "\n" + "長" * 400, "", "", (),
        date(2026, 4, 1), date(2027, 3, 31), 7, (Field.parse("name/person"),), (), Counted(), Counted(),
    )  # fmt: skip
    assert squeezed("<b>入力 & 印刷</b>") in text_of(register_pdf([work] * 60, "水底市", "ja", NOON))
    assert "A<B" in text_of(entrustment_pdf([work, work], "水底市", "en", NOON))


def a_work(title: str, purpose: str) -> Any:
    from azukari.fields.kinds import Field
    from azukari.web.custody.queries.printing import Counted, Printed

    return Printed(
        UUID(int=1), 0, title, "甲", "JP", "performance", purpose, "", "", (), date(2026, 4, 1), date(2027, 3, 31), 7,
        (Field.parse("name/person"),), (), Counted(), Counted(),
    )  # fmt: skip


def a_certificate(safeguards: str) -> bytes:
    first, sub = (Stall(uuid4(), uuid4(), name, Identity.generate(), uuid4()) for name in ("青嵐", "白磯"))
    return certificate(first, sub, today(), uuid4(), safeguards=safeguards)


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("language", ["ja", "en"])
def test_papers_when_written_then_every_font_is_embedded_as_a_subset_with_its_letters(language: Any) -> None:
    from azukari.web.custody.register_paper import entrustment_pdf, register_pdf
    from azukari.web.papers.certificate import certificate_pdf

    many = "".join(map(chr, range(0x4E00, 0x4E00 + 700)))  # more than one subset holds
    works = [a_work(many, "入力"), a_work("入力", "𠮟る")]
    papers = [
        register_pdf(works, "水底市", language, NOON),
        entrustment_pdf(works, "水底市", language, NOON),
        certificate_pdf(a_certificate("施錠"), language),
    ]
    for data in papers:
        fonts = [line.split() for line in judged("pdffonts", data, "-").splitlines()[2:]]
        assert fonts and all("+NotoSansJP" in one[0] and one[-5:-2] == ["yes"] * 3 for one in fonts), fonts
        assert len(data) < 400_000
    assert register_pdf(works, "水底市", language, NOON) == papers[0], "equal records, equal bytes"


# Letters that names in registers have and common fonts lack: of JIS X 0213, of the companies' sets, beyond U+FFFF.
RARE = "髙﨑德彅瀨神祥都葛𠮷𠮟𡈽𩸽𠀋㈱①Ⅲ〆々ヶゔヷ—〜－﹘ｱｶﾞé"


@pytest.mark.usefixtures("template")
def test_papers_when_letters_are_rare_then_they_are_read_back_and_nothing_is_told() -> None:
    from azukari.web.custody.register_paper import entrustment_pdf
    from azukari.web.papers.certificate import certificate_pdf
    from azukari.web.papers.lettering import legible

    shown = "".join(letter for letter in RARE if legible(letter) == letter)
    assert set(RARE) - set(shown) <= {"﹘"}, "a dash of no Japanese set"
    for data in (
        entrustment_pdf([a_work(shown, "入力")], "水底市", "ja", NOON),
        certificate_pdf(a_certificate(shown), "ja"),
    ):
        assert shown in text_of(data) and "〓" not in text_of(data)


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(("text", "shown", "told"), [
    ("外\ue000字", "外〓字", "〓は、この書面の書体にない文字です（1字）"),
    ("\U0002b740と\U00030000", "〓と〓", "〓は、この書面の書体にない文字です（2字）"),
    ("渡\U000e0101邉", "渡邉", "字形の指定がある文字（1字）を、標準の字形で"),
    ("零\u200b幅", "零〓幅", "（1字）"),
    ("下駄〓", "下駄〓", ""),
    ("甲\t乙\u2028丙\r\n丁", "甲乙丙丁", ""),
])  # fmt: skip
def test_papers_when_the_font_lacks_a_letter_then_it_is_visible_and_told(text: str, shown: str, told: str) -> None:
    from azukari.web.custody.register_paper import entrustment_pdf, register_pdf
    from azukari.web.papers.certificate import certificate_pdf

    works = [a_work(text, "入力")]
    papers = [entrustment_pdf(works, "水底市", "ja", NOON), register_pdf(works, "水底市", "ja", NOON)]
    if text.isprintable() or told:  # what a certificate may hold
        papers.append(certificate_pdf(a_certificate(text), "ja"))
    for data in papers:
        words = text_of(data)
        assert shown in words
        assert told in words and ("書体にない" in words or "標準の字形" in words) is bool(told)


@settings(max_examples=30)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_letters_when_any_text_then_each_is_itself_a_space_a_line_or_missing(text: str) -> None:
    from azukari.web.papers.lettering import MISSING, Lettering, legible

    letters = Lettering("ja")
    letters.paragraph(text, 9, 14)
    kept = [letter for letter in text if not ("\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef")]
    out = legible(text)
    assert len(out) == len(kept) and letters.varied == len(text) - len(kept)
    other = [(was, now) for was, now in zip(kept, out, strict=True) if was != now]
    assert all(now == (" " if was.isspace() else MISSING) for was, now in other)
    assert letters.missing == sum(now == MISSING for _, now in other)
    assert bool(letters.told()) is bool(letters.missing or letters.varied)


@pytest.mark.usefixtures("template")
def test_papers_when_many_are_asked_for_at_once_then_each_is_what_it_is_alone() -> None:
    """The screens answer in threads, and a font reads its file from one place at a time."""
    from concurrent.futures import ThreadPoolExecutor

    from azukari.web.custody.register_paper import register_pdf

    asked = [[a_work("".join(map(chr, range(0x4E00 + n * 300, 0x4E00 + n * 300 + 200))), "入力")] for n in range(6)]
    alone = [register_pdf(works, "水底市", "ja", NOON) for works in asked]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda works: register_pdf(works, "水底市", "ja", NOON), asked * 2)) == alone * 2


def test_papers_when_the_font_is_not_there_then_not_found_says_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from azukari.errors import NotFoundError
    from azukari.web.papers import lettering

    monkeypatch.setattr(lettering, "FILE", lettering.FILE.with_name("none.ttf"))
    lettering._font.cache_clear()
    try:
        with pytest.raises(NotFoundError) as caught:
            lettering.legible("水")
        assert "none.ttf" in str(caught.value)
    finally:
        lettering._font.cache_clear()


@pytest.mark.usefixtures("template")
def test_papers_when_a_text_is_longer_than_a_page_then_all_of_it_is_printed() -> None:
    """As long as a form lets it be: one such purpose must not keep the whole register from being printed."""
    from azukari.fields.kinds import Field
    from azukari.web.custody.queries.printing import Counted, Printed
    from azukari.web.custody.register_paper import entrustment_pdf, register_pdf
    from azukari.web.papers.certificate import certificate_pdf

    work = Printed(
        UUID(int=1), 0, "入力", "甲", "JP", "performance", "長" * 2_000, "法" * 500, "", (), date(2026, 4, 1),
        date(2027, 3, 31), 7, (Field.parse("name/person"),), (), Counted(), Counted(),
    )  # fmt: skip
    assert text_of(register_pdf([work, work], "水底市", "ja", NOON)).count("長") == 4_000
    assert text_of(entrustment_pdf([work, work], "水底市", "ja", NOON)).count("長") == 4_000
    first, sub = (Stall(uuid4(), uuid4(), name, Identity.generate(), uuid4()) for name in ("青嵐", "白磯"))
    data = certificate(first, sub, today(), uuid4(), safeguards="錠" * 2_000)
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

    from azukari.web.custody.actions import document
    from azukari.web.custody.models import Entrustment, Permission

    other = furnish(ledger, "betsu", bodies.another_body(ledger))
    today = clock.today()
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
