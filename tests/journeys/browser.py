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
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "assets" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = os.environ.get("AZUKARI_PICTURES")  # where the manual's pictures are put, if somebody wants them
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@dataclass
class Screen:
    """A page under an address, in one language, with a virtual authenticator."""

    page: Page
    address: str
    language: str

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

    def fill(self, **values: str) -> None:
        """Fill in inputs by their names."""
        for name, value in values.items():
            self.page.locator(f'main [name="{name}"]').first.fill(value)

    def text(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()

    def look(self, name: str) -> None:
        """Nothing serious for somebody who does not see it, no sideways scrolling on a phone; a picture if wanted."""
        assert_accessible(self.page)
        for width in (PHONE, DESKTOP):
            self.page.set_viewport_size(width)  # type: ignore[arg-type]  # a TypedDict of the same shape
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (name, width, wide)
            if PICTURES and (width is DESKTOP or name in {"home", "permission"}):
                suffix = "" if width is DESKTOP else "-phone"
                self.page.screenshot(path=f"{PICTURES}/{name}-{self.language}{suffix}.png", full_page=True)


def assert_accessible(page: Page) -> None:
    """axe finds nothing serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document).then(result => result.violations)")
    bad = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in {"serious", "critical"}]
    assert bad == []


@contextmanager
def browser(address: str, language: str, *arguments: str) -> Iterator[Screen]:
    """A fresh profile; ``arguments`` are Chromium's. Errors of scripts and of the content security policy fail the test."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here")
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make test installs it")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *arguments])
        context = running.new_context(locale={"ja": "ja-JP", "en": "en-GB"}[language], accept_downloads=True)
        page = context.new_page()
        page.set_default_timeout(15_000)
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        devices.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        yield Screen(page, address, language)
        running.close()
        assert wrong == []


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
