"""A bulk that is cut off, or refused by database or disk, at every durable step: no gap, no n twice, released or void."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from tests.web.bodies import KEK
from tests.web.conftest import BY, Ledger
from tests.web.listing import NOW, Office

from azukari.completeness.labels import label
from azukari.completeness.leaf import is_leaf
from azukari.completeness.leaves_entry import LeavesEntry

IDS = [str(number) for number in range(7)]
SPOUSES = ["1", "", "9", "", "", "0", "0"]


class Cut(BaseException):
    """What stands for the end of the process: nothing of azukari catches it."""


class Steps:
    """Counts durable steps; at the chosen one an error, before it is done or after."""

    def __init__(self, at: int, error: BaseException, after: bool) -> None:
        self.at, self.error, self.after, self.count = at, error, after, 0

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            self.count += 1
            if self.count == self.at and not self.after:
                raise self.error
            result = real(*arguments, **named)
            if self.count == self.at and self.after:
                raise self.error
            return result

        return step


@contextmanager
def steps(at: int, error: BaseException, after: bool) -> Iterator[Steps]:
    """Every commit, sync, rename, link and unlink of this process is one."""
    from django.db import connection

    counted = Steps(at, error, after)
    wrapper: Any = type(connection._connections[connection._alias]) if hasattr(connection, "_connections") else None
    assert wrapper is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wrapper, "_commit", counted.around(wrapper._commit))
        for name in ("fsync", "replace", "link", "unlink"):
            patched.setattr(os, name, counted.around(getattr(os, name)))
        yield counted


@pytest.fixture
def office(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Small chunks, so that a hand-over of seven has several of each kind."""
    from azukari.web.leaves.actions import bulk
    from azukari.web.sequencer.actions import bulk as batches

    monkeypatch.setattr(bulk, "CHUNK", 3)
    for name in ("CHUNK", "_LEAST"):
        monkeypatch.setattr(batches, name, 4)
    return Office(ledger)


def entries(office: Office) -> list[bytes]:
    from azukari.web.sequencer import queries

    return list(queries.entries(office.ledger.log_id))


def lists_hold(office: Office, made: UUID) -> None:
    """All lists are gap-free and in the ledger, each n once; one last entry says where the leaves are, and nothing is spooled."""
    from azukari.web.leaves.models import Bulk, Reserved
    from azukari.web.leaves.queries import leftovers
    from azukari.web.subjects import queries as subjects
    from azukari.web.subjects.models import Listed

    found = entries(office)
    said = [LeavesEntry.parse(one) for one in found if b"azukari/leaves/v1" in one]
    assert [one.handover for one in said] == [made.hex]
    assert {row.state for row in Bulk.objects.all()} == {said[0].state} and not Reserved.objects.exists()
    run = [one for first, count in said[0].runs for one in found[first : first + count]]
    labels = [one[26:58] for one in run]
    assert labels == sorted(set(labels)) and len(labels) == said[0].leaves == 7 + 4 + 2
    held = {one[26:58] for one in found if is_leaf(one)}
    counted = dict(Listed.objects.values_list("number", "count"))
    assert sum(counted.values()) == len(held) - 2, "two are nobody's"
    for number, count in counted.items():
        key = subjects.list_key(subjects.by_number(number), KEK)
        assert [label(key, n) in held for n in range(1, count + 2)] == [True] * count + [False]
    assert not leftovers() and not list((office.ledger.folder / "spool").glob("*.p*"))


def causes(met: BaseException | None) -> Iterator[BaseException]:
    while met is not None:
        yield met
        met = met.__context__


def cut_off(office: Office, made: UUID, at: int, error: BaseException, after: bool, given_up: bool) -> bool:
    """One attempt; whether it was cut off."""
    from django.db import connection

    try:
        with steps(at, error, after):
            office.finish(made, given_up=given_up)
    except BaseException as met:
        assert error in causes(met) or type(met).__name__ == "StorageError", met
        connection.close()  # as the end of the process would: what was not committed is gone
        return True
    return False


@pytest.mark.parametrize(
    ("error", "after", "given_up"), [("cut", False, False), ("cut", True, True), ("disk", False, False)]
)
def test_finish_when_cut_off_at_any_durable_step_then_the_next_one_goes_on_and_lists_hold(
    office: Office, error: str, after: bool, given_up: bool
) -> None:
    """One hand-over is cut off again and again, a few steps after it has gone on, while others write in between."""
    from azukari.web.leaves.actions import bulk

    made = office.begin(IDS, nobody=2, spouses=[*SPOUSES, "", ""])
    office.ledger.append(b"another")
    for number in itertools.count(1):
        fault = Cut() if error == "cut" else OSError(5, "Input/output error")
        # Cut at the first step for ever it would never get anywhere: a plan alone takes four.
        if not cut_off(office, made, 1 + number % 5, fault, after, given_up):
            break
        office.note("3")  # others take numbers in between
        bulk.sweep(by=BY, at=NOW)
        assert number < 200
    assert number > 6
    assert office.finish(made) == ("void" if given_up else "released"), "what it said once it says for ever"
    lists_hold(office, made)
    office.index()
    assert len(office.checked("0")[1].lists[0].entries) == 3


@pytest.mark.parametrize("after", [False, True])
def test_finish_when_cut_off_once_at_each_step_then_one_more_attempt_is_enough(office: Office, after: bool) -> None:
    reached = 0
    for at in itertools.count(1):
        made = office.begin(["x", "y", "z", "z", f"only-{at}"])
        if not cut_off(office, made, at, Cut(), after, False):
            break
        assert office.finish(made) == "released"
        reached = at
    assert reached > 12
    office.index()
    assert len(office.checked("z")[1].lists[0].entries) == 2 * (reached + 1)
    assert len(office.checked("x")[1].lists[0].entries) == reached + 1


def test_index_when_cut_off_at_any_step_then_the_next_one_is_made_and_no_file_is_left_over(office: Office) -> None:
    from django.db import connection

    from azukari.web.leaves import files
    from azukari.web.leaves.models import Epoch

    office.hand_over(["1", "2"])
    for at in itertools.count(1):
        try:
            with steps(at, Cut(), after=bool(at % 2)):
                office.index()
        except BaseException as met:
            assert any(isinstance(one, Cut) for one in causes(met))
            connection.close()
            continue
        break
    assert at > 6
    office.index()
    kept = sorted(Epoch.objects.values_list("size", flat=True))[-2:]
    assert {folder.name for folder in files.epochs(office.ledger.log_id).iterdir()} == set(map(str, kept))
    assert len(office.checked("1")[1].lists[0].entries) == 1
