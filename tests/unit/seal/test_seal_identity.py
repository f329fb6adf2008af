"""Identities: key file, card, challenge and answer, and everything that must not pass."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import (
    FormatError,
    KeyFileError,
    NotPermittedError,
    SignatureError,
    VerificationError,
    WrongKeyError,
)
from azukari.ledger.entry import canonical
from azukari.ledger.note import sign_note
from azukari.seal.identity import (
    ANSWER,
    CARD,
    MAX_TEXT,
    Identity,
    answer_challenge,
    card_of,
    encode_card,
    make_challenge,
    parse_card,
    require_fingerprint,
    require_recipient,
    seal_to,
    verify_answer,
)
from azukari.testing.sealed import fixed_identity

PARTY, OTHER = fixed_identity("seiran"), fixed_identity("shiraho")
SECRET = bytes(range(32))


def note(identity: Identity, heading: str, body: object) -> bytes:
    text = body if isinstance(body, str) else canonical(body).decode()
    return sign_note(f"{heading}\n{text}\n", [identity.signer])


def test_identity_when_its_file_is_read_then_the_same_keys() -> None:
    text = PARTY.file_text()
    again = Identity.parse(text)
    assert (again.recipient, again.vkey) == (PARTY.recipient, PARTY.vkey)
    assert PARTY.recipient in text and PARTY.secret not in repr(PARTY)


def test_identity_when_generated_then_never_twice_the_same() -> None:
    assert len({Identity.generate().recipient for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "AGE-SECRET-KEY-1",
        PARTY.recipient,
        f"{PARTY.secret}\n{OTHER.secret}\n",
        PARTY.secret[:-1],
        PARTY.secret[:-1] + ("Q" if PARTY.secret[-1] != "Q" else "P"),
        "\x00",
        "ＡＧＥ",
    ],
)
def test_identity_when_the_file_is_none_then_key_file_error_without_the_secret(text: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        Identity.parse(text)
    assert PARTY.secret[15:40] not in str(caught.value)


@given(st.text(max_size=200))
def test_identity_when_any_text_then_key_file_error(text: str) -> None:
    with pytest.raises(KeyFileError):
        Identity.parse(text)


def test_identity_when_sealed_to_it_then_it_opens_and_no_other_does() -> None:
    sealed = seal_to(b"rows", [PARTY.recipient])
    assert PARTY.decrypt(sealed) == b"rows"
    with pytest.raises(WrongKeyError):
        OTHER.decrypt(sealed)


@pytest.mark.parametrize("change", ["empty", "garbage", "header", "body", "cut"])
def test_identity_when_sealed_bytes_are_damaged_then_wrong_key(change: str) -> None:
    sealed = seal_to(b"rows" * 40_000, [PARTY.recipient])
    damaged = {
        "empty": b"",
        "garbage": b"\0" * 500,
        "header": sealed[:40] + b"X" + sealed[41:],
        "body": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "cut": sealed[:-70_000],
    }[change]
    with pytest.raises(WrongKeyError):
        PARTY.decrypt(damaged)


def test_card_when_read_then_the_keys_and_a_fingerprint_to_be_read_out() -> None:
    card = parse_card(encode_card(PARTY))
    assert card == card_of(PARTY)
    assert len(card.fingerprint) == 24 and card.fingerprint.count("-") == 4
    assert card.fingerprint != card_of(OTHER).fingerprint


def test_card_when_signed_by_another_key_then_signature() -> None:
    body = {"type": CARD, "recipient": PARTY.recipient, "vkey": PARTY.vkey}
    with pytest.raises(SignatureError):
        parse_card(note(OTHER, CARD, body))


@pytest.mark.parametrize(
    "body",
    [
        {"type": CARD, "recipient": PARTY.recipient},
        {"type": CARD, "recipient": 5, "vkey": PARTY.vkey},
        {"type": CARD, "recipient": "age1qqqq", "vkey": PARTY.vkey},
        {"type": CARD, "recipient": PARTY.secret, "vkey": PARTY.vkey},
        {"type": CARD, "recipient": PARTY.recipient, "vkey": "azukari.party"},
        {"type": CARD, "recipient": PARTY.recipient, "vkey": [PARTY.vkey]},
        {"type": ANSWER, "recipient": PARTY.recipient, "vkey": PARTY.vkey},
        [],
        "{",
        "[" * 16_000,
        '{"vkey":' * 1_500,
    ],
)
def test_card_when_malformed_then_format(body: object) -> None:
    with pytest.raises(FormatError):
        parse_card(note(PARTY, CARD, body))


@pytest.mark.parametrize("data", [b"", b"\n", b"\xff\n{}", encode_card(PARTY) + b"x" * MAX_TEXT])
def test_card_when_no_note_then_format(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_card(data)


@given(st.data())
@settings(max_examples=150)
def test_card_when_any_byte_is_changed_then_refused(data: st.DataObject) -> None:
    card = encode_card(PARTY)
    place, byte = data.draw(st.integers(0, len(card) - 1)), data.draw(st.integers(0, 255))
    changed = card[:place] + bytes([byte]) + card[place + 1 :]
    if changed != card:
        with pytest.raises(VerificationError):
            parse_card(changed)


def test_challenge_when_answered_then_it_verifies() -> None:
    card = card_of(PARTY)
    verify_answer(card, SECRET, answer_challenge(PARTY, make_challenge(card, SECRET)))


def test_challenge_when_answered_with_another_secret_then_wrong_key() -> None:
    card = card_of(PARTY)
    answer = answer_challenge(PARTY, make_challenge(card, bytes(32)))
    with pytest.raises(WrongKeyError):
        verify_answer(card, SECRET, answer)


def test_challenge_when_opened_with_another_key_then_wrong_key() -> None:
    with pytest.raises(WrongKeyError):
        answer_challenge(OTHER, make_challenge(card_of(PARTY), SECRET))


def test_challenge_when_it_names_another_signing_key_then_wrong_key() -> None:
    """A relayed challenge: sealed to my age key, but for somebody else's card."""
    relayed = seal_to(
        canonical({"type": "azukari/challenge/v1", "vkey": OTHER.vkey, "secret": SECRET.hex()}), [PARTY.recipient]
    )
    with pytest.raises(WrongKeyError):
        answer_challenge(PARTY, relayed)


