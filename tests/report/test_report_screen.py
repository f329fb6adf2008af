"""Somebody with nothing but the page: choose, check, read, save what is kept and what is evidence; in both languages, on a phone, by keyboard."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.browser import AXE, look
from tests.report.browser import opened
from tests.report.lists import (
    ACTS,
    AUDITOR,
    AUDITORS,
    KEY,
    LOG,
    NOW,
    POLICY,
    TODAY,
    WITNESSES,
    Json,
    Ledger,
    List,
    canonical,
    event_of,
    key_id,
    visit_of,
)

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make test installs it")
OPENED = (TODAY + timedelta(days=127)).isoformat()
NEXT_KEY = bytes(31) + b"\x07"


def years() -> tuple[Ledger, List]:
    """What a person might see after two years."""
    own = List(KEY)
    for act, days, other in (
        ("hand-over", 700, {"fields": ["birth-date/person", "kana/person", "name/person"]}),
        (
            "re-entrustment",
            690,
            {"party": "遠浅入力", "country": "VN", "purpose": "カナの照合", "fields": ["kana/person"]},
        ),
        ("use", 300, {"party": "", "purpose": "年金額の計算", "fields": [], "until": "", "country": ""}),
        (
            "hand-over",
            90,
            {"role": "spouse", "fields": ["amount/dependant-2", "name/person", "name/spouse"], "purpose": "控除の確認"},
        ),
        ("disposal", 30, {"purpose": "委託の終わり"}),
    ):
        own.add(event_of(act, day=(TODAY - timedelta(days=days)).isoformat(), **other))
    own.add(event_of("disclosure"), withheld=127, hidden=True)
    ledger = Ledger()
    ledger.take(own)
    ledger.index()
    return ledger, own


def saved(page: Page, place: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click(f"#{place}")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def fill(page: Page, folder: Path, report: Json | bytes, visit: Json | None = None, **texts: str) -> None:
    """Choose the files and enter the ledger's key, broken over lines as a letter prints it."""
    data = report if isinstance(report, bytes) else canonical(report)
    (folder / "list.azl").write_bytes(data)
    page.set_input_files("#report", folder / "list.azl")
    page.fill("#log-key", f" {LOG.vkey[:40]}\n{LOG.vkey[40:]} ")
    if visit is None and not texts:
        return
    page.locator("#more").evaluate("one => { one.open = true; }")
    if visit is not None:
        (folder / "kept.json").write_bytes(canonical(visit))
        page.set_input_files("#visit", folder / "kept.json")
    for name, told in texts.items():
        (folder / f"{name}.txt").write_text(told)
        page.set_input_files(f"#{name}", folder / f"{name}.txt")


def said(page: Page, language: str) -> list[str]:
    expect(page.locator("#said")).not_to_contain_text("確かめています")
    return page.locator(f"#said span[lang={language}]").all_inner_texts()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_person_when_the_list_is_whole_then_reads_it_and_keeps_a_file_for_next_time(
    running: Browser, tmp_path: Path, language: str
) -> None:
    ledger, own = years()
    note = ledger.checkpoint(*WITNESSES[:2], AUDITOR)
    report = ledger.report(own, note=note)
    with opened(running, language) as page:
        look(page, "list-empty", language)
        fill(page, tmp_path, report)
        page.click("#check")
        strong, counted, withheld = said(page, language)
        body = {"ja": "機関の台帳で見る限り、", "en": "As far as the body's own ledger shows, "}[language]
        moment = {
            "ja": "2026年11月25日 12:00（日本時間）の時点で",
            "en": "s of 2026-11-25 12:00 (Japan) nothing is missing",
        }[language]
        assert strong.startswith(body) and moment in strong
        assert re.findall(r"\d+", counted) == ["6", "5"] and OPENED in withheld and re.search(r"\b1 ", withheld)
        assert (
            page.evaluate("document.activeElement.id") == "said"
            and page.locator("#said").get_attribute("data-tone") == "good"
        )
        assert page.locator("#checked li").count() == 3 and page.locator("#unchecked li").count() == 6
        rows = page.locator("#rows tr")
        assert rows.count() == 6 and not page.locator("#failed").is_visible()
        second = rows.nth(1).locator(f"td span[lang={language}], td:not(:has(span))").all_inner_texts()
        assert second[1] == {"ja": "再委託先に渡した", "en": "handed on to a contractor of the contractor"}[language]
        assert second[2] == "霞ヶ浜年金機構 → 遠浅入力 (VN)" and second[3] == {"ja": "フリガナ", "en": "kana"}[language]
        fourth = rows.nth(3).inner_text()
        for told in {
            "ja": ["配偶者の氏名", "扶養親族2の金額", "（配偶者として）"],
            "en": ["spouse's name", "dependant 2's amount", "(as spouse)"],
        }[language]:
            assert told in fourth
        last = rows.nth(5).inner_text()
        assert OPENED in last and {"ja": "伏せられている", "en": "withheld"}[language] in last
        look(page, "list-whole", language)
        kept = saved(page, "save-visit", tmp_path)
        assert kept.name == "azukari-visit-2026-11-25.json" and kept.read_bytes() == canonical(visit_of(report))
        fill(page, tmp_path, report, visit_of(report), policy=POLICY, auditors=AUDITORS)
        page.fill("#list-key", KEY.hex().upper())
        page.click("#check")
        vouched = said(page, language)[0]
        assert moment in vouched and body not in vouched
        assert page.locator("#checked li").count() == 7 and page.locator("#unchecked li").count() == 2


