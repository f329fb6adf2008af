"""In the demo one of the people concerned asks for the list of everything that was done with their data, and checks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azukari.cli.independent import run_verifier
from azukari.cli.indexing import make_index
from azukari.cli.options import Office
from azukari.completeness.event import Event
from azukari.completeness.report import Report
from azukari.stores.files import creating


@dataclass(frozen=True)
class OwnList:
    """本人の一覧。 What the list says, in order, and what the independent verifier says of it."""

    events: tuple[Event, ...]
    checked: dict[str, Any]

    @property
    def verdict(self) -> str:
        """The word of the verifier."""
        return str(self.checked.get("verdict"))

    def as_json(self) -> dict[str, Any]:
        """What `--json` shows: acts, parties and the verdict."""
        told = [{"act": event.act.value, "party": event.party, "fields": len(event.fields)} for event in self.events]
        return {"verdict": self.verdict, "entries": told}


def ask(office: Office, local_id: str, folder: Path) -> OwnList:
    """Make an index, write the person's report into ``folder``, and let the independent verifier check it."""
    make_index(office)
    report, vkey = _report(office, local_id)
    path = folder / "own-list.azl"
    with creating(path) as file:
        file.write(report.encode())
    events = tuple(entry.event for one in report.lists for entry in one.entries if entry.event is not None)
    return OwnList(events, run_verifier("report", path, "--log-key", vkey))


def _report(office: Office, local_id: str) -> tuple[Report, str]:
    from azukari.fields.days import day_of
    from azukari.web.leaves.queries.reporting import report
    from azukari.web.sequencer import queries as sequencer
    from azukari.web.subjects import queries as subjects

    person = subjects.known(office.body_id, local_id, office.kek)
    assert person is not None  # stands in all four copies
    return report(person.id, office.kek, day_of(office.at)), sequencer.log_of(office.body_id).vkey
