"""Cosignatures of witnesses as in C2SP tlog-cosignature: Ed25519, cosignature/v1 (type 0x04).

A cosignature says: as of this time the largest consistent state of the log that I have seen has this root. It never
stands in for the log's own signature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from azukari.errors import FormatError

from .note import COSIGNATURE, Signature, Verifier, check_name, check_text, cosigned_message, key_id_of

_TIME: Final = Struct(">Q")
LAST_TIME: Final = 2**63 - 1
"""Largest time of a cosignature, POSIX seconds."""
BLOB_BYTES: Final = _TIME.size + 64


@dataclass(frozen=True, slots=True)
class Cosigner:
    """証人の署名鍵。 An Ed25519 key of a witness; `seed` is the 32-byte secret of RFC 8032 and never printed.

    One key belongs to one name: the signed message does not hold the name. Raises FormatError.
    """

    name: str
    seed: bytes = field(repr=False)
    _verifier: Verifier = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.seed) != 32:
            raise FormatError("the seed of a cosigner is not 32 bytes long")
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        key_id = key_id_of(self.name, bytes([COSIGNATURE]) + public)
        object.__setattr__(self, "_verifier", Verifier(self.name, key_id, COSIGNATURE, public))

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return self._verifier

    @property
    def vkey(self) -> str:
        """The public half as one line of text."""
        return self._verifier.vkey

    def cosign(self, text: str, time: int) -> str:
        """Signature line (newline included) over the text of a checkpoint at `time` (POSIX seconds).

        Raises FormatError for a time beyond 2**63-1 or a text that is none of a note. The caller answers for
        the checkpoint being consistent with all that this witness signed before.
        """
        if not 0 <= time <= LAST_TIME:
            raise FormatError("the time of a cosignature is out of range")
        check_text(text)
        signed = Ed25519PrivateKey.from_private_bytes(self.seed).sign(cosigned_message(text, time))
        return Signature(self.name, self._verifier.key_id, _TIME.pack(time) + signed).line


def cosignature_time(signature: Signature) -> int:
    """The time of a cosignature, POSIX seconds; verify it first. FormatError for a signature of another length."""
    if len(signature.blob) != BLOB_BYTES:
        raise FormatError("a cosignature is not 72 bytes long")
    time: int = _TIME.unpack_from(signature.blob)[0]
    return time
