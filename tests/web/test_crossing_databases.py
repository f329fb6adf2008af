"""An ask, its grant and its revocation over the gap, the inside on both databases, the outside on SQLite."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.web.conftest import AT, BY, Ledger
from tests.web.sides import Sides, made

from azukari.fields.kinds import Field
from azukari.seal.identity import Identity, encode_card


@pytest.fixture
def sides(ledger: Ledger, template: Path, tmp_path: Path) -> Sides:
    return made(ledger, template, tmp_path)


def test_ask_when_it_crosses_from_either_database_then_decision_and_certificate_come_back(sides: Sides) -> None:
    assert sides.over() == []
    from azukari.web.counter import queries
    from azukari.web.counter.actions import sending

    firm = sides.records.arguments["party_id"]
    (work,) = queries.works(firm)
    ask = sending.SubAsked(
        "白磯入力", encode_card(Identity.generate()), "JP", (Field.parse("name/person"),), 20, date(2026, 4, 1),
        date(2027, 3, 31), "施錠",
    )  # fmt: skip
    person = sides.records.people["contractor"]
    sent = sending.send_ask(firm_id=firm, work_id=work.id, ask=ask, by=person, at=AT)
    assert sides.back() == []
    from azukari.web.custody.actions import permission
    from azukari.web.custody.queries import permissions

    asked = next(one for one in permissions.permissions(sides.body) if one.people == 20)
    assert asked.status == "asked"
    child = permission.grant(permission_id=asked.id, decision=permission.Decision(), by=BY, at=AT)
    assert sides.over() == []
    (certificate,) = queries.certificates(firm)
    assert (certificate.id, certificate.child, certificate.state) == (asked.id, child, "in-force")
    sides.on("inside")
    permission.revoke(permission_id=asked.id, reason="体制の不足", by=BY, at=AT)
    assert sides.over() == []
    assert [one.state for one in queries.certificates(firm)] == ["revoked"]
    answered = queries.submission(firm, sent)
    assert (answered.status, answered.decision, answered.reason) == ("accepted", "revoked", "体制の不足")


def test_chain_when_written_to_by_hand_then_the_database_keeps_it_free_of_gaps_and_forks(sides: Sides) -> None:
    from django.db import IntegrityError, transaction

    sides.over()
    sides.on("inside")
    from azukari.web.crossing.models import Crossed, Peer

    (first,) = Crossed.objects.filter(direction="out")
    bad: list[dict[str, Any]] = [
        {"sequence": 1, "previous": "0" * 64, "digest": "b" * 64},  # a second first one
        {"sequence": 2, "previous": "0" * 64, "digest": "b" * 64},  # after nothing
        {"sequence": 0, "previous": first.digest, "digest": "b" * 64},
        {"sequence": 2, "previous": first.digest, "digest": first.digest},  # the same once more
        {"sequence": 2, "previous": first.digest, "digest": "b" * 64, "note": None},
        {"sequence": 2, "previous": first.digest, "digest": "b" * 64, "direction": "up"},
        {"sequence": 2, "previous": first.digest, "digest": "b" * 64, "count": -1},
    ]
    given = {"body": sides.body, "direction": "out", "count": 0, "note": b"n", "crossed_at": AT, "crossed_by": BY}
    for values in bad:
        with pytest.raises(IntegrityError), transaction.atomic():
            Crossed.objects.create(**(given | values))
    with pytest.raises(IntegrityError), transaction.atomic():
        Peer.objects.update(vkey="")
    Crossed.objects.create(**(given | {"sequence": 2, "previous": first.digest, "digest": "b" * 64}))
    with pytest.raises(IntegrityError), transaction.atomic():  # a fork
        Crossed.objects.create(**(given | {"sequence": 3, "previous": first.digest, "digest": "c" * 64}))
