"""Somebody whose data it is: enrolled at the counter, in with the letter, and what the page says when the body is not honest."""

from __future__ import annotations

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Route
from tests.journeys.across import FIRM, SUB, Faces
from tests.journeys.browser import Screen
from tests.journeys.steps import confirm_if_asked

from azukari.fields.days import day_of
from azukari.stores import clock
from azukari.tables import read_table


def enrolled(officer: Screen, faces: Faces, folder: Path) -> tuple[str, str]:
    """The officer enrols the person of the register's first row; name and code, as they stand in the letter."""
    officer.go("/enrolments")
    officer.look("enrolments")
    officer.press("登録する", "Enrol somebody")
    confirm_if_asked(officer)
    officer.look("enrol")
    who = str(read_table(faces / "register.csv").frame["宛名番号"][0])
    officer.fill(local_id=who, address=f"{faces.outside}/my")
    letter = officer.save("登録して手紙を作る", "Enrol and make the letter", folder / "letter.pdf")
    said = subprocess.run(["pdftotext", "-raw", letter, "-"], capture_output=True, text=True, check=True).stdout
    code, name = (
        re.findall(pattern, said)[0]
        for pattern in (r"(?:[A-Z2-9]{4}-){4}[A-Z2-9]{4}", r"(?:[A-Z2-9]{4}-){2}[A-Z2-9]{4}(?!-)")
    )
    assert f"{faces.outside}/my" in said and who not in said
    officer.go("/enrolments")
    officer.page.locator("main tbody a").first.click()
    officer.look("enrolment")
    return name, code


def looked_at(person: Screen, faces: Faces, letter: tuple[str, str]) -> None:
    """The person sees what went to whom, in plain words, and checks on the page that nothing is missing."""
    came_in(person, letter)
    shown = person.text()
    assert person.say(f"委託先の{FIRM.ja}に渡しました", f"to its contractor {FIRM.ja}") in shown
    assert person.say("再委託先の", "With the permission of") in shown and SUB.ja in shown
    if person.language == "ja":
        person.press("やさしい日本語", "")
        assert "わたしました" in person.text()
        person.look("trail-easy")
        person.press("ふつうの日本語", "")
    person.page.locator("#act").select_option("re-entrustment")
    person.press("絞り込む", "Filter")
    assert FIRM.ja not in person.page.locator("main ol").inner_text()
    person.go("/my")
    checked(person)
    assert person.say("欠けはなく、書き換えもありません", "nothing is missing from this list") in person.text()
    person.look("trail-checked")
    kept = person.save("控えを保存する", "Save for the next visit", faces / "visit.json")
    checked(person, kept)
    assert person.say("前回の控えとも食い違いません", "It goes with what you kept last time, too") in person.text()
    person.save("確かめるページを保存する", "Save the page that checks", faces / "checker.html")
    person.save("証明を保存する（.azl）", "Save the proof (.azl)", faces / "list.azl")
    betrayed(person, faces, kept)


def came_in(person: Screen, letter: tuple[str, str]) -> None:
    """A wrong code is told in one sentence; the letter's opens, and a code for the next time is shown once."""
    name, code = letter
    person.go("/my")
    assert "/my/sign-in" in person.page.url
    person.fill(letter=name, code="AAAA-AAAA-AAAA-AAAA-AAAA")
    person.press("見る", "See it")
    person.look("trail-sign-in")
    person.fill(letter=name, code=code)
    person.press("見る", "See it")
    person.look("trail-code")
    person.press("番号を作る", "Make a code")
    again = person.page.locator("#code").inner_text()
    person.go("/my")
    person.press("出る", "Sign out")
    person.fill(letter=name, code=again)
    person.press("見る", "See it")
    person.look("trail")


