"""The file of a backup: a tar of members with their digests and a code of the office's key, sealed with age.

It is made and read as a stream. Whoever has the file and a recipient's key, but no azukari, gets at the members with
`age -d` and `tar x`, and checks them with `sha256sum -c manifest.sha256`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any, Final, Protocol

import pyrage

from azukari.errors import AzukariError, FormatError, LimitError, PayloadError, StorageError, WrongKeyError
from azukari.stores.keys import KeyEncryptionKey

HEADER: Final = "backup.json"
MANIFEST: Final = "manifest.sha256"
MAC: Final = "backup.mac"
BLOCK: Final = 1 << 20  # bytes read at a time
MAX_TEXT: Final = 256 << 20  # bytes of a header or a manifest: some two million members
_NAME: Final = re.compile(r"(?!.{101})[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_TAR: Final = tarfile.BLOCKSIZE
_MAGIC: Final = b"age-encryption.org/"


@dataclass(frozen=True)
class Member:
    """控えの一項。 One file of a backup: its name, its size in bytes, and its bytes in blocks."""

    name: str
    size: int
    blocks: Iterable[bytes]


def is_name(name: str) -> bool:
    """Whether a member may have this name: up to 100 letters, digits, ``._-`` and ``/``, no part hidden or empty."""
    return _NAME.fullmatch(name) is not None


def archive(header: bytes, members: Iterable[Member], kek: KeyEncryptionKey) -> Iterator[bytes]:
    """The clear bytes of a backup: the header, the members, their digests, the code over these.

    StorageError if a member has fewer bytes than it has said.
    """
    lines: list[str] = []
    for member in chain([Member(HEADER, len(header), [header])], _checked(members)):
        digest = hashlib.sha256()
        yield from _tarred(member, digest.update)
        lines.append(f"{digest.hexdigest()}  {member.name}\n")
    manifest = "".join(lines).encode("ascii")
    for name, data in ((MANIFEST, manifest), (MAC, code(manifest, kek) + b"\n")):
        yield from _tarred(Member(name, len(data), [data]), lambda block: None)
    yield bytes(2 * _TAR)


def code(manifest: bytes, kek: KeyEncryptionKey) -> bytes:
    """HMAC-SHA256 under a key derived from the office's key, as 64 hex digits: who made the backup had that key."""
    return hmac.digest(kek.derive("azukari/backup/v1"), manifest, "sha256").hex().encode("ascii")


def encrypt(blocks: Iterator[bytes], out: IO[bytes], recipients: Iterable[str]) -> None:
    """Seal a stream to every age key, as it comes. Raises what ``blocks`` raises, and StorageError."""
    reader, writer = _Reader(blocks), _Writer(out)
    try:
        pyrage.encrypt_io(reader, writer, [pyrage.x25519.Recipient.from_str(recipient) for recipient in recipients])
    except Exception as error:
        raise reader.error or writer.error or _storage(error) from None


def decrypt(source: Readable, secret: str, sink: Sink) -> None:
    """Open a backup with an age identity and give its members to ``sink``.

    FormatError for what is no age file or no such archive, WrongKeyError, PayloadError for a file that was cut or
    changed; and what ``sink`` raises.
    """
    begins = source.read(len(_MAGIC))
    source.seek(0)
    if begins != _MAGIC:
        raise FormatError("no backup")
    unpacking = Unpacking(sink)
    try:
        pyrage.decrypt_io(source, unpacking, [pyrage.x25519.Identity.from_str(secret)])
    except AzukariError:
        raise
    except Exception as error:
        raise unpacking.error or _refusal(error, started=unpacking.started) from None
    unpacking.close()


