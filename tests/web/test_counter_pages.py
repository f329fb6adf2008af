"""What a contractor sees and sends: packages, receipts, asks, certificates, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.conftest import AT, BY
from tests.web.stalls import FIRST, LAST, OVERSIGHT, Stall, a_body, asking, outside, pair, shelve_certificate

from azukari.errors import (
    ForeignReceiptError,
    FormatError,
    LimitError,
    NotPermittedError,
    SignatureError,
    StateError,
)
from azukari.seal.certificate import verify_certificate
from azukari.seal.identity import Identity, encode_card
from azukari.seal.items import AnswerItem, Ask
from azukari.seal.receipt import MAX_RECEIPT, make_receipt
from azukari.stores.clock import now, today


@pytest.fixture
def two(sqlite_office: Path) -> Iterator[tuple[Stall, Stall]]:
    """A firm and its sub-contractor."""
    with outside():
        yield pair(a_body("霞ヶ浜年金機構"), "aoi", sqlite_office)


def file(data: bytes, name: str = "upload") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def page(client: Any, path: str, language: str = "ja") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def answered(stall: Stall, **changes: str) -> None:
    """The inside says what became of the ask of this firm."""
    from azukari.web.counter.actions import shelving

    given = {"outcome": "accepted", "word": "", "detail": "", "permission": "", "decision": "", "reason": ""} | changes
    item = AnswerItem(id=stall.arguments["sent_id"].hex, **given)
    shelving.answer(body_id=stall.body, item=item, by=BY, at=now())


# ---- Packages and receipts ----------------------------------------------------------------------------------------


def test_package_when_fetched_then_its_bytes_are_those_of_the_shelf_and_only_the_first_time_is_noted(
    two: tuple[Stall, Stall], sqlite_office: Path
) -> None:
    from azukari.web.counter import queries

    first, _ = two
    client, path = first.client(), f"/packages/{first.package}/package"
    client.head(path).close()
    assert queries.shelved(first.firm, first.package).fetched_at is None, "a look at the head is no fetching"
    answer = client.get(path)
    data = b"".join(answer.streaming_content)
    assert data == (sqlite_office / "packages" / f"{first.package}.azk").read_bytes()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{first.package.hex}.azk"'
    noted = queries.shelved(first.firm, first.package).fetched_at
    assert noted is not None
    b"".join(client.get(path).streaming_content)
    assert queries.shelved(first.firm, first.package).fetched_at == noted


def test_package_when_its_file_is_gone_then_one_sentence_and_nothing_noted(
    two: tuple[Stall, Stall], sqlite_office: Path
) -> None:
    from azukari.web.counter import queries

    first, _ = two
    (sqlite_office / "packages" / f"{first.package}.azk").unlink()
    assert first.client().get(f"/packages/{first.package}/package").status_code == 503
    assert queries.shelved(first.firm, first.package).fetched_at is None


def test_receipt_when_sent_then_it_waits_for_a_crossing_and_the_same_again_is_refused(
    two: tuple[Stall, Stall],
) -> None:
    from azukari.web.counter import queries

    first, _ = two
    client, path = first.client(), f"/packages/{first.package}"
    assert "受領書のファイル" in page(client, path)
    answer = client.post(f"{path}/receipt", {"receipt": file(first.receipt())})
    assert answer.status_code == 302
    assert "次の便を待っています" in page(client, answer.headers["Location"])
    assert "受領書のファイル" not in page(client, path), "there is nothing more to send"
    again = client.post(f"{path}/receipt", {"receipt": file(first.receipt())})
    assert again.status_code == 400 and StateError.ja in again.content.decode()
    assert [one.data for one in queries.outgoing(first.body) if one.kind == "receipt"] == [first.receipt()]


def bad_receipts(first: Stall, sub: Stall) -> dict[str, tuple[bytes, type[Exception]]]:
    """What may be sent as a receipt and is none of this package: word by word its refusal."""
    assert first.entry is not None
    good, entry = first.receipt(), first.entry
    forged = Identity.generate()
    text, _, _ = good.partition(b"\n\n")
    stranger = make_receipt(entry, entry.encode(), 20, first.identity, date(2026, 4, 2))
    return {
        "of another package": (sub.receipt(), ForeignReceiptError),
        "of the oversight key": (
            make_receipt(entry, entry.encode(), 20, OVERSIGHT, date(2026, 4, 2)),
            ForeignReceiptError,
        ),
        "signed by nobody": (text + b"\n\n", FormatError),
        "with another's signature": (text + b"\n\n" + sub.receipt().partition(b"\n\n")[2], SignatureError),
        "changed by one byte": (good.replace(b'"day":"2026-04-02"', b'"day":"2026-04-03"'), SignatureError),
        "with fewer rows": (good.replace(b'"rows":20', b'"rows":19'), ForeignReceiptError),
        "cut": (stranger[:-20], FormatError),
        "empty": (b"", FormatError),
        "a card": (encode_card(forged), FormatError),
        "no text": (bytes(range(256)), FormatError),
        "too large": (b"x" * (MAX_RECEIPT + 1), LimitError),
        "much too large": (b"x" * (2 << 20), LimitError),
    }


def test_receipt_when_it_does_not_hold_then_refused_in_words_and_nothing_is_kept(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter import queries

    first, sub = two
    client = first.client()
    for why, (note, error) in bad_receipts(first, sub).items():
        for language in ("ja", "en"):
            given = {"receipt": file(note)}
            answer = client.post(f"/packages/{first.package}/receipt", given, headers={"Accept-Language": language})
            said = answer.content.decode()
            assert answer.status_code == 400, why
            if note:
                assert getattr(error, language) in said.replace("&#x27;", "'"), (why, language)
    assert [one.kind for one in queries.sent(first.firm)] == ["ask"]
    assert queries.shelved(first.firm, first.package).receipt == ""


def test_receipt_when_the_inside_refused_it_then_the_page_says_why_and_it_can_be_sent_again(
    two: tuple[Stall, Stall],
) -> None:
    from azukari.web.counter import queries
    from azukari.web.counter.actions import shelving

    first, _ = two
    client = first.client()
    client.post(f"/packages/{first.package}/receipt", {"receipt": file(first.receipt())})
    sent = next(one for one in queries.sent(first.firm) if one.kind == "receipt")
    item = AnswerItem(sent.id.hex, "refused", "foreign-receipt", "", "", "", "")
    shelving.answer(body_id=first.body, item=item, by=BY, at=now())
    assert ForeignReceiptError.ja in page(client, f"/sent/{sent.id}")
    assert ForeignReceiptError.en in page(client, f"/sent/{sent.id}", "en")
    assert "受領書が受理されませんでした" in page(client, "/")
    later = client.post(f"/packages/{first.package}/receipt", {"receipt": file(first.receipt(date(2026, 4, 3)))})
    assert later.status_code == 302


def test_package_when_the_opener_page_was_built_then_it_is_offered_and_else_the_command_alone(
    two: tuple[Stall, Stall], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.staticfiles import finders

    first, _ = two
    for found in ("/somewhere/opener.html", None):
        monkeypatch.setattr(finders, "find", lambda path, found=found: found)
        shown = page(first.client(), f"/packages/{first.package}")
        assert ('href="/static/azukari/opener.html" download="opener.html"' in shown) is bool(found)
        assert f"azukari open {first.package.hex}.azk" in shown


# ---- What waits ---------------------------------------------------------------------------------------------------


def test_home_when_things_move_on_then_it_says_what_to_do_next(two: tuple[Stall, Stall]) -> None:
    first, sub = two
    client = first.client()
    assert "包みを受け取ってください" in page(client, "/") and "許諾の決定を待っています" in page(client, "/")
    client.get(f"/packages/{first.package}/package").close()
    assert "受領書を送ってください" in page(client, "/") and "包みを受け取ってください" not in page(client, "/")
    client.post(f"/packages/{first.package}/receipt", {"receipt": file(first.receipt())})
    assert "受領書を送ってください" not in page(client, "/")
    answered(first, outcome="refused", word="not-permitted", detail="outside the period")
    assert "申請が受理されませんでした" in page(client, "/") and NotPermittedError.ja in page(client, "/")
    assert "What was asked was refused" in page(client, "/", "en")
    answered(first, decision="refused", reason="体制が足りません")
    assert "許諾されませんでした" in page(client, "/") and "体制が足りません" in page(client, "/")
    answered(first, decision="granted")
    assert "許諾" not in page(client, "/").partition("<h2>")[2]
    assert first.permission is not None
    shelve_certificate(first, sub, today(), first.permission, revoked=True)
    assert "許諾が取り消されました" in page(client, "/")


def test_home_when_a_certificate_grows_old_then_a_fresh_one_is_asked_for(sqlite_office: Path) -> None:
    with outside():
        first, sub = pair(a_body("霞ヶ浜年金機構"), "aoi", sqlite_office, day=today() - timedelta(days=32))
        for one in (first, sub):
            client = one.client()
            assert "許諾書が古くなりました" in page(client, "/")
            shown = page(client, f"/certificates/{first.permission}")
            assert "新しい許諾書は" in shown and "PDF" not in shown
            assert client.get(f"/certificates/{first.permission}/paper").status_code == 400
        assert first.permission is not None
        shelve_certificate(first, sub, today(), first.permission)
        assert "許諾書が古くなりました" not in page(sub.client(), "/")


def test_lists_when_long_then_fifty_to_a_page_and_nothing_is_lost_or_shown_twice(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter.actions import sending

    first, _ = two
    assert first.person is not None
    for number in range(70):
        ask = asking(people=number + 1)
        sending.send_ask(firm_id=first.firm, work_id=first.work, ask=ask, by=first.person, at=AT + timedelta(number))
    client, seen = first.client(), []
    for number in (1, 2, 3):
        shown = page(client, f"/sent?page={number}")
        seen.append(set(re.findall(r"/sent/([0-9a-f-]{36})", shown)))
        assert ("次へ" in shown) is (number == 1)
    assert [len(one) for one in seen] == [50, 21, 0] and not seen[0] & seen[1]
    for wrong in ("0", "-1", "x", "", "１", "9" * 400, "1e9", "2.0"):
        assert len(set(re.findall(r"/sent/[0-9a-f-]{36}", page(client, f"/sent?page={wrong}")))) == 50, wrong


# ---- Certificates -------------------------------------------------------------------------------------------------


def test_certificate_when_saved_then_it_verifies_offline_for_the_sub_and_the_paper_is_a_page(
    two: tuple[Stall, Stall],
) -> None:
    first, sub = two
    path = f"/certificates/{sub.permission}"
    for one in two:
        client = one.client()
        assert "現在で有効な許諾です" in page(client, path)
        assert "In force as of" in page(client, path, "en")
        data = client.get(f"{path}/file")
        assert data.headers["Content-Disposition"].endswith('.azp"')
        known = verify_certificate(data.content, today=today(), party_vkey=sub.identity.vkey)
        assert (known.asker_name, known.party_name) == (first.name, sub.name)
        assert client.get(f"{path}/paper").content.startswith(b"%PDF")


def test_certificate_when_another_body_names_the_firm_in_one_of_its_own_then_the_firm_sees_nothing_of_it(
    two: tuple[Stall, Stall],
) -> None:
    first, sub = two
    foreign = replace(first, body=a_body("別の市"))
    shelve_certificate(foreign, sub, today(), strange := uuid4(), revoked=True)
    for one in two:
        client = one.client()
        assert str(strange) not in page(client, "/certificates") + page(client, "/") + page(
            client, f"/works/{one.work}"
        )
        assert client.get(f"/certificates/{strange}").status_code == 404


def test_certificate_when_revoked_then_the_page_and_the_file_say_so_and_there_is_no_paper(
    two: tuple[Stall, Stall],
) -> None:
    from azukari.errors import RevokedError

    first, sub = two
    assert first.permission is not None
    shelve_certificate(first, sub, today(), first.permission, revoked=True)
    client, path = sub.client(), f"/certificates/{sub.permission}"
    assert RevokedError.ja in page(client, path) and RevokedError.en in page(client, path, "en")
    with pytest.raises(RevokedError):
        verify_certificate(client.get(f"{path}/file").content, today=today())
    assert client.get(f"{path}/paper").status_code == 400
    assert "取消し" in page(client, "/certificates")


# ---- Asking -------------------------------------------------------------------------------------------------------


def form(**changes: Any) -> dict[str, Any]:
    given = {
        "name": "白磯入力",
        "card": file(encode_card(Identity.generate())),
        "country": "jp",
        "fields_asked": ["name/person"],
        "people": "300",
        "starts_on": FIRST.isoformat(),
        "ends_on": (FIRST + timedelta(days=90)).isoformat(),
        "safeguards": "施錠\r\n記録",
    } | changes
    return {name: value for name, value in given.items() if value is not None}


def test_ask_when_filled_in_then_it_waits_with_exactly_what_was_said(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter import queries

    first, _ = two
    client = first.client()
    answer = client.post(f"/works/{first.work}/ask", form())
    assert answer.status_code == 302, answer.content.decode()
    shown = page(client, answer.headers["Location"])
    assert "白磯入力" in shown and "次の便を待っています" in shown
    sent = queries.submission(first.firm, answer.headers["Location"].rpartition("/")[2])  # type: ignore[arg-type]
    asked = Ask.parse(sent.data)
    assert (asked.country, asked.fields, asked.people, asked.safeguards) == ("JP", ("name/person",), 300, "施錠\n記録")
    assert sent.sent_by == first.person and "申請" in page(client, f"/works/{first.work}")


def test_ask_when_something_is_wrong_then_the_form_says_so_and_nothing_waits(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter import queries

    first, _ = two
    client = first.client()
    wrong: list[dict[str, Any]] = [
        {"name": ""},
        {"name": "a\x00b"},
        {"card": None},
        {"card": file(b"")},
        {"card": file(b"no card")},
        {"card": file(b"x" * 20_000)},
        {"card": file(b"x" * (3 << 20))},
        {"card": file(encode_card(first.identity))},
        {"country": "日本"},
        {"country": "JPN"},
        {"fields_asked": []},
        {"fields_asked": ["amount/person"]},
        {"fields_asked": ["individual_number/person"]},
        {"fields_asked": ["nothing"]},
        {"people": "0"},
        {"people": "many"},
        {"people": str(10**12)},
        {"starts_on": "2026-02-30"},
        {"starts_on": "2020-01-01"},
        {"ends_on": "2026-03-31"},
        {"ends_on": (LAST + timedelta(days=1)).isoformat()},
        {"safeguards": " "},
        {"safeguards": "x" * 2_001},
    ]
    for change in wrong:
        answer = client.post(f"/works/{first.work}/ask", form(**change))
        assert answer.status_code == 400, change
        assert 'class="error"' in answer.content.decode() or 'class="message error"' in answer.content.decode(), change
    assert [one.id for one in queries.sent(first.firm)] == [first.arguments["sent_id"]]


def test_pages_when_shown_then_both_languages_have_every_word(two: tuple[Stall, Stall]) -> None:
    first, _ = two
    client = first.client()
    paths = ["/", "/works", f"/works/{first.work}", f"/works/{first.work}/ask", "/packages"]
    paths += [f"/packages/{first.package}", "/certificates", f"/certificates/{first.permission}"]
    paths += ["/sent", f"/sent/{first.arguments['sent_id']}", "/account/tokens", "/account"]
    for path in paths:
        ja, en = page(client, path), page(client, path, "en")
        assert ja != en and '<html lang="ja">' in ja and '<html lang="en">' in en, path
