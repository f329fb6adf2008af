"""Uses of many at once: every one stands in its person's list, opens, and nothing tells whose a block's rows are."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger
from tests.web.listing import NOW, Office, event

from azukari.completeness.leaf import Leaf, is_leaf
from azukari.errors import FormatError, OptionError, StateError

PURPOSES = ("給付の審査", '"at":"1970-01-01T00:00:00Z"', "照会\\")


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


def use_id(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def note(office: Office, told: list[tuple[str, int, datetime]], patterns: list[Any]) -> list[int]:
    """(local id, place of the pattern, moment) each."""
    from django.db import transaction

    from azukari.web.leaves.actions import uses

    given = uses.Uses(
        patterns=patterns,
        numbers=office.numbers([one for one, _, _ in told]),
        places=[place for _, place, _ in told],
        moments=[int(at.timestamp()) for _, _, at in told],
        ids=[use_id(f"{number}/{one}") for number, one in enumerate(told)],
    )
    with transaction.atomic():
        return uses.note(body_id=office.ledger.body_id, uses=given, kek=KEK, by=BY, at=NOW)


def patterns() -> list[Any]:
    from azukari.web.leaves.blocks import pattern_of

    return [pattern_of(event(purpose=purpose)) for purpose in PURPOSES]


def test_report_when_uses_were_noted_together_then_each_person_has_their_own_and_it_checks(office: Office) -> None:
    late = NOW - timedelta(days=40)
    told = [("a", 0, NOW), ("b", 1, NOW), ("a", 1, late), ("c", 2, NOW), ("a", 0, NOW)]
    indexes = note(office, told, patterns())
    assert sorted(indexes) == list(range(min(indexes), min(indexes) + 5)), "side by side"
    office.note("a")
    office.hand_over(["a", "c"])
    office.index()
    _, made = office.checked("a")
    entries = made.lists[0].entries
    assert len(entries) == 5
    assert sorted(one.event.at for one in entries if one.event.at) == sorted([late, NOW, NOW, NOW])
    assert {one.index for one in entries} >= {indexes[0], indexes[2], indexes[4]}
    found = {one.index: one.event for one in entries}
    assert found[indexes[2]].purpose == PURPOSES[1] and found[indexes[2]].id == use_id(f"2/{told[2]}").hex()
    assert [len(office.checked(one)[1].lists[0].entries) for one in ("b", "c")] == [1, 2]


def test_leaves_when_uses_were_noted_then_in_the_order_of_labels(office: Office) -> None:
    from azukari.web.sequencer import queries

    note(office, [(str(number), 0, NOW) for number in range(60)], patterns())
    run = [Leaf.parse(one) for one in queries.entries(office.ledger.log_id) if is_leaf(one)]
    assert len(run) == 60 and all(left.label < right.label for left, right in pairwise(run))


def test_patterns_when_the_same_is_done_again_then_it_is_stored_once(office: Office) -> None:
    from azukari.web.leaves.models import Pattern, UseBlock

    for _ in range(3):
        note(office, [("a", 0, NOW), ("b", 2, NOW)], patterns())
    assert Pattern.objects.count() == 3
    assert [len(bytes(rows)) for rows in UseBlock.objects.values_list("rows", flat=True)] == [56] * 3


def test_rekey_when_it_lies_between_two_uses_then_each_stands_in_its_list(office: Office) -> None:
    from azukari.web.leaves.actions import ending

    note(office, [("a", 0, NOW)], patterns())
    ending.rekey(subject_id=office.person("a").id, kek=KEK, by=BY, at=NOW)
    note(office, [("a", 1, NOW)], patterns())
    office.index()
    _, made = office.checked("a")
    assert [[one.event.act.value for one in each.entries] for each in made.lists] == [["use", "rekey"], ["use"]]


def refused(office: Office, error: type[Exception], **changed: Any) -> None:
    from django.db import transaction

    from azukari.web.leaves.actions import uses

    good: dict[str, Any] = {
        "patterns": patterns()[:1], "numbers": office.numbers(["a"]), "places": [0],
        "moments": [int(NOW.timestamp())], "ids": [bytes(16)],
    }  # fmt: skip
    with pytest.raises(error), transaction.atomic():
        uses.note(body_id=office.ledger.body_id, uses=uses.Uses(**(good | changed)), kek=KEK, by=BY, at=NOW)


def test_note_when_something_is_wrong_then_nothing_of_it_is_left(office: Office) -> None:
    from azukari.web.leaves.models import Pattern, UseBlock
    from azukari.web.sequencer import queries

    office.numbers(["a"])
    before = queries.count(office.ledger.log_id)
    refused(office, OptionError, ids=[bytes(15)])
    refused(office, OptionError, ids=[bytes(16)] * 10_001)
    refused(office, FormatError, moments=[-86_400 * 2])
    refused(office, StateError, numbers=np.array([_of_another_body(office)], dtype=np.int64))
    assert queries.count(office.ledger.log_id) == before
    assert not UseBlock.objects.exists() and not Pattern.objects.exists()
    note(office, [("a", 0, NOW)], patterns())
    office.index()
    assert len(office.checked("a")[1].lists[0].entries) == 1, "no n was lost on the way"


def _of_another_body(office: Office) -> int:
    """The number of somebody who was counted for another body."""
    from uuid import uuid4

    from azukari.web.subjects.models import Listed

    Listed.objects.create(number=77, body_id=_other(office, uuid4()), count=1)
    return 77


def _other(office: Office, body_id: Any) -> Any:
    from azukari.web.accounts.models import Body

    own = Body.objects.get(id=office.ledger.body_id)
    own.pk, own.name = body_id, "他の機関"
    own._state.adding = True
    own.save(force_insert=True)
    return body_id


def test_note_when_outside_a_transaction_or_of_somebody_erased_then_refused(office: Office) -> None:
    from azukari.web.leaves.actions import ending, uses

    given = uses.Uses(patterns()[:1], office.numbers(["a"]), [0], [int(NOW.timestamp())], [bytes(16)])
    with pytest.raises(StateError):
        uses.note(body_id=office.ledger.body_id, uses=given, kek=KEK, by=BY, at=NOW)
    person = office.person("a").id
    ending.announce(subject_id=person, ground="保存期間の満了", kek=KEK, by=BY, at=NOW)
    office.index()
    ending.destroy(subject_id=person, kek=KEK, by=BY, at=NOW)
    refused(office, StateError, numbers=given.numbers)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    texts, texts, texts, st.binary(min_size=16, max_size=16), st.integers(0, 4_102_444_799), st.sampled_from(["", "JP"])
)
def test_template_when_filled_then_the_bytes_are_those_of_the_event(
    purpose: str, party: str, unit: str, use: bytes, moment: int, country: str
) -> None:
    from azukari.fields.days import day_of
    from azukari.web.leaves.blocks import Template, packed, pattern_of, row_at

    at = datetime.fromtimestamp(moment, UTC)
    whole = event(purpose=purpose, party=party, unit=unit, id=use.hex(), at=at, day=day_of(at), country=country)
    pattern = pattern_of(whole)
    assert pattern.event(moment, use) == whole.encode() and Template.of(pattern.data) == pattern
    assert row_at(packed([(1, 2, bytes(16)), (7, moment, use)]), 1) == (7, moment, use)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"at":"1970-01-01T00:00:00Z"}', b'"day":"1970-01-01","id":"' + b"0" * 32]
)
def test_template_when_it_is_no_pattern_then_format(data: bytes) -> None:
    from azukari.web.leaves.blocks import Template

    with pytest.raises(FormatError):
        Template.of(data)
