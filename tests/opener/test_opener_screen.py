"""A clerk with nothing but the page: a key, its card, the challenge, a package, the table and the receipt."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Download, Page, expect
from tests.cli import scene as scenes
from tests.cli.scene import PLANTED, Scene, call
from tests.journeys.browser import AXE, DESKTOP, PHONE, assert_accessible
from tests.opener.desk import Desk, built, opened

from azukari.fields.kinds import Field, Kind
from azukari.seal.package import open_package
from azukari.tables import read_table
from azukari.testing.sealed import SealedCopy, fixed_identity, fixed_log, seal_copy

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make test installs it")
FIRM = "潮見入力センター"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    scenes.without_office(monkeypatch)
    yield scenes.copied(scenes.registered(), tmp_path / "scene")
    scenes.close()


@contextmanager
def page_in(folder: Path, language: str) -> Iterator[Desk]:
    with opened(built(folder), language) as desk:
        yield desk


def look(page: Page) -> None:
    """Nothing serious for axe, no sideways scrolling, on a phone and on a desk."""
    assert_accessible(page)
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the same shape
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, size


def choose(page: Page, place: str, path: Path) -> None:
    """Choose a file with the keyboard alone."""
    reach(page, place)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(path)


def reach(page: Page, place: str) -> None:
    """Press Tab until this element has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == place:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{place} is not reached with the Tab key")


def saved(page: Page, place: str, folder: Path, files: int = 1) -> list[Path]:
    """Press a button with the keyboard; the files that it saves, under the names that it gives them."""
    downloads: list[Download] = []

    def keep(download: Download) -> None:
        downloads.append(download)

    page.on("download", keep)
    reach(page, place)
    page.keyboard.press("Enter")
    for _ in range(100):
        if len(downloads) >= files:
            break
        page.wait_for_timeout(50)
    page.remove_listener("download", keep)
    paths = [folder / download.suggested_filename for download in downloads]
    for download, path in zip(downloads, paths, strict=True):
        download.save_as(path)
    assert len(paths) == files
    return paths


def unfold(page: Page, place: str) -> None:
    page.locator(f"{place} > summary").focus()
    page.keyboard.press("Enter")


def undated(receipt: Path) -> str:
    """The text of a receipt without its day: midnight may lie between two."""
    text = receipt.read_text(encoding="utf-8").partition("\n\n")[0]
    return re.sub(r'"day":"\d{4}-\d\d-\d\d"', "", text)


def open_and_save(page: Page, office: Scene, key: Path, folder: Path) -> tuple[Path, Path, Path]:
    """Open P.azk with the keyboard; table as CSV and as workbook, and the receipt."""
    choose(page, "package", office / "P.azk")
    choose(page, "key", key)
    reach(page, "pinned")
    page.keyboard.insert_text(office.log_key)
    reach(page, "open")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "result-heading"
    assert page.locator('#steps [data-state="good"]').count() == 8
    facts = page.locator("#facts").inner_text()
    assert all(text in facts for text in (FIRM, "届書の処理", office.log_key, "ledger.example/kasumigahama"))
    assert PLANTED["氏名"] not in page.content(), "no cell is on the screen"
    look(page)
    (table,), (workbook,), (receipt,) = (
        saved(page, place, folder) for place in ("save-csv", "save-xlsx", "save-receipt")
    )
    return table, workbook, receipt


@pytest.mark.parametrize("language", ["ja", "en"])
def test_clerk_when_there_is_only_the_page_and_a_keyboard_then_key_package_and_receipt_are_those_of_the_office(
    office: Scene, tmp_path: Path, language: str
) -> None:
    # The office works between the page's turns: Django refuses to beside Playwright's event loop.
    with page_in(tmp_path, language) as desk:
        assert desk.page.locator("html").get_attribute("lang") == language
        look(desk.page)
        unfold(desk.page, "#keys")
        key, card = saved(desk.page, "make-key", tmp_path, 2)
        fingerprint = desk.page.locator(f"#key-said span[lang={language}]").inner_text()[-24:]
    office.json("party", "add", card, "--name", FIRM, "-o", office / "its.challenge")
    with page_in(tmp_path, language) as desk:
        unfold(desk.page, "#answering")
        choose(desk.page, "challenge", office / "its.challenge")
        choose(desk.page, "answer-key", key)
        (answer,) = saved(desk.page, "make-answer", tmp_path)
    office.json("party", "confirm", FIRM, answer, "--fingerprint", fingerprint)
    scenes.entrust(office, "入力の二", FIRM, "name,kana,amount")
    named = ["--entrustment", "入力の二", "--to", FIRM, "-o", office / "P.azk"]
    office.json("seal", office / "register.csv", *named)
    with page_in(tmp_path, language) as desk:
        table, workbook, receipt = open_and_save(desk.page, office, key, tmp_path)
    assert [path.name for path in (key, card, answer, table, workbook, receipt)] == [
        "azukari.key", "azukari.key.card", "its.challenge.answer", "P.csv", "P.xlsx", "P.csv.receipt",
    ]  # fmt: skip
    assert call("open", office / "P.azk", "-i", key, "-o", tmp_path / "command.csv").code == 0
    assert table.read_bytes() == (tmp_path / "command.csv").read_bytes()
    assert read_table(workbook).frame.equals(read_table(table).frame)
    assert undated(receipt) == undated(tmp_path / "command.csv.receipt")
    assert office.json("receipt", receipt)["grade"] == "receipted"


