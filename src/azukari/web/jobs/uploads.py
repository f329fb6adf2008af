"""Uploads on the disk: encrypted while they arrive, so that no clear byte of one ever lies there.

A file is chunks of 1 MiB, each AES-256-GCM under a key of its own (nonce: the chunk's number; associated data: the id,
the number, and whether it is the last one), so that nothing can be cut off, moved or taken from another file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from azukari.errors import LimitError, PayloadError, StateError, StorageError
from azukari.stores.files import creating, make_folders, put_in_place, remove, replacing, sweep_temporary
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.jobs.models import Upload

CHUNK: Final = 1 << 20
TAG: Final = 16
MAX_BYTES: Final = 2 << 30
_NOTE: Final = b"azukari/upload-note/v1"
SMALL: Final = 256 << 10  # what is no larger stays in memory: cards, answers, receipts


def path_of(upload_id: UUID) -> Path:
    """Where an upload lies; the name is a random id."""
    return office.folder() / "uploads" / f"{upload_id}.upload"


class Writer:
    """暗号化しながら書く。 Takes clear bytes, leaves sealed ones; StorageError or LimitError, and then nothing is left.

    The file has its name only when it is whole and on the disk. ``limit``: clear bytes.
    """

    def __init__(self, limit: int = MAX_BYTES) -> None:
        self.id, self.key, self.size = uuid4(), secrets.token_bytes(32), 0
        self._limit, self._rest, self._count = limit, bytearray(), 0
        self._aead = AESGCM(self.key)
        make_folders(path_of(self.id).parent)
        self._publishing = ExitStack()
        self._file: IO[bytes] = self._publishing.enter_context(creating(path_of(self.id)))

    def write(self, data: bytes) -> None:
        """Add clear bytes."""
        self.size += len(data)
        if self.size > self._limit:
            self.abort()
            raise LimitError("the file is too large")
        self._rest += data
        while len(self._rest) > CHUNK:
            self._seal(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]

    def close(self) -> None:
        """Seal the last chunk, sync, and give the file its name."""
        self._seal(bytes(self._rest), last=True)
        self._publishing.close()

    def abort(self) -> None:
        """Leave nothing; what was aborted or closed before stays as it is."""
        with suppress(_Aborted, StorageError), self._publishing:
            raise _Aborted

    def _seal(self, clear: bytes, *, last: bool) -> None:
        sealed = self._aead.encrypt(_nonce(self._count), clear, _context(self.id, self._count, last))
        self._count += 1
        try:
            self._file.write(sealed)
        except OSError as error:
            self.abort()
            raise StorageError("an upload cannot be kept") from error


class _Aborted(Exception):
    """Ends the block in which a file is written."""


def read(upload_id: UUID, key: bytes, path: Path | None = None) -> Iterator[bytes]:
    """The clear bytes, a chunk at a time; PayloadError for anything but the whole, unchanged file.

    ``path``: where it was moved to.
    """
    aead, count = AESGCM(key), 0
    try:
        with (path or path_of(upload_id)).open("rb") as file:
            sealed = file.read(CHUNK + TAG)
            while True:
                following = file.read(CHUNK + TAG)
                yield aead.decrypt(_nonce(count), sealed, _context(upload_id, count, not following))
                if not following:
                    return
                sealed, count = following, count + 1
    except (InvalidTag, ValueError):
        raise PayloadError("an upload that was changed") from None
    except OSError as error:
        raise StorageError("an upload cannot be read") from error


def blocks(upload_id: UUID, kek: KeyEncryptionKey) -> Iterator[bytes]:
    """The clear bytes of an upload, a chunk at a time. Raises as ``in_memory``."""
    return read(upload_id, _key_of(upload_id, kek))


@contextmanager
def in_memory(upload_id: UUID, kek: KeyEncryptionKey) -> Iterator[Path]:
    """A path under which the clear file can be read while the block runs; it lies in memory, never on a disk.

    StateError if the key was destroyed, PayloadError, StorageError, KeyFileError.
    """
    with memory(read(upload_id, _key_of(upload_id, kek))) as path:
        yield path


@contextmanager
def memory(blocks: Iterable[bytes]) -> Iterator[Path]:
    """A path under which these bytes can be read while the block runs, without lying on any disk."""
    descriptor = os.memfd_create("upload")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            for block in blocks:
                file.write(block)
        yield Path(f"/proc/{os.getpid()}/fd/{descriptor}")
    finally:
        os.close(descriptor)


def remove_file(upload_id: UUID) -> None:
    """Remove the file and what was noted beside it, if they are there. StorageError."""
    remove(path_of(upload_id))
    remove(_note_of(upload_id))


def note(upload_id: UUID, kek: KeyEncryptionKey, clear: bytes) -> None:
    """Keep a small thing that was read off an upload, under its key: it can be read as long as the upload can.

    StateError if the key was destroyed, StorageError, KeyFileError.
    """
    nonce = secrets.token_bytes(12)
    sealed = _note_aead(upload_id, kek).encrypt(nonce, clear, _NOTE + upload_id.bytes)
    with replacing(_note_of(upload_id)) as file:
        file.write(nonce + sealed)


def noted(upload_id: UUID, kek: KeyEncryptionKey) -> bytes | None:
    """What was noted; None where nothing was. StateError if the key was destroyed, PayloadError, KeyFileError."""
    aead = _note_aead(upload_id, kek)
    try:
        data = _note_of(upload_id).read_bytes()
        return aead.decrypt(data[:12], data[12:], _NOTE + upload_id.bytes)
    except FileNotFoundError:
        return None
    except (InvalidTag, ValueError):
        raise PayloadError("a note that was changed") from None


def _note_of(upload_id: UUID) -> Path:
    return path_of(upload_id).with_suffix(".note")


def _note_aead(upload_id: UUID, kek: KeyEncryptionKey) -> AESGCM:
    """Under a key derived from the upload's own: destroying that one destroys both."""
    return AESGCM(hashlib.blake2b(_NOTE, digest_size=32, key=_key_of(upload_id, kek)).digest())


