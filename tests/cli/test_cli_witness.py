"""`azukari witness`: made, told whom to trust, and asked by carried files, without any office."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from tests.cli.scene import call, refused
from tests.unit.witness.logs import Log

from azukari.ledger import Answer, Verifier, read_answer

NAME = "witness.minasoko.example/w1"
LOG, FORKED = Log(), Log(fork_at=3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A witness that follows the honest log."""
    assert call("witness", "init", tmp_path / "w", "--name", NAME).code == 0
    assert call("witness", "trust", tmp_path / "w", "--log", LOG.key.vkey).code == 0
    return tmp_path / "w"


def carried(folder: Path, log: Log, old: int, size: int) -> Path:
    request = folder.parent / f"{old}-{size}-{log.fork_at}.request"
    request.write_bytes(log.request(old, size))
    return request


def sign(folder: Path, log: Log, old: int, size: int) -> Path:
    answer = folder.parent / f"{old}-{size}.answer"
    done = call("witness", "sign", folder, carried(folder, log, old, size), "-o", answer)
    assert done.code == 0, done
    return answer


def key_of(folder: Path) -> Verifier:
    return Verifier.parse(call("witness", "list", folder, "--json").json["vkey"])


def test_sign_when_carried_then_the_answer_is_the_body_of_an_http_answer(folder: Path) -> None:
    answer = sign(folder, LOG, 0, 5)
    (signature,) = read_answer(Answer(200, answer.read_bytes()), LOG.note(5), [key_of(folder)])
    assert signature.line.encode() == answer.read_bytes()
    sign(folder, LOG, 5, 9)


def test_sign_when_another_size_was_seen_then_state_and_the_answer_tells_the_size(folder: Path) -> None:
    sign(folder, LOG, 0, 5)
    request = carried(folder, LOG, 0, 7)
    for number, lang in enumerate(("ja", "en")):
        answer = folder.parent / f"conflict-{number}"
        done = call("witness", "sign", folder, request, "-o", answer, lang=lang)
        assert (done.code, answer.read_bytes()) == (37, b"5\n")
        assert "5" in done.err and len(done.err.splitlines()) == 1


def test_sign_when_the_log_forked_then_the_fork_is_named_with_roots_and_files(folder: Path) -> None:
    sign(folder, LOG, 0, 5)
    for number, old in enumerate((5, 0)):  # also where the request would be a conflict
        answer = folder.parent / f"fork-{number}"
        done = call("witness", "sign", folder, carried(folder, FORKED, old, 5), "-o", answer, lang="en")
        assert done.code == 23 and not answer.exists()
        assert LOG.checkpoint(5).root.hex() in done.err and FORKED.checkpoint(5).root.hex() in done.err
    files = sorted((folder / "evidence").iterdir())
    assert len(files) == 2 and all(file.name in done.err for file in files)
    assert {file.read_bytes() for file in files} == {LOG.note(5), FORKED.note(5)}
    (listed,) = call("witness", "list", folder, "--json").json["evidence"]
    assert (listed["kind"], listed["seen"]["size"], listed["refused"]["size"]) == ("fork", 5, 5)
    assert listed["files"] == [file.name for file in files]
    refused("fork", call, "witness", "sign", folder, carried(folder, FORKED, 5, 5), "-o", folder.parent / "none")


def test_sign_when_refused_otherwise_then_each_reason_has_its_code_and_no_answer(folder: Path) -> None:
    sign(folder, LOG, 0, 5)
    output = folder.parent / "out"
    stranger, other_key = Log("ledger.nobody.example/log1"), Log(seed=b"\x66" * 32)
    (folder.parent / "bad").write_bytes(b"old 5\n")
    requests = {
        "not-found": carried(folder, stranger, 0, 1),
        "format": folder.parent / "bad",
        "proof": carried(folder, FORKED, 5, 9),
    }
    for word, request in requests.items():
        refused(word, call, "witness", "sign", folder, request, "-o", output)
    (folder.parent / "key").write_bytes(other_key.request(5, 6))
    refused("signature", call, "witness", "sign", folder, folder.parent / "key", "-o", output)
    refused("not-found", call, "witness", "sign", folder, folder.parent / "nowhere", "-o", output)
    assert not output.exists()
    sign(folder, LOG, 5, 6)


