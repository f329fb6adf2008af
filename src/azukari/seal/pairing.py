"""The card by which the two faces of an office get to know each other (docs/spec/crossing.md, section 2).

It is signed by itself; what makes it trusted is the fingerprint, which somebody reads out and somebody types in.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import pyrage

from azukari.errors import FormatError
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.note import ED25519, Signer, Verifier, open_note, parse_note, sign_note
from azukari.seal.crossing import KEY_NAME, Side
from azukari.seal.identity import read_out
from azukari.seal.items import BodyItem

CARD: Final = "azukari/crossing-card/v1"
MAX_CARD: Final = 16_384  # bytes


@dataclass(frozen=True)
class SideCard:
    """側の公開鍵カード。 Whose side of which body: names and ledger of the body, the age key and the verifier key of the side.

    ``origin`` and ``log_vkey`` are empty outside before anything has come over.
    """

    side: Side
    body: str
    name: str
    name_en: str
    origin: str
    log_vkey: str
    recipient: str
    vkey: str

    def __post_init__(self) -> None:
        BodyItem(self.body, self.name, self.name_en, self.origin, self.log_vkey or self.vkey)  # members of known form
        key = Verifier.parse(self.vkey)
        if key.name != KEY_NAME or key.kind != ED25519:
            raise FormatError("the key of a side bears a name of its own")
        try:
            pyrage.x25519.Recipient.from_str(self.recipient)
        except (pyrage.RecipientError, TypeError) as error:
            raise FormatError("no age recipient") from error

    @property
    def fingerprint(self) -> str:
        """Twenty hex digits in five groups, over both keys, the side and the body; to be read out and typed in."""
        return fingerprint_of(self.body, self.side, self.recipient, self.vkey)

    def sign(self, signer: Signer) -> bytes:
        """The card as a signed note."""
        return sign_note(f"{CARD}\n{canonical({'type': CARD} | asdict(self)).decode()}\n", [signer])


def fingerprint_of(body: str, side: Side, recipient: str, vkey: str) -> str:
    """That of the card of this side, whatever names stand on it."""
    return read_out(CARD, body, side.value, recipient, vkey)


def parse_side_card(note: bytes) -> SideCard:
    """Read and verify a card. FormatError, SignatureError."""
    if len(note) > MAX_CARD:
        raise FormatError("card")
    text, _ = parse_note(note)
    heading, _, rest = text.partition("\n")
    if heading != CARD:
        raise FormatError("card")
    value = parse_canonical(rest.removesuffix("\n").encode(), CARD)
    value.pop("type")
    if set(value) != {member.name for member in fields(SideCard)}:
        raise FormatError("card: members")
    card = _card(value)
    if f"{CARD}\n{canonical({'type': CARD} | asdict(card)).decode()}\n" != text:
        raise FormatError("card: text")
    open_note(note, [Verifier.parse(card.vkey)])
    return card


def _card(value: dict[str, Any]) -> SideCard:
    try:
        return SideCard(**(value | {"side": Side(value["side"])}))
    except (TypeError, ValueError) as error:
        raise FormatError("card") from error
