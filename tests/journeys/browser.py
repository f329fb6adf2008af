"""A real browser for the journeys: Debian's Chromium, driven by Playwright, with an authenticator of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "assets" / "node_modules" / "axe-core" / "axe.min.js"
MANUAL = ROOT / "docs" / "manual"
PICTURES = os.environ.get("AZUKARI_PICTURES")
"""Where pictures are put, if somebody wants them: in the manual's folder those that it shows, elsewhere all, at both widths."""
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@dataclass
class Screen:
    """A page under an address, in one language, with a virtual authenticator.

    ``looked`` are the paths of the pages that were looked at, ``links`` the addresses that those pages name.
    """

    page: Page
    address: str
    language: str
    looked: set[str] = field(default_factory=set)
    links: dict[str, None] = field(default_factory=dict)  # in the order in which they were seen

    def go(self, path: str) -> None:
        """Open a path of the office."""
        self.page.goto(self.address + path)

    def say(self, ja: str, en: str) -> str:
        """The words that this screen shows."""
        return ja if self.language == "ja" else en

    def press(self, ja: str, en: str, *, opens: bool = True) -> None:
        """Press the button or follow the link with these words; wait for the page that it opens."""
        words = self.say(ja, en)
        if opens:
            with self.page.expect_event("framenavigated"):
                self.press(ja, en, opens=False)
            self.page.wait_for_load_state()
            return
        self.page.get_by_role("button", name=words, exact=True).or_(
            self.page.get_by_role("link", name=words, exact=True)
        ).first.click()

    def follow(self, words: str) -> None:
        """Follow the first link in the page's own part with these words, which are the same in both languages."""
        with self.page.expect_event("framenavigated"):
            self.page.locator("main").get_by_role("link", name=words, exact=True).first.click()
        self.page.wait_for_load_state()

    def fill(self, **values: str) -> None:
        """Fill in inputs by their names."""
        for name, value in values.items():
            self.page.locator(f'main [name="{name}"]').first.fill(value)

    def choose(self, name: str, path: Path) -> None:
        """Choose a file for the input with this name."""
        self.page.locator(f'main [name="{name}"]').first.set_input_files(path)

    def save(self, ja: str, en: str, path: Path) -> Path:
        """Press what saves a file, and keep it under ``path``."""
        with self.page.expect_download() as download:
            self.press(ja, en, opens=False)
        download.value.save_as(path)
        return path

    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def look(self, name: str) -> None:
        """Nothing serious for somebody who does not see it, no sideways scrolling on a phone; a picture if wanted."""
        look(self.page, name, self.language)
        self.looked.add(urlsplit(self.page.url).path)
        self.links.update(dict.fromkeys(self.page.evaluate(_LINKS)))


_LINKS = "[...document.querySelectorAll('a[href], form[action]')].map(one => one.href || one.getAttribute('action'))"


def look(page: Page, name: str, language: str) -> None:
    """The same of a page that is no screen of an office."""
    assert_accessible(page)
    for width in (PHONE, DESKTOP):
        page.set_viewport_size(width)  # type: ignore[arg-type]  # a TypedDict of the same shape
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (name, width, wide)
        if PICTURES:
            picture(page, f"{name}-{language}{'' if width is DESKTOP else '-phone'}.png")


def picture(page: Page, name: str) -> None:
    """Keep a picture, few colours so that it stays small."""
    assert PICTURES is not None
    folder = Path(PICTURES)
    if folder.resolve() == MANUAL / "pictures" and not any(
        f"/{name})" in each.read_text() for each in MANUAL.glob("*.md")
    ):
        return
    shown = Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")
    shown.quantize(24, dither=Image.Dither.NONE).save(folder / name, optimize=True)


def assert_accessible(page: Page) -> None:
    """axe finds nothing serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then(result => result.violations)")
    bad = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert bad == []


@dataclass
class Window:
    """A running Chromium. Each profile has cookies and an authenticator of its own, as another person's machine has."""

    running: Browser
    language: str
    wrong: list[str] = field(default_factory=list)

    def context(self) -> BrowserContext:
        """Somebody's machine, in the language of this run."""
        return self.running.new_context(locale={"ja": "ja-JP", "en": "en-GB"}[self.language], accept_downloads=True)

    def page(self, context: BrowserContext) -> Page:
        """A page in which an error of a script, or of the content security policy, fails the test."""
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on(
            "console", lambda said: self.wrong.append(said.text) if "Content Security Policy" in said.text else None
        )
        return page

    def screen(self, address: str) -> Screen:
        """A fresh profile before an office's address."""
        context = self.context()
        page = self.page(context)
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return Screen(page, address, self.language)


AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def window(language: str, *arguments: str) -> Iterator[Window]:
    """A Chromium; ``arguments`` are its own. Errors of scripts and of the content security policy fail the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here")
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make test installs it")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *arguments])
        opened = Window(running, language)
        try:
            yield opened
        except BaseException:
            if PICTURES:
                shown = [page for context in running.contexts for page in context.pages]
                for number, page in enumerate(shown):
                    page.screenshot(path=f"{PICTURES}/failed-{number}.png", full_page=True)
            raise
        running.close()
        assert opened.wrong == []


@contextmanager
def browser(address: str, language: str, *arguments: str) -> Iterator[Screen]:
    """A Chromium with one fresh profile."""
    with window(language, *arguments) as opened:
        yield opened.screen(address)


@contextmanager
def serving(office: Path, keys: Path, *options: object, face: str = "inside") -> Iterator[str]:
    """`azukari serve` with the screens of a face in a process of its own; its address."""
    command = [sys.executable, "-m", "azukari", "--lang", "en", "serve", f"--{face}", "--port", "0", *map(str, options)]
    environment = os.environ | {"AZUKARI_OFFICE": str(office), "AZUKARI_KEYS": str(keys), "AZUKARI_LOGIN": "officer"}
    environment.pop("AZUKARI_FACE", None)
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            found = re.search(r"https?://\S+", said)
            assert found, said
            yield found.group().rstrip("/")
        finally:
            server.terminate()
            server.wait(30)


def azukari(*arguments: object) -> tuple[int, str]:
    """Exit code and answer of a command, in a process of its own: this one drives the browser."""
    command = [sys.executable, "-m", "azukari", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout


def invited(office: Path, keys: Path, login: str, *, role: str | None = None) -> str:
    """The invitation code of a person, who is added if ``role`` is given."""
    who = ["add", login, "--name", f"{login} 職員", "--role", role] if role else ["invite", login]
    code, said = azukari("person", *who, "--json", "--office", office, "--keys", keys, "--as", "officer")
    assert code == 0
    return str(json.loads(said)["code"])
