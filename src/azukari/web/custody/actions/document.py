"""Attaching documents and taking them away.

A document gets no entry in the ledger: nothing that leaves the office names one, so that nobody could check the entry; its
digest stands in the row, and what a permission relied on is committed to in the permission's own entry.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from azukari.errors import LimitError, NotFoundError, OptionError, StateError, StorageError
from azukari.stores.files import remove as remove_file
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.custody.models import Document, Entrustment, Party, Permission
from azukari.web.custody.queries.documents import path_of, purpose
from azukari.web.jobs import uploads

MAX_BYTES: Final = 50 << 20
STRAY: Final = 3_600  # seconds: a file of no document that was last written so long ago was left by a crash
UNKNOWN: Final = "application/octet-stream"
_MEDIA: Final = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")
_ABOUT: Final[dict[str, Any]] = {"entrustment": Entrustment, "party": Party, "permission": Permission}


@dataclass(frozen=True)
class Terms:
    """書類の内容。 What an officer says of a file; ``about`` is entrustment, party or permission, ``record`` its id."""

    about: str
    record: UUID
    kind: str
    title: str
    expires_on: date | None = None


def add(
    *,
    body_id: UUID,
    terms: Terms,
    file: UploadedFile,  # type: ignore[type-arg]  # the stubs make it generic, Django does not
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
) -> UUID:
    """Keep a file that a form has received, and return its id; the row is there when the file is, and only then.

    NotFoundError if the body has no such record, OptionError for a title, kind or file that makes no sense, LimitError
    beyond ``MAX_BYTES``, StorageError.
    """
    _require_sense(body_id, terms, file)
    sealed = uploads.seal(file)
    digest = hashlib.sha256()
    for block in uploads.read(sealed.id, sealed.key):
        digest.update(block)
    row = Document(id=sealed.id, body_id=body_id, kind=terms.kind, title=terms.title.strip(), size=sealed.size)
    setattr(row, f"{terms.about}_id", terms.record)
    row.media_type, row.sha256 = _media_type(file.content_type), digest.digest()
    row.wrapped_key, row.expires_on = kek.wrap(sealed.key, purpose(sealed.id)), terms.expires_on
    row.created_at, row.created_by = at, by
    with transaction.atomic():
        row.save(force_insert=True)
        uploads.move(file, sealed, path_of(sealed.id))
    return row.id


def remove(*, document_id: UUID, by: UUID, at: datetime) -> None:
    """Destroy the key, then, once that is sure, the file: from the first on nobody can read it, also where the second fails.

    NotFoundError, StateError if it was removed before, StorageError.
    """
    there = Document.objects.filter(id=document_id)
    if not there.filter(removed_at=None).update(wrapped_key=None, removed_at=at, removed_by=by):
        raise StateError("it was removed before") if there.exists() else NotFoundError("there is no such document")
    transaction.on_commit(lambda: remove_file(path_of(document_id)))


def sweep(*, by: UUID, at: datetime) -> int:
    """Remove files of no document, which a crash left, and of removed ones; returns how many. StorageError."""
    kept = {path_of(one) for one in Document.objects.filter(removed_at=None).values_list("id", flat=True)}
    found = [path for path in (office.folder() / "documents").glob("*.document") if path not in kept]
    try:
        old = [path for path in found if path.stat().st_mtime < at.timestamp() - STRAY]
    except OSError as error:
        raise StorageError("a document cannot be looked at") from error
    for path in old:
        remove_file(path)
    return len(old)


def _media_type(said: str | None) -> str:
    """What a browser said of a file, if it is a media type at all."""
    text = (said or "").lower()
    return text if len(text) <= 100 and _MEDIA.fullmatch(text) else UNKNOWN


def _require_sense(body_id: UUID, terms: Terms, file: UploadedFile) -> None:  # type: ignore[type-arg]
    if terms.about not in _ABOUT or not _ABOUT[terms.about].objects.filter(id=terms.record, body_id=body_id).exists():
        raise NotFoundError("there is no such record")
    if terms.kind not in Document.Kind.values or not 0 < len(terms.title.strip()) <= 200:
        raise OptionError("a document needs a title and a known kind")
    if not file.size:
        raise OptionError("the file is empty")
    if file.size > MAX_BYTES:
        raise LimitError("a document has at most 50 MB")
