"""The log over HTTP: byte for byte what the exported folder holds, and nothing that no checkpoint covers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.web.conftest import AT, BY, ORIGIN, Ledger, make_ledger


@pytest.fixture
def client(ledger: Ledger) -> object:
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver", "ledger.example"]
    return Client()


def grown(ledger: Ledger, *sizes: int) -> None:
    from django.db import transaction

    from azukari.web.sequencer.actions import entry

    at = 0
    for size in sizes:
        with transaction.atomic():
            new = [b"entry %d" % n for n in range(at, size)]
            entry.append_many(log_id=ledger.log_id, entries=new, by=BY, at=AT)
        ledger.integrate()
        at = size


def compare(ledger: Ledger, client: object, folder: Path) -> int:
    """Export, and ask for each file of the folder, at both of its addresses; the number of files."""
    from azukari.web.sequencer.export import export_log

    count = export_log(ledger.log_id, folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == count
    host, _, prefix = ORIGIN.partition("/")
    for path in files:
        for address, named in [(f"ledger/{ledger.log_id}", "testserver"), (prefix, host)]:
            answer = client.get(f"/{address}/{path.relative_to(folder)}", HTTP_HOST=named)  # type: ignore[attr-defined]
            assert (answer.status_code, answer.content) == (200, path.read_bytes()), path
            if path.name == "checkpoint":
                assert answer["Content-Type"] == "text/plain; charset=utf-8"
                assert "immutable" not in answer["Cache-Control"]
            else:
                assert answer["Content-Type"] == "application/octet-stream" and "immutable" in answer["Cache-Control"]
            assert "Set-Cookie" not in answer
    return count


@pytest.mark.parametrize("sizes", [(1,), (255,), (256,), (257,), (3, 255, 256, 300, 700)], ids=str)
def test_served_log_when_compared_with_the_exported_folder_then_every_file_is_the_same(
    ledger: Ledger, client: object, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    grown(ledger, *sizes)
    assert compare(ledger, client, tmp_path / "static") >= 3


def test_served_log_when_it_has_three_levels_then_every_file_is_the_same(sqlite_office: Path, tmp_path: Path) -> None:
    from django.conf import settings
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver", "ledger.example"]
    ledger = make_ledger(sqlite_office)
    grown(ledger, 65_000, 70_000)
    # At least 273 full tiles and bundles, those of 112 entries, two of level 1, one of level 2, and the checkpoint.
    assert compare(ledger, Client(), tmp_path / "static") >= 2 * 273 + 2 + 2 + 1 + 1
    assert (tmp_path / "static/tile/2/000.p/1").stat().st_size == 32


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("testserver", "/kasumigahama/checkpoint"),
        ("ledger.example", "/checkpoint"),
        ("ledger.example", "/other/checkpoint"),
        ("ledger.example", "/kasumigahama/"),
        ("ledger.example", "/kasumigahama/tile/0/0"),
        ("ledger.example", "/x/kasumigahama/tile/0/000.p/3"),
    ],
)
def test_served_log_when_host_and_path_are_not_the_origin_then_404(
    ledger: Ledger, client: object, host: str, path: str
) -> None:
    grown(ledger, 3)
    assert client.get("/kasumigahama/tile/0/000.p/3", HTTP_HOST="ledger.example").status_code == 200  # type: ignore[attr-defined]
    assert client.get(path, HTTP_HOST=host).status_code == 404  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/000.p/44", "tile/0/001", "tile/0/001.p/45", "tile/1/000.p/2", "tile/2/000.p/1", "tile/64/000",
        "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/044", "tile/entries/001", "tile/entries/001.p/45",
        "tile/-1/000", "tile/0/x000/000", "tile/0/../0/000", "checkpoint/", "tile/0/000/", "tile/entries/x001", "",
    ],
)  # fmt: skip
def test_served_log_when_the_path_is_not_covered_or_not_canonical_then_404(
    ledger: Ledger, client: object, path: str
) -> None:
    grown(ledger, 300)
    covered = path == "tile/0/000.p/44"  # a part of an earlier size: any width up to the row's
    assert client.get(f"/ledger/{ledger.log_id}/{path}").status_code == (200 if covered else 404)  # type: ignore[attr-defined]


def test_served_log_when_nothing_is_signed_or_the_method_writes_then_refused(ledger: Ledger, client: object) -> None:
    url = f"/ledger/{ledger.log_id}/checkpoint"
    assert client.get(url).status_code == 404  # type: ignore[attr-defined]
    ledger.integrate()
    assert client.get(url).status_code == 200  # type: ignore[attr-defined]
    head = client.head(url)  # type: ignore[attr-defined]
    assert head.status_code == 200 and head.content == b"" and int(head["Content-Length"]) > 100
    assert client.post(url, b"x", content_type="text/plain").status_code == 405  # type: ignore[attr-defined]


def test_export_when_only_what_is_new_is_asked_for_then_old_files_are_not_read_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    from azukari.web.sequencer.export import export_log

    grown(ledger, 300)
    folder = tmp_path / "static"
    export_log(ledger.log_id, folder, whole=False)
    (folder / "tile/0/000").write_bytes(b"damaged")
    ledger.append(*(b"entry %d" % n for n in range(300, 600)))
    ledger.integrate()
    export_log(ledger.log_id, folder, whole=False)
    assert (folder / "tile/0/000").read_bytes() == b"damaged"
    assert (folder / "tile/0/001").stat().st_size == 8_192 and (folder / "tile/0/002.p/88").exists()
    assert export_log(ledger.log_id, folder) == 1, "the whole export mends it"
    other = tmp_path / "other"
    export_log(ledger.log_id, other)
    ours = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    theirs = {str(p.relative_to(other)): p.read_bytes() for p in other.rglob("*") if p.is_file()}
    assert theirs.items() <= ours.items(), "and a part of an earlier size may be left"
