"""Small tables sealed by azukari, opened by the page and by azukari: same rows, same files, same receipt; and the same keys."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.opener.desk import DAY, Desk, built, opened

from azukari.errors import AzukariError
from azukari.fields.kinds import Field, Kind
from azukari.seal.identity import (
    Identity,
    answer_challenge,
    card_of,
    encode_card,
    make_challenge,
    parse_card,
    verify_answer,
)
from azukari.seal.package import open_package
from azukari.seal.receipt import Grade, make_receipt, verify_receipt
from azukari.tables import read_table, write_table
from azukari.tables.write import formula_warnings
from azukari.testing import COLUMNS, fictitious_people
from azukari.testing.sealed import OVERSIGHT, SealedCopy, fixed_bytes, fixed_identity, fixed_log, seal_copy

PARTY = "seiran"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with opened(built(tmp_path_factory.mktemp("opener"))) as one:
        yield one


def assert_agree(desk: Desk, copy: SealedCopy, folder: Path, identity: Identity | None = None) -> None:
    """Facts, receipt, CSV and XLSX of the page are those of azukari."""
    reader = identity or copy.identity
    package = copy.package()
    ours = open_package(io.BytesIO(package), reader)
    theirs = desk.open(package, reader.secret)
    facts = (theirs["headers"], theirs["rows"], theirs["party"], theirs["purpose"], theirs["ledger"]["vkey"])
    contents = ours.contents
    assert facts == (list(contents.headers), contents.rows, contents.party, contents.purpose, ours.package.vkey)
    made = make_receipt(copy.entry, copy.entry_bytes, contents.rows, reader, date.fromisoformat(DAY))
    assert theirs["receipt"] == made
    table = desk.done("write", kind="csv")
    write_table(ours.table, folder / "ours.csv", overwrite=True)
    assert table["blob"] == (folder / "ours.csv").read_bytes()
    told = [{"column": one.column, "count": one.count} for one in formula_warnings(ours.table)]
    assert table["warnings"] == told
    write_table(ours.table, folder / "ours.xlsx", overwrite=True)
    assert parts(desk.done("write", kind="xlsx")["blob"]) == parts((folder / "ours.xlsx").read_bytes())


def parts(workbook: bytes) -> dict[str, bytes]:
    """Name -> content of each file in a workbook, checksums verified."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


