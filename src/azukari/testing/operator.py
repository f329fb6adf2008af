"""An office that is not honest: each of its attacks on one person's list, with the verdict that must follow.

Every attack is made in a ledger of its own, signed by the log, and cosigned by everybody unless it is said otherwise; it
differs from an honest one in one way. Several are tried twice: as the operator would do it who knows what is checked,
and as one would who hopes that it is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from azukari.completeness.index import prove
from azukari.completeness.leaf import Leaf
from azukari.completeness.making import label_of
from azukari.completeness.report import ListEntry, PersonList, Report
from azukari.completeness.visit import Visit
from azukari.ledger.policy import Policy

from .logbook import AT, AUDITORS, TODAY, WITNESSES, Logbook, Noted, Noting, a_key, a_leaf, a_policy, an_event

Made = tuple[Report, Visit | None]


@dataclass(frozen=True)
class Attack:
    """攻撃。 What a person is shown, and the verdict that must follow: word, kind and step of the specification."""

    name: str
    comment: str
    report: Report
    visit: Visit | None
    word: str
    kind: str
    step: int
    policies: bool = True
    """Whether the person asks for witnesses and auditors: without them fewer attacks are seen at the third step."""


class World:
    """攻撃の舞台。 A ledger with a person's list of ``count`` entries among those of strangers."""

    def __init__(self, count: int = 5, strangers: int = 40, name: str = "mizuho") -> None:
        self.book, self.own = Logbook(), Noting(a_key(name))
        for number in range(count):
            self.book.strangers(strangers // (count + 1), f"{name}/{number}")
            self.book.note(self.own, an_event(number))
        self.book.strangers(strangers // (count + 1), name)

    def indexed(self) -> World:
        """The same after an honest index."""
        self.book.index()
        return self

    def report(self, since: int | None = None, today: date = TODAY) -> Report:
        """The list as this ledger has it."""
        return self.book.report(self.own, since=since, today=today)

    def visited(self) -> Visit:
        """What the person keeps of an honest report."""
        return Visit.of(self.report())


def attacks(count: int = 5, strangers: int = 40, name: str = "mizuho") -> Iterator[Attack]:
    """Every attack on a list of ``count`` entries (at least 3)."""
    for method, word, kind, step, policies in _ATTACKS:
        report, visit = method(World(count, strangers, name))
        comment = (method.__doc__ or "").strip()
        yield Attack(method.__name__[1:].replace("_", "-"), comment, report, visit, word, kind, step, policies)


def policies() -> tuple[Policy, Policy]:
    """Of the witnesses, and of the auditors."""
    log = Logbook().log
    witnesses, auditors = Policy.parse(a_policy(WITNESSES, log)), Policy.parse(a_policy(AUDITORS, log))
    return witnesses, auditors


def _dropped_leaf(world: World) -> Made:
    """n was taken and the person told of it, but the second leaf was never logged."""
    gone = world.own.noted[1].leaf.encode()
    world.book.entries.remove(gone)
    moved = [replace(one, index=one.index - 1) for one in world.own.noted[2:]]
    world.own.noted[2:] = moved
    return world.indexed().report(), None


def _dropped_leaf_closed_up(world: World) -> Made:
    """The second leaf was never logged, and the later ones are shown each one place earlier."""
    gone = world.own.noted.pop(1).leaf.encode()
    world.book.entries.remove(gone)
    world.own.noted[1:] = [replace(one, index=one.index - 1) for one in world.own.noted[1:]]
    return world.indexed().report(), None


def _left_out_of_the_index(world: World) -> Made:
    """The index has no record of the last entry, though its leaf is in the ledger; no auditor cosigned."""
    world.book.index(leave_out=_one(world.own.noted[-1]))
    world.book.cosigners = WITNESSES
    return world.report(), None


def _left_out_of_the_index_unasked(world: World) -> Made:
    """The same, shown to somebody who asks for no auditors: the entry stands in the list and in no index."""
    world.book.index(leave_out=_one(world.own.noted[-1]))
    return world.report(), None


def _hidden_last_entry(world: World) -> Made:
    """The last entry is in the ledger and not in the list."""
    world.indexed()
    world.own.noted.pop()
    return world.report(), None


def _hidden_all(world: World) -> Made:
    """All entries are in the ledger, and the list says that there are none."""
    world.indexed()
    world.own.noted.clear()
    return world.report(), None


def _skipped_n(world: World) -> Made:
    """An n was given to nobody, so that the list seems to end before the entry that follows."""
    last = world.own.noted.pop()
    leaf = a_leaf(world.own, last.event, n=world.own.next + 1)
    world.own.noted.append(replace(last, leaf=leaf))
    world.book.entries[last.index] = leaf.encode()
    world.indexed()
    world.own.noted.pop()
    return world.report(), None


def _skipped_far(world: World) -> Made:
    """A thousand numbers were left out before the next entry, beyond those that are looked at one by one."""
    leaf = a_leaf(world.own, an_event(9), n=len(world.own.noted) + 1024)
    world.book.append(leaf.encode())
    return world.indexed().report(), None


def _duplicate_label(world: World) -> Made:
    """Two entries were logged under one label, so that one of them could be shown today and the other tomorrow."""
    leaf = replace(world.own.noted[1].leaf, commit=bytes(32))
    world.book.append(leaf.encode())
    return world.indexed().report(), None


def _wrong_index_root(world: World) -> Made:
    """The index entry names another root than the one of the buckets that are shown."""
    world.book.index(root=bytes(32))
    return world.report(), None


def _another_index(world: World) -> Made:
    """The buckets are those of an index in which the last entry never stood; its entry is in the ledger, too, but for fewer leaves."""
    world.book.index(at=AT - timedelta(minutes=5), leave_out=_one(world.own.noted[-1]))
    world.indexed()
    hidden = world.own.noted.pop()
    report, (_, false) = world.report(), world.book.indexes[0]
    buckets, nodes = prove(false, [label for one in report.lists for label in one.proven()])
    assert hidden.leaf.label not in b"".join(records for _, records in buckets)
    return replace(report, buckets=tuple(buckets), nodes=nodes), None


def _stale_index(world: World) -> Made:
    """The index is from the day before yesterday: what came since is not shown."""
    world.book.index(at=AT - timedelta(days=2))
    return world.report(), None


def _stale_index_before_the_last(world: World) -> Made:
    """A new entry was logged after the index that is shown; the index of today is kept back."""
    world.book.index(at=AT - timedelta(days=2))
    before = world.own.noted[:]
    world.book.note(world.own, an_event(9))
    world.indexed()
    world.own.noted = before
    return world.book.report(world.own, at=0), None


def _stale_audit(world: World) -> Made:
    """The auditor's signature is from the day before yesterday, on the same state of the ledger."""
    world.book.cosigned -= timedelta(days=2)
    return world.indexed().report(), None


def _roll_back(world: World) -> Made:
    """The ledger is smaller than the one that the person saw."""
    world.indexed().book.strangers(3, "later")
    world.book.index(at=AT + timedelta(minutes=1))
    visit = world.visited()
    earlier = world.book.copy()
    earlier.entries, earlier.indexes = earlier.entries[:-4], earlier.indexes[:1]
    return earlier.report(world.own, since=0), visit


def _fork(world: World) -> Made:
    """One person is shown another ledger of the log, in which an entry has become another; no witness cosigned it."""
    visit = world.indexed().visited()
    fork = _forked(world)
    fork.book.cosigners = AUDITORS
    return fork.report(since=visit.seen.size), visit


def _fork_unasked(world: World) -> Made:
    """The same fork, shown to somebody who asks for no witnesses but has kept the last visit."""
    visit = world.indexed().visited()
    return _forked(world).report(since=visit.seen.size), visit


def _fork_with_another_past(world: World) -> Made:
    """The fork with a proof from its own past, which is not the one that was seen."""
    visit = world.indexed().visited()
    fork = _forked(world)
    report = fork.report(since=visit.seen.size - 1)
    assert report.since is not None
    return replace(report, since=replace(report.since, size=visit.seen.size)), visit


def _fork_of_the_same_size(world: World) -> Made:
    """Two roots of one size: the person saw the other one."""
    visit = world.indexed().visited()
    fork = world.book.copy()
    fork.entries[0] = Leaf.parse(fork.entries[0][:-32] + bytes(32)).encode()
    return fork.report(world.own), visit


def _another_ledger(world: World) -> Made:
    """The person is shown a ledger of another name than the one that was kept."""
    visit = world.indexed().visited()
    note = visit.checkpoint.replace(b"log1\n", b"log2\n", 1)
    return world.report(), Visit("ledger.minasoko.example/log2", note, visit.lists)


def _no_past(world: World) -> Made:
    """The ledger has grown since the last visit, and nothing proves that it is the same one."""
    visit = world.indexed().visited()
    world.book.index(at=AT + timedelta(minutes=1))
    return world.report(), visit


def _shortened(world: World) -> Made:
    """The last entry that the person saw is no longer in the list; ledger and index were made to fit."""
    visit = world.indexed().visited()
    world.book.index(at=AT + timedelta(minutes=1), leave_out=_one(world.own.noted.pop()))
    return world.report(since=visit.seen.size), visit


def _list_gone(world: World) -> Made:
    """After a change of keys only the new list is shown."""
    after = Noting(a_key("mizuho", 1))
    world.book.rekey(world.own, after)
    visit = world.indexed().visited()
    world.book.index(at=AT + timedelta(minutes=1))
    return world.book.report(after, since=visit.seen.size), visit


def _swapped_openings(world: World) -> Made:
    """The events of two entries have changed places."""
    report = world.indexed().report()
    first, second, *rest = report.lists[0].entries
    pair = [replace(first, event=second.event), replace(second, event=first.event)]
    return _with_entries(report, [*pair, *rest]), None


def _another_event(world: World) -> Made:
    """An entry is shown with another purpose than it was logged with."""
    report = world.indexed().report()
    first, *rest = report.lists[0].entries
    return _with_entries(report, [replace(first, event=an_event(0, purpose="統計の作成")), *rest]), None


def _withheld_opened_to_something_else(world: World) -> Made:
    """A withheld entry is opened, but to another event than the one that was fixed."""
    world.book.note(world.own, an_event(9, TODAY - timedelta(days=30)), withheld=30)
    report = world.indexed().report()
    *rest, last = report.lists[0].entries
    return _with_entries(report, [*rest, replace(last, event=an_event(10, TODAY - timedelta(days=30)))]), None


def _overdue(world: World) -> Made:
    """The day on which an entry was to be opened has come, and it is not."""
    world.book.note(world.own, an_event(9, TODAY - timedelta(days=30)), withheld=30)
    return world.indexed().report(today=TODAY - timedelta(days=1)), None


def _postponed(world: World) -> Made:
    """A withheld leaf was replaced in the report by one with a later day."""
    world.book.note(world.own, an_event(9, TODAY - timedelta(days=30)), withheld=30)
    report = world.indexed().report(today=TODAY - timedelta(days=1))
    *rest, last = report.lists[0].entries
    return _with_entries(report, [*rest, replace(last, leaf=replace(last.leaf, withheld=90))]), None


def _shown_without_event(world: World) -> Made:
    """An entry that is not withheld is listed without its event."""
    report = world.indexed().report()
    first, *rest = report.lists[0].entries
    return _with_entries(report, [replace(first, event=None), *rest]), None


def _rekey_hidden(world: World) -> Made:
    """The list ends with a change of keys, and the list under the new key is not shown."""
    world.book.rekey(world.own, Noting(a_key("mizuho", 1)))
    return world.indexed().report(), None


def _rekey_to_another(world: World) -> Made:
    """The list that follows is not the one whose key the old list named."""
    world.book.rekey(world.own, Noting(a_key("mizuho", 1)))
    return world.indexed().book.report(world.own, Noting(a_key("mizuho", 2))), None


_ATTACKS: tuple[tuple[Callable[[World], Made], str, str, int, bool], ...] = (
    (_dropped_leaf, "incomplete", "missing", 7, True),
    (_dropped_leaf_closed_up, "incomplete", "missing", 7, True),
    (_left_out_of_the_index, "not-audited", "", 3, True),
    (_left_out_of_the_index_unasked, "incomplete", "missing", 7, False),
    (_hidden_last_entry, "incomplete", "skipped", 8, True),
    (_hidden_all, "incomplete", "skipped", 8, True),
    (_skipped_n, "incomplete", "skipped", 8, True),
    (_skipped_far, "incomplete", "skipped", 8, True),
    (_duplicate_label, "incomplete", "twice", 7, True),
    (_wrong_index_root, "proof", "", 5, True),
    (_another_index, "proof", "", 5, True),
    (_stale_index, "stale", "", 4, True),
    (_stale_index_before_the_last, "stale", "", 4, True),
    (_stale_audit, "stale", "", 3, True),
    (_roll_back, "fork", "rollback", 6, True),
    (_fork, "not-witnessed", "", 3, True),
    (_fork_unasked, "fork", "fork", 6, False),
    (_fork_with_another_past, "fork", "fork", 6, False),
    (_fork_of_the_same_size, "fork", "fork", 6, False),
    (_another_ledger, "fork", "fork", 6, True),
    (_no_past, "proof", "", 6, True),
    (_shortened, "incomplete", "shortened", 6, False),
    (_list_gone, "incomplete", "shortened", 6, True),
    (_swapped_openings, "commitment", "", 9, True),
    (_another_event, "commitment", "", 9, True),
    (_withheld_opened_to_something_else, "commitment", "", 9, True),
    (_overdue, "incomplete", "overdue", 9, True),
    (_postponed, "proof", "", 7, True),
    (_shown_without_event, "incomplete", "overdue", 9, True),
    (_rekey_hidden, "incomplete", "rekey", 10, True),
    (_rekey_to_another, "incomplete", "rekey", 10, True),
)


def _one(noted: Noted) -> Callable[[bytes], bool]:
    return lambda leaf: label_of(leaf) == noted.leaf.label


def _forked(world: World) -> World:
    """The same world, in which the second entry says something else, and everything after it was signed anew."""
    other = World(len(world.own.noted))
    other.own.key = world.own.key
    event = an_event(1, purpose="統計の作成")
    other.book.entries = list(world.book.entries[:-1])
    other.own.noted = list(world.own.noted)
    changed = a_leaf(Noting(other.own.key), event, n=2)
    other.own.noted[1] = replace(other.own.noted[1], leaf=changed, event=event)
    other.book.entries[other.own.noted[1].index] = changed.encode()
    other.book.strangers(2, "later")
    return other.indexed()


def _with_entries(report: Report, entries: list[ListEntry]) -> Report:
    (one,) = report.lists
    return replace(report, lists=(PersonList(one.chain, one.key, tuple(entries)),))
