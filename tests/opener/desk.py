"""The built page in a real Chromium, opened from the disk, and its own desk, asked as its buttons ask it."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from azukari.cli.opener import page_bytes
from azukari.errors import NotFoundError

DAY = "2026-11-25"
# Bytes go in as base64 and come out so: what is asked in between is what the page's own buttons ask.
_ASK = """async request => {
  const bytes = text => Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  const text = bytes => { let s = ''; for (let i = 0; i < bytes.length; i += 32768)
    s += String.fromCharCode(...bytes.subarray(i, i + 32768)); return btoa(s); };
  const given = {};
  for (const [name, value] of Object.entries(request)) given[name] = value && value.base64 !== undefined ? bytes(value.base64) : value;
  if (given.file) given.file = new Blob([given.file]);
  const answer = await azukari.ask(given);
  for (const [name, value] of Object.entries(answer.done ?? {})) {
    if (value instanceof Uint8Array) answer.done[name] = { base64: text(value) };
    if (value instanceof Blob) answer.done[name] = { base64: text(new Uint8Array(await value.arrayBuffer())) };
  }
  return answer;
}"""


@dataclass
class Desk:
    """The page's desk. ``asked`` are the addresses that the page asked for since it was opened."""

    page: Page
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def ask(self, task: str, **given: Any) -> dict[str, Any]:
        """What the desk answers: {"done": ...} or {"word": ...}."""
        request = {name: _out(value) for name, value in given.items()}
        answer: dict[str, Any] = self.page.evaluate(_ASK, {"task": task, **request})
        if isinstance(answer.get("done"), dict):
            answer["done"] = {name: _in(value) for name, value in answer["done"].items()}
        return answer

    def done(self, task: str, **given: Any) -> Any:
        """The same where it must succeed."""
        answer = self.ask(task, **given)
        assert "done" in answer, answer
        return answer["done"]

    def word(self, task: str, **given: Any) -> str:
        """The verdict: "success" or the word of the refusal."""
        return str(self.ask(task, **given).get("word", "success"))

    def open(self, package: bytes, key: str, pinned: str = "") -> Any:
        """A package that must open."""
        return self.done("open", file=package, key=key, pinned=pinned, day=DAY)


def _out(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _in(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) and set(value) == {"base64"} else value


@contextmanager
def opened(page_path: str, language: str = "ja") -> Iterator[Desk]:
    """A fresh profile with the page. An error of a script or of its policy fails the test, and so does any request but
    the one for the file itself and that for the worker, which is the file's own script."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = running.new_context(locale={"ja": "ja-JP", "en": "en-GB"}[language], accept_downloads=True)
        desk = Desk(context.new_page())
        desk.page.set_default_timeout(20_000)
        context.on("request", lambda request: desk.asked.append(request.url))
        desk.page.on("pageerror", lambda error: desk.wrong.append(str(error)))
        desk.page.on("console", lambda said: desk.wrong.append(said.text) if said.type == "error" else None)
        desk.page.goto(f"file://{page_path}")
        yield desk
        running.close()
        assert desk.wrong == []
        assert [url for url in desk.asked if url != f"file://{page_path}" and not url.startswith("blob:null/")] == []


def built(folder: Any) -> str:
    """The page as `azukari opener -o` writes it."""
    try:
        page = page_bytes()
    except NotFoundError:
        pytest.skip("the page is not built: make test builds it")
    path = folder / "opener.html"
    path.write_bytes(page)
    return str(path)
