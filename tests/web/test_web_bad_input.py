"""What no honest browser sends: bombs, forged and replayed files, names with paths, and anything at all to every form."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cli import scene as scenes
from tests.cli.scene import ERRORS, PLANTED, check_spill
from tests.web import bodies
from tests.web.addresses import Address, addresses
from tests.web.bodies import Records, client_of, furnish
from tests.web.conftest import Ledger
from tests.web.looking import Desk, desk, job, work_off

from azukari.testing.cast import KEYING, SYSTEMS

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    scenes.without_office(monkeypatch)
    with desk(scenes.copied(scenes.sealed(), tmp_path / "scene")) as opened:
        yield opened
    scenes.close()


# ---- Tables -------------------------------------------------------------------------------------------------------------


def book(change: Callable[[bytes], bytes] = lambda sheet: sheet, **cells: str) -> bytes:
    """A small workbook; ``change`` is what happens to the bytes of its sheet."""
    made, out = openpyxl.Workbook(), io.BytesIO()
    page = made.active
    assert page is not None
    page.append(["氏名", "フリガナ"])
    page.append([PLANTED["氏名"], PLANTED["フリガナ"]])
    for place, value in cells.items():
        page[place] = value
    made.save(out)
    changed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == SHEET else old.read(name))
    return changed.getvalue()


def with_entries(*names: str) -> bytes:
    """A workbook with more files in its zip."""
    made = io.BytesIO(book())
    with zipfile.ZipFile(made, "a") as archive:
        for name in names:
            archive.writestr(name, b"evil")
    return made.getvalue()


def laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
    return book(
        lambda sheet: sheet.replace(b"<worksheet", b'<!DOCTYPE w [<!ENTITY l0 "ha">' + entities + b"]><worksheet")
    )


def unpacked(megabytes: int) -> bytes:
    """Rows and rows in less than a megabyte."""
    row = b'<row><c t="inlineStr"><is><t>x</t></is></c></row>'
    rows = row * ((megabytes << 20) // len(row))
    return book(lambda sheet: sheet.replace(b"</sheetData>", rows + b"</sheetData>"))


def hidden() -> bytes:
    made, out = openpyxl.Workbook(), io.BytesIO()
    page = made.active
    assert page is not None
    page.append(["個人番号"])
    page.sheet_state = "hidden"
    shown = made.create_sheet("表")
    shown.append(["氏名", "計"])
    shown.append([PLANTED["氏名"], "=1+1"])
    made.save(out)
    return out.getvalue()


HEAD, ROW = "氏名,フリガナ\r\n", f"{PLANTED['氏名']},{PLANTED['フリガナ']}\r\n"
TABLES: list[tuple[str, str, Callable[[], bytes]]] = [
    ("a cell in the last corner", "limit", lambda: book(XFD1048576="x")),
    ("290 MB unpacked", "limit", lambda: unpacked(290)),
    ("billion laughs", "table", laughs),
    (
        "names that leave the zip",
        "",
        lambda: with_entries("../../../tmp/azukari-evil.xml", "/etc/azukari-evil", "C:\\x"),
    ),
    ("encrypted or old", "table", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_096)),
    ("a hidden sheet and a formula", "", hidden),
    ("a zip that is no workbook", "table", lambda: with_entries()[:60]),
    ("NUL", "table", lambda: (HEAD + ROW + "\0" + ROW).encode()),
    ("two encodings in one file", "table", lambda: HEAD.encode() + ROW.encode("cp932") + b"\xff\xfe\xfa"),
    ("a million columns", "limit", lambda: b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n" + b"," * 999_999),
    ("a quotation that never ends", "table", lambda: (HEAD + '"' + ROW * 1_000).encode()),
    ("nothing", "upload", lambda: b""),
    ("a picture", "table", lambda: b"\x89PNG\r\n\x1a\n" + bytes(100)),
]


def test_table_when_it_is_a_bomb_or_no_table_then_one_sentence_soon_and_nothing_left(office: Desk) -> None:
    for name, word, make in TABLES:
        data, began = make(), time.monotonic()
        answer = office.upload("照合", data, "table.xlsx")
        if word == "upload":  # the form itself says so
            assert answer.status_code == 400 and 'class="error"' in answer.content.decode(), name
            continue
        address = answer.headers["Location"]
        work_off()
        found = job(address)
        assert (found.error, found.status) == (word, "failed" if word else "done"), name
        assert time.monotonic() - began < 30, name
        text = office.page(address)
        check_spill("" if not word else text)
        assert not word or text.count(ERRORS[word].ja) == 1, name
        assert office.client.post(f"{address}/cancel").status_code == 302
        assert not list((office.scene / "office" / "uploads").iterdir()), name
    assert not list(Path("/tmp").glob("azukari-evil*")) and not Path("/etc/azukari-evil").exists()


def test_table_when_a_sheet_is_hidden_then_only_the_visible_one_is_looked_at_and_no_formula_counts(
    office: Desk,
) -> None:
    from azukari.web import office as offices
    from azukari.web.custody import foresight

    looked = job(office.looked("照合", hidden(), "x.xlsx"))
    noted = foresight.examples(looked.upload, offices.key())
    assert noted is not None and noted["columns"] == ["氏名", "計"] and looked.result["rows"] == 1


NAMES = [
    "../../../etc/passwd",
    "..\\..\\x.csv",
    "/etc/azukari",
    "a\x07\x1b[31m.csv",
    "x" * 4_000,
    "珠洲宮.csv",
    "%2e%2e%2fx",
    "",
    "nul.",
]


def test_file_name_when_it_is_anything_then_never_used(office: Desk) -> None:
    taken = 0
    for name in NAMES:
        body = (
            b'--x\r\nContent-Disposition: form-data; name="table"; filename="' + name.encode() + b'"\r\n\r\n'
            + (HEAD + ROW * 9_000).encode() + b"\r\n--x--\r\n"
        )  # fmt: skip
        path = f"/entrustments/{office.works['照合']}/seal"
        answer = office.client.generic("POST", path, body, "multipart/form-data; boundary=x")
        assert answer.status_code in (302, 400), name
        taken += answer.status_code == 302
    names = [path.name for path in (office.scene / "office" / "uploads").iterdir()]
    assert len(names) == taken >= len(NAMES) - 3
    assert all(len(name) == 43 and name.endswith(".upload") for name in names), "a random id each"


# ---- Signed files -------------------------------------------------------------------------------------------------------


def test_receipt_when_replayed_forged_or_of_another_hand_over_then_refused_and_nothing_is_added(office: Desk) -> None:
    from azukari.web.custody import queries

    hand_overs = office.scene.hand_overs()
    mine, other = hand_overs[KEYING.slug], hand_overs[SYSTEMS.slug]
    note = (office.scene / f"{KEYING.slug}.csv.receipt").read_bytes()
    foreign = (office.scene / f"{SYSTEMS.slug}.csv.receipt").read_bytes()
    count = len(queries.receipts(_id(mine)))
    signature = note.rindex(b" ") + 8
    forged = [
        note,  # kept already
        foreign,
        note.replace(mine.encode(), other.encode()),
        note[:signature] + bytes([note[signature] ^ 1]) + note[signature + 1 :],
        note[: len(note) // 2],
        note + note,
        foreign.split(b"\n\n")[0] + b"\n\n" + note.split(b"\n\n")[-1],
        b"",
        bytes(200),
        b"[" * 100_000,
        b"\xff" * (1 << 20),
    ]  # fmt: skip
    for number, data in enumerate(forged):
        file = io.BytesIO(data)
        file.name = "x.receipt"
        answer = office.client.post(f"/hand-overs/{_id(mine)}/receipt", {"receipt": file})
        # One that is kept already may be handed in again: it is the same one, and stays one.
        assert answer.status_code in ((302, 400) if number == 0 else (400,)), number
        assert len(queries.receipts(_id(mine))) == count, number


def _id(text: str) -> Any:
    from uuid import UUID

    return UUID(text)


def test_card_when_forged_or_damaged_then_no_party_is_added(office: Desk) -> None:
    from azukari.web.custody import queries

    card = (office.scene / f"{KEYING.slug}.key.card").read_bytes()
    other = (office.scene / f"{SYSTEMS.slug}.key.card").read_bytes()
    before = len(queries.parties(office.body))
    middle = len(card) // 2
    swapped = b"\n".join([*card.split(b"\n")[:2], *other.split(b"\n")[2:]])
    for data in (
        card[:-5],
        card[:middle] + b"A" + card[middle + 1 :],
        swapped,
        b"",
        bytes(99),
        b"[" * 50_000,
        bytes(1 << 20),
    ):
        if data == card:
            continue
        file = io.BytesIO(data)
        file.name = "x.card"
        answer = office.client.post("/parties/add", {"name": "偽商会", "country": "JP", "card": file})
        assert answer.status_code in (400, 413)
        assert len(queries.parties(office.body)) == before


def test_grant_when_two_approvers_press_at_once_over_http_then_one_entry(ledger: Ledger) -> None:
    from django.db import connection

    from azukari.web.custody.queries import permissions
    from azukari.web.sequencer import queries as sequencer

    with bodies.screens():
        records = furnish(ledger, "kasumi")
        asked = records.arguments["permission_id"]
        before = len(list(sequencer.entries(ledger.log_id)))
        start, said = threading.Barrier(2), []
        clients = [client_of(records.people["approver"]) for _ in range(2)]

        def press(client: Any) -> None:
            start.wait()
            try:
                said.append(client.post(f"/permissions/{asked}/grant", {"mode": "now"}).status_code)
            finally:
                connection.close()

        pressing = [threading.Thread(target=press, args=(client,)) for client in clients]
        for one in pressing:
            one.start()
        for one in pressing:
            one.join(60)
        assert sorted(said) == [302, 400]
        assert permissions.permission(asked).status == "granted"
        assert len(list(sequencer.entries(ledger.log_id))) - before == 2, "the permission and the child entrustment"


# ---- Anything to everything ---------------------------------------------------------------------------------------------

FIELDS = [
    "name", "country", "corporate_number", "roster", "grade", "card", "answer", "fingerprint", "party", "title", "purpose",
    "legal_basis", "places", "stage", "starts_on", "ends_on", "clauses", "fields", "people", "safeguards", "mode", "report",
    "evidence", "reason", "table", "parent", "column_0", "strict", "sheet", "receipt", "login", "code", "password", "again",
    "role", "next", "language", "csrfmiddlewaretoken", "id_", "credential", "q", "page",
]  # fmt: skip
ANY_TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "",
            "\0",
            "9" * 400,
            "-1",
            "2026-02-30",
            "0001-01-01",
            "9999-12-31",
            "=1+1",
            "\ud800",
            "あ" * 3_000,
            "[]",
            "{}",
            "name",
        ]
    ),
    st.uuids().map(str),
)
FORM = st.dictionaries(st.sampled_from(FIELDS), ANY_TEXT, max_size=12)
FILES = st.dictionaries(st.sampled_from(FIELDS), st.binary(max_size=200), max_size=3)
RAW = st.tuples(
    st.sampled_from(
        [
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "application/x-www-form-urlencoded",
            "application/json",
            "text/plain; charset=utf-99",
            "",
        ]
    ),
    st.binary(max_size=300),
)


def sent(client: Any, method: str, path: str, form: dict[str, str], files: dict[str, bytes]) -> Any:
    """A form with files, as bytes on the wire: nothing that Django's own client would put right."""
    parts = [(name, "", text.encode("utf-8", "surrogatepass")) for name, text in form.items()]
    parts += [(name, '; filename="f"', data) for name, data in files.items()]
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="'
        + name.encode()
        + b'"'
        + more.encode()
        + b"\r\n\r\n"
        + data
        + b"\r\n"
        for name, more, data in parts
    )
    return client.generic(method, path, body + b"--x--\r\n", "multipart/form-data; boundary=x")


