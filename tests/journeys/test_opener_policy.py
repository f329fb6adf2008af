"""Nothing leaves a page that is saved, even if a script in it tries: a listener on this machine hears nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.opener.desk import built, opened

TRIES = {
    "fetch": "fetch('ADDRESS/fetch', { mode: 'no-cors' }).catch(() => 0)",
    "beacon": "navigator.sendBeacon('ADDRESS/beacon', 'x')",
    "image": "(() => { new Image().src = 'ADDRESS/image'; })()",
    "style": "(() => { const l = document.createElement('link'); l.rel = 'stylesheet'; l.href = 'ADDRESS/style'; document.head.append(l); })()",
    "script": "(() => { const s = document.createElement('script'); s.src = 'ADDRESS/script'; document.body.append(s); })()",
    "frame": "(() => { const f = document.createElement('iframe'); f.src = 'ADDRESS/frame'; document.body.append(f); })()",
    "font": "new FontFace('x', 'url(ADDRESS/font)').load().catch(() => 0)",
    "worker": """new Promise(done => { try {
        const w = new Worker(URL.createObjectURL(new Blob(["fetch('ADDRESS/worker', { mode: 'no-cors' }).catch(() => 0).then(() => postMessage(1))"])));
        w.onmessage = w.onerror = done; } catch { done(); } })""",
    "socket": "(() => { try { new WebSocket('ADDRESS/socket'.replace('http', 'ws')); } catch {} })()",
    "form": "(() => { const f = document.createElement('form'); f.action = 'ADDRESS/form'; f.target = 'other'; document.body.append(f); f.submit(); })()",
}


@pytest.fixture
def heard() -> Iterator[tuple[str, set[str]]]:
    """The address of a listener on loopback, and what it was asked for."""
    asked: set[str] = set()

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.add(self.path.strip("/?"))
            self.send_response(204)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        running = threading.Thread(target=server.serve_forever, daemon=True)
        running.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        running.join()


def attempt(path: str, address: str) -> None:
    with opened(path, "en") as desk:
        for script in TRIES.values():
            desk.page.evaluate(script.replace("ADDRESS", address))
        desk.page.wait_for_timeout(1_000)
        desk.wrong.clear()  # what the policy says of each try
        desk.asked.clear()  # what was tried, and need not have left


def opener(folder: Path) -> Path:
    return Path(built(folder))


def report(_: Path) -> Path:
    return Path(__file__).resolve().parents[2] / "verifier" / "azukari_report.html"


@pytest.mark.parametrize("page", [opener, report])
def test_page_when_a_script_tries_every_way_out_then_nothing_leaves(
    heard: tuple[str, set[str]], tmp_path: Path, page: Callable[[Path], Path]
) -> None:
    address, asked = heard
    path = page(tmp_path)
    attempt(str(path), address)
    assert asked == set()
    start, end = '<meta http-equiv="Content-Security-Policy"', "\n"
    head, _, rest = path.read_text(encoding="utf-8").partition(start)
    without = tmp_path / "without.html"
    without.write_text(head + rest.partition(end)[2], encoding="utf-8")
    attempt(str(without), address)
    assert asked == set(TRIES), "without its policy all of it leaves"
