"""People concerned: one pseudonym each, a key each, cells that open in one place only, and what erasing leaves."""

from __future__ import annotations

import io
import os
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.bodies import KEK, another_body
from tests.web.conftest import AT, BY, Ledger
from tools.postgres import programs

from azukari.completeness import labels
from azukari.errors import AzukariError, FormatError, NumberInTextError, PayloadError, StateError, WrongKeyError
from azukari.fields.numbers import failing_number, individual_check_digit, is_individual_number
from azukari.seal.identity import Identity
from azukari.stores.keys import KeyEncryptionKey, derived_from
from azukari.web import environment


def ensure(body_id: UUID, *local_ids: str) -> list[Any]:
    from azukari.web.subjects.actions import subject

    return subject.ensure(body_id=body_id, local_ids=local_ids, kek=KEK, by=BY, at=AT)


def opens(info: Any, kek: KeyEncryptionKey = KEK) -> bytes:
    from azukari.web.subjects import queries

    return queries.key(queries.subject(info.id), kek)


def test_ensure_when_ids_come_again_in_another_width_then_the_same_people(ledger: Ledger) -> None:
    first = ensure(ledger.body_id, "0012", "A-7", "宛9")
    again = ensure(ledger.body_id, "００１２", " Ａ-7　", "宛９", "12", "0012")
    assert [one.id for one in again[:3]] == [one.id for one in first]
    assert again[4].id == first[0].id
    assert len({one.id for one in again}) == 4, "leading zeros tell people apart"
    assert len({opens(one) for one in again}) == 4


def test_ensure_when_another_body_has_the_same_id_then_another_person_and_pseudonym(ledger: Ledger) -> None:
    from azukari.web.subjects.models import Subject

    ensure(ledger.body_id, "0012"), ensure(another_body(ledger), "0012")
    names = [bytes(name) for name in Subject.objects.values_list("pseudonym", flat=True)]
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ("", FormatError),
        ("　 ", FormatError),
        ("9" * 65, FormatError),
        ("number", NumberInTextError),
        ("wide", NumberInTextError),
        ("hyphens", NumberInTextError),
    ],
)
def test_ensure_when_one_id_is_none_or_a_number_then_refused_and_nobody_is_made(
    ledger: Ledger, wrong: str, error: type[AzukariError]
) -> None:
    from azukari.web.subjects.models import Subject

    # Passes the check digit only inside this test; nobody's, as numbers beginning with eleven nines are not given out.
    number = "9" * 11 + individual_check_digit("9" * 11)
    assert is_individual_number(number)
    fours = "-".join(number[place : place + 4] for place in (0, 4, 8))
    wide = number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    given_id = {"number": number, "wide": wide, "hyphens": fours}.get(wrong, wrong)
    with pytest.raises(error) as raised:
        ensure(ledger.body_id, "0001", given_id, "0003")
    assert "local id 2" in str(raised.value) and number[:6] not in str(raised.value)
    assert not Subject.objects.exists()
    assert ensure(ledger.body_id, failing_number("12345678901")), "twelve digits of another kind are an id"


