"""Key files, wrapped secrets, secrets from the environment."""

from __future__ import annotations

import copy
import json
import os
import pickle
from base64 import b64encode
from pathlib import Path

import pytest

from azukari.errors import AzukariError, KeyFileError, OptionError, StateError, StorageError
from azukari.stores import keys

PASSPHRASE = "合言葉 correct horse".encode()


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "office.key"
    keys.create_key_file(path, PASSPHRASE)
    return path


def rewrite(path: Path, to: Path, **changes: object) -> Path:
    document = json.loads(path.read_bytes()) | changes
    document.pop("check")
    to.write_text(json.dumps(document | {"check": keys._checksum(document)}))
    return to


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_key_file_when_opened_again_then_it_unwraps(tmp_path: Path, passphrase: bytes | None) -> None:
    made = keys.create_key_file(tmp_path / "k", passphrase)
    opened = keys.open_key_file(tmp_path / "k", passphrase)
    assert opened.key_id == made.key_id
    assert opened.unwrap(made.wrap(b"secret", "handover/1/key"), "handover/1/key") == b"secret"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")
def test_key_file_when_made_then_only_the_owner_reads_it(protected: Path) -> None:
    assert protected.stat().st_mode & 0o777 == 0o600


def test_key_file_when_it_exists_then_it_is_not_overwritten(protected: Path) -> None:
    before = protected.read_bytes()
    with pytest.raises(StateError):
        keys.create_key_file(protected, None)
    assert protected.read_bytes() == before


def test_key_file_when_the_folder_is_missing_then_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        keys.create_key_file(tmp_path / "none" / "k", None)


@pytest.mark.parametrize("passphrase", [None, b"", b"wrong"])
def test_key_file_when_the_passphrase_is_wrong_then_it_says_so(protected: Path, passphrase: bytes | None) -> None:
    with pytest.raises(KeyFileError, match="passphrase") as caught:
        keys.open_key_file(protected, passphrase)
    assert "wrong" not in str(caught.value)


def test_key_file_when_any_byte_is_changed_then_key_file_error(protected: Path, tmp_path: Path) -> None:
    content = protected.read_bytes()
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        (tmp_path / "k").write_bytes(changed)
        with pytest.raises(KeyFileError):
            keys._read(tmp_path / "k")
            _refuse_equal(bytes(changed), content)


def _refuse_equal(changed: bytes, content: bytes) -> None:
    """White space is no content: a file that differs only there still opens, as the same document."""
    if json.loads(changed) == json.loads(content):
        raise KeyFileError("only white space differs")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"\xff", b"[" * 10_000, b" " * 20_000, b'{"type": "azukari/key-file/v1"}'],
)
def test_key_file_when_it_is_something_else_then_key_file_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k").write_bytes(content)
    with pytest.raises(KeyFileError):
        keys.open_key_file(tmp_path / "k", None)


def test_key_file_when_it_is_missing_or_a_folder_then_key_file_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(KeyFileError):
            keys.open_key_file(path, None)


@pytest.mark.parametrize(
    "change", [{"n": 2**30}, {"n": True}, {"salt": 5}, {"salt": "@"}, {"nonce": ""}, {"key_id": "zz"}]
)
def test_key_file_when_a_parameter_is_hostile_then_key_file_error(
    protected: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    with pytest.raises(KeyFileError):
        keys.open_key_file(rewrite(protected, tmp_path / "k", **change), PASSPHRASE)


@pytest.mark.parametrize("change", [{"key": "AAAA"}, {"key_id": "00" * 8}, {"key": None}])
def test_plain_key_file_when_the_key_is_not_that_of_its_id_then_key_file_error(
    tmp_path: Path, change: dict[str, object]
) -> None:
    keys.create_key_file(tmp_path / "k", None)
    with pytest.raises(KeyFileError):
        keys.open_key_file(rewrite(tmp_path / "k", tmp_path / "other", **change), None)


def test_unwrap_when_the_key_is_another_then_both_ids_are_named() -> None:
    one, other = keys.KeyEncryptionKey(b"1" * 32), keys.KeyEncryptionKey(b"2" * 32)
    with pytest.raises(KeyFileError) as caught:
        other.unwrap(one.wrap(b"secret", "p"), "p")
    assert one.key_id in caught.value.detail
    assert other.key_id in caught.value.detail


def test_unwrap_when_the_purpose_is_another_then_key_file_error() -> None:
    key = keys.KeyEncryptionKey(b"1" * 32)
    with pytest.raises(KeyFileError):
        key.unwrap(key.wrap(b"secret", "handover/1/key"), "handover/2/key")


def test_unwrap_when_any_bit_is_flipped_or_the_end_is_cut_then_key_file_error() -> None:
    key = keys.KeyEncryptionKey(b"1" * 32)
    wrapped = key.wrap(b"secret", "p")
    broken = [wrapped[:end] for end in range(len(wrapped))]
    broken += [wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :] for at in range(len(wrapped))]
    for blob in broken:
        with pytest.raises(KeyFileError):
            key.unwrap(blob, "p")