def checked(person: Screen, kept: Path | None = None) -> None:
    """Press the button, and wait for what is said."""
    if kept is not None:
        person.page.locator("#check-visit").set_input_files(kept)
    person.press("この画面で確かめる", "Check it on this page", opens=False)
    person.page.locator("#check-now:enabled").wait_for()


def betrayed(person: Screen, faces: Faces, kept: Path) -> None:
    """A body that leaves an entry out, that shows an older state of its ledger, and that keeps an event back."""
    list_id = json.loads(kept.read_text(encoding="utf-8"))["lists"][0]["id"]
    with ThreadPoolExecutor(
        1
    ) as apart:  # Django asks nothing of a database in a thread with a loop, which Playwright has
        omitted, older, kept_back = apart.submit(answers, faces, list_id).result()
    person.go("/my")
    for answer, visit, words in (
        (omitted, None, ("台帳には、この一覧にない、あなたの記録があります", "The ledger holds an entry about you that is not in this list")),
        (older, kept, ("記録が巻き戻されています", "Entries were rolled back")),
        (kept_back, kept, ("伏せられたままの記録があります", "An entry is still withheld after the day")),
    ):  # fmt: skip
        person.page.route("**/my/proof*", partial(_fulfil, answer))
        checked(person, visit)
        assert person.say(*words) in person.text(), person.page.locator("#check-said").inner_text()
        assert person.page.locator("#check-said.error").count() == 1
        person.page.unroute("**/my/proof*")
    person.look("trail-betrayed")
    person.save("証拠を保存する", "Save the evidence", faces / "evidence.azm.json")
    checked(person, kept)
    assert person.page.locator("#check-said.success").count() == 1, "the honest one holds again"


def _fulfil(answer: bytes, route: Route) -> None:
    route.fulfill(body=answer, content_type="application/json")


def answers(faces: Faces, list_id: str) -> list[bytes]:
    """What such a body would send, composed in this process from the outside's own office."""
    faces.gap.on("outside")
    from tests.cli import scene as scenes

    from azukari.completeness.composing import compose
    from azukari.completeness.labels import key_id
    from azukari.stores.keys import open_key_file
    from azukari.web.citizens.models import Citizen
    from azukari.web.citizens.queries import listing
    from azukari.web.leaves.queries import reporting
    from azukari.web.sequencer import queries as sequencer

    kek, today = open_key_file(faces / "outside.key", None), day_of(clock.now())
    (row,) = Citizen.objects.all()
    whole = listing.report(row.id, kek, today)
    (one,) = whole.lists
    assert key_id(one.key).hex() == list_id
    log = sequencer.log_of(row.body_id)
    signed, epoch = reporting.newest(row.body_id, log.id)
    stands, going_on = reporting.ground(signed, epoch), reporting.going_on(signed, signed.size)
    cut = replace(one, entries=one.entries[:-1])
    hidden: Any = replace(one, entries=(replace(one.entries[0], event=None), *one.entries[1:]))
    before = reporting.ground(*_earlier(row.body_id, log.id))
    told = [
        compose(stands, [cut], going_on),
        compose(before, [replace(one, entries=tuple(_under(before, one.entries)))], None),
        compose(stands, [hidden], going_on),
    ]
    scenes.close()
    return [report.encode() for report in told]


def _earlier(body_id: Any, log_id: Any) -> tuple[Any, Any]:
    """The checkpoint and the index of the crossing before."""
    from azukari.web.leaves.models import Epoch
    from azukari.web.sequencer import queries as sequencer

    epoch = Epoch.objects.filter(body_id=body_id).order_by("size").first()
    assert epoch is not None
    signed = min(
        (one for one in sequencer.checkpoints(log_id) if one.size > epoch.entry_index), key=lambda one: one.size
    )
    return signed, epoch


def _under(stands: Any, entries: Any) -> list[Any]:
    """The entries that this index has, proven under its checkpoint."""
    size = stands.logged.entry.size
    return [replace(one, path=stands.path(one.index)) for one in entries if one.index < size]
