"""Reading documents: what is attached to a record, and the bytes of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import UUID

from azukari.errors import NotFoundError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.custody.models import Document
from azukari.web.jobs import uploads

# What a file is called when it is saved; no name of anybody's choosing, and nothing that a system would run.
_ENDINGS: Final = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/tiff": "tiff",
    "text/plain": "txt",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/zip": "zip",
}


@dataclass(frozen=True)
class DocumentInfo:
    """書類。 ``sha256``: of the clear bytes, hex. ``size``: bytes."""

    id: UUID
    body: UUID
    about: str
    record: UUID
    kind: str
    title: str = field(repr=False)
    media_type: str
    size: int
    sha256: str
    wrapped_key: bytes | None = field(repr=False)
    expires_on: date | None
    created_at: datetime
    created_by: UUID
    removed_at: datetime | None
    removed_by: UUID | None

    @property
    def file_name(self) -> str:
        """The name under which it is saved."""
        return f"{self.kind}-{self.id.hex[:12]}.{_ENDINGS.get(self.media_type, 'bin')}"


def document(document_id: UUID) -> DocumentInfo:
    """The document of this id, or NotFoundError."""
    row = Document.objects.filter(id=document_id).first()
    if row is None:
        raise NotFoundError("there is no such document")
    return _info(row)


def documents(body_id: UUID, about: str, record: UUID) -> list[DocumentInfo]:
    """What is, or was, attached to an entrustment, party or permission, newest first."""
    found = Document.objects.filter(body_id=body_id, **{f"{about}_id": record}).order_by("-created_at", "id")
    return [_info(row) for row in found]


def blocks(info: DocumentInfo, kek: KeyEncryptionKey) -> Iterator[bytes]:
    """The clear bytes, a chunk at a time; the first one has been read when this returns.

    StateError if it was removed, StorageError, PayloadError, KeyFileError.
    """
    if info.wrapped_key is None:
        raise StateError("the document was removed")
    key = kek.unwrap(info.wrapped_key, purpose(info.id))
    read = uploads.read(info.id, key, path_of(info.id))
    return chain([next(read)], read)


def path_of(document_id: UUID) -> Path:
    """Where a document lies, sealed; the name is a random id."""
    return office.folder() / "documents" / f"{document_id}.document"


def purpose(document_id: UUID) -> str:
    """What the key of a document is wrapped for."""
    return f"document/{document_id}/key"


def _info(row: Document) -> DocumentInfo:
    key = None if row.wrapped_key is None else bytes(row.wrapped_key)
    return DocumentInfo(
        row.id,
        row.body_id,
        row.about,
        row.about_id,
        row.kind,
        row.title,
        row.media_type,
        row.size,
        bytes(row.sha256).hex(),
        key,
        row.expires_on,
        row.created_at,
        row.created_by,
        row.removed_at,
        row.removed_by,
    )
