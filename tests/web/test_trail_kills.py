"""Telling that is cut off before or after every commit: told again, each use is in its list once, and none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.web.conftest import Ledger
from tests.web.listing import Office
from tests.web.telling import Telling, event, listed, telling

from azukari.completeness.leaf import is_leaf
from azukari.errors import StorageError


class Cut(BaseException):
    """What stands for the end of the process: nothing of azukari catches it."""


EVENTS = [
    event(1, "a"),
    event(2, "b"),
    event(3, "nobody"),
    event(4, "a", visibility="withheld", reveal_after="2026-12-01"),
    event(5, "b", act="steal"),
    event(6, "b", visibility="withheld", reveal_after="2026-12-01"),
    event(7, "new-one"),
]


def causes(met: BaseException | None) -> Iterator[BaseException]:
    while met is not None:
        yield met
        met = met.__context__


def cut_at(number: int, after: bool, run: Callable[[], Any]) -> bool:
    """Run, cut off at the commit of this number, before or after it; False if there are fewer commits."""
    from django.db import connection

    wrapper: Any = type(connection._connections[connection._alias])
    real, count = wrapper._commit, 0

    def commit(self: Any) -> None:
        nonlocal count
        count += 1
        if count == number and not after:
            raise Cut
        real(self)
        if count == number:
            raise Cut

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wrapper, "_commit", commit)
        cut = False
        try:
            run()
        except BaseException as met:  # on PostgreSQL Django meets an open transaction on its way out, and says so
            cut = any(isinstance(one, Cut) for one in causes(met))
            assert cut, met
    connection.close()  # as the end of a process does: what was not committed is gone
    return cut


def holds(source: Telling) -> None:
    """All that was told is there, once: five leaves, two that wait."""
    from azukari.web.sequencer import queries
    from azukari.web.trail.models import Told, Waiting

    office = source.office
    leaves = [one for one in queries.entries(office.ledger.log_id) if is_leaf(one)]
    assert len({one[26:58] for one in leaves}) == len(leaves) == Told.objects.count() == 5
    assert Waiting.objects.count() == 2
    office.index()
    assert [len(listed(office, one)) for one in ("a", "b", "new-one")] == [2, 2, 1]


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 6))
def test_take_when_cut_off_at_a_commit_then_told_again_each_is_there_once(
    office: Office, number: int, after: bool
) -> None:
    source = telling(office, people=("a", "b", "new-one"))
    was_cut = cut_at(number, after, lambda: source.take(*EVENTS))
    assert was_cut == (number <= 3), "three transactions: the batch, and one for each that is withheld"
    counts = source.take(*EVENTS)
    assert counts.told == 7 and counts.waiting == 2
    holds(source)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_again_when_cut_off_then_it_still_waits_or_is_taken(office: Office, after: bool) -> None:
    source = telling(office)
    source.take(*EVENTS)
    office.numbers(["new-one"])
    assert cut_at(1, after, source.again)
    source.again()
    holds(source)


def test_take_when_the_register_fails_between_two_steps_then_nothing_of_the_batch_is_left(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.leaves.actions import uses
    from azukari.web.sequencer import queries
    from azukari.web.trail import rows
    from azukari.web.trail.models import Told, Waiting

    source = telling(office, people=("a", "b", "new-one"))
    before = queries.count(office.ledger.log_id)

    def broken(*given: Any, **named: Any) -> Any:
        raise StorageError("the disk")

    for module, name in ((uses.entry, "append_many"), (uses, "packed"), (rows, "insert")):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, broken)
            with pytest.raises(StorageError):
                source.take(*EVENTS)
        assert queries.count(office.ledger.log_id) == before
        assert not Told.objects.exists() and not Waiting.objects.exists()
    source.take(*EVENTS)
    holds(source)
