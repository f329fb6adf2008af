"""Over the gap and back by the screens: an invitation made inside opens outside, a receipt sent outside arrives inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cli import scene as scenes
from tests.cli.scene import call
from tests.web import crossings
from tests.web.bodies import client_of
from tests.web.crossings import FIRM, OTHER, SUB, Gap
from tests.web.stalls import outside
from tests.web.test_counter_sign_in import enrolled, first_sign_in

from azukari.errors import FormatError
from azukari.seal.identity import Identity, encode_card
from azukari.stores.keys import open_key_file


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.crossed(), tmp_path / "gap")
    scenes.close()


@contextmanager
def screens(gap: Gap) -> Iterator[None]:
    """The contractors' face of the outside office, with its own key."""
    from azukari.web import office

    gap.on("outside")
    with outside():
        office.unlock(open_key_file(gap / "outside.key", None))
        yield


def test_contractor_when_invited_inside_then_signs_in_outside_and_the_receipt_and_the_ask_come_back_with_an_answer(
    gap: Gap,
) -> None:
    code = gap.inside.json("person", "invite", "aoarashi-1", "--as", "officer")["code"]
    gap.over()
    with screens(gap):
        client = client_of(None)
        assert first_sign_in(client, "aoarashi-1", code).status_code == 302
        enrolled(client)
        home = client.get("/").content.decode()
        assert FIRM.ja in home and "包みを受け取ってください" in home and OTHER.ja not in home
        cookies = client.cookies
    note = opened(gap, fetched(gap, cookies))
    with screens(gap):
        client = again(cookies)
        path = home_link(client, "/packages/")
        answer = client.post(f"{path}/receipt", {"receipt": SimpleUploadedFile("a", note)})
        assert answer.status_code == 302, answer.content.decode()
        asked = ask(client)
        wrong = client.post(f"{path}/receipt", {"receipt": SimpleUploadedFile("a", b"x")})
        assert FormatError.ja in wrong.content.decode()
    gap.back()
    assert sorted(one["grade"] for one in gap.inside.json("list")["handovers"]) == ["claimed", "receipted"]
    assert asked_inside(gap) == [(FIRM.ja, SUB)]
    gap.over()
    with screens(gap):
        client = again(cookies)
        assert "受領書は受理されました" in client.get(path).content.decode()
        assert "受理。決定待ち" in client.get(asked).content.decode()


def asked_inside(gap: Gap) -> list[tuple[str, str]]:
    """Who asks the body, and for whom."""
    body = gap.on("inside")
    from azukari.web.custody import queries
    from azukari.web.custody.queries import permissions

    found = permissions.permissions(body.id)
    return [(queries.party(one.asker).name, queries.party(one.party).name) for one in found if one.status == "asked"]


def again(cookies: Any) -> Any:
    """The same browser, after the office was open elsewhere."""
    client = client_of(None)
    client.cookies = cookies
    return client


def home_link(client: Any, prefix: str) -> str:
    found = re.search(rf'href="({prefix}[0-9a-f-]{{36}})"', client.get("/").content.decode())
    assert found
    return found.group(1)


def fetched(gap: Gap, cookies: Any) -> Path:
    """The package, as the browser saves it."""
    with screens(gap):
        client = again(cookies)
        answer = client.get(f"{home_link(client, '/packages/')}/package")
        (gap / "saved.azk").write_bytes(b"".join(answer.streaming_content))
    return gap / "saved.azk"


def opened(gap: Gap, package: Path) -> bytes:
    """Opened with the firm's key; the receipt."""
    table = gap / "rows.csv"
    assert call("open", package, "-i", gap / f"{FIRM.slug}.key", "-o", table, "--log-key", gap.inside.log_key).code == 0
    return Path(f"{table}.receipt").read_bytes()


def ask(client: Any) -> str:
    """Ask for a sub-contractor under the first work that is still going on; the address of what was sent."""
    works = re.findall(r'href="(/works/[0-9a-f-]{36})">入力<', client.get("/works").content.decode())
    form = client.get(f"{works[0]}/ask").content.decode()
    assert 'value="name/person"' in form
    given = {
        "name": SUB,
        "card": SimpleUploadedFile("a", encode_card(Identity.generate())),
        "country": "JP",
        "fields_asked": ["name/person"],
        "people": "300",
        "starts_on": "2026-04-01",
        "ends_on": "2099-12-31",
        "safeguards": "施錠",
    }
    answer = client.post(f"{works[0]}/ask", given)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"])
