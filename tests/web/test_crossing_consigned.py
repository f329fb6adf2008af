"""Boxes over the gap: the firm sees them outside, what it signs comes back, and what is refused is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import call
from tests.web import crossings
from tests.web.crossings import FIRM, OTHER, Gap
from tests.web.test_crossing import AT, clear_bytes, firm_and_person

from azukari.seal.consignment_proof import verify_consignment_proof


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.crossed(), tmp_path / "gap")
    scenes.close()


def consign(gap: Gap, firm: Any = FIRM, **more: str) -> UUID:
    """Three boxes for a firm, inside; the list names two people."""
    (gap / "list.csv").write_text("宛名番号\n05018841\n05028842\n", encoding="utf-8")
    options = [part for name, value in more.items() for part in (f"--{name}", value)]
    title = {FIRM.slug: "入力", OTHER.slug: "照合"}[firm.slug]
    made = gap.inside.json(
        "consign", "add", "--entrustment", title, "--to", firm.ja, "--unit", "box", "--units", "3", "--carrier",
        "鍵付きの箱", "--fields", "name", "--list", gap / "list.csv", *options,
    )  # fmt: skip
    return UUID(made["consignment"])


def outside(gap: Gap) -> list[Any]:
    firm, _ = firm_and_person(gap)
    from azukari.web.counter.queries.consigned import consignments

    return consignments(firm)


def sign(gap: Gap) -> None:
    """The firm saves the slip, signs, and sends the receipt."""
    (one,) = outside(gap)
    (gap / "box.azc").write_bytes(one.entry)
    (gap / "box.azc.receipt").unlink(missing_ok=True)
    assert call("consign", "sign", gap / "box.azc", "-i", gap / f"{FIRM.slug}.key").code == 0
    firm, person = firm_and_person(gap)
    from azukari.web.counter.actions import sending

    sending.sign_for(firm_id=firm, note=(gap / "box.azc.receipt").read_bytes(), by=person, at=AT)


def grades(gap: Gap, consignment_id: UUID) -> list[str]:
    gap.on("inside")
    from azukari.web.custody.queries import consignments

    return [one.grade for one in consignments.receipts(consignment_id)]


def answers(gap: Gap) -> list[tuple[str, str]]:
    firm, _ = firm_and_person(gap)
    from azukari.web.counter import queries

    return [(one.status, one.word) for one in queries.sent(firm)]


def test_box_when_carried_over_signed_and_carried_back_then_both_sides_have_it_and_nothing_goes_twice(
    gap: Gap,
) -> None:
    made = consign(gap)
    assert [one["refused"] for one in gap.over()["crossings"]] == [[]]
    (one,) = outside(gap)
    assert (one.id, one.units, one.people, one.wants_receipt) == (made, 3, 2, True)
    sign(gap)
    assert gap.back()["crossings"][-1]["refused"] == [] and grades(gap, made) == ["receipted"]
    gap.over()
    (one,) = outside(gap)
    assert (one.receipt, answers(gap)) == ("accepted", [("accepted", "")])
    assert verify_consignment_proof(one.proof, vkey=gap.inside.log_key).signed_on
    gap.back()
    assert gap.inside.json("export", gap.stick)["made"] == gap.out_json("export", gap.stick)["made"] == 0


def test_box_when_exported_then_nobody_in_it_and_no_other_firm_crosses(gap: Gap) -> None:
    consign(gap, note="控えは庁内")
    consign(gap, OTHER)
    gap.inside.json("export", gap.empty())
    clear = b"".join(clear_bytes(gap))
    assert b"azukari/consignment-proof/v1" in clear and clear.count(b"azukari/consignment-proof/v1") == 1
    for text in ("05018841", "05028842", "鍵付きの箱", "控えは庁内", OTHER.ja):
        assert text.encode() not in clear, text


def test_box_when_called_void_while_the_receipt_was_on_its_way_then_the_firm_hears_why_it_was_refused(gap: Gap) -> None:
    made = consign(gap)
    gap.over()
    sign(gap)
    gap.inside.json("consign", "void", made.hex, "--reason", "箱の数を誤った")
    gap.back()
    assert grades(gap, made) == []
    gap.over()
    (one,) = outside(gap)
    assert one.voided_on is not None and one.receipt == "refused" and answers(gap) == [("refused", "state")]
    assert "箱の数を誤った".encode() not in one.proof


def test_box_when_its_receipt_came_by_hand_before_then_it_is_accepted_all_the_same(gap: Gap) -> None:
    made = consign(gap)
    gap.over()
    sign(gap)
    gap.inside.json("receipt", gap / "box.azc.receipt")
    gap.back()
    gap.over()
    assert answers(gap) == [("accepted", "")] and grades(gap, made) == ["receipted"]


def test_box_when_signed_for_by_hand_alone_then_the_outside_learns_of_it(gap: Gap) -> None:
    consign(gap)
    gap.over()
    (gap / "box.azc").write_bytes(outside(gap)[0].entry)
    assert call("consign", "sign", gap / "box.azc", "-i", gap / f"{FIRM.slug}.key").code == 0
    gap.inside.json("receipt", gap / "box.azc.receipt")
    assert gap.over()["crossings"][-1]["refused"] == []
    assert outside(gap)[0].receipt == "accepted" and not outside(gap)[0].wants_receipt


def test_receipt_when_another_firm_sends_it_then_refused_and_nothing_is_kept(gap: Gap) -> None:
    """The outside looks first; somebody who made it send all the same gets no further inside."""
    made = consign(gap)
    gap.over()
    sign(gap)
    from azukari.web.counter.models import Sent

    other = gap.inside.json("list")["parties"]
    foreign = next(one["id"] for one in other if one["name"] == OTHER.ja)
    gap.inside.json("person", "add", "moshio-1", "--name", "浜　渚", "--role", "contractor", "--party", OTHER.ja)
    gap.over()
    firm_and_person(gap)
    from azukari.web.accounts import queries as accounts

    Sent.objects.update(firm_id=UUID(foreign), sent_by=accounts.person("moshio-1").id)
    gap.back()
    assert grades(gap, made) == []
    gap.over()
    firm_and_person(gap)
    assert (Sent.objects.get().status, Sent.objects.get().word) == ("refused", "foreign-receipt")
