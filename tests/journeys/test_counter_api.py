"""Programs of contractors over real connections: what they get, and what is refused with which word."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.cli import scene as scenes
from tests.journeys.stand import Stand, stand
from tests.web.stalls import OVERSIGHT, Stall

from azukari.seal.identity import Identity, encode_card
from azukari.seal.receipt import MAX_RECEIPT, make_receipt

OCTETS = "application/octet-stream"


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    scenes.without_office(monkeypatch)
    with stand(tmp_path) as opened:
        yield opened
    scenes.close()


def ask(
    served: Stand, method: str, path: str, token: str = "", body: bytes | None = None, kind: str = OCTETS
) -> tuple[int, dict[str, Any], bytes]:
    """Status, the JSON of the answer if it is some, and its bytes."""
    headers = {"Accept-Language": "en", "Content-Type": kind}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(served.address + path, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            status, kind, data = answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as answer:
        status, kind, data = answer.code, answer.headers["Content-Type"], answer.read()
        answer.close()
    return status, json.loads(data) if kind == "application/json" else {}, data


def put(served: Stand, stall: Stall, note: bytes, token: str = "", kind: str = OCTETS) -> tuple[int, str]:
    """Send a receipt for a package of ``stall``: the status, and the word of the refusal."""
    path = f"/api/packages/{stall.package}/receipt"
    status, told, _ = ask(served, "PUT", path, token or served.first.token, note, kind)
    assert status < 300 or (set(told) == {"error", "message"} and told["message"]), told
    return status, told.get("error", "")


def test_api_when_programs_come_over_real_connections_then_each_gets_its_own_and_each_refusal_its_word(
    served: Stand,
) -> None:
    listed(served)
    tokens(served)
    refused(served)
    taken(served)
    guessed(served)  # the last: nothing from here is looked at afterwards


def listed(served: Stand) -> None:
    first = served.first
    status, told, _ = ask(served, "GET", "/api/packages", first.token)
    (package,) = told["packages"]
    assert status == 200 and (package["id"], package["receipt"]) == (first.package.hex, "none")
    assert package["fields"] == ["reference/person", "name/person", "kana/person"] and package["fetched_at"] is None
    status, _, data = ask(served, "GET", package["package_url"], first.token)
    assert status == 200 and hashlib.sha256(data).hexdigest() == package["sha256"]
    assert data == (served.folder / "packages" / f"{first.package}.azk").read_bytes()
    _, told, _ = ask(served, "GET", "/api/packages", first.token)
    assert told["packages"][0]["fetched_at"]
    for stall in (served.sub, served.foreign):
        status, told, _ = ask(served, "GET", f"/api/packages/{stall.package}/package", first.token)
        assert (status, told["error"]) == (404, "not-found")


def tokens(served: Stand) -> None:
    """Bad ones, each of another kind; ten wrong ones in all, of twenty that are let pass."""
    first = served.first
    for token in ("", "x", first.token[:-1], first.token + "A", served.late, served.revoked):
        status, told, _ = ask(served, "GET", "/api/packages", token)
        assert (status, told["error"]) == (401, "not-permitted"), token
    for stall in (served.sub, served.foreign):
        assert put(served, first, first.receipt(), stall.token) == (404, "not-found"), "of another firm, another body"
    for method in ("POST", "DELETE"):
        status, told, _ = ask(served, method, f"/api/packages/{first.package}/receipt", first.token, b"")
        assert (status, told["error"]) == (405, "option")


def refused(served: Stand) -> None:
    first, entry = served.first, served.first.entry
    assert entry is not None
    good, stranger = first.receipt(), Identity.generate()
    text, _, signature = good.partition(b"\n\n")
    day = date(2026, 4, 2)
    foreign = signature.replace(b"\xe2\x80\x94 ", b"\xe2\x80\x94 x", 1)
    for why, note, expected in (
        ("of another package", served.sub.receipt(), (400, "foreign-receipt")),
        ("of another body", served.foreign.receipt(), (400, "foreign-receipt")),
        ("of the oversight key", make_receipt(entry, entry.encode(), 20, OVERSIGHT, day), (400, "foreign-receipt")),
        ("forged", text + b"\n\n" + served.sub.receipt().partition(b"\n\n")[2], (400, "signature")),
        ("under another name", text + b"\n\n" + foreign, (400, "signature")),
        ("another day", good.replace(b"2026-04-02", b"2026-04-03"), (400, "signature")),
        ("other rows", good.replace(b'"rows":20', b'"rows":2000'), (400, "foreign-receipt")),
        ("cut", good[:-9], (400, "format")),
        ("empty", b"", (400, "format")),
        ("a card", encode_card(stranger), (400, "format")),
        ("no text", b"\xff" * 50, (400, "format")),
        ("too large", b"x" * (MAX_RECEIPT + 1), (413, "limit")),
        ("much too large", b"x" * (8 << 20), (413, "limit")),
    ):
        assert put(served, first, note) == expected, why
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/html"):
        assert put(served, first, good, kind=kind) == (415, "format"), kind
    _, told, _ = ask(served, "GET", "/api/packages", first.token)
    assert told["packages"][0]["receipt"] == "none", "nothing of it was kept"


def taken(served: Stand) -> None:
    first = served.first
    assert put(served, first, first.receipt(), kind="text/plain; charset=utf-8") == (201, "")
    assert put(served, first, first.receipt()) == (409, "state"), "replayed"
    assert put(served, first, first.receipt(date(2026, 5, 1))) == (409, "state"), "another one for the same package"
    assert put(served, served.sub, served.sub.receipt(), served.sub.token) == (201, "")
    _, told, _ = ask(served, "GET", "/api/packages", first.token)
    assert told["packages"][0]["receipt"] == "waiting"


def guessed(served: Stand) -> None:
    seen = [ask(served, "GET", "/api/packages", f"azukari_guess{n}")[0] for n in range(30)]
    assert set(seen) == {401, 429} and seen == sorted(seen), "refused, then not looked at"
    assert ask(served, "GET", "/api/packages", served.first.token)[0] == 429
    assert ask(served, "GET", "/sign-in")[0] == 200, "people are not held up"
