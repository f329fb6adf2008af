"""Offices at random, honest and not: whatever they log, index, leave out and show, the page judges as azukari does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.browser import Checker

from azukari.completeness.checking import verify_report
from azukari.completeness.labels import SEALED
from azukari.completeness.visit import Visit
from azukari.errors import AzukariError
from azukari.testing.logbook import NOW, TODAY, Logbook, Noting, a_key, a_leaf, an_event
from azukari.testing.sealed import fixed_bytes

ACTS = ["note", "note", "note", "withheld", "rekey", "sealed", "strangers", "visit", "twice", "skip"]


@dataclass
class World:
    """A ledger, the lists of one person in it, and what this person kept."""

    book: Logbook = field(default_factory=Logbook)
    lists: list[Noting] = field(default_factory=lambda: [Noting(a_key("somebody"))])
    sealed: Noting = field(default_factory=lambda: Noting(fixed_bytes("a sealed key"), SEALED))
    visit: Visit | None = None
    since: int | None = None

    def do(self, act: str, number: int) -> None:
        own = self.lists[-1]
        if act in ("note", "withheld"):
            day = TODAY - timedelta(days=number if act == "withheld" else 0)
            self.book.note(own, an_event(own.next, day), withheld=30 if act == "withheld" else 0)
        elif act == "rekey":
            self.lists.append(Noting(a_key("somebody", len(self.lists))))
            self.book.rekey(own, self.lists[-1])
        elif act == "sealed":
            self.book.note(self.sealed, an_event(self.sealed.next))
        elif act == "strangers":
            self.book.strangers(number, f"strangers {len(self.book.entries)}")
        elif act == "visit":
            self.visited()
        elif act == "twice" and own.noted:
            self.book.append(own.noted[number % len(own.noted)].leaf.encode())
        elif act == "skip":
            self.book.append(a_leaf(own, an_event(0), n=own.next + number % 40).encode())

    def visited(self) -> None:
        """What is kept of a visit now, if all holds."""
        self.book.index()
        report = self.book.report(*self.lists)
        try:
            self.visit = verify_report(report.encode(), NOW, [self.book.log.verifier]).visit
        except AzukariError:
            return
        self.since = len(self.book.entries)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[bytes, Visit | None]:
    """A report, and what was kept before it."""
    world = World()
    for act in draw(st.lists(st.sampled_from(ACTS), max_size=12)):
        world.do(act, draw(st.integers(1, 60)))
    hidden = draw(st.sampled_from([None, None, None, 0, 1, 2]))
    labels = [one.leaf.label for own in world.lists for one in own.noted]
    gone = labels[hidden] if hidden is not None and hidden < len(labels) else b""
    world.book.index(leave_out=lambda leaf: leaf[26:58] == gone)
    shown = [Noting(own.key, own.chain, list(own.noted)) for own in world.lists]
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        if shown[-1].noted:
            shown[-1].noted.pop()
    if len(shown) > 1 and not draw(st.integers(0, 3)):
        shown.pop(draw(st.integers(0, len(shown) - 1)))
    if draw(st.booleans()):
        shown.append(world.sealed)
    today = TODAY + timedelta(days=draw(st.sampled_from([0, 0, 0, -10, 10])))
    since = world.since if draw(st.integers(0, 9)) else None
    return world.book.report(*shown, today=today, since=since).encode(), world.visit


def by_azukari(report: bytes, visit: Visit | None) -> tuple[str, int, str]:
    try:
        verify_report(report, NOW, [Logbook().log.verifier], visit=visit)
    except AzukariError as error:
        return error.word, int(str(error.facts["step"])), str(error.facts["kind"])
    return "holds", 0, ""


def test_office_when_it_does_anything_then_the_page_says_what_azukari_says(checker: Checker) -> None:
    seen: Counter[str] = Counter()

    @given(made=st.lists(worlds(), min_size=3, max_size=6))
    @settings(max_examples=40, deadline=None)
    def judge(made: list[tuple[bytes, Visit | None]]) -> None:
        for report, visit in made:
            kept = visit.encode() if visit else None
            answer = checker.check(report, kept, now=NOW, logKeys=[Logbook().log.vkey])
            wanted = by_azukari(report, visit)
            seen["/".join(filter(None, (wanted[0], wanted[2])))] += 1
            assert (answer.get("word", "holds"), answer.get("step", 0), answer.get("kind", "")) == wanted, answer

    judge()
    assert seen["holds"] and len(seen) >= 4, seen  # it met lists that hold, and several ways in which one does not