def test_ensure_when_two_do_it_at_once_then_one_person_with_one_key(ledger: Ledger) -> None:
    from django.db import connections

    ids = [f"{number:05d}" for number in range(300)]
    found: list[list[Any]] = []
    failed: list[BaseException] = []

    def run(order: list[str]) -> None:
        try:
            infos = ensure(ledger.body_id, *order)
            found.append([one.id for _, one in sorted(zip(order, infos, strict=True), key=lambda pair: pair[0])])
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(order,)) for order in (ids, ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert found[0] == found[1] and len(set(found[0])) == 300


def test_ensure_when_another_made_some_of_them_after_the_look_then_the_other_ones_keys_count(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.subjects import queries

    before, real, looks = ensure(ledger.body_id, "2", "4"), queries.by_pseudonym, []

    def look(body_id: UUID, names: Any) -> Any:
        looks.append(1)
        return {} if len(looks) == 1 else real(body_id, names)  # the first was before the other's transaction ended

    monkeypatch.setattr(queries, "by_pseudonym", look)
    made = ensure(ledger.body_id, "1", "2", "3", "4")
    monkeypatch.undo()
    assert [made[1], made[3]] == before and len({one.id for one in made}) == 4 and len(looks) == 2
    assert ensure(ledger.body_id, "1", "2", "3", "4") == made, "what was returned is what stands in the register"


def test_ensure_when_20_000_ids_come_then_statements_are_few(ledger: Ledger) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ids = [f"{number:06d}" for number in range(20_000)]
    with CaptureQueriesContext(connection) as seen:
        ensure(ledger.body_id, *ids)
    first = len(seen)
    with CaptureQueriesContext(connection) as seen:
        ensure(ledger.body_id, *ids)
    assert first <= 20 and len(seen) <= 10


# ---- Cells --------------------------------------------------------------------------------------------------------

ROW = UUID(int=1)


def place(**changes: Any) -> Any:
    from azukari.web.subjects.cells import Place

    return replace(Place("subjects.Protection", ROW, "note_cell"), **changes)


@given(text=st.text(max_size=50), key=st.binary(min_size=32, max_size=32))
def test_cell_when_opened_in_its_place_then_the_text_and_twice_sealed_differs(text: str, key: bytes) -> None:
    from azukari.web.subjects import cells

    sealed = cells.seal(text, key, place())
    assert cells.open_cell(sealed, key, place()) == text
    assert sealed != cells.seal(text, key, place())
    assert len(text) < 4 or text.encode() not in sealed


@pytest.mark.parametrize(
    ("moved", "error"),
    [
        ({"row": UUID(int=2)}, PayloadError),
        ({"column": "local_id_cell"}, PayloadError),
        ({"table": "custody.Consignment"}, PayloadError),
        ({"table": "subjects.Protectionn", "column": "ote_cell"}, PayloadError),
        ({"key": b"\x01" * 32}, WrongKeyError),
        ({"cut": 1}, PayloadError),
        ({"cut": 60}, PayloadError),
    ],
)
def test_cell_when_it_is_moved_or_cut_then_it_does_not_open(moved: dict[str, Any], error: type[AzukariError]) -> None:
    from azukari.web.subjects import cells

    sealed = cells.seal("支援措置", b"\x00" * 32, place())
    key = moved.pop("key", b"\x00" * 32)
    cut = moved.pop("cut", 0)
    with pytest.raises(error):
        cells.open_cell(sealed[: len(sealed) - cut], key, place(**moved))


def test_cell_when_any_byte_is_changed_then_it_does_not_open() -> None:
    from azukari.web.subjects import cells

    sealed = cells.seal("住所", b"\x00" * 32, place())
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises((PayloadError, WrongKeyError)):
            cells.open_cell(bytes(changed), b"\x00" * 32, place())


# ---- Erasing ------------------------------------------------------------------------------------------------------


def dump(office: Path) -> bytes:
    """Every value that the register holds, as bytes; on PostgreSQL what pg_dump writes too; and every file of the office."""
    from django.apps import apps

    from azukari.web.postgresql import wall

    found = []
    for model in apps.get_models():
        for row in model._default_manager.values_list():
            found += [bytes(v) if isinstance(v, (bytes, memoryview)) else str(v).encode() for v in row]
    found += [path.read_bytes() for path in office.rglob("*") if path.is_file()]
    if (office / environment.ADDRESS).exists():
        address = (office / environment.ADDRESS).read_text().strip()
        program = (programs() or Path()) / "pg_dump"
        command = [program, "--enable-row-security", "--dbname", address]
        told = {**os.environ, "PGOPTIONS": f"-c {wall.DOOR}={wall.ALL.door}"}
        found.append(subprocess.run(command, capture_output=True, check=True, timeout=60, env=told).stdout)
    return b"\0".join(found)


def derived(root: bytes, name: bytes) -> list[bytes]:
    """What is made of a person's key, and the pseudonym, each as it is, in hex and in base64."""
    from azukari.web.subjects import cells

    keys = [labels.list_key(root, generation) for generation in range(3)]
    made = [make(key, n) for key in keys for n in range(1, 20) for make in (labels.label, labels.opening)]
    values = [root, name, derived_from(root, "azukari/subject-cell/v2"), *keys, *map(labels.key_id, keys), *made]
    forms = [form for value in values for form in (value, value.hex().encode(), b64encode(value)[:-2])]
    return [*forms, cells.key_id(root), cells.key_id(root).hex().encode()]


def backed_up_pages() -> list[bytes]:
    """The keys in a backup of the keystore that is made now, as whoever has all keys reads them."""
    from azukari.web.backup import keystores

    eyes, out = Identity.generate(), io.BytesIO()
    keystores.make(out, kek=KEK, to=[eyes.recipient], at=AT)
    out.seek(0)
    return [content for _, content in keystores.verify(out, eyes.secret, KEK).copy.opened(KEK)]


def sealed_page(office: Path, slot: int) -> bytes:
    """The page of the keystore that this slot is in, as it lies there."""
    from azukari.web.sqlite import sqlite3
    from azukari.web.subjects import keystore

    with closing(sqlite3.connect(office / keystore.FILE)) as connection:
        found = connection.execute("SELECT sealed FROM page WHERE number = ?", (slot // keystore.SLOTS,)).fetchone()
    return bytes(found[0])[64:320]  # it lies in several pages of the file


def test_erase_when_done_then_nothing_of_the_person_opens_and_all_else_does(
    ledger: Ledger, new_cell: Callable[[Any, str], tuple[bytes, Any]]
) -> None:
    from azukari.web.subjects import cells, queries
    from azukari.web.subjects.actions import counting, protection, subject
    from azukari.web.subjects.local_ids import pseudonym, pseudonym_key
    from azukari.web.subjects.models import Listed, Subject
    from azukari.web.subjects.queries import protections

    gone, stays = ensure(ledger.body_id, "7000417", "7000418")
    sealed = {one.id: new_cell(one, f"事情 {one.id}") for one in (gone, stays)}
    key, page = opens(gone), sealed_page(ledger.folder, gone.number)
    name = pseudonym(pseudonym_key(ledger.body_id, KEK), "7000417")
    before = dump(ledger.folder)
    assert page in before and name in before, "this finds what is there"
    assert (ledger.folder / environment.SQLITE).exists() or name.hex().encode() in before
    counting.take(body_id=ledger.body_id, numbers=np.array([gone.number, stays.number]), by=BY, at=AT)
    list_key = queries.list_key(gone, KEK)
    terms = protection.Terms(AT.date(), None, "rows", note="申出")
    noted = protection.add(body_id=ledger.body_id, local_ids=["7000417", "7000418"], terms=terms, kek=KEK, by=BY, at=AT)
    protection.end(protection_id=noted[0], by=BY, at=AT)
    subject.destroy(subject_id=gone.id, kek=KEK, by=BY, at=AT)

    kept = dump(ledger.folder)
    for secret in (*derived(key, name), page, b"7000417", f"事情 {gone.id}".encode()):
        assert secret not in kept
    assert list_key in derived(key, name)
    assert [one.note for one in protections.page(ledger.body_id, 1, KEK).rows].count("申出") == 1
    for content in backed_up_pages():
        assert key not in content
    assert [one.number for one in Listed.objects.all()] == [stays.number]
    assert queries.list_keys([gone.number, stays.number], [0, 0], KEK) == [b"", queries.list_key(stays, KEK)]
    with pytest.raises(StateError):
        opens(gone)
    cell, where = sealed[gone.id]
    for other in (*(opens(one) for one in ensure(ledger.body_id, "7000417", "7000418")), bytes(32)):
        with pytest.raises(WrongKeyError):
            cells.open_cell(cell, other, where)
    cell, where = sealed[stays.id]
    assert cells.open_cell(cell, opens(stays), where) == f"事情 {stays.id}"
    assert queries.subject(gone.id).erased and Subject.objects.get(id=gone.id).destroyed_at == AT
    with pytest.raises(StateError):
        queries.key(gone, KEK)  # as somebody read it before
    with pytest.raises(StateError):
        subject.destroy(subject_id=gone.id, kek=KEK, by=BY, at=AT)
    assert ensure(ledger.body_id, "7000417")[0].id != gone.id


@pytest.fixture
def new_cell() -> Callable[[Any, str], tuple[bytes, Any]]:
    from azukari.web.subjects import cells

    def make(info: Any, text: str) -> tuple[bytes, Any]:
        where = cells.Place("tests.Row", uuid4(), "text")
        return cells.seal(text, opens(info), where), where

    return make


@pytest.mark.parametrize(
    "change", ["erased_with_name", "name_gone_alone", "destroyed_alone", "nobodys_number", "short_pseudonym"]
)
def test_subject_when_written_past_the_actions_then_the_database_refuses(ledger: Ledger, change: str) -> None:
    from django.db import IntegrityError, transaction

    from azukari.web.subjects.models import Subject

    one = ensure(ledger.body_id, "1")[0]
    changes: dict[str, dict[str, Any]] = {
        "erased_with_name": {"erased_at": AT},
        "name_gone_alone": {"pseudonym": None},
        "destroyed_alone": {"destroyed_at": AT},
        "nobodys_number": {"number": 0},
        "short_pseudonym": {"pseudonym": b"short"},
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Subject.objects.filter(id=one.id).update(**changes[change])


# ---- Derived keys -------------------------------------------------------------------------------------------------


def test_derived_when_the_root_is_stored_then_the_same_as_before_and_not_another_bodys(ledger: Ledger) -> None:
    from azukari.web.keyring import queries
    from azukari.web.keyring.actions import root

    before = queries.derived(ledger.body_id, "table-mac", KEK)
    root.keep(body_id=ledger.body_id, kek=KEK, by=BY, at=AT)
    root.keep(body_id=ledger.body_id, kek=KEK, by=BY, at=AT)
    assert queries.derived(ledger.body_id, "table-mac", KEK) == before == KEK.derive(f"body/{ledger.body_id}/table-mac")
    assert queries.derived(ledger.body_id, "subject-pseudonym", KEK) != before
    other = another_body(ledger)
    root.create(body_id=other, kek=KEK, by=BY, at=AT)
    assert queries.derived(other, "table-mac", KEK) != KEK.derive(f"body/{other}/table-mac")
