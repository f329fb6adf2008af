"""What a firm got that is no table: it sees it outside, signs for it with its own key, and hears what became of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.web.conftest import AT, BY
from tests.web.stalls import Stall, a_body, consigned, consignment_proof, outside, pair, shelve_consignment

from azukari.errors import (
    AzukariError,
    CommitmentError,
    ForeignCrossingError,
    ForeignReceiptError,
    FormatError,
    LimitError,
    NotFoundError,
    SignatureError,
    StateError,
)
from azukari.seal.consignment import Unit, sign_receipt
from azukari.seal.consignment_proof import verify_consignment_proof
from azukari.seal.identity import Identity
from azukari.seal.items import AnswerItem
from azukari.stores.clock import now

DAY = date(2026, 4, 2)


@pytest.fixture
def two(sqlite_office: Path) -> Iterator[tuple[Stall, Stall]]:
    """A firm and its sub-contractor."""
    with outside():
        yield pair(a_body("霞ヶ浜年金機構"), "aoi", sqlite_office)


def page(client: Any, path: str, language: str = "ja") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def sent(client: Any, stall: Stall, note: bytes) -> Any:
    return client.post(f"/consigned/{stall.consignment}/receipt", {"receipt": SimpleUploadedFile("x", note)})


def signed(stall: Stall, day: date = DAY) -> bytes:
    return sign_receipt(consigned(stall).encode(), stall.identity, day)


def row(stall: Stall) -> Any:
    from azukari.web.counter.queries.consigned import consignment

    return consignment(stall.firm, stall.consignment)


def answer(stall: Stall, outcome: str, word: str = "") -> None:
    """The inside says what became of the newest submission."""
    from azukari.web.counter import queries
    from azukari.web.counter.actions import shelving

    made = queries.sent(stall.firm)[0]
    item = AnswerItem(made.id.hex, outcome, word, "", "", "", "")
    shelving.answer(body_id=stall.body, item=item, by=BY, at=now())


def test_pages_when_a_box_came_then_they_say_what_and_the_files_are_those_that_came(two: tuple[Stall, Stall]) -> None:
    first, sub = two
    client, path = first.client(), f"/consigned/{first.consignment}"
    assert "受け取った現物の受領書に署名してください" in page(client, "/")
    assert "署名を待っています" in page(client, "/consigned") and path in page(client, f"/works/{first.work}")
    shown = page(client, path)
    assert "紙: 3 箱" in shown and "40" in shown and f"azukari consign sign {first.consignment.hex}.azc" in shown
    assert "3 boxes" in page(client, path, "en")
    assert client.get(f"{path}/slip").content == consigned(first).encode()
    found = verify_consignment_proof(client.get(f"{path}/proof").content, party_vkey=first.identity.vkey)
    assert found.opened == {"people": "40", "units": "3"}
    assert client.get(f"/consigned/{sub.consignment}").status_code == 404
    assert str(sub.consignment) not in page(client, "/consigned")


def test_receipt_when_signed_and_sent_then_it_waits_and_the_answer_of_the_inside_shows(
    two: tuple[Stall, Stall],
) -> None:
    from azukari.web.counter import queries

    first, _ = two
    client, path = first.client(), f"/consigned/{first.consignment}"
    made = sent(client, first, signed(first))
    assert made.status_code == 302 and path in page(client, made.headers["Location"])
    assert "受領書を送りました" in page(client, path) and "署名してください" not in page(client, "/")
    assert [one.data for one in queries.outgoing(first.body) if one.kind == "receipt"] == [signed(first)]
    again = sent(client, first, signed(first, date(2026, 4, 3)))
    assert again.status_code == 400 and StateError.ja in again.content.decode()
    answer(first, "refused", "foreign-receipt")
    assert "受領書が受理されませんでした" in page(client, "/") and "受理されませんでした" in page(client, path)
    assert ForeignReceiptError.ja in page(client, made.headers["Location"])
    assert sent(client, first, signed(first, date(2026, 4, 3))).status_code == 302, "another may follow a refused one"
    answer(first, "accepted")
    assert "受領書は受理されました" in page(client, path) and row(first).receipt == "accepted"
    assert queries.shelved(first.firm, first.package).receipt == "", "the package is another thing"


def bad(first: Stall, sub: Stall) -> dict[str, tuple[bytes, type[AzukariError]]]:
    good = signed(first)
    other = consigned(first, day="2026-04-02").encode()
    return {
        "of another firm": (signed(sub), ForeignReceiptError),
        "for another entry": (sign_receipt(other, first.identity, DAY), ForeignReceiptError),
        "with more people": (good.replace(b'"people":40', b'"people":41'), ForeignReceiptError),
        "of another day": (good.replace(b"2026-04-02", b"2026-04-03"), SignatureError),
        "signed by another": (good.partition(b"\n\n")[0] + b"\n\n" + signed(sub).partition(b"\n\n")[2], SignatureError),
        "of a package": (first.receipt(), FormatError),
        "cut": (good[:-10], FormatError),
        "a slip": (other, FormatError),
        "no text": (bytes(range(256)), FormatError),
        "too large": (b"x" * 70_000, LimitError),
    }


def test_receipt_when_it_does_not_hold_then_refused_in_words_and_nothing_is_kept(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter import queries

    first, sub = two
    client = first.client()
    for why, (note, error) in bad(first, sub).items():
        refused = sent(client, first, note)
        assert refused.status_code == 400 and error.ja in refused.content.decode(), why
    assert sent(client, sub, signed(sub)).status_code == 404
    assert row(first).receipt == "" and [one.kind for one in queries.sent(first.firm)] == ["ask"]
    package = client.post(f"/packages/{first.package}/receipt", {"receipt": SimpleUploadedFile("x", signed(first))})
    assert package.status_code == 400, "nor does it stand for a package"


def test_consignment_when_called_void_then_nobody_signs_for_it_and_it_never_comes_back(
    two: tuple[Stall, Stall],
) -> None:
    first, _ = two
    client = first.client()
    shelve_consignment(first, consignment_proof(consigned(first), void=True))
    shelve_consignment(first)  # the older proof, once more
    assert row(first).voided_on == date(2026, 4, 9)
    assert "委託元が取り消しました" in page(client, f"/consigned/{first.consignment}")
    assert "署名してください" not in page(client, "/")
    refused = sent(client, first, signed(first))
    assert refused.status_code == 400 and StateError.ja in refused.content.decode()


def test_consignment_when_signed_for_by_hand_inside_then_nothing_is_asked_any_more(two: tuple[Stall, Stall]) -> None:
    first, _ = two
    shelve_consignment(first, consignment_proof(consigned(first), receipt=signed(first)))
    shelve_consignment(first)
    assert row(first).receipt == "accepted" and not row(first).wants_receipt
    assert sent(first.client(), first, signed(first)).status_code == 400


def test_consignment_when_the_entry_names_no_key_then_paper_is_what_signs(two: tuple[Stall, Stall]) -> None:
    first, _ = two
    stall = replace(first, consignment=uuid4())
    shelve_consignment(stall, consignment_proof(consigned(stall, recipient="")))
    client = first.client()
    shown = page(client, f"/consigned/{stall.consignment}")
    assert "署名は紙の受領書でします" in shown and "/receipt" not in shown
    assert str(stall.consignment) not in page(client, "/")
    note = sign_receipt(consigned(stall).encode(), stall.identity, DAY)
    assert sent(client, stall, note).status_code == 400


def test_proof_when_it_is_anothers_or_does_not_hold_then_nothing_is_put_up(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter.models import Consigned

    first, sub = two
    other_body = replace(first, body=a_body("別の市"))
    good = consignment_proof(consigned(first))
    new = replace(first, consignment=uuid4())
    cases: list[tuple[Stall, bytes, type[AzukariError]]] = [
        (other_body, good, ForeignCrossingError),
        (new, good, ForeignCrossingError),
        (first, consignment_proof(consigned(first, unit=Unit.BUNDLE)), StateError),
        (new, consignment_proof(consigned(new, party=uuid4().hex)), ForeignCrossingError),
        (new, consignment_proof(consigned(new, entrustment=sub.work.hex)), ForeignCrossingError),
        (new, consignment_proof(consigned(new), shown=("people",)), FormatError),
        (first, good.replace(b'"value":"3"', b'"value":"4"'), CommitmentError),
        (first, good[:-1], FormatError),
        (first, b"", FormatError),
    ]
    before = list(Consigned.objects.order_by("id").values())
    for stall, data, error in cases:
        with pytest.raises(error):
            shelve_consignment(stall, data)
    assert list(Consigned.objects.order_by("id").values()) == before
    with pytest.raises(NotFoundError):
        row(replace(first, consignment=uuid4()))


def test_receipt_when_two_send_it_at_once_then_one_is_kept(two: tuple[Stall, Stall]) -> None:
    from azukari.web.counter.actions import sending

    first, _ = two
    assert first.person is not None
    for number, note in enumerate((signed(first), signed(first), signed(first, date(2026, 4, 5)))):
        if number == 0:
            sending.sign_for(firm_id=first.firm, note=note, by=first.person, at=AT)
            continue
        with pytest.raises(StateError):
            sending.sign_for(firm_id=first.firm, note=note, by=first.person, at=AT)
    with pytest.raises(ForeignReceiptError):
        stranger = replace(first, identity=Identity.generate())
        entry = consigned(stranger, consignment=uuid4().hex)
        note = sign_receipt(entry.encode(), stranger.identity, DAY)
        sending.sign_for(firm_id=first.firm, note=note, by=first.person, at=AT)
