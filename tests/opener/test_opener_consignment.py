"""Slips through the page: it reads what azukari reads, refuses what azukari refuses, and signs the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.opener.desk import DAY, Desk, built, opened
from tests.vectors.test_consignment_vectors import CASES, read

from azukari.errors import AzukariError
from azukari.seal.consignment import MAX_ENTRY, ConsignmentEntry, sign_receipt, verify_receipt
from azukari.testing.cast import KEYING
from azukari.testing.sealed import fixed_identity

PARTY, STRANGER = fixed_identity(KEYING.slug), fixed_identity("wakaba")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(built(tmp_path_factory.mktemp("opener"))) as one:
        yield one


def slips() -> list[bytes]:
    """Every entry of the vectors, good and bad, each once."""
    found = set[bytes]()
    for path in CASES:
        try:
            found.add(json.loads(read(path)["proof"])["entry"].encode())
        except (ValueError, TypeError, KeyError):
            continue
    return sorted(found)


def verdict(data: bytes) -> str:
    try:
        ConsignmentEntry.parse(data)
    except AzukariError as error:
        return error.word
    return "success"


def test_slip_when_any_vector_holds_it_then_page_and_azukari_give_the_same_verdict(desk: Desk) -> None:
    given = [*slips(), b"", b"{}", b"x" * (MAX_ENTRY + 1), slips()[0] + b" ", b"[" * 5_000]
    ours = [verdict(data) for data in given]
    assert ours == [desk.word("slip", slip=data) for data in given]
    assert ours.count("success") >= 8 and ours.count("format") >= 20


def test_receipt_when_the_page_signs_then_byte_for_byte_that_of_azukari(desk: Desk) -> None:
    signed = 0
    for data in slips():
        if verdict(data) != "success" or ConsignmentEntry.parse(data).recipient != PARTY.vkey:
            assert desk.word("sign", slip=data, key=PARTY.file_text(), day=DAY) in ("format", "foreign-receipt")
            continue
        note = desk.done("sign", slip=data, key=PARTY.file_text(), day=DAY)["receipt"]
        assert note == sign_receipt(data, PARTY, date.fromisoformat(DAY)) and verify_receipt(note, data) == DAY
        assert desk.word("sign", slip=data, key=STRANGER.file_text(), day=DAY) == "foreign-receipt"
        signed += 1
    assert signed >= 6


def test_clerk_when_a_slip_is_chosen_then_it_is_shown_before_it_is_signed(desk: Desk, tmp_path: Path) -> None:
    data = json.loads(read(CASES[0].with_name("whole.json"))["proof"])["entry"].encode()
    (tmp_path / "box.azc").write_bytes(data)
    (tmp_path / "party.key").write_text(PARTY.file_text())
    page = desk.page
    page.locator("#signing > summary").click()
    page.set_input_files("#slip", tmp_path / "party.key")
    expect(page.locator("#sign-said")).to_contain_text("[format]")
    page.set_input_files("#slip", tmp_path / "box.azc")
    expect(page.locator("#slip-facts")).to_contain_text("紙: 箱 <10")
    expect(page.locator("#slip-facts")).to_contain_text("生年月日、フリガナ、氏名")
    page.click("#make-receipt")
    expect(page.locator("#sign-said")).to_contain_text("鍵を選んでください")
    page.set_input_files("#sign-key", tmp_path / "party.key")
    with page.expect_download() as download:
        page.click("#make-receipt")
    assert download.value.suggested_filename == "box.azc.receipt"
    download.value.save_as(tmp_path / "box.azc.receipt")
    verify_receipt((tmp_path / "box.azc.receipt").read_bytes(), data)
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate(width) <= 0
