"""`azukari reminders`, as text, JSON and a calendar file."""

from __future__ import annotations

from tests.cli.scene import Scene


def test_reminders_when_asked_for_then_what_ends_is_listed_and_written(registered: Scene) -> None:
    listed = registered.json("reminders", "--days", "3650")["reminders"]
    kinds = {one["kind"] for one in listed}
    assert "entrustment-ends" in kinds
    assert registered.run("reminders", "--days", "3650").out.count("委託の終了") == sum(
        one["kind"] == "entrustment-ends" for one in listed
    )
    assert registered.run("reminders", "--ics", registered / "ends.ics").code == 0
    written = (registered / "ends.ics").read_bytes()
    assert written.startswith(b"BEGIN:VCALENDAR\r\n") and written.endswith(b"END:VCALENDAR\r\n")
    registered.refused("state", "reminders", "--ics", registered / "ends.ics")