def test_sign_when_the_answer_is_there_already_then_nothing_was_cosigned(folder: Path) -> None:
    (folder.parent / "out").write_bytes(b"x")
    refused("state", call, "witness", "sign", folder, carried(folder, LOG, 0, 5), "-o", folder.parent / "out")
    assert call("witness", "list", folder, "--json").json["logs"][0]["size"] == 0


def test_trust_when_keys_rotate_then_both_hold_and_the_old_one_can_be_removed(folder: Path) -> None:
    new = Log(seed=b"\x08" * 32)
    assert call("witness", "trust", folder, "--log", new.key.vkey).code == 0
    sign(folder, LOG, 0, 1)
    sign(folder, new, 1, 2)
    assert call("witness", "trust", folder, "--log", LOG.key.vkey, "--remove", "--json").json["changed"] == [LOG.origin]
    refused("signature", call, "witness", "sign", folder, carried(folder, LOG, 2, 3), "-o", folder.parent / "none")
    assert call("witness", "list", folder, "--json").json["logs"][0]["keys"] == [new.key.vkey]


def test_trust_when_it_is_no_key_of_a_log_then_refused(folder: Path) -> None:
    refused("format", call, "witness", "trust", folder, "--log", "nonsense")
    refused("option", call, "witness", "trust", folder, "--log", key_of(folder).vkey)


def test_init_when_the_folder_is_taken_or_the_name_is_bad_then_nothing_is_made(folder: Path) -> None:
    refused("state", call, "witness", "init", folder, "--name", NAME)
    refused("format", call, "witness", "init", folder.parent / "new", "--name", "two words")
    refused("not-found", call, "witness", "init", folder.parent / "none" / "new", "--name", NAME)
    assert not (folder.parent / "new").exists()


def test_key_when_under_a_passphrase_then_sign_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZUKARI_PASSPHRASE", "correct horse")
    assert call("witness", "init", tmp_path / "w", "--name", NAME).code == 0
    assert call("witness", "trust", tmp_path / "w", "--log", LOG.key.vkey).code == 0
    monkeypatch.delenv("AZUKARI_PASSPHRASE")
    refused(
        "key-file", call, "witness", "sign", tmp_path / "w", carried(tmp_path / "w", LOG, 0, 5), "-o", tmp_path / "a"
    )
    (tmp_path / "pass").write_text("correct horse\n")
    monkeypatch.setenv("AZUKARI_PASSPHRASE_FILE", str(tmp_path / "pass"))
    sign(tmp_path / "w", LOG, 0, 5)


def test_key_when_it_comes_from_a_seed_file_then_none_is_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seed").write_bytes(b64encode(bytes(range(32))) + b"\n")
    monkeypatch.setenv("AZUKARI_WITNESS_SEED_FILE", str(tmp_path / "seed"))
    assert call("witness", "init", tmp_path / "w", "--name", NAME).code == 0
    assert [path.name for path in (tmp_path / "w").iterdir()] == ["witness.db"]
    assert call("witness", "trust", tmp_path / "w", "--log", LOG.key.vkey).code == 0
    sign(tmp_path / "w", LOG, 0, 5)
    (tmp_path / "seed").write_bytes(bytes(32))
    refused(
        "key-file", call, "witness", "sign", tmp_path / "w", carried(tmp_path / "w", LOG, 5, 6), "-o", tmp_path / "a"
    )


def test_list_when_nothing_was_seen_then_it_says_so_in_both_languages(folder: Path) -> None:
    for lang in ("ja", "en"):
        shown = call("witness", "list", folder, lang=lang)
        assert shown.code == 0 and LOG.origin in shown.out and NAME in shown.out
