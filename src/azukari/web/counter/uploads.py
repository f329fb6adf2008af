"""Uploads of contractors: receipts and key cards, which are small. They stay in memory; what is larger is not kept at all."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from azukari.errors import LimitError
from azukari.seal.receipt import MAX_RECEIPT

PATIENCE: Final = 16 << 20
"""Bytes of a file that are read, most of them for nothing, so that its sender is told instead of cut off."""


class SmallUploadHandler(FileUploadHandler):
    """小さなファイルだけを受け取る。 A file beyond ``MAX_RECEIPT`` arrives with its size and without its bytes."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins; from nobody who is not signed in."""
        super().new_file(*args, **kwargs)
        user: Any = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise StopUpload(connection_reset=True)
        self._kept = bytearray()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Some of it."""
        if start + len(raw_data) > PATIENCE:
            raise StopUpload(connection_reset=True)
        self._kept += raw_data[: max(0, MAX_RECEIPT + 1 - len(self._kept))]
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:  # type: ignore[type-arg]
        """All of it, or only how much it was."""
        data = bytes(self._kept) if file_size <= MAX_RECEIPT else b""
        return UploadedFile(BytesIO(data), "upload", self.content_type, file_size)


def small(file: UploadedFile[bytes], limit: int) -> bytes:
    """The bytes of an uploaded file of at most ``limit`` bytes. LimitError."""
    if file.size is None or file.size > min(limit, MAX_RECEIPT):
        raise LimitError("the file is too large")
    data: bytes = file.read()
    return data