def _key_of(upload_id: UUID, kek: KeyEncryptionKey) -> bytes:
    row = Upload.objects.filter(id=upload_id).first()
    if row is None or row.wrapped_key is None:
        raise StateError("the upload was destroyed")
    return kek.unwrap(bytes(row.wrapped_key), purpose(upload_id))


def remove_strays(kept: set[UUID], *, before: float) -> None:
    """Remove files of no upload that were last written before this POSIX time in seconds. StorageError."""
    folder, names = path_of(uuid4()).parent, {str(upload_id) for upload_id in kept}
    for path in (*folder.glob("*.upload"), *folder.glob("*.note")):
        if path.stem not in names and _written(path) < before:
            remove(path)
    sweep_temporary(folder, before=before)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # somebody else sweeps too
        return float("inf")
    except OSError as error:
        raise StorageError("an upload cannot be looked at") from error


class SealedFile(UploadedFile):  # type: ignore[type-arg]  # the stubs make it generic, Django does not
    """封印して受け取ったファイル。 What a form gets for a large file: no bytes to read, but an id and a key to keep it by."""

    def __init__(self, writer: Writer, name: str, content_type: str | None) -> None:
        super().__init__(BytesIO(), "upload", content_type, writer.size)
        self.upload_id, self.key = writer.id, writer.key
        self.taken = False

    def close(self) -> None:
        """At the end of the request: what no form has taken is removed."""
        super().close()
        if not self.taken:
            remove_file(self.upload_id)


class SealedUploadHandler(FileUploadHandler):
    """封印して受け取る。 Small files stay in memory, as Django has them; larger ones are sealed while they arrive."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins; from nobody who is not signed in."""
        super().new_file(*args, **kwargs)
        user: Any = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise StopUpload(connection_reset=True)
        self._memory: bytes | None = b""
        self._writer: Writer | None = None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Some of it."""
        if self._writer is None:
            assert self._memory is not None
            self._memory += raw_data
            if len(self._memory) <= SMALL:
                return None
            self._writer, raw_data, self._memory = Writer(), self._memory, None
        try:
            self._writer.write(raw_data)
        except LimitError:
            self._writer = None
            raise StopUpload(connection_reset=True) from None
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:  # type: ignore[type-arg]
        """All of it."""
        if self._writer is not None:
            self._writer.close()
            return SealedFile(self._writer, self.file_name or "", self.content_type)
        data = self._memory or b""
        return UploadedFile(BytesIO(data), "upload", self.content_type, len(data))

    def upload_interrupted(self) -> None:
        """The browser went away."""
        if self._writer is not None:
            self._writer.abort()


def keep(file: UploadedFile, *, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: Any) -> UUID:  # type: ignore[type-arg]
    """Keep what a form has received, its key wrapped; returns the upload's id. StorageError."""
    sealed = seal(file)
    row = Upload(id=sealed.id, body=body_id, bytes=sealed.size, wrapped_key=kek.wrap(sealed.key, purpose(sealed.id)))
    row.created_at, row.created_by = at, by
    row.save(force_insert=True)
    _take(file)
    return sealed.id


@dataclass(frozen=True)
class Sealed:
    """封印したファイル。 An id, the key that opens the file, and its clear bytes, counted."""

    id: UUID
    key: bytes = field(repr=False)
    size: int


def seal(file: UploadedFile) -> Sealed:  # type: ignore[type-arg]
    """What a form has received, sealed under ``path_of(id)``; a file of no upload, until somebody keeps or moves it."""
    if isinstance(file, SealedFile):
        return Sealed(file.upload_id, file.key, file.size or 0)
    writer = Writer()
    for block in file.chunks():
        writer.write(block)
    writer.close()
    return Sealed(writer.id, writer.key, writer.size)


def move(file: UploadedFile, sealed: Sealed, path: Path) -> None:  # type: ignore[type-arg]
    """Take a sealed file out of the uploads, to where it stays; nothing of it is written anew. StorageError."""
    make_folders(path.parent)
    put_in_place(path_of(sealed.id), path)
    _take(file)


def _take(file: UploadedFile) -> None:  # type: ignore[type-arg]
    if isinstance(file, SealedFile):
        file.taken = True


def purpose(upload_id: UUID) -> str:
    """What the key of an upload is wrapped for."""
    return f"upload/{upload_id}/key"


def _nonce(count: int) -> bytes:
    return count.to_bytes(12, "big")


def _context(upload_id: UUID, count: int, last: bool) -> bytes:
    return b"azukari/upload/v1" + upload_id.bytes + count.to_bytes(8, "big") + bytes([last])