@pytest.mark.parametrize("language", ["ja", "en"])
def test_person_when_an_entry_is_missing_then_is_told_so_and_saves_the_evidence(
    running: Browser, tmp_path: Path, language: str
) -> None:
    ledger, own = years()
    before = ledger.report(own)
    own.entries.pop(2)
    report = ledger.report(own)
    with opened(running, language) as page:
        fill(page, tmp_path, report, visit_of(before))
        page.click("#check")
        strong, step = said(page, language)
        assert (
            strong
            == {"ja": "一覧が、前回より短くなっています。", "en": "The list is shorter than last time."}[language]
        )
        assert "[incomplete / shortened]" in step and "6" in step
        assert page.locator("#said").get_attribute("data-tone") == "alarm"
        assert not page.locator("#result").is_visible() and page.locator("#advice li").count() == 3
        look(page, "list-fails", language)
        kept = saved(page, "save-evidence", tmp_path)
        assert kept.name == "incomplete-shortened.azm.json"
        evidence = json.loads(kept.read_bytes())
    assert (
        evidence["report"] == canonical(report).decode() and evidence["visit"] == canonical(visit_of(before)).decode()
    )
    assert (evidence["word"], evidence["kind"], evidence["step"]) == ("incomplete", "shortened", 6)


def test_screen_when_a_list_fails_after_one_that_held_then_nothing_of_that_is_left(
    running: Browser, tmp_path: Path
) -> None:
    ledger, own = years()
    report = ledger.report(own)
    with opened(running, "en") as page:
        fill(page, tmp_path, report)
        page.click("#check")
        said(page, "en")
        assert page.locator("#result").is_visible()
        fill(page, tmp_path, canonical(report)[:-20])
        page.click("#check")
        assert said(page, "en")[0].startswith("The file does not have the expected form")
        assert not page.locator("#result").is_visible() and page.locator("#failed").is_visible()
        assert page.locator("#said").get_attribute("data-tone") == "file"
        assert not page.locator("#evidence").is_visible(), "bytes that anybody can make are no evidence"
        fill(page, tmp_path, report)
        page.click("#check")
        said(page, "en")
        assert not page.locator("#failed").is_visible()


def test_screen_when_something_is_not_given_or_no_key_then_one_sentence_and_no_verdict(
    running: Browser, tmp_path: Path
) -> None:
    ledger, own = years()
    with opened(running, "en") as page:
        page.click("#check")
        assert said(page, "en") == ["Choose the file of your list and enter the ledger's key."]
        fill(page, tmp_path, ledger.report(own))
        page.fill("#log-key", WITNESSES[0].vkey)
        page.click("#check")
        assert said(page, "en")[0].startswith("This is no ledger's key.")
        page.fill("#log-key", LOG.vkey)
        page.locator("#more").evaluate("one => { one.open = true; }")
        page.fill("#list-key", "abc")
        page.click("#check")
        assert said(page, "en") == ["Your own key has 64 letters: 0 to 9 and a to f."]
        assert not page.locator("#result").is_visible() and not page.locator("#failed").is_visible()


NO_ED25519 = """for (const name of ['importKey', 'verify']) {
  const own = SubtleCrypto.prototype[name];
  SubtleCrypto.prototype[name] = function (...given) {
    const named = given.some(one => (one?.name ?? one) === 'Ed25519');
    return named ? Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError')) : own.apply(this, given);
  };
}"""
YES_TO_ALL = "SubtleCrypto.prototype.verify = async () => true;"


@pytest.mark.parametrize(
    "script", [NO_ED25519, YES_TO_ALL, "delete Crypto.prototype.subtle;"], ids=["none", "yes", "no WebCrypto"]
)
def test_browser_when_it_cannot_tell_a_signature_then_it_says_so_and_never_that_the_list_holds(
    running: Browser, tmp_path: Path, script: str
) -> None:
    ledger, own = years()
    with opened(running, "en", script) as page:
        expect(page.locator("#said span[lang=en]")).to_contain_text(
            "cannot check signatures (Ed25519). Nothing was checked."
        )
        fill(page, tmp_path, ledger.report(own))
        page.click("#check")
        assert said(page, "en")[0].startswith("This browser cannot check signatures")
        assert not page.locator("#result").is_visible()


def test_texts_of_an_event_when_they_look_like_markup_then_they_are_shown_as_texts(
    running: Browser, tmp_path: Path
) -> None:
    own = List(KEY)
    own.add(event_of(party='<img src=x onerror="document.title=1">', purpose="<b>x</b>", until=""))
    ledger = Ledger()
    ledger.take(own)
    ledger.index()
    with opened(running, "en") as page:
        fill(page, tmp_path, ledger.report(own))
        page.click("#check")
        said(page, "en")
        assert page.locator("#rows img, #rows b").count() == 0 and "<b>x</b>" in page.locator("#rows").inner_text()


