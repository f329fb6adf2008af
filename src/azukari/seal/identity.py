"""A party's identity: one key file, from it an age key to open packages and an Ed25519 key to sign receipts.

Registering a key takes two proofs (docs/spec/package.md, section 2): the card is signed by the signing
key, and an answer shows that whoever holds it can open what is sealed to the card's age key.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

import pyrage
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from azukari.errors import FormatError, KeyFileError, NotPermittedError, SignatureError, WrongKeyError
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import Signer, Verifier, open_note, sign_note

KEY_NAME: Final = "azukari.party"
CARD: Final = "azukari/card/v1"
CHALLENGE: Final = "azukari/challenge/v1"
ANSWER: Final = "azukari/answer/v1"
MAX_TEXT: Final = 16_384  # bytes of a key file, card, challenge or answer


@dataclass(frozen=True, repr=False)
class Identity:
    """鍵の持ち主。 A secret age identity (X25519) and the Ed25519 key derived from it."""

    secret: str

    @classmethod
    def generate(cls) -> Identity:
        """A new identity from the operating system's randomness (age's own generator)."""
        return cls(str(pyrage.x25519.Identity.generate()))

    @classmethod
    def parse(cls, text: str) -> Identity:
        """Read a key file: comment lines and one AGE-SECRET-KEY-1 line. Raises KeyFileError."""
        lines = [line.strip() for line in text[:MAX_TEXT].splitlines() if line.strip() and not line.startswith("#")]
        try:
            (line,) = lines
            return cls(str(pyrage.x25519.Identity.from_str(line)))
        except (ValueError, pyrage.IdentityError) as error:
            raise KeyFileError("no age identity") from error

    def file_text(self) -> str:
        """The key file: readable by `age -i` as well."""
        return f"# azukari key file - keep it secret\n# public key: {self.recipient}\n{self.secret}\n"

    @property
    def recipient(self) -> str:
        """The public age key, age1..."""
        return str(pyrage.x25519.Identity.from_str(self.secret).to_public())

    @property
    def signer(self) -> Signer:
        """The Ed25519 signer: seed = HKDF-SHA256(secret line, info "azukari/v1/signing")."""
        seed = HKDF(SHA256(), 32, salt=None, info=b"azukari/v1/signing").derive(self.secret.encode("ascii"))
        return Signer(KEY_NAME, seed)

    @property
    def vkey(self) -> str:
        """The verifier key of the signer, in signed-note form."""
        return self.signer.vkey

    def decrypt(self, sealed: bytes) -> bytes:
        """Open age bytes that are sealed to this identity. Raises WrongKeyError."""
        try:
            return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(self.secret)]))
        except pyrage.DecryptError as error:
            raise WrongKeyError from error


@dataclass(frozen=True)
class Card:
    """公開鍵カード。 What a party sends to be registered: its two public keys, signed by itself."""

    recipient: str
    vkey: str

    @property
    def fingerprint(self) -> str:
        """Twenty hex digits in five groups, to be read out over the telephone and typed in by the officer."""
        return read_out("azukari/card/v1", self.recipient, self.vkey)


def card_of(identity: Identity) -> Card:
    """The card of an identity."""
    return Card(identity.recipient, identity.vkey)


def encode_card(identity: Identity) -> bytes:
    """A card as a signed note."""
    return _signed(identity, {"type": CARD, "recipient": identity.recipient, "vkey": identity.vkey})


def parse_card(note: bytes) -> Card:
    """Read and verify a card. Raises FormatError, SignatureError."""
    claimed = _claimed_vkey(note)
    body = _verified(note, claimed, CARD)
    if body.get("vkey") != claimed:
        raise SignatureError("card")
    recipient = body.get("recipient")
    if not isinstance(recipient, str):
        raise FormatError("card")
    require_recipient(recipient)
    return Card(recipient, claimed)


def require_recipient(recipient: str) -> None:
    """Raises FormatError unless the text is an age X25519 public key."""
    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except (ValueError, pyrage.RecipientError) as error:
        raise FormatError("age recipient") from error


def require_fingerprint(typed: str, known: str) -> None:
    """NotPermittedError unless this is the fingerprint that was read out; how it is spaced, and whether wide, does not count."""
    if not compare_digest(_letters(typed), _letters(known)):
        raise NotPermittedError("the fingerprint is another one")


def _letters(fingerprint: str) -> bytes:
    kept = unicodedata.normalize("NFKC", fingerprint).casefold()
    return "".join(letter for letter in kept if letter.isalnum()).encode()


def read_out(*parts: str) -> str:
    """Twenty hex digits in five groups over these texts, to be read out over the telephone and typed in."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return "-".join(digest[i : i + 4] for i in range(0, 20, 4))


def make_challenge(card: Card, secret: bytes) -> bytes:
    """Seal 32 secret bytes to the card's age key; whoever answers with them can open what is sealed to it."""
    body = canonical({"type": CHALLENGE, "vkey": card.vkey, "secret": secret.hex()})
    return bytes(pyrage.encrypt(body, [pyrage.x25519.Recipient.from_str(card.recipient)]))


def answer_challenge(identity: Identity, challenge: bytes) -> bytes:
    """Open a challenge and answer with its secret, signed. Raises WrongKeyError, FormatError."""
    body = parse_canonical(identity.decrypt(challenge), CHALLENGE)
    if body.get("vkey") != identity.vkey:
        raise WrongKeyError("challenge for another key")
    return _signed(identity, {"type": ANSWER, "secret": body.get("secret")})


def verify_answer(card: Card, secret: bytes, answer: bytes) -> None:
    """Raises SignatureError or WrongKeyError unless the answer shows possession of both keys of the card."""
    body = _verified(answer, card.vkey, ANSWER)
    if body.get("secret") != secret.hex():
        raise WrongKeyError("answer to another challenge")


def seal_to(data: bytes, recipients: list[str]) -> bytes:
    """Encrypt bytes to age public keys."""
    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(r) for r in recipients]))


def _signed(identity: Identity, body: dict[str, object]) -> bytes:
    return sign_note(f"{body['type']}\n{canonical(body).decode()}\n", [identity.signer])


def _verified(note: bytes, vkey: str, kind: str) -> dict[str, object]:
    if len(note) > MAX_TEXT:
        raise FormatError(kind)
    text = open_note(note, [Verifier.parse(vkey)]).text
    heading, _, rest = text.partition("\n")
    if heading != kind:
        raise FormatError(kind)
    return parse_canonical(rest.removesuffix("\n").encode(), kind)


def _claimed_vkey(note: bytes) -> str:
    """The key a card says is its own; the signature is then checked under exactly this key."""
    if len(note) > MAX_TEXT:
        raise FormatError("card")
    try:
        vkey = json.loads(note.decode("utf-8").split("\n")[1])["vkey"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise FormatError("card") from error
    if not isinstance(vkey, str):
        raise FormatError("card")
    return vkey
