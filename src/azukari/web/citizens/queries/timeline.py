"""A citizen's entries as the page shows them: newest first, by month, filtered and searched; what is withheld counted with its days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from azukari.completeness.event import Act, Event
from azukari.completeness.report import Report
from azukari.fields.days import day_of
from azukari.web.citizens import telling
from azukari.web.citizens.telling import Register


@dataclass(frozen=True)
class Line:
    """足あと一件。 An entry: its number in its list, the index of its leaf, the day, and what it says; ``moment`` of a use alone."""

    index: int
    day: date
    moment: datetime | None
    event: Event
    sentence: str
    standing: str
    fields: str


@dataclass(frozen=True)
class Wanted:
    """絞り込み。 A kind of entry, a party and a word; empty where everything is wanted."""

    act: str = ""
    party: str = ""
    word: str = ""


@dataclass(frozen=True)
class Timeline:
    """足あと。 ``months``: first day of a month and its lines, newest first. ``whole``: how many entries there are in all.

    ``withheld``: day on which they are opened, and how many; ``missing``: entries whose event did not come, although its day is over.
    ``acts``, ``parties``: what can be filtered by. ``as_of``: of the index.
    """

    as_of: datetime
    whole: int
    found: int
    months: Sequence[tuple[date, Sequence[Line]]]
    withheld: Sequence[tuple[date, int]]
    missing: int
    acts: Sequence[Act]
    parties: Sequence[str]


def timeline(report: Report, wanted: Wanted, register: Register, today: date) -> Timeline:
    """What a report says, as people read it; ``today``: in Japan."""
    entries = [entry for one in report.lists for entry in one.entries]
    lines = [_line(entry.index, entry.event, register) for entry in entries if entry.event is not None]
    found = [line for line in lines if _fits(line, wanted)]
    hidden = [entry.leaf.opens for entry in entries if entry.event is None]
    return Timeline(
        as_of=report.index.entry.at,
        whole=len(entries),
        found=len(found),
        months=_months(found),
        withheld=sorted(Counter(day for day in hidden if day > today).items()),
        missing=sum(day <= today for day in hidden),
        acts=sorted({line.event.act for line in lines}, key=lambda act: act.kind),
        parties=sorted({line.event.party for line in lines if line.event.party}),
    )


def _line(index: int, event: Event, register: Register) -> Line:
    return Line(
        index=index,
        day=day_of(event.at) if event.at else event.day,
        moment=event.at,
        event=event,
        sentence=telling.sentence(event, register),
        standing=telling.standing(event, register),
        fields=telling.fields(event, register),
    )


def _fits(line: Line, wanted: Wanted) -> bool:
    event = line.event
    if wanted.act and event.act.value != wanted.act:
        return False
    if wanted.party and event.party != wanted.party:
        return False
    said = " ".join((line.sentence, line.fields, event.purpose, event.basis, event.unit, event.system))
    return wanted.word.casefold() in said.casefold()


def _months(lines: Iterable[Line]) -> list[tuple[date, list[Line]]]:
    newest = sorted(lines, key=lambda line: (line.day, line.index), reverse=True)
    return [(month, list(found)) for month, found in groupby(newest, key=lambda line: line.day.replace(day=1))]
