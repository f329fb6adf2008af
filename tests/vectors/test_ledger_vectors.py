"""Every ledger vector gives its verdict, and the generator reproduces the files byte for byte."""

from __future__ import annotations

import importlib.util
import json
from base64 import b64decode
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from azukari.errors import (
    AzukariError,
    ForkError,
    FormatError,
    NotFoundError,
    ProofError,
    SignatureError,
    StateError,
    TileError,
)
from azukari.ledger import (
    Answer,
    Policy,
    Refused,
    Seen,
    Verifier,
    add_signatures,
    check_tiles,
    cosignature_time,
    judge,
    keys_after,
    open_checkpoint,
    open_note,
    parse_bundle,
    read_answer,
    verify_consistency,
    verify_cosigned,
    verify_inclusion,
    verify_proof,
)

FOLDER = Path(__file__).parents[2] / "vectors" / "ledger"
CASES = sorted(FOLDER.glob("*.json"))
Case = dict[str, Any]


def raw(case: Case, key: str) -> bytes:
    return case[key].encode() if key in case else b64decode(case[f"{key}_base64"])


def keys(case: Case) -> list[Verifier]:
    return [Verifier.parse(vkey) for vkey in case["verifiers"]]


def run_inclusion(case: Case) -> None:
    path = [b64decode(step) for step in case["path"]]
    verify_inclusion(b64decode(case["leaf"]), case["index"], case["size"], path, b64decode(case["root"]))


def run_consistency(case: Case) -> None:
    path = [b64decode(step) for step in case["path"]]
    old_root, root = b64decode(case["old_root"]), b64decode(case["root"])
    verify_consistency(case["old_size"], old_root, case["size"], root, path)


def run_note(case: Case) -> None:
    assert open_note(raw(case, "note"), keys(case)).text == case["text"]


def run_checkpoint(case: Case) -> None:
    found = open_checkpoint(raw(case, "note"), case["origin"], keys(case))
    assert (found.size, found.root) == (case["size"], b64decode(case["root"]))


def run_proof(case: Case) -> None:
    entry = b64decode(case["entry"])
    policy = Policy.parse(case["policy"].encode()) if "policy" in case else None
    assert verify_proof(raw(case, "proof"), entry, case["origin"], keys(case), policy).size == case["size"]


def run_bundle(case: Case) -> None:
    entries = parse_bundle(b64decode(case["data"]), case["width"])
    assert entries == [b64decode(entry) for entry in case["entries"]]


def run_tiles(case: Case) -> None:
    check_tiles(
        lambda level, index: b64decode(case["tiles"][f"{level}/{index}"]),
        lambda index: b64decode(case["bundles"][str(index)]),
        case["size"],
        b64decode(case["root"]),
    )


def run_cosignature(case: Case) -> None:
    (signature,) = open_note(raw(case, "note"), keys(case)).verified
    assert cosignature_time(signature) == case["time"]


def run_cosigned(case: Case) -> None:
    policy = Policy.parse(case["policy"].encode())
    span = {key: case[key] for key in ("not_before", "not_after") if key in case}
    found = verify_cosigned(raw(case, "note"), policy, origin=case["origin"], log_keys=keys(case), **span)
    assert sorted(found.times) == case["witnesses"]


def run_policy(case: Case) -> None:
    policy = Policy.parse(case["policy"].encode())
    assert all(map(policy.satisfied, case["satisfied_by"]))
    assert not any(policy.satisfied(names[:-1]) for names in case["satisfied_by"] if names)


STATUSES = {400: FormatError, 403: SignatureError, 404: NotFoundError, 409: StateError}


def run_request(case: Case) -> None:
    """A witness's answer, as the error whose word it is."""
    trusted = {origin: [Verifier.parse(vkey) for vkey in vkeys] for origin, vkeys in case["verifiers"].items()}
    seen = case["seen"] and Seen(case["seen"]["size"], b64decode(case["seen"]["root"]))
    answer = judge(raw(case, "body"), lambda origin: trusted.get(origin, []), lambda origin: seen)
    assert case["status"] == (answer.status if isinstance(answer, Refused) else 200)
    if isinstance(answer, Refused):
        if answer.status == 409:
            assert answer.body == b"%d\n" % case["tells"]
        raise STATUSES.get(answer.status, ForkError if answer.fork else ProofError)


def run_rotation(case: Case) -> None:
    entries = [entry.encode() for entry in case["entries"]]
    found = keys_after(case["key"], entries)
    assert found == [case["key"], *(json.loads(entry)["key"] for entry in entries)]


def run_answer(case: Case) -> None:
    """What was taken from an answer can be added to the note, which then opens for whoever knows the witness."""
    taken = read_answer(Answer(200, raw(case, "body")), raw(case, "note"), keys(case))
    assert [cosignature_time(signature) for signature in taken] == case["times"]
    whole = add_signatures(raw(case, "note"), [signature.line for signature in taken])
    assert open_note(whole, keys(case)).verified == taken


RUN = {
    "inclusion": run_inclusion,
    "consistency": run_consistency,
    "note": run_note,
    "checkpoint": run_checkpoint,
    "proof": run_proof,
    "bundle": run_bundle,
    "tiles": run_tiles,
    "cosignature": run_cosignature,
    "cosigned": run_cosigned,
    "policy": run_policy,
    "request": run_request,
    "rotation": run_rotation,
    "answer": run_answer,
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_ledger_vector_when_run_then_gives_its_verdict(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    run = RUN[case["what"]]
    if case["expect"] == "success":
        run(case)
        return
    with pytest.raises(AzukariError) as caught:
        run(case)
    assert caught.value.word == case["expect"]
    if isinstance(caught.value, TileError):
        assert {key: caught.value.facts[key] for key in ("kind", "level", "index")} == {
            key: case[key] for key in ("kind", "level", "index")
        }


def test_ledger_vectors_when_counted_then_two_must_fail_per_success() -> None:
    count: Counter[tuple[str, bool]] = Counter()
    for path in CASES:
        case = json.loads(path.read_text(encoding="utf-8"))
        count[case["what"], case["expect"] == "success"] += 1
    assert {what for what, _ in count} == set(RUN)
    for what in RUN:
        assert count[what, False] >= 2 * count[what, True] > 0, what


def test_ledger_vectors_when_generated_again_then_same_bytes() -> None:
    assert generator().files() == {path.name: path.read_bytes() for path in CASES}


def test_specification_when_its_example_is_verified_then_it_holds() -> None:
    text = (FOLDER.parents[1] / "docs" / "spec" / "ledger.md").read_text(encoding="utf-8")
    case = json.loads((FOLDER / "proof-extra.json").read_text(encoding="utf-8"))
    example = text.split("```\n")[1].encode()
    assert verify_proof(example, b64decode(case["entry"]), case["origin"], keys(case)).size == 7


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ledger_vectors_generate", FOLDER / "generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
