"""Hand-overs that are no table: the rules of sealing, one piece with the ledger, people who can be found again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Scene, call, copied
from tests.web import bodies
from tests.web.bodies import KEK, Records, client_of, furnish
from tests.web.conftest import AT, BY, Ledger
from tests.web.test_web_printing import squeezed, text_of

from azukari.errors import (
    AzukariError,
    ExpiredError,
    ForeignReceiptError,
    FormatError,
    NotFoundError,
    NotPermittedError,
    NumberInTextError,
    OptionError,
    ProtectedError,
    StateError,
)
from azukari.seal.consignment import ConsignmentEntry, Unit, sign_receipt
from azukari.seal.consignment_proof import verify_consignment_proof
from azukari.seal.identity import Identity, card_of
from azukari.tables import read_table

DAY = AT.date()
VERIFIER = Path(__file__).parents[2] / "verifier" / "azukari_verify.py"


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    with bodies.screens():
        yield furnish(ledger, "kasumi")


def slip(own: Records, **changes: Any) -> Any:
    from azukari.web.custody.actions.consignment import Slip

    given: dict[str, Any] = {
        "entrustment_id": own.arguments["entrustment_id"],
        "party_id": own.arguments["party_id"],
        "unit": Unit.BOX,
        "units": 3,
        "fields": ("name", "kana"),
        "carrier": "職員が鍵付きの箱で運ぶ",
        "day": DAY,
        "people": 40,
        "unmatched": True,
    }
    return Slip(**given | changes)


def consign(own: Records, **changes: Any) -> Any:
    from azukari.web.custody.actions import consignment
    from azukari.web.custody.queries import consignments

    made = consignment.consign(slip=slip(own, **changes), kek=KEK, by=BY, at=AT)
    return consignments.consignment(made)


def in_ledger(own: Records) -> list[bytes]:
    from azukari.web.sequencer import queries

    return list(queries.entries(queries.log_of(own.body_id).id))


def test_consign_when_logged_then_row_and_entry_are_one_and_the_entry_names_nobody(own: Records) -> None:
    info = consign(own, local_ids=["0501", "０５０２"], note="封緘済み")
    entry = in_ledger(own)[info.entry_index]
    assert entry == info.entry
    parsed = ConsignmentEntry.parse(entry)
    assert (parsed.units, parsed.people, parsed.unit, parsed.day) == (None, 40, Unit.BOX, "2026-04-01")
    said = entry.decode()
    assert not [word for word in ("0501", "０５０２", "職員", "封緘", "委託先", "withheld") if word in said]


def test_people_when_listed_then_found_again_by_person_and_gone_once_erased(own: Records) -> None:
    from azukari.web.custody.queries import consignments
    from azukari.web.subjects import queries
    from azukari.web.subjects.actions import subject

    info = consign(own, local_ids=["0501", "0502", "０５０１"], people=None)
    assert (info.people, consignments.listed(info.id)) == (2, 2)
    person = queries.known(own.body_id, "0501", KEK)
    assert person is not None and consignments.of_subject(person.id) == [info.id]
    assert consignments.local_ids(info.id, KEK) == ["0501", "0502"]
    subject.destroy(subject_id=person.id, kek=KEK, by=BY, at=AT)
    assert consignments.local_ids(info.id, KEK) == ["0502"]
    assert consignments.of_subject(person.id) == [info.id], "that somebody was in it stays, under a random id"


def test_cell_when_swapped_between_rows_or_people_then_it_does_not_open(own: Records) -> None:
    from azukari.web.custody.models import ConsignedPerson
    from azukari.web.custody.queries import consignments

    info = consign(own, local_ids=["0501", "0502"])
    one, other = ConsignedPerson.objects.filter(consignment_id=info.id)
    cells = bytes(one.local_id_cell), bytes(other.local_id_cell)
    ConsignedPerson.objects.filter(id=one.id).update(local_id_cell=cells[1])
    with pytest.raises(AzukariError):
        consignments.local_ids(info.id, KEK)
    ConsignedPerson.objects.filter(id=one.id).update(local_id_cell=cells[0])
    second = consign(own, local_ids=["0501"])
    moved = ConsignedPerson.objects.get(consignment_id=second.id)
    ConsignedPerson.objects.filter(id=moved.id).update(local_id_cell=cells[0])
    with pytest.raises(AzukariError):
        consignments.local_ids(second.id, KEK)


REFUSED: list[tuple[dict[str, Any], type[AzukariError]]] = [
    ({"fields": ("name", "address")}, NotPermittedError),
    ({"fields": ()}, OptionError),
    ({"fields": ("nonsense",)}, FormatError),
    ({"day": date(2026, 3, 31)}, ExpiredError),
    ({"day": DAY + timedelta(days=32)}, OptionError),
    ({"units": 0}, OptionError),
    ({"people": 0}, OptionError),
    ({"people": None}, OptionError),
    ({"people": 1, "local_ids": ["1", "2"]}, OptionError),
    ({"carrier": "　"}, OptionError),
    ({"carrier": "長" * 2_001}, OptionError),
    ({"note": "長" * 2_001}, OptionError),
    ({"local_ids": ["0501", ""]}, FormatError),
    ({"parent_id": uuid4()}, NotPermittedError),
    ({"entrustment_id": uuid4()}, NotFoundError),
    ({"unmatched": False}, ProtectedError),
    ({"unmatched": False, "local_ids": ["0501"]}, ProtectedError),
    ({"local_ids": ["kasumi-417", "0501"]}, ProtectedError),
]


def test_consign_when_it_must_not_be_then_refused_and_nothing_is_written(own: Records) -> None:
    from azukari.fields.numbers import individual_check_digit
    from azukari.web.custody.models import Consignment
    from azukari.web.subjects.models import Subject

    number = "9" * 11 + individual_check_digit("9" * 11)
    named = {"party_id": uuid_of_the_sub(own)}
    cases = [*REFUSED, ({"local_ids": [number]}, NumberInTextError), (named, NotPermittedError)]
    before = len(in_ledger(own)), Consignment.objects.count(), Subject.objects.count()
    for change, error in cases:
        with pytest.raises(error) as raised:
            consign(own, **change)
        assert not [secret for secret in ("417", "0501", number[:9]) if secret in str(raised.value)], change
        assert (len(in_ledger(own)), Consignment.objects.count(), Subject.objects.count()) == before, change


def uuid_of_the_sub(own: Records) -> UUID:
    from azukari.web.custody import queries

    return next(one.id for one in queries.parties(own.body_id) if one.id != own.arguments["party_id"])


def test_consign_when_the_disk_fails_behind_the_entry_then_neither_is_there(
    own: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody.actions import consignment
    from azukari.web.custody.models import Consignment

    before = len(in_ledger(own)), Consignment.objects.count()

    def broken(*args: Any, **kwargs: Any) -> None:
        raise OSError

    for name in ("_list_people", "_entry"):
        with monkeypatch.context() as patched:
            patched.setattr(consignment, name, broken)
            with pytest.raises(OSError):
                consign(own, local_ids=["0501"])
    assert (len(in_ledger(own)), Consignment.objects.count()) == before


def test_list_when_consigned_then_everybody_on_it_has_a_leaf_in_the_same_transaction(
    own: Records, ledger: Ledger
) -> None:
    from tests.web.listing import NOW, Office

    from azukari.completeness.leaf import is_leaf
    from azukari.completeness.leaves_entry import LeavesEntry

    office, before = Office(ledger), len(in_ledger(own))
    made = consign(own, local_ids=["0012", "0013", "0014"], people=None)
    new = in_ledger(own)[before:]
    assert [is_leaf(entry) for entry in new] == [False, True, True, True, False]
    said = LeavesEntry.parse(new[-1])
    assert (said.handover, said.leaves, said.rows, said.runs) == (made.id.hex, 3, None, ((before + 1, 3),))
    with pytest.raises(NotPermittedError):
        consign(own, local_ids=["0012"], people=None, fields=("individual-number",))
    assert len(in_ledger(own)) == before + 5, "what is refused takes no number"
    office.index()
    _, report = office.checked("0013", NOW)
    (entry,) = report.lists[0].entries
    assert (entry.event.id, entry.event.day, [str(one) for one in entry.event.fields]) == (
        made.id.hex,
        entry.leaf.day,
        ["kana/person", "name/person"],
    )


def test_list_when_there_is_none_then_no_leaf_and_no_entry_of_leaves(own: Records) -> None:
    before = len(in_ledger(own))
    consign(own)
    assert len(in_ledger(own)) == before + 1


def test_consign_when_protected_papers_were_taken_out_then_they_are_not_on_the_list_and_counted(own: Records) -> None:
    from azukari.web.custody.queries import consignments

    info = consign(own, local_ids=["kasumi-417", "0501"], people=None, taken_out=True, unmatched=False)
    assert (info.people, info.withheld_people, info.unlisted) == (1, 1, 0)
    assert consignments.local_ids(info.id, KEK) == ["0501"]
    unlisted = consign(own, local_ids=["0501"], people=5)
    assert unlisted.unlisted == 4


def test_sub_when_permitted_then_only_with_what_the_party_above_holds(own: Records) -> None:
    from azukari.web.custody.actions import consignment, permission

    sub = permission.grant(permission_id=own.arguments["permission_id"], decision=permission.Decision(), by=BY, at=AT)
    named = {"entrustment_id": sub, "party_id": uuid_of_the_sub(own), "fields": ("name",)}
    above = consign(own)
    for wrong in (None, uuid4(), sub):
        with pytest.raises(NotPermittedError):
            consign(own, **named, parent_id=wrong)
    on_paper, on_table = (
        consign(own, **named, parent_id=above.id),
        consign(own, **named, parent_id=own.arguments["hand_over_id"]),
    )
    assert on_paper.above_consignment == above.id and on_table.above_hand_over == own.arguments["hand_over_id"]
    assert ConsignmentEntry.parse(on_paper.entry).parent == above.id.hex
    consignment.void(consignment_id=above.id, reason="誤記", kek=KEK, by=BY, at=AT)
    with pytest.raises(NotPermittedError):
        consign(own, **named, parent_id=above.id)
    permission.revoke(permission_id=own.arguments["permission_id"], reason="終了", by=BY, at=AT)
    with pytest.raises(NotPermittedError):
        consign(own, **named, parent_id=own.arguments["hand_over_id"])


def test_void_when_called_then_both_entries_stay_and_never_twice(own: Records) -> None:
    from azukari.web.custody.actions import consignment, signed_for
    from azukari.web.custody.queries import consignments

    info, reason = consign(own), "箱の数を誤った"
    with pytest.raises(OptionError):
        consignment.void(consignment_id=info.id, reason=" ", kek=KEK, by=BY, at=AT)
    index = consignment.void(consignment_id=info.id, reason=reason, kek=KEK, by=BY, at=AT)
    entries = in_ledger(own)
    assert json.loads(entries[index])["consignment"] == info.id.hex and reason.encode() not in entries[index]
    assert entries[info.entry_index] == info.entry
    for again in (
        lambda: consignment.void(consignment_id=info.id, reason=reason, kek=KEK, by=BY, at=AT),
        lambda: signed_for.note_paper(consignment_id=info.id, filed="綴り", by=BY, at=AT),
    ):
        with pytest.raises(StateError):
            again()
    with pytest.raises(NotFoundError):
        consignment.void(consignment_id=uuid4(), reason=reason, kek=KEK, by=BY, at=AT)
    assert consignments.consignment(info.id).void_reason == reason


def keyed_party(own: Records) -> tuple[Identity, Any]:
    """A confirmed party whose key is at hand, and something consigned to it."""
    from azukari.web.custody.actions import entrustment, party

    identity = Identity.generate()
    card = card_of(identity)
    made = party.add(
        body_id=own.body_id, card=card, name="鍵のある会社", country="JP",
        wrapped_challenge=KEK.wrap(bytes(32), "x"), by=BY, at=AT,
    )  # fmt: skip
    party.confirm(party_id=made, fingerprint=card.fingerprint, answer_ok=True, by=BY, at=AT)
    work = entrustment.create(
        body_id=own.body_id, party_id=made, title="箱", purpose="保管", fields=["name", "kana"],
        starts_on=DAY, ends_on=date(2099, 3, 31), by=BY, at=AT,
    )  # fmt: skip
    return identity, consign(own, entrustment_id=work, party_id=made)


def test_receipt_when_signed_then_kept_once_and_another_bodys_or_forged_never(own: Records) -> None:
    from azukari.web.custody.actions import signed_for
    from azukari.web.custody.queries import consignments

    identity, info = keyed_party(own)
    note = sign_receipt(info.entry, identity, DAY)
    with pytest.raises(ForeignReceiptError):
        signed_for.add_receipt(note=note, body_id=uuid4(), by=BY, at=AT)
    forged = note.replace(info.id.hex.encode(), uuid4().hex.encode())
    with pytest.raises(ForeignReceiptError):
        signed_for.add_receipt(note=forged, body_id=own.body_id, by=BY, at=AT)
    assert signed_for.add_receipt(note=note, body_id=own.body_id, by=BY, at=AT) == info.id
    with pytest.raises(StateError):
        signed_for.add_receipt(note=note, body_id=own.body_id, by=BY, at=AT)
    assert [one.grade for one in consignments.receipts(info.id)] == ["receipted"]
    assert consignments.consignment(info.id).receipted_at == AT


def test_list_when_both_kinds_are_many_then_each_is_on_one_page_once_and_newest_first(own: Records) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from azukari.web.custody.models import Consignment, HandOver
    from azukari.web.custody.queries import listing

    for number in range(70):
        info = consign(own)
        Consignment.objects.filter(id=info.id).update(created_at=AT + timedelta(minutes=2 * number))
        made = bodies.hand_over(own.body_id, own.arguments["entrustment_id"], own.arguments["party_id"])
        HandOver.objects.filter(id=made).update(created_at=AT + timedelta(minutes=2 * number + 1))
    rows: list[Any] = []
    for page in (1, 2, 3):
        with CaptureQueriesContext(connection) as seen:
            found = listing.hand_overs(own.body_id, page=page)
        assert len(seen) == 4 and found.more is (page < 3)
        rows += found.rows
    assert len({row.id for row in rows}) == len(rows) == HandOver.objects.count() + Consignment.objects.count()
    assert [row.created_at for row in rows] == sorted((row.created_at for row in rows), reverse=True)
    assert {row.page for row in rows[:2]} == {"hand_over", "consignment"}
    of_work = listing.hand_overs(own.body_id, entrustment_id=own.arguments["entrustment_id"])
    assert [row.id for row in of_work.rows] == [row.id for row in rows[:50]]


# ---- The proof ----------------------------------------------------------------------------------------------------


def test_proof_when_asked_for_then_it_opens_what_was_chosen_and_holds_through_receipt_and_voiding(
    own: Records, ledger: Ledger
) -> None:
    from azukari.web.custody.actions import consignment, signed_for
    from azukari.web.custody.queries import consignment_proofs as proofs

    identity, info = keyed_party(own)
    with pytest.raises(NotFoundError):
        proofs.proof(info.id, [], KEK)
    ledger.integrate()
    bare = verify_consignment_proof(proofs.proof(info.id, [], KEK), vkey=ledger.vkey, party_vkey=identity.vkey)
    assert (bare.opened, bare.signed_on, bare.voided_on) == ({}, None, None)
    signed_for.add_receipt(note=sign_receipt(info.entry, identity, DAY), body_id=own.body_id, by=BY, at=AT)
    consignment.void(consignment_id=info.id, reason="箱の数を\r\n誤った", kek=KEK, by=BY, at=AT)
    hidden = verify_consignment_proof(proofs.proof(info.id, ["units", "people"], KEK))
    assert (hidden.signed_on, hidden.voided_on, hidden.opened) == (
        DAY.isoformat(),
        None,
        {"units": "3", "people": "40"},
    )
    ledger.integrate()
    whole = verify_consignment_proof(proofs.proof(info.id, proofs.MAY_SHOW, KEK), vkey=ledger.vkey)
    assert (whole.voided_on, whole.reason) == (DAY.isoformat(), "箱の数を\n誤った")
    assert whole.opened["party"] == "鍵のある会社" and whole.opened["carrier"] == "職員が鍵付きの箱で運ぶ"
    assert verify_consignment_proof(proofs.proof(info.id, [], KEK)).reason == ""
    with pytest.raises(OptionError):
        proofs.proof(info.id, ["local_ids"], KEK)
    with pytest.raises(NotFoundError):
        proofs.proof(uuid4(), [], KEK)


def test_proof_when_saved_from_the_page_then_only_the_checked_values_are_in_it(own: Records, ledger: Ledger) -> None:
    info = consign(own, note="一行目\r\n二行目", local_ids=["0501"], people=40)
    address = f"/consignments/{info.id}"
    for role in ("officer", "auditor", "approver"):
        client = client_of(own.people[role])
        assert client.get(f"{address}/proof").status_code == (404 if role == "officer" else 200)
        ledger.integrate()
        saved = client.get(f"{address}/proof?show=units&show=note")
        assert saved.headers["Content-Disposition"].endswith('.azd"')
        found = verify_consignment_proof(saved.content)
        assert found.opened == {"units": "3", "note": "一行目\n二行目"}
        assert not [word for word in ("0501", "職員", "委託先") if word in saved.content.decode()]
        assert client.get(f"{address}/proof?show=everything").status_code == 400
        assert 'name="show"' in client.get(address).content.decode()


@pytest.mark.parametrize("text", ["箱\x1b[2J", "箱\u202e", "箱\x00"])
def test_consign_when_a_text_holds_what_no_proof_carries_then_refused(own: Records, text: str) -> None:
    for name in ("carrier", "note"):
        with pytest.raises(FormatError):
            consign(own, **{name: text})


# ---- Lists --------------------------------------------------------------------------------------------------------


def test_register_when_printed_then_what_is_no_table_is_counted_beside_the_tables_and_void_ones_are_not(
    own: Records,
) -> None:
    from azukari.web.custody.actions import consignment, signed_for
    from azukari.web.custody.queries.printing import Counted, printed
    from azukari.web.custody.register_paper import register_pdf

    kept, gone = consign(own), consign(own)
    signed_for.note_paper(consignment_id=kept.id, filed="綴り 12", by=BY, at=AT)
    consignment.void(consignment_id=gone.id, reason="誤記", kek=KEK, by=BY, at=AT)
    works = printed(own.body_id)
    work = next(one for one in works if one.id == own.arguments["entrustment_id"])
    assert (work.hand_overs, work.consignments) == (Counted(1, 10, 1), Counted(2, 41, 1))
    text = text_of(register_pdf(works, "霞ヶ浜", "ja", AT))
    assert not [said for said in ("現物 2 件", "41 人", "10 行") if squeezed(said) not in text]


def test_sheet_when_saved_then_each_hand_over_of_either_kind_is_one_row_and_nobody_in_it_is_named(
    own: Records, tmp_path: Path
) -> None:
    from azukari.web.custody.actions import consignment, signed_for
    from azukari.web.custody.hand_over_sheet import HEADERS

    identity, signed = keyed_party(own)
    signed_for.add_receipt(note=sign_receipt(signed.entry, identity, DAY), body_id=own.body_id, by=BY, at=AT)
    gone = consign(own, local_ids=["0501"], people=5, carrier="=1+1")
    consignment.void(consignment_id=gone.id, reason="誤記", kek=KEK, by=BY, at=AT)
    for role, kind in (("officer", "csv"), ("auditor", "xlsx")):
        saved = client_of(own.people[role]).get(f"/hand-overs/sheet.{kind}")
        (tmp_path / f"sheet.{kind}").write_bytes(saved.content)
        assert b"0501" not in saved.content
        frame = read_table(tmp_path / f"sheet.{kind}").frame
        rows = {row["番号"]: row for row in frame.to_dicts()}
        assert tuple(frame.columns) == HEADERS and len(rows) == frame.height == 4
        kept = rows[signed.id.hex]
        assert [kept[name] for name in ("渡し方", "数", "単位", "行数・人数", "受領")] == [
            "紙",
            "3",
            "箱",
            "40",
            "相手の署名",
        ]
        assert rows[gone.id.hex]["状態"] == "取消し" and rows[gone.id.hex]["台帳の記載番号"] == str(gone.entry_index)
        table = rows[own.arguments["hand_over_id"].hex]
        assert [table[name] for name in ("渡し方", "単位", "行数・人数", "状態")] == ["表", "", "10", "引渡し済み"]
    assert client_of(own.people["contractor"]).get("/hand-overs/sheet.csv").status_code == 403


# ---- Screens ------------------------------------------------------------------------------------------------------


def test_screens_when_consigned_signed_and_voided_then_each_step_shows(own: Records) -> None:
    client = client_of(own.people["officer"])
    sheet = BytesIO("宛名番号\r\n0501\r\nkasumi-417\r\n".encode())
    sheet.name = "list.csv"
    given = {
        "unit": "box", "units": "2", "carrier": "鍵付きの箱", "day": "2026-04-01", "fields": ["name/person"],
        "sheet": sheet,
    }  # fmt: skip
    address = f"/entrustments/{own.arguments['entrustment_id']}/consign"
    refused = client.post(address, given)
    shown = refused.content.decode()
    assert refused.status_code == 400 and "kasumi-417" in shown and "0501" not in shown
    sheet.seek(0)
    made = client.post(address, given | {"taken_out": "on"})
    assert made.status_code == 302
    page = client.get(made.headers["Location"]).content.decode()
    assert "抜き取った人 1" in page and "0501" in page
    assert "0501" not in client_of(own.people["auditor"]).get(made.headers["Location"]).content.decode()
    assert client.get(f"{made.headers['Location']}/slip").content.startswith(b'{"body":')
    assert client.post(f"{made.headers['Location']}/paper", {"filed": "綴り 12"}).status_code == 302
    assert client.post(f"{made.headers['Location']}/paper", {"filed": "綴り 12"}).status_code == 400
    assert client.post(f"{made.headers['Location']}/void", {"reason": ""}).status_code == 400
    assert client.post(f"{made.headers['Location']}/void", {"reason": "誤記"}).status_code == 302
    assert "取消しの理由" in client.get(made.headers["Location"]).content.decode()
    assert "取消し" in client.get("/hand-overs").content.decode()


def test_receipt_when_it_comes_through_the_page_then_only_that_of_this_one(own: Records) -> None:
    identity, info = keyed_party(own)
    _, other = keyed_party(own)
    client = client_of(own.people["officer"])

    def sent(to: Any, note: bytes) -> int:
        file = BytesIO(note)
        file.name = "x.receipt"
        return int(client.post(f"/consignments/{to.id}/receipt", {"receipt": file}).status_code)

    note = sign_receipt(info.entry, identity, DAY)
    assert [sent(other, note), sent(info, b"nonsense"), sent(info, note), sent(info, note)] == [400, 400, 302, 400]


# ---- The command line ---------------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


def test_command_when_consigned_and_signed_then_the_receipt_comes_back(scene: Scene) -> None:
    (scene / "list.csv").write_text("宛名番号\n0501\n0502\n", encoding="utf-8")
    named = ["--entrustment", "入力", "--to", scenes.KEYING.ja, "--unit", "box", "--units", "12", "--carrier", "直接"]
    made = scene.json(
        "consign", "add", *named, "--fields", "name,kana", "--list", scene / "list.csv", "-o", scene / "box.azc"
    )
    assert (made["people"], made["withheld"]) == (2, {"people": 0, "addresses": 0, "unmatched": 0})
    key = scene / f"{scenes.KEYING.slug}.key"
    assert call("consign", "sign", scene / "box.azc", "-i", key).code == 0
    scene.refused("state", "consign", "add", *named, "--fields", "name", "--people", "1", "-o", scene / "box.azc")
    assert scene.json("receipt", scene / "box.azc.receipt") == {
        "consignment": made["consignment"],
        "grade": "receipted",
    }
    (listed,) = scene.json("list")["consignments"]
    assert (listed["id"], listed["unit"], listed["units"], listed["people"]) == (made["consignment"], "box", 12, 2)
    assert (listed["grade"], listed["void"]) == ("receipted", False)
    for lang, words in (("ja", "箱 12　2 人　署名あり"), ("en", "12 boxes 2 people signed for")):
        assert words in scene.run("list", lang=lang).out
    scene.refused("state", "receipt", scene / "box.azc.receipt")
    proven(scene, made["consignment"], key)
    assert scene.json("consign", "void", made["consignment"], "--reason", "誤記")["entry"] > made["entry"]
    scene.refused("state", "consign", "void", made["consignment"], "--reason", "誤記")
    assert scene.json("list")["consignments"][0]["void"] and "取消し" in scene.run("list").out


def proven(scene: Scene, consignment: str, key: Path) -> None:
    """The proof as a stranger checks it, by two programs; the receipt with its slip."""
    scene.json("consign", "prove", consignment, "--show", "units,carrier", "-o", scene / "box.azd")
    scene.refused("option", "consign", "prove", consignment, "--show", "list", "-o", scene / "other.azd")
    scene.refused("state", "consign", "prove", consignment, "-o", scene / "box.azd")
    said = call("verify", scene / "box.azd", "-i", key, "--log-key", scene.log_key, "--json").json
    assert (said["verdict"], said["opened"], said["people"]) == ("holds", {"units": "12", "carrier": "直接"}, "<10")
    assert said["signed_on"] and said["voided_on"] is None and said["own_key_checked"]
    for lang, told in (
        ("ja", ("12 箱", "相手の署名", "誰の台帳か")),
        ("en", ("12 boxes", "signed on", "Whose ledger")),
    ):
        answer = call("verify", scene / "box.azd", lang=lang)
        assert answer.code == 0 and not [word for word in told if word not in answer.out], answer.out
    small = [sys.executable, str(VERIFIER), str(scene / "box.azd"), "--log-key", scene.log_key, "--json"]
    assert json.loads(subprocess.run(small, capture_output=True, check=True, text=True).stdout)["verdict"] == "holds"
    other = ("verify", scene / "box.azd", "-i", scene / f"{scenes.KANA.slug}.key")
    scenes.refused("foreign-receipt", call, *other)
    receipt = ("verify", scene / "box.azc.receipt")
    assert call(*receipt, "--package", scene / "box.azc").code == 0
    assert call(*receipt).code == OptionError.code
    assert call(*receipt, "--package", scene / "box.azd").code == FormatError.code


def test_command_when_it_makes_no_sense_then_refused_and_nothing_changed(scene: Scene) -> None:
    named = ["--to", scenes.KEYING.ja, "--unit", "box", "--units", "1", "--carrier", "直接", "--people", "5"]
    scene.refused("expired", "consign", "add", "--entrustment", "終了", *named, "--fields", "name")
    scene.refused("not-permitted", "consign", "add", "--entrustment", "入力", *named, "--fields", "email")
    scene.refused("not-found", "consign", "void", "nonsense", "--reason", "誤記")
    (scene / "bad.azc").write_bytes(b"{}")
    key = scene / f"{scenes.KEYING.slug}.key"
    assert call("consign", "sign", scene / "bad.azc", "-i", key).code == FormatError.code
