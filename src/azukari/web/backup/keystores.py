"""The keystore in an encrypted file of its own, and back, without the keys of who was erased since (docs/spec/backup.md).

It is apart from the backup of the register, so that it can be gone after days: a key that was destroyed lives on in these
files alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Final
from uuid import UUID

from azukari import __version__
from azukari.errors import FormatError, KeyFileError, StateError
from azukari.ledger.entry import canonical, parse_canonical
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.backup.container import HEADER, Member, Texts, archive, decrypt, encrypt
from azukari.web.backup.restoring import require_whole
from azukari.web.subjects import keystore
from azukari.web.subjects.actions import restoring
from azukari.web.subjects.queries import store_path

TYPE: Final = "azukari/keystore-backup/v1"
PAGES: Final = "pages"


@dataclass(frozen=True)
class KeystoreBackup:
    """検証済みの鍵保管簿の控え。 When it was made, by which version, and the copy that it holds."""

    made: str
    version: str
    copy: keystore.Copy = field(repr=False)


def make(out: IO[bytes], *, kek: KeyEncryptionKey, to: Sequence[str], at: datetime) -> int:
    """Write the keystore as it is now, sealed to the age keys ``to``; returns the number of pages.

    Raises KeyFileError (there is none; another office's key), StorageError.
    """
    with keystore.opened(store_path(), kek) as store, store.copying() as copy:
        header = canonical(
            {
                "type": TYPE,
                "made": at.isoformat(timespec="seconds"),
                "version": __version__,
                "key_id": kek.key_id,
                "installation": copy.installation.hex(),
                "wrapped_key": copy.wrapped_key.hex(),
                "next": copy.following,
                "destroyed": copy.destroyed,
            }
        )
        member = Member(PAGES, copy.count * keystore.RECORD, copy.records)
        encrypt(archive(header, [member], kek), out, to)
        return copy.count


def verify(source: IO[bytes], secret: str, kek: KeyEncryptionKey) -> KeystoreBackup:
    """Read the whole file; nothing is written.

    1. It opens with this age identity. 2. It is an archive of plain members. 3. The code over the digests is of this
    office's key. 4. Every member has its digest. 5. Header and pages are of the form. 6. Every page opens.

    FormatError, WrongKeyError, PayloadError, KeyFileError, SignatureError, LimitError.
    """
    texts = _WithPages()
    decrypt(source, secret, texts)  # 1, 2
    header = _header(texts.header)
    if header["key_id"] != kek.key_id:
        raise KeyFileError("the backup was made with another office's key")
    require_whole(texts, kek)  # 3, 4
    found = KeystoreBackup(header["made"], header["version"], _copy(header, texts))  # 5
    for _ in found.copy.opened(kek):  # 6
        pass
    return found


def restore(
    source: IO[bytes], *, secret: str, made_with: KeyEncryptionKey, kek: KeyEncryptionKey, by: UUID, at: datetime
) -> restoring.Restored:
    """Verify, then make the keystore of the open office, which must have none; the register leads.

    ``made_with``: the office's key of when the backup was made. Raises as ``verify``, StateError (there is a keystore),
    StorageError.
    """
    if store_path().exists():
        raise StateError(f"{keystore.FILE} is there already and is not overwritten")
    found = verify(source, secret, made_with)
    return restoring.restore(copy=found.copy, made_with=made_with, kek=kek, by=by, at=at)


class _WithPages(Texts):
    """Keeps the pages too: 32 MB for a million people."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = bytearray()

    def write(self, data: bytes) -> None:
        super().write(data)
        if self._name == PAGES:
            self.pages += data


def _header(data: bytes) -> dict[str, Any]:
    header = parse_canonical(data, TYPE)
    texts, counts = ("made", "version", "key_id", "installation", "wrapped_key"), ("next", "destroyed")
    if set(header) != {"type", *texts, *counts} or not all(isinstance(header[name], str) for name in texts):
        raise FormatError(HEADER)
    if not all(type(header[name]) is int and 0 <= header[name] < 2**63 for name in counts):
        raise FormatError(HEADER)
    return header


def _copy(header: dict[str, Any], texts: _WithPages) -> keystore.Copy:
    if set(texts.digests) != {HEADER, PAGES}:
        raise FormatError("members of the backup")
    try:
        installation, wrapped = bytes.fromhex(header["installation"]), bytes.fromhex(header["wrapped_key"])
    except ValueError:
        raise FormatError(HEADER) from None
    pages = bytes(texts.pages)
    if len(pages) % keystore.RECORD:
        raise FormatError(PAGES)
    return keystore.Copy(
        installation, wrapped, header["next"], header["destroyed"], len(pages) // keystore.RECORD, _Records(pages)
    )


@dataclass(frozen=True)
class _Records:
    """The records one after another, as often as they are asked for."""

    pages: bytes

    def __iter__(self) -> Iterator[bytes]:
        for first in range(0, len(self.pages), keystore.RECORD):
            yield self.pages[first : first + keystore.RECORD]
