"""The committed page in a real Chromium, opened from the disk, and the verifier in it, asked as its button asks it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.report.lists import LOG, NOW, Json, canonical

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "verifier" / "azukari_report.html"

_CHECK = """async given => {
  const bytes = text => text === null ? null : Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  const text = bytes => btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
  const asked = { ...given, report: bytes(given.report), visit: bytes(given.visit) };
  const start = performance.now();
  try {
    const found = await azukariReport.check(asked);
    const entries = found.entries.map(entry => ({ ...entry, index: Number(entry.index) }));
    return { ...found, entries, withheld: found.withheld.length, size: Number(found.size), visit: text(found.visit), seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    if (!(error instanceof azukariReport.Refusal)) throw error;
    const { word, kind, step, detail } = error;
    const kept = azukariReport.evidence(error, asked.report, asked.visit);
    return { word, kind, step, detail, evidence: kept && text(kept), name: azukariReport.evidenceName(error), seconds: (performance.now() - start) / 1000 };
  }
}"""


@dataclass
class Checker:
    """The verifier of the page."""

    page: Page

    def check(
        self, report: Json | bytes, visit: Json | bytes | None = None, *, now: datetime = NOW, **more: Any
    ) -> Json:
        """What it found, or word, kind and step of what it refused."""
        given = {"report": _base64(report), "visit": _base64(visit), "now": int(now.timestamp()), "logKeys": [LOG.vkey]}
        answer: Json = self.page.evaluate(_CHECK, given | more)
        return answer

    def verdict(self, report: Json | bytes, visit: Json | bytes | None = None, **more: Any) -> tuple[str, str, int]:
        """Word, kind and step; of a list that holds "success", nothing and 0."""
        answer = self.check(report, visit, **more)
        return answer.get("word", "success"), answer.get("kind", ""), answer.get("step", 0)


def _base64(value: Json | bytes | None) -> str | None:
    if value is None:
        return None
    return base64.b64encode(value if isinstance(value, bytes) else canonical(value)).decode()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium, for one test file: Django refuses to work beside it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def opened(running: Browser, language: str = "ja", script: str = "", *, fixed: bool = True) -> Iterator[Page]:
    """A fresh profile with the page, its clock ``fixed`` at that of the lists; ``script`` runs before its own. An error of a script or of the page's policy fails the
    test, and so does any request but the one for the file."""
    context = running.new_context(locale={"ja": "ja-JP", "en": "en-GB"}[language], accept_downloads=True, offline=True)
    page, asked, wrong = context.new_page(), list[str](), list[str]()
    page.set_default_timeout(20_000)
    if fixed:
        page.clock.set_fixed_time(NOW)
    if script:
        page.add_init_script(script)
    context.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.goto(PAGE.as_uri())
    yield page
    context.close()
    assert wrong == [] and [url for url in asked if url != PAGE.as_uri() and not url.startswith("blob:null/")] == []
