"""Key files: the key-encryption key of an office, outside its directory, and keys that sign, such as a witness's.

The office database holds secrets only in wrapped form (AES-256-GCM, the purpose as associated data), so a
copy of the database alone opens nothing. Under a passphrase a key file itself is sealed: scrypt, AES-256-GCM.
Neither exceptions nor ``repr`` ever show key bytes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from azukari.errors import KeyFileError, OptionError
from azukari.stores.files import creating

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID_BYTES = 8
MAX_FILE_BYTES = 16_384
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1  # 128 MiB, about half a second

_TYPE = "azukari/key-file/v1"
_SIGNING = "azukari/signing-key/v1"
_MAGIC = b"azw1"
_WRAP_OVERHEAD = len(_MAGIC) + KEY_ID_BYTES + NONCE_BYTES + 16


class KeyEncryptionKey:
    """鍵を包む鍵。 Wraps and unwraps the secrets of one office; never shows its own bytes."""

    __slots__ = ("_cipher", "_key", "_key_id", "_replaced", "_root")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyFileError("a key-encryption key has 32 bytes")
        self._key = key
        self._cipher = AESGCM(key)
        self._key_id = _key_id(key)
        self._replaced: dict[bytes, KeyEncryptionKey] = {}
        self._root = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"azukari/v1/derived").derive(key)

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose that is never stored (HKDF-SHA256, RFC 5869)."""
        return derived_from(self._root, purpose)

    def wrap_root(self, purpose: str) -> bytes:
        """What ``derive`` derives from, wrapped for ``purpose``: stored, it outlives this key."""
        return self.wrap(self._root, purpose)

    def wrap_key(self, other: KeyEncryptionKey, purpose: str) -> bytes:
        """Another key-encryption key, wrapped under this one: while the secrets of ``other`` move over."""
        return self.wrap(other._key, purpose)

    def unwrap_key(self, wrapped: bytes, purpose: str) -> KeyEncryptionKey:
        """What ``wrap_key`` wrapped. Raises KeyFileError."""
        return KeyEncryptionKey(self.unwrap(wrapped, purpose))

    def opens_for(self, replaced: KeyEncryptionKey) -> None:
        """From now on open also what ``replaced`` has wrapped; nothing new is wrapped under it."""
        self._replaced[replaced._key_id] = replaced

    @property
    def key_id(self) -> str:
        """16 hexadecimal characters that name the key and tell nothing of it."""
        return self._key_id.hex()

    def __repr__(self) -> str:
        return f"KeyEncryptionKey(key_id={self.key_id!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key-encryption key is not copied or pickled")

    def wrap(self, secret: bytes, purpose: str) -> bytes:
        """Encrypt ``secret``; only the same ``purpose`` (for example ``handover/<id>/key``) opens it again.

        Layout: ``azw1``, 8 bytes key id, 12 bytes nonce, ciphertext, 16 bytes tag.
        """
        nonce = secrets.token_bytes(NONCE_BYTES)
        header = _MAGIC + self._key_id
        return header + nonce + self._cipher.encrypt(nonce, secret, _purpose_data(header, purpose))

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """Decrypt what ``wrap`` made; KeyFileError for another key, another purpose or changed bytes."""
        header, nonce, sealed = _split(bytes(wrapped))
        if header[len(_MAGIC) :] in self._replaced:
            return self._replaced[header[len(_MAGIC) :]].unwrap(wrapped, purpose)
        if header[len(_MAGIC) :] != self._key_id:
            made_with = header[len(_MAGIC) :].hex()
            raise KeyFileError(f"the secret was wrapped with key {made_with}, this is key {self.key_id}")
        try:
            return self._cipher.decrypt(nonce, sealed, _purpose_data(header, purpose))
        except InvalidTag:
            raise KeyFileError("the wrapped secret was damaged or is for another purpose") from None