def test_challenge_when_it_holds_something_else_then_format() -> None:
    for inside in (b"", b"{}", canonical({"type": ANSWER})):
        with pytest.raises(FormatError):
            answer_challenge(PARTY, seal_to(inside, [PARTY.recipient]))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (note(OTHER, ANSWER, {"type": ANSWER, "secret": SECRET.hex()}), SignatureError),
        (note(PARTY, ANSWER, {"type": ANSWER}), WrongKeyError),
        (note(PARTY, CARD, {"type": ANSWER, "secret": SECRET.hex()}), FormatError),
        (note(PARTY, ANSWER, {"type": CARD, "secret": SECRET.hex()}), FormatError),
        (note(PARTY, ANSWER, "[" * 12_000), FormatError),
        (b"", FormatError),
        (b"\xff", FormatError),
    ],
)
def test_answer_when_wrong_then_refused(answer: bytes, error: type[VerificationError]) -> None:
    with pytest.raises(error):
        verify_answer(card_of(PARTY), SECRET, answer)


@pytest.mark.parametrize("text", ["", "age1", PARTY.secret, PARTY.recipient.upper() + "x", "ssh-ed25519 AAAA"])
def test_recipient_when_none_then_format(text: str) -> None:
    with pytest.raises(FormatError):
        require_recipient(text)
    require_recipient(PARTY.recipient)


def test_fixed_identities_when_made_again_then_the_same_bech32_that_age_writes() -> None:
    assert fixed_identity("seiran") == PARTY
    assert json.dumps(PARTY.recipient).startswith('"age1') and PARTY.secret.startswith("AGE-SECRET-KEY-1")


@pytest.mark.parametrize("spelled", ["{}", " {} ", "{}\n"])
def test_fingerprint_when_typed_as_people_type_then_it_is_the_same(spelled: str) -> None:
    known = Identity.generate()
    fingerprint = card_of(known).fingerprint
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in fingerprint)
    for typed in (spelled.format(fingerprint), fingerprint.upper(), fingerprint.replace("-", " "), wide):
        require_fingerprint(typed, fingerprint)


def test_fingerprint_when_a_letter_is_another_or_missing_then_not_permitted() -> None:
    fingerprint = card_of(Identity.generate()).fingerprint
    other = card_of(Identity.generate()).fingerprint
    swapped = ("0" if fingerprint[0] != "0" else "1") + fingerprint[1:]
    for typed in ("", "-", other, swapped, fingerprint[:-1], fingerprint + "0", fingerprint[5:]):
        with pytest.raises(NotPermittedError):
            require_fingerprint(typed, fingerprint)
