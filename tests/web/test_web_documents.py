"""Documents of the register: sealed while they arrive, saved and never shown, and gone with their key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.web import bodies
from tests.web.bodies import KEK, Records, client_of, furnish
from tests.web.conftest import AT, BY, Ledger

CLEAR = b"%PDF-1.7 keiyakusho no naiyou " * 20_000  # 580 kB: more than stays in memory


@pytest.fixture
def own(ledger: Ledger) -> Iterator[Records]:
    with bodies.screens():
        yield furnish(ledger, "kasumi")


def uploaded(data: bytes, media: str = "application/pdf", name: str = "水鏡文代.pdf") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data, media)


def attach(own: Records, data: bytes = CLEAR, role: str = "officer", about: str = "entrustment", **changes: Any) -> Any:
    plural = {"party": "parties"}.get(about, f"{about}s")
    given = {"file": uploaded(data), "title": "契約書", "kind": "contract", "expires_on": ""} | changes
    return client_of(own.people[role]).post(f"/{plural}/{own.arguments[f'{about}_id']}/documents/add", given)


def rows() -> list[Any]:
    from azukari.web.custody.models import Document

    return list(Document.objects.order_by("-created_at"))


def test_document_when_attached_then_every_reader_saves_the_same_bytes(own: Records, ledger: Ledger) -> None:
    for about, role in (("entrustment", "officer"), ("party", "approver"), ("permission", "auditor")):
        answer = attach(own, about=about)
        assert answer.status_code == 302
        row = rows()[0]
        assert bytes(row.sha256) == hashlib.sha256(CLEAR).digest() and row.size == len(CLEAR)
        client = client_of(own.people[role])
        assert "契約書" in client.get(answer.headers["Location"]).content.decode()
        saved = client.get(f"/documents/{row.id}/file")
        assert b"".join(saved.streaming_content) == CLEAR
        assert saved.headers["Content-Type"] == "application/octet-stream"
        assert saved.headers["Content-Disposition"] == f'attachment; filename="contract-{row.id.hex[:12]}.pdf"'
        assert saved.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in saved.headers["Content-Security-Policy"]
    lying = [path for path in ledger.folder.rglob("*") if path.is_file()]
    assert not [path for path in lying if b"keiyakusho no naiyou" in path.read_bytes()], "nothing lies in the clear"
    assert not [path for path in lying if "水鏡" in path.name] and not list((ledger.folder / "uploads").iterdir())


def test_document_when_removed_then_its_key_and_file_are_gone_and_the_row_says_who(
    own: Records, ledger: Ledger
) -> None:
    from azukari.errors import NotFoundError, StateError
    from azukari.web.custody.actions import document

    attach(own)
    row = rows()[0]
    client = client_of(own.people["officer"])
    for role in ("approver", "auditor"):
        assert client_of(own.people[role]).post(f"/documents/{row.id}/remove").status_code == 403
    stale = client_of(own.people["officer"], shown=timedelta(seconds=301)).post(f"/documents/{row.id}/remove")
    assert stale.headers["Location"].startswith("/sign-in/again")
    assert client.post(f"/documents/{row.id}/remove").status_code == 302
    gone = rows()[0]
    assert (gone.wrapped_key, gone.removed_by, gone.title) == (None, own.people["officer"], "契約書")
    assert not (ledger.folder / "documents" / f"{row.id}.document").exists()
    assert client.get(f"/documents/{row.id}/file").status_code == 409
    assert client.post(f"/documents/{row.id}/remove").status_code == 409
    page = client.get(f"/entrustments/{own.arguments['entrustment_id']}/documents").content.decode()
    assert "削除" in page and "kasumi 職員" in page
    with pytest.raises(StateError):
        document.remove(document_id=row.id, by=BY, at=AT)
    with pytest.raises(NotFoundError):
        document.remove(document_id=uuid4(), by=BY, at=AT)


def test_document_when_it_makes_no_sense_or_the_role_does_not_fit_then_nothing_is_kept(
    own: Records, ledger: Ledger
) -> None:
    before, files = len(rows()), len(list((ledger.folder / "documents").iterdir()))
    for changes in (
        {"title": " "}, {"title": "x" * 201}, {"kind": "secret"}, {"expires_on": "soon"}, {"file": ""}, {"data": b""},
        {"role": "approver"}, {"role": "auditor"}, {"role": "administrator"}, {"role": "contractor"},
    ):  # fmt: skip
        assert attach(own, **changes).status_code in {400, 403}, changes  # type: ignore[arg-type]
    assert len(rows()) == before and len(list((ledger.folder / "documents").iterdir())) == files
    assert not list((ledger.folder / "uploads").iterdir())


def test_document_when_too_large_or_for_another_body_then_refused(own: Records, ledger: Ledger) -> None:
    from azukari.errors import LimitError, NotFoundError
    from azukari.web.custody.actions import document

    file = uploaded(b"x")
    file.size = document.MAX_BYTES + 1
    terms = document.Terms("entrustment", own.arguments["entrustment_id"], "other", "大きい")
    with pytest.raises(LimitError):
        document.add(body_id=own.body_id, terms=terms, file=file, kek=KEK, by=BY, at=AT)
    other = bodies.another_body(ledger)
    with pytest.raises(NotFoundError):
        document.add(body_id=other, terms=terms, file=uploaded(b"x"), kek=KEK, by=BY, at=AT)


@pytest.mark.parametrize(
    ("said", "kept", "ending"),
    [
        ("application/pdf", "application/pdf", "pdf"), ("IMAGE/PNG", "image/png", "png"), ("text/html", "text/html", "bin"),
        ("text/html; charset=utf-8", "application/octet-stream", "bin"), (None, "application/octet-stream", "bin"),
        ("x" * 200 + "/y", "application/octet-stream", "bin"), ("a/b\r\nX: y", "application/octet-stream", "bin"),
    ],
)  # fmt: skip
def test_media_type_when_said_then_only_a_name_follows_from_it(said: str | None, kept: str, ending: str) -> None:
    from azukari.web.custody.actions.document import _media_type as media_type
    from azukari.web.custody.queries.documents import DocumentInfo

    assert media_type(said) == kept
    info = DocumentInfo(
        UUID(int=1), UUID(int=2), "party", UUID(int=3), "other", "t", media_type(said), 1, "", None, None, AT, BY, None,
        None,
    )  # fmt: skip
    assert info.file_name == f"other-{'0' * 12}.{ending}"


def test_file_when_changed_or_gone_then_refused_and_a_foreign_key_opens_nothing(own: Records, ledger: Ledger) -> None:
    from azukari.errors import KeyFileError, PayloadError, StorageError
    from azukari.stores.keys import KeyEncryptionKey
    from azukari.web.custody.queries import documents

    attach(own)
    info = documents.document(rows()[0].id)
    with pytest.raises(KeyFileError):
        documents.blocks(info, KeyEncryptionKey(b"\x03" * 32))
    path = documents.path_of(info.id)
    whole = path.read_bytes()
    for changed in (whole[:-1], whole[:-17], bytes([whole[0] ^ 1]) + whole[1:], b""):
        path.write_bytes(changed)
        with pytest.raises(PayloadError):
            b"".join(documents.blocks(info, KEK))
    path.unlink()
    with pytest.raises(StorageError):
        documents.blocks(info, KEK)


def test_attaching_when_it_breaks_off_at_either_step_then_no_row_without_a_file(
    own: Records, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from azukari.errors import StorageError
    from azukari.web.custody.actions import document
    from azukari.web.jobs import uploads

    before = len(rows())

    def refuse(*_: Any) -> None:
        raise StorageError("full")

    monkeypatch.setattr(uploads, "put_in_place", refuse)
    terms = document.Terms("entrustment", own.arguments["entrustment_id"], "other", "途中")
    with pytest.raises(StorageError):
        document.add(body_id=own.body_id, terms=terms, file=uploaded(CLEAR), kek=KEK, by=BY, at=AT)
    monkeypatch.undo()
    assert len(rows()) == before
    stray = ledger.folder / "documents" / f"{uuid4()}.document"
    stray.write_bytes(b"sealed, of no row")
    os.utime(stray, (AT.timestamp() - 7_200,) * 2)
    assert document.sweep(by=BY, at=AT) == 1 and not stray.exists()
    kept = rows()[0]
    assert (ledger.folder / "documents" / f"{kept.id}.document").exists()


def test_evidence_when_it_ends_soon_or_has_ended_then_the_first_screen_says_so(own: Records) -> None:

    from azukari.stores import clock

    today = clock.today()
    for days, title in ((-3, "切れた資料"), (29, "もうすぐの資料"), (31, "まだの資料")):
        attach(own, kind="evidence", title=title, expires_on=(today + timedelta(days=days)).isoformat())
    page = client_of(own.people["officer"]).get("/").content.decode()
    assert "切れた資料" in page and "もうすぐの資料" in page and "まだの資料" not in page