def derived_from(root: bytes, purpose: str) -> bytes:
    """The 32-byte key of one purpose under a derivation root of 32 bytes (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(root)


def wrapped_under(wrapped: bytes) -> str:
    """The id of the key that wrapped this, 16 hexadecimal characters. KeyFileError for what is no wrapped secret."""
    return _split(bytes(wrapped))[0][len(_MAGIC) :].hex()


def create_key_file(path: Path, passphrase: bytes | None) -> KeyEncryptionKey:
    """Make a new random key, write it to ``path`` (mode 0600 where the platform can) and return it.

    Raises StateError if the file exists, StorageError if it cannot be written, OptionError for an empty
    passphrase (None means: without one).
    """
    key = secrets.token_bytes(KEY_BYTES)
    _create(path, {"type": _TYPE}, key, passphrase)
    return KeyEncryptionKey(key)


def open_key_file(path: Path, passphrase: bytes | None) -> KeyEncryptionKey:
    """Read a key file; KeyFileError says in one sentence what is wrong with the file or the passphrase."""
    return KeyEncryptionKey(_open(_read(path), passphrase))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """署名の鍵。 The 32-byte Ed25519 seed (RFC 8032) of a key under a name; never shows its seed."""

    name: str
    seed: bytes = field(repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key is not copied or pickled")


def create_signing_key_file(path: Path, name: str, use: str, passphrase: bytes | None) -> SigningKey:
    """Make a new Ed25519 key under ``name`` for one use (``witness``, for example) and write it to ``path``.

    The name and the use are bound to a sealed seed. Raises as ``create_key_file``.
    """
    seed = secrets.token_bytes(KEY_BYTES)
    _create(path, {"type": _SIGNING, "name": name, "use": use}, seed, passphrase)
    return SigningKey(name, seed)


def open_signing_key_file(path: Path, use: str, passphrase: bytes | None) -> SigningKey:
    """Read a signing key; KeyFileError for another use, a damaged file or a wrong passphrase."""
    document = _read(path, _SIGNING)
    name = document.get("name")
    if document.get("use") != use or not isinstance(name, str):
        raise KeyFileError(f"the key file {path.name} holds no key for this use")
    return SigningKey(name, _open(document, passphrase))


def read_seed_option(environ: Mapping[str, str], name: str) -> bytes | None:
    """A 32-byte Ed25519 seed from the file that ``NAME_FILE`` names: the raw bytes, or one line of base64.

    None if it is not set. A seed never stands in the environment itself, where every child process sees it:
    OptionError if ``NAME`` is set, if the file cannot be read or if it holds no seed.
    """
    if name in environ:
        raise OptionError(f"{name} is not read; name a file in {name}_FILE")
    if f"{name}_FILE" not in environ:
        return None
    content = _read_secret_file(name, Path(environ[f"{name}_FILE"]), MAX_FILE_BYTES)
    try:
        seed = content if len(content) == KEY_BYTES else b64decode(content.strip(), validate=True)
    except ValueError:
        seed = b""
    if len(seed) != KEY_BYTES:
        raise OptionError(f"the file named in {name}_FILE holds no seed of {KEY_BYTES} bytes, raw or in base64")
    return seed


def needs_passphrase(path: Path) -> bool:
    """Whether a key file of either kind is sealed under a passphrase. Raises KeyFileError."""
    return _read(path, _TYPE, _SIGNING).get("protection") != "none"


def read_secret_option(environ: Mapping[str, str], name: str) -> bytes | None:
    """A secret from ``NAME``, or from the file that ``NAME_FILE`` names (one line end is dropped).

    None if neither is set; OptionError if both are, or if the secret is empty or cannot be read.
    """
    value, file = environ.get(name), environ.get(f"{name}_FILE")
    if value is not None and file is not None:
        raise OptionError(f"{name} and {name}_FILE are both set")
    if value is None and file is None:
        return None
    secret = value.encode() if value is not None else _without_line_end(_read_secret_file(name, Path(file or "")))
    if not secret:
        raise OptionError(f"{name} is set but empty")
    return secret


def _read_secret_file(name: str, path: Path, limit: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError:
        raise OptionError(f"the file named in {name}_FILE cannot be read") from None


def _without_line_end(content: bytes) -> bytes:
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _create(path: Path, header: Mapping[str, object], key: bytes, passphrase: bytes | None) -> None:
    protection = _plain(key) if passphrase is None else _sealed(header, key, passphrase)
    document = {**header, "key_id": _key_id(key).hex(), **protection}
    document["check"] = _checksum(document)
    with creating(path) as file:
        file.write(json.dumps(document, indent=1).encode() + b"\n")


def _open(document: Mapping[str, object], passphrase: bytes | None) -> bytes:
    key = _open_plain(document) if document.get("protection") == "none" else _open_sealed(document, passphrase)
    if document.get("key_id") != _key_id(key).hex():
        raise _damaged()
    return key


def _plain(key: bytes) -> dict[str, object]:
    return {"protection": "none", "key": b64encode(key).decode()}


def _sealed(header: Mapping[str, object], key: bytes, passphrase: bytes) -> dict[str, object]:
    if not passphrase:
        raise OptionError("an empty passphrase")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
    cipher = AESGCM(_stretch(passphrase, salt))
    return {
        "protection": "scrypt",
        "n": SCRYPT_N,
        "r": SCRYPT_R,
        "p": SCRYPT_P,
        "salt": b64encode(salt).decode(),
        "nonce": b64encode(nonce).decode(),
        "sealed": b64encode(cipher.encrypt(nonce, key, _file_data(header, _key_id(key)))).decode(),
    }


def _read(path: Path, *kinds: str) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise KeyFileError(f"there is no key file {path.name}") from None
    except OSError:
        raise KeyFileError(f"the key file {path.name} cannot be read") from None
    return _parse(content, kinds or (_TYPE,))


def _parse(content: bytes, kinds: tuple[str, ...]) -> dict[str, object]:
    try:
        document = json.loads(content) if len(content) <= MAX_FILE_BYTES else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("type") not in kinds:
        raise KeyFileError("this is no azukari key file of the right kind")
    if document.pop("check", None) != _checksum(document):
        raise _damaged()
    return document


def _open_plain(document: Mapping[str, object]) -> bytes:
    key = _bytes(document, "key")
    if len(key) != KEY_BYTES:
        raise _damaged()
    return key


def _open_sealed(document: Mapping[str, object], passphrase: bytes | None) -> bytes:
    _check_parameters(document)
    if not passphrase:
        raise KeyFileError("the key file needs its passphrase")
    salt, nonce, sealed = (_bytes(document, name) for name in ("salt", "nonce", "sealed"))
    try:
        key_id = bytes.fromhex(str(document.get("key_id")))
        return AESGCM(_stretch(passphrase, salt)).decrypt(nonce, sealed, _file_data(document, key_id))
    except InvalidTag:
        raise KeyFileError("the passphrase is not that of this key file") from None
    except ValueError:
        raise _damaged() from None


def _check_parameters(document: Mapping[str, object]) -> None:
    """Version 1 has one cost only, so a hostile file cannot ask for more memory."""
    wanted = ("scrypt", SCRYPT_N, SCRYPT_R, SCRYPT_P)
    if tuple(document.get(name) for name in ("protection", "n", "r", "p")) != wanted:
        raise KeyFileError("a key file of another kind or version")


def _stretch(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase)


def _bytes(document: Mapping[str, object], name: str) -> bytes:
    value = document.get(name)
    try:
        return b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        raise _damaged() from None


def _split(wrapped: bytes) -> tuple[bytes, bytes, bytes]:
    if len(wrapped) < _WRAP_OVERHEAD or not wrapped.startswith(_MAGIC):
        raise KeyFileError("the wrapped secret was damaged")
    header_end = len(_MAGIC) + KEY_ID_BYTES
    nonce_end = header_end + NONCE_BYTES
    return wrapped[:header_end], wrapped[header_end:nonce_end], wrapped[nonce_end:]


def _checksum(document: Mapping[str, object]) -> str:
    """Tells a damaged file from a wrong passphrase; it protects against accidents, not against people."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"azukari/key-id/v1\0" + key).digest()[:KEY_ID_BYTES]


def _file_data(header: Mapping[str, object], key_id: bytes) -> bytes:
    """What a sealed key is bound to: kind of file, key id and, for a key that signs, its use and name."""
    bound = [str(header[name]).encode() for name in ("use", "name") if name in header]
    return b"\0".join([str(header["type"]).encode(), key_id, *bound])


def _purpose_data(header: bytes, purpose: str) -> bytes:
    return b"azukari/wrap/v1\0" + header + purpose.encode()


def _damaged() -> KeyFileError:
    return KeyFileError("the key file was damaged")