class Readable(Protocol):
    """控えの読み口。 As much of a file as opening a backup needs."""

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes, none at the end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go somewhere."""


class Sink:
    """控えの読み手。 What is told of each member, in order: its beginning, its bytes, its end."""

    def begin(self, name: str, size: int) -> None:
        """A member of this name and size in bytes follows."""

    def write(self, data: bytes) -> None:
        """Some of its bytes."""

    def end(self) -> None:
        """That was all of it."""


@dataclass
class Texts(Sink):
    """控えの目録。 Digests of all members, and the few that are read whole: header, manifest, code."""

    digests: dict[str, str] = field(default_factory=dict)
    header: bytes = b""
    manifest: bytes = b""
    mac: bytes = b""
    sizes: dict[str, int] = field(default_factory=dict)
    _name: str = ""
    _kept: bytearray = field(default_factory=bytearray)
    _digest: Any = None

    def begin(self, name: str, size: int) -> None:
        if (name == HEADER) != (not self.sizes) or self.mac:
            raise FormatError("members of the backup")
        if name in (HEADER, MANIFEST, MAC) and size > MAX_TEXT:
            raise LimitError(f"{name} is larger than {MAX_TEXT} bytes")
        self._name, self._digest, self._kept = name, hashlib.sha256(), bytearray()
        self.sizes[name] = size

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        if self._name in (HEADER, MANIFEST, MAC):
            self._kept += data

    def end(self) -> None:
        if self._name == MANIFEST:
            self.manifest = bytes(self._kept)
        elif self._name == MAC:
            self.mac = bytes(self._kept)
        else:
            self.header = bytes(self._kept) if self._name == HEADER else self.header
            self.digests[self._name] = self._digest.hexdigest()


class Unpacking:
    """控えの取出し。 A strict reader of plain tar that is written to: regular members with plain names, each once."""

    def __init__(self, sink: Sink) -> None:
        self.error: AzukariError | None = None
        self._sink, self._buffer, self._names = sink, bytearray(), set[str]()
        self._left, self._filler, self._zeros, self._inside = 0, 0, 0, False
        self.started = False

    def write(self, data: bytes) -> int:
        """Take some bytes; what they make invalid is raised, and kept in ``error``."""
        self.started = True
        try:
            self._buffer += data
            while self._step():
                pass
        except AzukariError as error:
            self.error = error
            raise
        except OSError as error:
            self.error = StorageError((error.strerror or "I/O").lower())
            raise self.error from None
        return len(data)

    def flush(self) -> None:
        """Nothing is held back but what is not yet whole."""

    def close(self) -> None:
        """FormatError unless the archive has come to its end."""
        if self._inside or self._buffer or self._zeros < 2:
            raise FormatError("the archive has no end")

    def _step(self) -> bool:
        if self._inside and self._left:
            return self._data()
        if self._inside:
            return self._end_of_member()
        return self._header()

    def _data(self) -> bool:
        taken = bytes(self._buffer[: self._left])
        del self._buffer[: len(taken)]
        self._left -= len(taken)
        self._sink.write(taken)
        return bool(self._buffer)

    def _end_of_member(self) -> bool:
        if len(self._buffer) < self._filler:
            return False
        if any(self._buffer[: self._filler]):
            raise FormatError("archive filler")
        del self._buffer[: self._filler]
        self._inside = False
        self._sink.end()
        return True

    def _header(self) -> bool:
        if len(self._buffer) < _TAR:
            return False
        block = bytes(self._buffer[:_TAR])
        del self._buffer[:_TAR]
        if not any(block):
            self._zeros += 1
        elif self._zeros:
            raise FormatError("something follows the end of the archive")
        else:
            self._begin(block)
        return True

    def _begin(self, block: bytes) -> None:
        try:
            info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.TarError, UnicodeDecodeError, ValueError):
            raise FormatError("archive") from None
        if info.type != tarfile.REGTYPE or not is_name(info.name) or info.name in self._names or info.size < 0:
            raise FormatError("archive member")
        self._names.add(info.name)
        self._inside, self._left, self._filler = True, info.size, -info.size % _TAR
        self._sink.begin(info.name, info.size)


class _Reader:
    """What the encryption reads from; an error of the stream is kept, since it comes out as one of the library's own."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._buffer = blocks, bytearray()
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while len(self._buffer) < size or size < 0:
                block = next(self._blocks, None)
                if block is None:
                    break
                self._buffer += block
        except OSError as error:
            self.error = _storage(error)
            raise
        except Exception as error:
            self.error = error
            raise
        taken = bytes(self._buffer[:size] if size >= 0 else self._buffer)
        del self._buffer[: len(taken)]
        return taken


class _Writer:
    """What the encryption writes to; keeps the error of the disk."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.error: StorageError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(data)
        except OSError as error:
            self.error = _storage(error)
            raise

    def flush(self) -> None:
        """The file is synced when it is whole."""


def _checked(members: Iterable[Member]) -> Iterator[Member]:
    for member in members:
        if not is_name(member.name) or member.name in (HEADER, MANIFEST, MAC):
            raise StorageError("a file of the office has a name that no backup holds")
        yield member


def _tarred(member: Member, seen: Callable[[bytes], object]) -> Iterator[bytes]:
    info = tarfile.TarInfo(member.name)
    info.size, info.mode = member.size, 0o600
    yield info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")
    left = member.size
    for block in member.blocks:
        left -= len(block)
        seen(block)
        yield block
    if left:
        raise StorageError("a file of the office changed while it was read")
    yield bytes(-member.size % _TAR)


def _storage(error: Exception) -> StorageError:
    return StorageError((getattr(error, "strerror", None) or "input/output error").lower())


def _refusal(error: Exception, *, started: bool) -> AzukariError:
    """age authenticates the header, then each block: no block at all means that the key does not fit."""
    if not started and isinstance(error, pyrage.DecryptError):
        return WrongKeyError("backup")
    return PayloadError("the backup was cut short or changed")