def cells(rows: int = 12) -> SealedCopy:
    frame = pl.DataFrame({"氏名": ["佐藤　愛"] * rows, "備考": ["=1+1", "-5", "あ", *["＋1"] * (rows - 3)]})
    return seal_copy(frame, {"氏名": Field(Kind.NAME), "備考": Field(Kind.CODE)}, "seiran", canaries=0)


def test_screen_when_something_fails_then_the_step_and_the_sentence_of_the_verdict_are_shown(tmp_path: Path) -> None:
    copy = cells()
    (tmp_path / "P.azk").write_bytes(copy.package())
    with page_in(tmp_path, "en") as desk:
        page, said = desk.page, desk.page.locator("#said span[lang=en]")
        page.click("#open")
        expect(said).to_have_text("Choose a package and a key.")
        page.set_input_files("#package", tmp_path / "P.azk")
        page.fill("#key-line", "AGE-SECRET-KEY-1NONE")
        page.click("#open")
        expect(said).to_have_text("The key file does not open. (no age identity) [key-file]")
        page.fill("#key-line", fixed_identity("shiraho").secret)
        page.click("#open")
        expect(said).to_have_text("This key does not open the package. [wrong-key]")
        assert page.locator('#steps [data-state="good"]').count() == 4
        assert page.locator('#steps [data-state="bad"]').get_attribute("id") == "step-5"
        assert not page.locator("#result").is_visible()
        look(page)
        page.click("[data-language=ja]")
        expect(page.locator("#said span[lang=ja]")).to_have_text("この鍵では開けません。 [wrong-key]")
        page.fill("#pinned", fixed_log("ledger.asagiri.example/log1").vkey)
        page.click("#open")
        expect(page.locator("#said span[lang=ja]")).to_contain_text("[signature]")
        assert page.locator('#steps [data-state="bad"]').get_attribute("id") == "step-3"


def test_table_when_cells_look_like_formulae_then_told_and_no_value_altered(tmp_path: Path) -> None:
    copy = cells()
    (tmp_path / "P.azk").write_bytes(copy.package())
    with page_in(tmp_path, "en") as desk:
        desk.page.set_input_files("#package", tmp_path / "P.azk")
        desk.page.fill("#key-line", copy.identity.secret)
        desk.page.click("#open")
        (table,) = saved(desk.page, "save-csv", tmp_path)
        note = desk.page.locator("#warnings li span[lang=en]").inner_text()
    assert note.startswith("Note: 11 cell(s) of column 備考 may be taken for formulae")
    rows = open_package(io.BytesIO(copy.package()), copy.identity).table
    assert table.read_bytes().startswith(b"\xef\xbb\xbf") and read_table(table).frame.equals(rows)


def test_opening_when_cancelled_then_nothing_is_shown_and_the_next_try_opens(tmp_path: Path) -> None:
    copy = cells(20_000)
    (tmp_path / "P.azk").write_bytes(copy.package())
    with page_in(tmp_path, "en") as desk:
        page = desk.page
        page.set_input_files("#package", tmp_path / "P.azk")
        page.fill("#key-line", copy.identity.secret)
        # Pressed in the very moment in which work begins: by the page's own clock, not by ours.
        page.evaluate("""() => new MutationObserver((_, watching) => {
            if (document.getElementById('working').hidden) return;
            watching.disconnect(); document.getElementById('cancel').click();
        }).observe(document.getElementById('working'), { attributes: true })""")
        page.click("#open")
        expect(page.locator("#said span[lang=en]")).to_have_text("Cancelled. Nothing was saved.")
        assert not page.locator("#result").is_visible() and page.locator("#open").is_enabled()
        page.click("#open")
        page.wait_for_selector("#result:not([hidden])")
        assert page.locator("#facts dd").nth(5).inner_text() == "20,000"


def test_page_when_the_browser_starts_no_worker_then_it_does_the_work_itself(tmp_path: Path) -> None:
    path = Path(built(tmp_path))
    path.write_text(
        path.read_text(encoding="utf-8").replace("worker-src blob:;", "worker-src 'none';"), encoding="utf-8"
    )
    copy = cells()
    with opened(str(path), "en") as desk:
        theirs = desk.open(copy.package(), copy.identity.secret)
        assert theirs["rows"] == 12 and desk.done("write", kind="csv")["blob"].startswith(b"\xef\xbb\xbf")
        assert not [url for url in desk.asked if url.startswith("blob:")]
        blocked = [said for said in desk.wrong if "worker-src" in said]
        desk.wrong[:] = [said for said in desk.wrong if said not in blocked]
        assert blocked