PLACES = [
    "/entrustments",
    "/parties",
    "/hand-overs",
    "/permissions",
    "/people",
    "/%00",
    "/%ff/%2e%2e/x",
    "/seals/" + "0" * 36,
]


@pytest.fixture
def everybody(ledger: Ledger) -> Iterator[tuple[Records, list[Address], dict[str, Any]]]:
    with bodies.screens():
        records = furnish(ledger, "kasumi")
        clients = {role: client_of(person) for role, person in records.people.items()}
        for client in clients.values():
            client.raise_request_exception = False
        yield records, [one for one in addresses("inside") if "sign-out" not in one.route], clients


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_form_when_anything_is_sent_then_never_500(
    everybody: tuple[Records, list[Address], dict[str, Any]], data: st.DataObject
) -> None:
    from django.db import transaction

    records, found, clients = everybody
    address = data.draw(st.sampled_from(found), label="address")
    role = data.draw(st.sampled_from(sorted(address.rule.roles or clients)), label="role")
    method = data.draw(st.sampled_from(["POST"] * 6 + ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "HEAD"]))
    path = address.filled(records)
    with transaction.atomic():
        if data.draw(st.booleans(), label="form"):
            answer = sent(clients[role], method, path, data.draw(FORM), data.draw(FILES))
        else:
            kind, body = data.draw(RAW)
            answer = clients[role].generic(method, path, body, kind)
        transaction.set_rollback(True)
    if answer.status_code >= 500:  # a record without files: its package cannot be read, and says so
        assert (answer.status_code, "package" in address.route) == (503, True), (method, address.route)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(place=st.sampled_from(PLACES), query=st.text(max_size=60), page=st.text(max_size=8))
def test_any_address_when_asked_for_then_never_500(
    everybody: tuple[Records, list[Address], dict[str, Any]], place: str, query: str, page: str
) -> None:
    _, _, clients = everybody
    asked, number = quote(query, safe="=&%", errors="replace"), quote(page, errors="replace")
    assert clients["officer"].get(f"{place}?q={asked}&page={number}&{asked}").status_code < 500


def test_any_address_when_a_byte_is_none_of_a_text_then_never_500(
    everybody: tuple[Records, list[Address], dict[str, Any]],
) -> None:
    records, _, clients = everybody
    refusal = f"/permissions/{records.arguments['permission_id']}/refuse"
    assert clients["approver"].post(refusal, {"reason": "だめ\0です"}).status_code == 400
    for place in PLACES:
        for query in ("q=%00", "q=%ff%fe", "page=%00", "page=%D9%A3", "q=%ED%A0%80", "%00=%00"):
            assert clients["officer"].get(f"{place}?{query}").status_code < 500, (place, query)
