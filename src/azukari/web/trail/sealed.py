"""What waits in quarantine, sealed: nobody reads it but the office, to judge it again. AES-256-GCM, its row as associated data."""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from azukari.errors import PayloadError
from azukari.stores.keys import NONCE_BYTES, KeyEncryptionKey
from azukari.web.keyring import queries as keyring


def keys(body_id: UUID, kek: KeyEncryptionKey) -> tuple[bytes, AESGCM]:
    """The key of marks (32 bytes), and what seals. KeyFileError."""
    return keyring.derived(body_id, "use-waiting-mark", kek), AESGCM(keyring.derived(body_id, "use-waiting", kek))


def seal(cipher: AESGCM, line: bytes, row_id: UUID) -> bytes:
    """Nonce (12 bytes), ciphertext, tag."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, line, row_id.bytes)


def opened(cipher: AESGCM, sealed: bytes, row_id: UUID) -> bytes:
    """The line. PayloadError for changed bytes, or those of another row."""
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], row_id.bytes)
    except InvalidTag:
        raise PayloadError("a line in quarantine") from None
