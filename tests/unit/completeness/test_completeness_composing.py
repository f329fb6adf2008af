"""Composing a report from ledger, index and keys gives what the office of the vectors made by hand; what is missing is seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.completeness.checking import verify_report
from azukari.completeness.composing import Ground, Opened, compose, read_list
from azukari.completeness.leaf import Leaf
from azukari.completeness.report import PersonList, Report, Since
from azukari.errors import FormatError, IncompleteError, LimitError, ProofError
from azukari.ledger.tree import consistency_path, inclusion_path, leaf_hash
from azukari.testing.logbook import NOW, TODAY, Logbook, Noting, a_key, an_event
from azukari.testing.operator import World, policies
from azukari.testing.sealed import fixed_log

LOG = fixed_log().verifier


def ground(book: Logbook) -> Ground:
    hashes = [leaf_hash(one) for one in book.entries]
    logged, index = book.indexes[-1]
    path = {at: tuple(inclusion_path(hashes, at)) for at in range(len(hashes))}
    proven = replace(logged, path=path[logged.index])
    return Ground(book.log.name, book.checkpoint(), proven, index, book.entries.__getitem__, path.__getitem__)


def shown(own: Noting) -> dict[int, Opened | None]:
    """What an honest office shows of a list today, by the index of the leaf."""
    return {one.index: (one.event.encode(), one.opening) if one.shown(TODAY)[0] else None for one in own.noted}


def composed(book: Logbook, own: Noting, since: Since | None = None) -> Report:
    stands, told = ground(book), shown(own)
    return compose(stands, [read_list(stands, own.key, lambda n, index, leaf: told[index])], since)


@settings(max_examples=25)
@given(st.integers(0, 9), st.integers(0, 60), st.lists(st.integers(1, 60), max_size=3))
def test_report_when_composed_then_the_one_that_was_made_by_hand(
    count: int, strangers: int, withheld: list[int]
) -> None:
    world = World(count, strangers)
    for number, days in enumerate(withheld):
        world.book.note(world.own, an_event(number, TODAY - timedelta(days=30)), withheld=days)
    world.indexed()
    made = composed(world.book, world.own)
    assert made.encode() == world.report().encode()
    assert len(verify_report(made.encode(), NOW, [LOG], *policies()).report.lists[0].entries) == count + len(withheld)


def test_report_when_there_was_a_visit_then_it_goes_on_from_there() -> None:
    world = World(4).indexed()
    visit = world.visited()
    world.book.note(world.own, an_event(8))
    world.indexed()
    path = consistency_path([leaf_hash(one) for one in world.book.entries], visit.seen.size)
    made = composed(world.book, world.own, Since(visit.seen.size, tuple(path)))
    assert verify_report(made.encode(), NOW, [LOG], *policies(), visit=visit).shown == 5


def test_report_when_an_event_is_not_given_then_it_says_that_it_is_overdue() -> None:
    world = World(3).indexed()
    stands, told = ground(world.book), shown(world.own)
    told[world.own.noted[1].index] = None
    made = compose(stands, [read_list(stands, world.own.key, lambda n, index, leaf: told[index])], None)
    with pytest.raises(IncompleteError) as caught:
        verify_report(made.encode(), NOW, [LOG], *policies())
    assert caught.value.facts["kind"] == "overdue"


def test_report_when_a_list_is_cut_short_then_the_index_tells() -> None:
    world = World(4).indexed()
    stands, told = ground(world.book), shown(world.own)
    whole = read_list(stands, world.own.key, lambda n, index, leaf: told[index])
    for kept in range(4):
        cut = compose(stands, [PersonList(whole.chain, whole.key, whole.entries[:kept])], None)
        with pytest.raises((IncompleteError, ProofError)):
            verify_report(cut.encode(), NOW, [LOG], *policies())


def test_list_when_the_key_is_anothers_then_empty() -> None:
    world = World(4).indexed()
    assert read_list(ground(world.book), a_key("somebody else"), lambda n, index, leaf: None).entries == ()


def test_list_when_what_the_index_names_is_no_leaf_then_refused() -> None:
    world = World(2).indexed()
    stands = replace(ground(world.book), entry=lambda index: b"{}")
    with pytest.raises(FormatError):
        read_list(stands, world.own.key, lambda n, index, leaf: None)


def test_list_when_what_is_opened_is_no_event_then_refused() -> None:
    world = World(2).indexed()
    with pytest.raises(FormatError):
        read_list(ground(world.book), world.own.key, lambda n, index, leaf: (b"{}", b""))


def test_list_when_longer_than_a_report_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from azukari.completeness import composing

    monkeypatch.setattr(composing, "MAX_ENTRIES", 2)
    asked: list[Leaf] = []
    with pytest.raises(LimitError):
        read_list(ground(World(3).indexed().book), World(3).own.key, lambda n, index, leaf: asked.append(leaf))
    assert len(asked) == 2, "it stops before the entry that is too much"
