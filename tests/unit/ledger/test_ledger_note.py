"""Signed notes and checkpoints: round trips, and every way to be malformed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError, LimitError, ProofError, SignatureError
from azukari.ledger import (
    EMPTY_ROOT,
    LIMITS,
    Checkpoint,
    Signature,
    Signer,
    Verifier,
    leaf_hash,
    open_checkpoint,
    open_note,
    parse_note,
    sign_checkpoint,
    sign_note,
)

LOG = Signer("ledger.city.example", bytes(range(32)))
WITNESS = Signer("witness.ward.example", bytes(range(1, 33)))
ROOT = leaf_hash(b"entry")

printable = st.characters(min_codepoint=0x20, exclude_categories=["Cs"])
texts = st.lists(st.text(printable, max_size=10), min_size=1).map(lambda lines: "\n".join(lines) + "\n")
names = st.text(printable, min_size=1, max_size=8).filter(
    lambda name: "+" not in name and not any(map(str.isspace, name))
)


@given(texts, names, st.binary(min_size=32, max_size=32))
def test_note_when_signed_then_opens_with_its_vkey(text: str, name: str, seed: bytes) -> None:
    signer = Signer(name, seed)
    note = open_note(sign_note(text, [WITNESS, signer]), [Verifier.parse(signer.vkey)])
    assert note.text == text
    assert [line.name for line in note.verified] == [name]
    assert [line.name for line in note.unknown] == [WITNESS.name]


@given(st.data())
def test_note_when_one_byte_changes_then_never_opens_to_another_text(data: st.DataObject) -> None:
    good = sign_note("one\n\ntwo\n", [LOG])
    at = data.draw(st.integers(0, len(good) - 1))
    changed = good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]
    if changed != good:
        with pytest.raises((FormatError, SignatureError)):
            open_note(changed, [LOG.verifier])


@given(st.one_of(st.binary(), st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_note_when_arbitrary_bytes_then_format_error(data: bytes) -> None:
    with pytest.raises(FormatError):
        open_note(data + b"x", [LOG.verifier])


@given(st.text())
def test_vkey_when_arbitrary_text_then_format_error(text: str) -> None:
    with pytest.raises(FormatError):
        Verifier.parse(text)


@given(names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
def test_signature_line_when_parsed_then_same_line(name: str, key_id: bytes, blob: bytes) -> None:
    signature = Signature(name, key_id, blob)
    text, signatures = parse_note(f"text\n\n{signature.line}".encode())
    assert (text, signatures) == ("text\n", [signature])


def test_vkey_when_parsed_then_written_the_same() -> None:
    assert Verifier.parse(LOG.vkey) == LOG.verifier
    assert LOG.verifier.vkey == LOG.vkey


def test_vkey_when_type_unknown_then_kept_as_unknown() -> None:
    verifier = Verifier.parse(f"{LOG.name}+{LOG.verifier.key_id.hex()}+/wECAw==")
    assert not verifier.known
    with pytest.raises(SignatureError):
        verifier.verify("text\n", b"")
    with pytest.raises(SignatureError):
        open_note(sign_note("text\n", [LOG]), [verifier])
    assert open_note(sign_note("text\n", [LOG]), [verifier, LOG.verifier]).verified


@pytest.mark.parametrize(
    "vkey",
    [
        LOG.vkey.replace("+", " ", 1),
        LOG.vkey.replace("ledger", "ledgeR"),
        LOG.vkey[:-4],
        LOG.vkey + "\n",
        f"{LOG.name}+{LOG.verifier.key_id.hex().upper()}X+AQ==",
        f"{LOG.name}+{LOG.verifier.key_id.hex()}+AQ==",
        f"+{LOG.verifier.key_id.hex()}+/wE=",
    ],
)
def test_vkey_when_malformed_then_format_error(vkey: str) -> None:
    with pytest.raises(FormatError):
        Verifier.parse(vkey)


def test_signer_when_printed_then_no_seed() -> None:
    assert "seed" not in repr(LOG)
    assert repr(LOG.seed) not in repr(LOG)


@pytest.mark.parametrize(("name", "seed"), [("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", b"short")])
def test_signer_when_malformed_then_format_error(name: str, seed: bytes) -> None:
    with pytest.raises(FormatError):
        Signer(name, seed)


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "return\r\n", "\ud800\n", "nul\0\n"])
def test_sign_note_when_text_cannot_be_carried_then_format_error(text: str) -> None:
    with pytest.raises(FormatError):
        sign_note(text, [LOG])


def test_sign_note_when_nobody_signs_then_format_error() -> None:
    with pytest.raises(FormatError):
        sign_note("text\n", [])


def test_note_when_larger_than_limit_then_limit_error() -> None:
    for make in (
        lambda: sign_note("x" * LIMITS.note_bytes + "\n", [LOG]),
        lambda: sign_note("x\n", [LOG] * 101),
    ):
        with pytest.raises(LimitError):
            make()
    with pytest.raises(LimitError):
        parse_note(bytes(LIMITS.note_bytes + 1))


def test_note_when_a_key_signs_twice_then_counted_once() -> None:
    assert len(open_note(sign_note("text\n", [LOG, LOG]), [LOG.verifier]).verified) == 1


def test_note_when_second_line_of_a_known_key_fails_then_signature_error() -> None:
    good = sign_note("text\n", [LOG])
    bad = Signature(LOG.name, LOG.verifier.key_id, bytes(64)).line.encode()
    with pytest.raises(SignatureError):
        open_note(good + bad, [LOG.verifier])


def test_note_when_two_keys_share_name_and_id_then_signature_error() -> None:
    twin = Verifier(LOG.name, LOG.verifier.key_id, 1, WITNESS.verifier.public)
    with pytest.raises(SignatureError):
        open_note(sign_note("text\n", [LOG]), [LOG.verifier, twin])


@given(names, st.integers(1, LIMITS.tree_size), st.binary(min_size=32, max_size=32))
def test_checkpoint_when_signed_then_opens(origin: str, size: int, root: bytes) -> None:
    log = Signer(origin, bytes(32))
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.encode()) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, [log]), origin, [log.verifier]) == checkpoint


@given(st.text())
def test_checkpoint_when_arbitrary_text_then_format_error(text: str) -> None:
    with pytest.raises(FormatError):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, ROOT), ("a\nb", 1, ROOT), ("a", -1, ROOT), ("a", 2**63, ROOT), ("a", 1, ROOT[:31])],
)
def test_checkpoint_when_made_of_nonsense_then_format_error(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(FormatError):
        Checkpoint(origin, size, root)


def test_checkpoint_when_no_signer_is_the_log_then_signature_error() -> None:
    with pytest.raises(SignatureError):
        sign_checkpoint(Checkpoint(LOG.name, 1, ROOT), [WITNESS])


def test_checkpoint_when_only_a_witness_signed_then_signature_error() -> None:
    note = sign_note(Checkpoint(LOG.name, 1, ROOT).encode(), [WITNESS])
    with pytest.raises(SignatureError):
        open_checkpoint(note, LOG.name, [LOG.verifier, WITNESS.verifier])


def test_checkpoint_when_empty_log_has_other_root_then_proof_error() -> None:
    note = sign_checkpoint(Checkpoint(LOG.name, 0, ROOT), [LOG])
    with pytest.raises(ProofError):
        open_checkpoint(note, LOG.name, [LOG.verifier])
    empty = Checkpoint(LOG.name, 0, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(empty, [LOG]), LOG.name, [LOG.verifier]) == empty
