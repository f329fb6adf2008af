"""Cosignatures at their edges: times, lengths, keys and texts (C2SP tlog-cosignature)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import AzukariError, FormatError, SignatureError
from azukari.ledger import Cosigner, Signature, Signer, Verifier, cosignature_time, parse_note

COSIGNER = Cosigner("witness.example/w1", bytes(range(32)))
TEXT = "ledger.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


def signature(time: int) -> Signature:
    return parse_note(f"{TEXT}\n{COSIGNER.cosign(TEXT, time)}".encode())[1][0]


@given(st.integers(0, 2**63 - 1))
def test_cosignature_when_made_then_72_bytes_that_verify_and_tell_the_time(time: int) -> None:
    made = signature(time)
    assert len(made.blob) == 72 and cosignature_time(made) == time
    Verifier.parse(COSIGNER.vkey).verify(TEXT, made.blob)


@pytest.mark.parametrize("time", [-1, 2**63, 2**64 - 1, 2**64])
def test_cosigner_when_the_time_is_out_of_range_then_format_error(time: int) -> None:
    with pytest.raises(FormatError):
        COSIGNER.cosign(TEXT, time)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "\ud800\n"])
def test_cosigner_when_a_note_cannot_carry_the_text_then_format_error(text: str) -> None:
    with pytest.raises(FormatError):
        COSIGNER.cosign(text, 1)


def test_cosignature_when_its_time_is_beyond_the_last_then_signature_error_though_the_key_signed_it() -> None:
    """No cosigner of ours makes one, so the same key signs the message as the text of a plain note."""
    plain = Signer("x", COSIGNER.seed).sign(f"cosignature/v1\ntime {2**63}\n{TEXT}")
    blob = parse_note(f"x\n\n{plain}".encode())[1][0].blob
    with pytest.raises(SignatureError):
        COSIGNER.verifier.verify(TEXT, (2**63).to_bytes(8, "big") + blob)


@given(st.binary(max_size=80))
def test_cosignature_when_any_bytes_then_our_errors_only(blob: bytes) -> None:
    with pytest.raises(SignatureError):
        COSIGNER.verifier.verify(TEXT, blob)
    try:
        cosignature_time(Signature("x", bytes(4), blob))
    except AzukariError:
        assert len(blob) != 72
    else:
        assert len(blob) == 72


@pytest.mark.parametrize("length", [0, 31, 33])
def test_cosigner_when_the_seed_has_another_length_then_format_error(length: int) -> None:
    with pytest.raises(FormatError):
        Cosigner("w", bytes(length))


def test_cosigner_when_printed_then_no_seed() -> None:
    assert "seed" not in repr(COSIGNER) and repr(COSIGNER.seed) not in repr(COSIGNER)


def test_vkey_when_of_a_cosigner_then_the_key_id_covers_type_04() -> None:
    log = Signer(COSIGNER.name, COSIGNER.seed)
    assert log.verifier.public == COSIGNER.verifier.public and log.verifier.key_id != COSIGNER.verifier.key_id
    assert Verifier.parse(COSIGNER.vkey) == COSIGNER.verifier
    with pytest.raises(FormatError):
        Verifier.parse(COSIGNER.vkey.replace(COSIGNER.verifier.key_id.hex(), log.verifier.key_id.hex()))