def test_wrap_when_done_twice_then_the_bytes_differ_and_hold_no_secret() -> None:
    key = keys.KeyEncryptionKey(b"1" * 32)
    one, other = key.wrap(b"secret secret", "p"), key.wrap(b"secret secret", "p")
    assert one != other
    assert b"secret" not in one


def test_key_when_shown_or_copied_then_no_bytes_leave() -> None:
    key = keys.KeyEncryptionKey(b"\x41" * 32)
    assert "AAAA" not in repr(key)
    assert "41414141" not in repr(key)
    for leak in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            leak(key)


def test_key_when_it_is_too_short_then_key_file_error() -> None:
    with pytest.raises(KeyFileError):
        keys.KeyEncryptionKey(b"short")


def test_secret_option_when_given_by_value_or_file_then_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"secret \r\n")
    assert keys.read_secret_option({"P": "secret"}, "P") == b"secret"
    assert keys.read_secret_option({"P_FILE": str(tmp_path / "p")}, "P") == b"secret "
    assert keys.read_secret_option({}, "P") is None


def test_secret_option_when_it_makes_no_sense_then_option_error(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    cases = [
        {"P": "hush", "P_FILE": "x"},
        {"P": ""},
        {"P_FILE": str(tmp_path / "none")},
        {"P_FILE": str(tmp_path / "empty")},
    ]
    for environ in cases:
        with pytest.raises(OptionError) as caught:
            keys.read_secret_option(environ, "P")
        assert "hush" not in str(caught.value)
        assert isinstance(caught.value, AzukariError)


SEED = bytes(range(32))


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_signing_key_when_opened_again_then_it_is_the_same_under_its_name(
    tmp_path: Path, passphrase: bytes | None
) -> None:
    made = keys.create_signing_key_file(tmp_path / "k", "witness.example/w1", "witness", passphrase)
    opened = keys.open_signing_key_file(tmp_path / "k", "witness", passphrase)
    assert (opened, len(opened.seed)) == (made, 32)
    assert keys.needs_passphrase(tmp_path / "k") == (passphrase is not None)
    assert (passphrase is None) == (b64encode(made.seed) in (tmp_path / "k").read_bytes())


def test_signing_key_when_shown_or_copied_then_no_bytes_leave() -> None:
    key = keys.SigningKey("witness.example/w1", b"A" * 32)
    assert "AAAA" not in repr(key)
    for leak in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            leak(key)


@pytest.mark.parametrize("change", [{"name": "other.example"}, {"use": "log"}, {"name": 5}, {"sealed": "AAAA"}])
def test_signing_key_when_name_or_use_is_changed_then_the_sealed_seed_does_not_open(
    tmp_path: Path, change: dict[str, object]
) -> None:
    keys.create_signing_key_file(tmp_path / "k", "witness.example/w1", "witness", PASSPHRASE)
    use = str(change.get("use", "witness"))
    with pytest.raises(KeyFileError):
        keys.open_signing_key_file(rewrite(tmp_path / "k", tmp_path / "other", **change), use, PASSPHRASE)


def test_signing_key_when_it_is_for_another_use_then_key_file_error_without_a_passphrase_too(tmp_path: Path) -> None:
    keys.create_signing_key_file(tmp_path / "k", "witness.example/w1", "witness", None)
    with pytest.raises(KeyFileError, match="no key for this use"):
        keys.open_signing_key_file(tmp_path / "k", "log", None)


def test_key_files_when_of_the_other_kind_then_key_file_error(tmp_path: Path) -> None:
    keys.create_signing_key_file(tmp_path / "signing", "witness.example/w1", "witness", None)
    keys.create_key_file(tmp_path / "office", None)
    with pytest.raises(KeyFileError):
        keys.open_key_file(tmp_path / "signing", None)
    with pytest.raises(KeyFileError):
        keys.open_signing_key_file(tmp_path / "office", "witness", None)


@pytest.mark.parametrize("content", [SEED, b64encode(SEED), b64encode(SEED) + b"\r\n", b"\n" * 32])
def test_seed_option_when_raw_or_base64_then_it_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seed").write_bytes(content)
    wanted = content if len(content) == 32 else SEED
    assert keys.read_seed_option({"S_FILE": str(tmp_path / "seed")}, "S") == wanted
    assert keys.read_seed_option({}, "S") is None


@pytest.mark.parametrize("content", [b"", b"@" * 44, b64encode(SEED[:31]), SEED + b"\n", b"hush" * 8_000])
def test_seed_option_when_it_is_no_seed_then_option_error_without_its_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seed").write_bytes(content)
    for environ in ({"S_FILE": str(tmp_path / "seed")}, {"S_FILE": str(tmp_path / "none")}, {"S": "hush"}):
        with pytest.raises(OptionError) as caught:
            keys.read_seed_option(environ, "S")
        assert "hush" not in str(caught.value)