SIGNS = st.sampled_from(
    [*"\",\n\r\t =+-@＝＋－＠'_<>&;0１- 　番丁目号室", "\ufeff", "𠮷", "\x0b", "_x000D_", "https://", "葛\U000e0100"]
)
CELLS = st.lists(SIGNS, max_size=8).map("".join) | st.integers(0, 140).map(
    lambda size: "あ" * (size // 3) + "x" * (size % 3)
)
KINDS = st.sampled_from([kind for kind in Kind if kind not in (Kind.REFERENCE, Kind.LOCAL_ID)])


@st.composite
def tables(draw: st.DrawFn) -> tuple[pl.DataFrame, dict[str, Field]]:
    kinds = draw(st.lists(KINDS, min_size=1, max_size=5))
    rows = draw(st.integers(1, 12))
    names = draw(st.lists(CELLS.filter(bool), min_size=len(kinds), max_size=len(kinds), unique=True))
    cells = {name: draw(st.lists(CELLS, min_size=rows, max_size=rows)) for name in names}
    return pl.DataFrame(cells), {name: Field(kind) for name, kind in zip(names, kinds, strict=True)}


@given(made=tables())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_package_when_any_small_table_was_sealed_then_page_and_azukari_give_the_same_files(
    desk: Desk, tmp_path: Path, made: tuple[pl.DataFrame, dict[str, Field]]
) -> None:
    assert_agree(desk, seal_copy(*made, PARTY, canaries=0), tmp_path)


def test_package_when_people_were_sealed_then_the_workbook_reads_back_and_the_oversight_key_opens(
    desk: Desk, tmp_path: Path
) -> None:
    headers = ("氏名", "フリガナ", "電話番号", "住所", "年金額")
    copy = seal_copy(fictitious_people(300, 5), {header: COLUMNS[header] for header in headers}, PARTY)
    assert_agree(desk, copy, tmp_path, fixed_identity(OVERSIGHT))
    assert_agree(desk, copy, tmp_path)
    (tmp_path / "page.xlsx").write_bytes(desk.done("write", kind="xlsx")["blob"])
    assert read_table(tmp_path / "page.xlsx").frame.equals(copy.table)


def test_package_when_cells_have_every_length_then_every_padding_of_the_digest_is_right(
    desk: Desk, tmp_path: Path
) -> None:
    cells = pl.DataFrame({"区分": ["x" * size for size in range(150)], "備考": ["　" * size for size in range(150)]})
    copy = seal_copy(cells, {"区分": Field(Kind.CODE), "備考": Field(Kind.CODE)}, PARTY, canaries=0)
    assert_agree(desk, copy, tmp_path)


def test_receipt_when_made_by_the_page_then_it_holds_and_only_its_day_differs(desk: Desk) -> None:
    copy = seal_copy(fictitious_people(20, 5), {"氏名": COLUMNS["氏名"]}, PARTY)
    note = desk.open(copy.package(), copy.identity.secret)["receipt"]
    receipt = verify_receipt(note, copy.entry, copy.entry_bytes)
    assert (receipt.grade, receipt.day) == (Grade.RECEIPTED, DAY)
    later = make_receipt(copy.entry, copy.entry_bytes, copy.rows, copy.identity, date(2027, 1, 1))
    ours, theirs = (text.decode().split("\n\n")[0] for text in (later, note))
    assert ours.replace("2027-01-01", DAY) == theirs and ours != theirs


def test_package_when_the_pinned_key_is_another_then_refused(desk: Desk) -> None:
    copy = seal_copy(fictitious_people(20, 5), {"氏名": COLUMNS["氏名"]}, PARTY)
    given_ = {"file": copy.package(), "key": copy.identity.secret, "day": DAY}
    assert desk.word("open", pinned=fixed_log().vkey, **given_) == "success"
    assert desk.word("open", pinned=fixed_log("ledger.asagiri.example/log1").vkey, **given_) == "signature"
    assert desk.word("open", pinned="azukari", **given_) == "format"
    assert desk.word("write", kind="csv") == "state", "nothing of an earlier package is left after a refusal"


@cache
def whole() -> tuple[SealedCopy, bytes]:
    copy = seal_copy(pl.DataFrame({"氏名": ["佐藤　愛"] * 12}), {"氏名": Field(Kind.NAME)}, PARTY, canaries=0)
    return copy, copy.package()


# Headers and manifest, the rest of the file, and its proof: what is parsed is damaged more often than what is hashed.
PLACES = st.integers(0, 4_000) | st.integers(0, 20_479) | st.integers(11_500, 20_479)
DAMAGE = st.sampled_from(["flip", "put", "cut", "insert"])


@given(at=PLACES, how=DAMAGE, byte=st.integers(0, 255), summed=st.booleans())
@settings(max_examples=120)
def test_package_when_damaged_anywhere_then_page_and_azukari_give_the_same_verdict(
    desk: Desk, at: int, how: str, byte: int, summed: bool
) -> None:
    copy, package = whole()
    given_ = bytearray(package)
    if how == "flip":
        given_[at] ^= 1 << byte % 8
    elif how == "put":
        given_[at] = byte
    elif how == "cut":
        del given_[at : at + (1, 512, 10_240)[byte % 3]]
    else:
        given_[at:at] = bytes((1, 512)[byte % 2])
    if summed and at < 512:  # a header that tar would take
        given_[148:156] = b" " * 8
        given_[148:156] = b"%06o\0 " % sum(given_[:512])
    damaged = bytes(given_)
    try:
        open_package(io.BytesIO(damaged), copy.identity)
        verdict = "success"
    except AzukariError as error:
        verdict = error.word
    assert (verdict == "success") <= (damaged == package)
    assert desk.word("open", file=damaged, key=copy.identity.secret, pinned="", day=DAY) == verdict


# --- keys ------------------------------------------------------------------------------------------------------------


def test_key_when_made_by_the_page_then_azukari_reads_key_and_card(desk: Desk) -> None:
    made = desk.done("key")
    identity = Identity.parse(made["file"].decode("ascii"))
    assert made["file"].decode() == identity.file_text()
    assert made["card"] == encode_card(identity)
    assert made["fingerprint"] == parse_card(made["card"]).fingerprint
    assert desk.done("key")["file"] != made["file"]


def test_card_and_answer_when_made_by_the_page_then_byte_for_byte_those_of_azukari(desk: Desk) -> None:
    identity, secret = fixed_identity(PARTY), fixed_bytes("challenge")
    card = desk.done("card", key=identity.file_text())
    assert card == {"card": encode_card(identity), "fingerprint": card_of(identity).fingerprint}
    challenge = make_challenge(card_of(identity), secret)
    answer = desk.done("answer", key=identity.file_text(), challenge=challenge)["answer"]
    assert answer == answer_challenge(identity, challenge)
    verify_answer(card_of(identity), secret, answer)


def test_challenge_when_it_is_not_for_this_key_then_refused(desk: Desk) -> None:
    identity, other = fixed_identity(PARTY), fixed_identity("shiraho")
    mixed = type(card_of(other))(identity.recipient, other.vkey)
    challenge = make_challenge(card_of(other), fixed_bytes("challenge"))
    for challenge_, word in (
        (challenge, "wrong-key"),
        (make_challenge(mixed, fixed_bytes("challenge")), "wrong-key"),
        (b"age", "wrong-key"),
        (bytes(16_385), "option"),
    ):
        assert desk.word("answer", key=identity.secret, challenge=challenge_) == word
    assert desk.word("answer", key=identity.secret[:-1], challenge=challenge) == "key-file"