def test_lists_when_the_key_was_changed_then_each_entry_says_of_which_list_it_is(
    running: Browser, tmp_path: Path
) -> None:
    old, new, ledger = List(KEY), List(NEXT_KEY), Ledger()
    old.add()
    old.add(event_of("rekey", next=key_id(NEXT_KEY), party="", fields=[]))
    new.add(event_of("use"))
    ledger.take(old, new)
    ledger.index()
    with opened(running, "ja") as page:
        fill(page, tmp_path, ledger.report(old, new))
        page.click("#check")
        said(page, "ja")
        assert page.locator("#rows th").all_inner_texts() == ["1-1", "1-2", "2-1"]


def test_acts_when_each_is_shown_then_there_are_words_for_it(running: Browser, tmp_path: Path) -> None:
    own, ledger = List(KEY), Ledger()
    for act in ACTS:
        if act != "rekey":
            own.add(event_of(act))
    ledger.take(own)
    ledger.index()
    with opened(running, "ja") as page:
        fill(page, tmp_path, ledger.report(own))
        page.click("#check")
        said(page, "ja")
        told = page.locator("#rows td:nth-child(3) span[lang=ja]").all_inner_texts()
    assert len(set(told)) == 8 and all(re.search(r"[ぁ-ん]", one) for one in told)


def test_form_when_only_the_keyboard_is_used_then_everything_is_reached(running: Browser, tmp_path: Path) -> None:
    ledger, own = years()
    (tmp_path / "list.azl").write_bytes(canonical(ledger.report(own)))
    with opened(running, "en") as page:
        reach(page, "report")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Space")
        chooser.value.set_files(tmp_path / "list.azl")
        reach(page, "log-key")
        page.keyboard.insert_text(LOG.vkey)
        reach(page, "check")
        page.keyboard.press("Enter")
        assert "nothing is missing" in said(page, "en")[0]
        reach(page, "save-visit")


def reach(page: Page, place: str) -> None:
    for _ in range(40):
        if page.evaluate("document.activeElement.id") == place:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{place} is not reached with the Tab key")


DROP = """([place, told]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([told], 'list.azl'));
  document.getElementById(place).dispatchEvent(new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def test_file_when_it_is_dropped_then_it_is_chosen(running: Browser, tmp_path: Path) -> None:
    ledger, own = years()
    with opened(running, "en") as page:
        page.evaluate(DROP, ["drop", canonical(ledger.report(own)).decode()])
        page.fill("#log-key", LOG.vkey)
        page.click("#check")
        assert "nothing is missing" in said(page, "en")[0]


def test_evidence_when_somebody_else_opens_it_then_it_fails_there_as_it_tells_whatever_the_time(
    running: Browser, tmp_path: Path
) -> None:
    ledger, own = years()
    before = ledger.report(own)
    own.entries.pop()
    report = ledger.report(own)
    evidence = {
        "type": "azukari/misbehaviour/v1", "word": "incomplete", "kind": "shortened", "step": 6,
        "report": canonical(report).decode(), "visit": canonical(visit_of(before)).decode(),
    }  # fmt: skip
    with opened(running, "en", fixed=False) as page:  # by the clock of this machine: another day
        fill(page, tmp_path, canonical(evidence))
        page.click("#check")
        strong, meaning, signed = said(page, "en")
        assert (
            strong.endswith("It fails here, too, just as it tells.")
            and meaning == "The list is shorter than last time."
        )
        assert "bears no signature" in signed and not page.locator("#failed").is_visible()
        for wrong in ({"kind": "skipped"}, {"step": 7}, {"word": "proof", "kind": ""}, {"visit": ""}):
            fill(page, tmp_path, canonical(evidence | wrong))
            page.click("#check")
            assert "does not fail as it tells" in said(page, "en")[0], wrong
        fill(page, tmp_path, canonical(evidence | {"step": 1}))
        page.click("#check")
        assert said(page, "en")[0].startswith("The file does not have the expected form")
        assert not page.locator("#result").is_visible()


def test_list_when_it_was_received_on_an_earlier_day_then_it_is_old_unless_that_is_entered(
    running: Browser, tmp_path: Path
) -> None:
    ledger, own = years()
    report = ledger.report(own)
    with opened(running, "en", fixed=False) as page:
        page.clock.set_fixed_time(NOW + timedelta(days=9))
        fill(page, tmp_path, report)
        page.click("#check")
        assert said(page, "en")[0].startswith("The list is old")
        page.locator("#more").evaluate("one => { one.open = true; }")
        local = page.evaluate(
            "moment => new Date(moment - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 16)",
            NOW.timestamp() * 1000,
        )
        page.fill("#received", local)
        page.click("#check")
        assert "nothing is missing" in said(page, "en")[0]
        page.fill("#received", local.replace("2026-11-25", "2026-11-27"))
        page.click("#check")
        assert said(page, "en")[0].startswith("The list is old")
