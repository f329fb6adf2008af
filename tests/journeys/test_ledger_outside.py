"""The ledger over the gap and on the web: the outside's own server answers as static files of the inside do, and is followed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.cli import scene as scenes
from tests.cli.scene import Answer, call
from tests.journeys.browser import serving
from tests.web import crossings
from tests.web.crossings import FIRM, OTHER, Gap

from azukari.ledger.tiles import bundle_path, tile_path

HOST, _, PREFIX = "ledger.example/kasumigahama".partition("/")
Got = tuple[int, bytes, dict[str, str]]


@pytest.fixture
def gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gap]:
    scenes.without_office(monkeypatch)
    yield crossings.copied(crossings.crossed(), tmp_path / "gap")
    scenes.close()


@pytest.fixture
def served(gap: Gap) -> Iterator[str]:
    """The address of the outside."""
    scenes.close()
    with serving(gap / "outside", gap / "outside.key", "--name", HOST, face="outside") as address:
        yield f"http://127.0.0.1:{urlsplit(address).port}"


def ask(served: str, path: str, method: str = "GET", **headers: str) -> Got:
    connection = HTTPConnection("127.0.0.1", urlsplit(served).port or 0, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = (answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
    connection.close()
    return found


def address_of(gap: Gap, served: str) -> str:
    body = gap.on("inside").id
    scenes.close()
    return f"{served}/ledger/{body}"


def monitor(gap: Gap, url: str, key: str) -> Answer:
    return call("ledger", "monitor", url, "--log-key", key, "--state", gap / "kept", "--entries", "--json")


def test_ledger_when_asked_outside_then_it_answers_as_the_files_that_the_inside_exports(gap: Gap, served: str) -> None:
    gap.inside.json("ledger", "export", gap / "site")
    own = urlsplit(address_of(gap, served)).path
    paths = [path.relative_to(gap / "site").as_posix() for path in (gap / "site").rglob("*") if path.is_file()]
    assert len(paths) >= 3
    for path in paths:
        data = (gap / "site" / path).read_bytes()
        for place, headers in ((own, {}), (f"/{PREFIX}", {"Host": HOST})):
            status, body, told = ask(served, f"{place}/{path}", **headers)
            assert (status, body) == (200, data), path
            fresh = path == "checkpoint"
            assert told["content-type"] == ("text/plain; charset=utf-8" if fresh else "application/octet-stream")
            assert told["cache-control"] == ("public, max-age=5" if fresh else "public, max-age=31536000, immutable")
            assert not {"set-cookie", "vary"} & set(told) and told["x-content-type-options"] == "nosniff"
            assert ask(served, f"{place}/{path}", "HEAD", **headers)[:2] == (200, b"")
    size = int(ask(served, f"{own}/checkpoint")[1].split(b"\n")[1])
    for path in (
        tile_path(0, size // 256 + 1),
        "tile/9/000",
        "tile/0/0",
        bundle_path(size // 256, size % 256 + 1),
        "tile/0/000.p/256",
    ):
        status, body, told = ask(served, f"{own}/{path}")
        assert status == 404 and "set-cookie" not in told, path
    assert ask(served, f"{own}/checkpoint", "POST")[0] == 405
    assert ask(served, f"{own}/checkpoint", Host="elsewhere.example")[0] == 400
    signed_in = ask(served, f"{own}/checkpoint", Cookie="azukari-outside=" + "a" * 32)[2]
    assert "vary" not in signed_in and "no-store" not in signed_in["cache-control"]


def test_ledger_when_followed_over_crossings_and_a_change_of_key_then_it_grows_and_nothing_was_rewritten(
    gap: Gap, served: str
) -> None:
    url, key = address_of(gap, served), gap.inside.log_key
    said = [monitor(gap, url, key)]
    gap.inside.seal(FIRM.slug, output=gap / "a.azk")
    said.append(monitor(gap, url, key))  # nothing has crossed
    assert gap.over()["crossings"][0]["refused"] == []
    said.append(monitor(gap, url, key))
    new = gap.inside.json("ledger", "rotate", "--until", "2090-03-31")["log_key"]
    assert gap.over()["crossings"][0]["refused"] == []
    said += [monitor(gap, url, key), monitor(gap, url, new)]
    assert [one.code for one in said] == [0] * 5, said
    assert [one.json["verdict"] for one in said] == ["first", "unchanged", "grown", "grown", "unchanged"]
    assert said[-1].json["size"] == gap.inside.json("ledger", "check")["size"]
    page = ask(served, "/ledgers", **{"Accept-Language": "en"})[1].decode()
    assert new in page and key not in page


def test_page_when_anybody_asks_then_it_names_the_ledger_its_key_and_how_to_follow_it(gap: Gap, served: str) -> None:
    url, key = address_of(gap, served), gap.inside.log_key
    status, body, told = ask(served, "/ledgers", **{"Accept-Language": "en", "Host": urlsplit(served).netloc})
    page = body.decode()
    assert status == 200 and "sessionid" not in told.get("set-cookie", "")
    for text in (
        key,
        f"{HOST}/{PREFIX}",
        f"azukari ledger monitor {url} --log-key",
        gap.on("inside").name_en or "Entries",
    ):
        assert text in page.replace("&quot;", '"'), text
    assert "Evidence" not in page
    assert 'href="/ledgers"' in ask(served, "/sign-in")[1].decode()
    japanese = ask(served, "/ledgers", **{"Accept-Language": "ja"})[1].decode()
    assert "公開台帳" in japanese and key in japanese


def renewed(gap: Gap) -> None:
    """Both sides begin anew."""
    prints = {}
    for side, run in (("inside", gap.inside.json), ("outside", gap.out_json)):
        run("crossing", "renew", "--yes")
        prints[side] = run("crossing", "card", "-o", gap / f"{side}.new")["fingerprint"]
    gap.out_json("crossing", "pair", gap / "inside.new", "--fingerprint", prints["inside"])
    gap.inside.json("crossing", "pair", gap / "outside.new", "--fingerprint", prints["outside"])


def test_ledger_when_the_inside_goes_on_from_an_old_state_then_it_is_refused_told_and_shown_with_its_evidence(
    gap: Gap, served: str
) -> None:
    """Somebody copied an old office back by hand, past `azukari restore`, which would have held its ledger."""
    url, key = address_of(gap, served), gap.inside.log_key
    shutil.copytree(gap / "office", gap / "old")
    gap.inside.seal(FIRM.slug, output=gap / "b.azk")
    gap.over()
    assert monitor(gap, url, key).code == 0
    before = ask(served, f"{urlsplit(url).path}/checkpoint")[1]
    scenes.close()
    shutil.rmtree(gap / "office")
    shutil.copytree(gap / "old", gap / "office")
    renewed(gap)
    told = gap.over()["crossings"][0]["refused"]
    assert [(one["kind"], one["error"]) for one in told] == [("checkpoint", "fork")]  # smaller
    gap.inside.seal(OTHER.slug, output=gap / "c.azk")
    told = gap.over()["crossings"][0]["refused"]
    assert {one["error"] for one in told} == {"fork"}  # a piece may be of many entries, or several pieces
    assert [one["kind"] for one in told].count("checkpoint") == 1 and "ledger" in {one["kind"] for one in told}
    assert ask(served, f"{urlsplit(url).path}/checkpoint")[1] == before
    assert monitor(gap, url, key).json["verdict"] == "unchanged"
    page = ask(served, "/ledgers", **{"Accept-Language": "en"})[1].decode()
    for text in ("Smaller than what was shown", "Another entry came", "Two signed states exclude", "Evidence"):
        assert text in page, text
    grades = {one["subject"]: one["grade"] for one in gap.out_json("check")["observations"]}
    assert grades["public-ledger"] == "look"


def test_ledger_when_it_is_long_then_it_crosses_in_parts_and_the_old_state_is_shown_until_the_last(
    gap: Gap, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody.queries import ledger as out

    monkeypatch.setattr(out, "MOST_PIECES", 2)
    body = gap.on("inside")
    from django.db import transaction

    from azukari.stores.clock import now
    from azukari.web import office
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import entry

    log, entries = queries.log_of(body.id), [b"entry %d" % number for number in range(1_500)]
    with transaction.atomic():
        entry.append_many(log_id=log.id, entries=entries, by=office.ITSELF, at=now())
    written = gap.inside.json("export", gap.empty())
    assert written["made"] == 3 and written["items"] == 7
    sizes = []
    for name in sorted(written["crossings"])[1:]:  # nobody has confirmed the first one
        assert gap.out_json("import", gap.stick / name)["crossings"][0]["refused"] == []
        gap.on("outside")
        sizes.append(queries.checkpoint(body.id).size)
    assert sizes[0] == sizes[1] < sizes[2] == sizes[0] + 1_500
