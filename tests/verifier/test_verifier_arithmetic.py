"""The verifier's own arithmetic against published vectors, naive recursion and exact enumeration."""

from __future__ import annotations

import ast
import hashlib
import itertools
import json
import math
import random
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from bundles import aes, path, root
from subject import FILE, ROOT, verify

LEDGER = sorted((ROOT / "vectors" / "ledger").glob("*.json"))


def refusal(function: Any, *arguments: Any) -> str:
    """The verdict word: what `main` would make of it."""
    try:
        function(*arguments)
    except verify.Refused as refused:
        return str(refused.word)
    except (ValueError, LookupError, TypeError):
        return "format"
    return "success"


# ---- AES, Ed25519, HKDF -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "block", "expected"), [
    ("2b7e151628aed2a6abf7158809cf4f3c", "3243f6a8885a308d313198a2e0370734", "3925841d02dc09fbdc118597196a0b32"),
    ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
])  # fmt: skip
def test_aes_when_given_the_vectors_of_fips_197_then_it_agrees(key: str, block: str, expected: str) -> None:
    assert verify.aes128(bytes.fromhex(key))(bytes.fromhex(block)).hex() == expected


def test_aes_when_compared_on_random_blocks_then_it_agrees_and_uses_sixteen_bytes_of_the_key() -> None:
    chance = random.Random(1)
    for _ in range(50):
        key, block = chance.randbytes(32), chance.randbytes(16)
        assert verify.aes128(key)(block) == aes(key, block)


RFC_8032 = [  # public key, message, R, S
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("public", "message", "r", "s"), RFC_8032)
def test_ed25519_when_given_rfc_8032_then_only_the_untouched_verifies(
    public: str, message: str, r: str, s: str
) -> None:
    key, text, whole = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(r + s)
    assert verify.ed25519_verifies(key, text, whole)
    assert not verify.ed25519_verifies(key, text + b"\0", whole)
    for place in (0, 31, 32, 63):
        altered = bytearray(whole)
        altered[place] ^= 1
        assert not verify.ed25519_verifies(key, text, bytes(altered))
    larger = int.from_bytes(whole[32:], "little") + verify.ORDER  # the same scalar, not canonical
    assert not verify.ed25519_verifies(key, text, whole[:32] + larger.to_bytes(32, "little"))
    assert not verify.ed25519_verifies(key, text, whole[:63])
    assert not verify.ed25519_verifies(key[:31], text, whole)


def test_ed25519_when_the_key_is_no_point_then_nothing_verifies() -> None:
    signature = bytes.fromhex(RFC_8032[0][2] + RFC_8032[0][3])
    for key in (b"\xff" * 32, (2).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little")):
        assert not verify.ed25519_verifies(key, b"", signature)


def test_hkdf_when_given_rfc_5869_then_it_agrees() -> None:
    first = verify.hkdf(b"\x0b" * 22, bytes(range(0xF0, 0xFA)), 42, bytes(range(13)))
    assert first.hex().startswith("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
    assert first.hex().endswith("34007208d5b887185865")
    third = verify.hkdf(b"\x0b" * 22, b"", 42)
    assert third.hex().startswith("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    assert third.hex().endswith("9d201395faa4b61a96c8")


# ---- Ledger ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*range(20), 31, 32, 33, 100])
def test_root_and_paths_when_computed_by_recursion_then_they_agree(size: int) -> None:
    leaves = [f"entry {i}".encode() for i in range(size)]
    tree = verify.merkle_root(leaves)
    assert tree == root(leaves)
    for index, leaf in enumerate(leaves):
        steps = path(index, leaves)
        verify.verify_inclusion(verify.leaf_hash(leaf), index, size, steps, tree)
        for wrong in (steps[:-1], [*steps, bytes(32)]) if steps else ([bytes(32)],):
            assert refusal(verify.verify_inclusion, verify.leaf_hash(leaf), index, size, wrong, tree) == "proof"


@pytest.mark.parametrize("file", LEDGER, ids=lambda file: file.stem)
def test_ledger_vector_when_it_concerns_evidence_then_the_verdict_is_the_same(file: Path) -> None:
    case = json.loads(file.read_text(encoding="utf-8"))
    note = case["note"].encode() if "note" in case else b64decode(case.get("note_base64", ""))
    if case["what"] == "note":
        assert refusal(verify.open_note, note, case["verifiers"]) == case["expect"]
    elif case["what"] == "checkpoint":
        assert refusal(verify.open_checkpoint, note, case["origin"], case["verifiers"]) == case["expect"]
    elif case["what"] == "inclusion" and case["expect"] != "format":  # lengths are a matter of the form here
        steps, leaf, tree = [b64decode(p) for p in case["path"]], b64decode(case["leaf"]), b64decode(case["root"])
        arguments = (verify.leaf_hash(leaf) if len(leaf) != 32 else leaf, case["index"], case["size"], steps, tree)
        assert refusal(verify.verify_inclusion, *arguments) == case["expect"]


# ---- Presentation and slots ------------------------------------------------------------------------------------

SAME = "東京都霞浜市西町1-2-3青葉荘101号"


@pytest.mark.parametrize(("cell", "form", "slots"), [
    ("東京都霞浜市西町1丁目2番3号　青葉荘101号室", SAME, {0: 0, 1: 1, 2: 0, 4: 0}),
    ("東京都霞浜市西町１－２－３ 青葉荘１０１号", SAME, {0: 1, 1: 0, 2: 2, 4: 1}),
    ("東京都霞浜市西町1丁目2-3　青葉荘101号室", SAME, {0: 0, 1: 1, 2: 1, 4: 0}),
    ("東京都霞浜市西町1-2-3青葉荘101号", SAME, {0: 0, 2: 2, 4: 1}),
    ("霞浜市南番町5番6号", "霞浜市南番町5-6", {0: 0, 3: 0}),
    ("霞浜市南番町5-6", "霞浜市南番町5-6", {0: 0, 3: 1}),
    ("霞浜市南番町５番6号", "霞浜市南番町5-6", {3: 0}),  # both widths: the slot is not read
    ("霞浜市西町1-2-3 101号室", "霞浜市西町1-2-3 101号", {0: 0, 2: 2, 4: 0}),  # a gap between digits is kept
    ("霞浜市西町1丁目2番3号室", "霞浜市西町1丁目2番3号室", {0: 0}),  # 番3号室 is no room
    ("霞浜市西町1-2-3\n青葉荘", "霞浜市西町1-2-3\n青葉荘", {}),
    ("霞浜市 西町 1-2-3", "霞浜市西町1-2-3", {0: 0, 2: 2}),  # two gaps are no gap that is read
])  # fmt: skip
def test_address_when_read_then_form_and_slots_are_those_of_the_spec(
    cell: str, form: str, slots: dict[int, int]
) -> None:
    assert verify.presentation("address", cell) == form
    assert verify.read_slots("address", cell) == slots


@pytest.mark.parametrize(("kind", "cell", "form", "slots"), [
    ("name", "青葉 花子", "青葉花子", {0: 0}),
    ("kana", "アオバ\u3000ハナコ", "アオバハナコ", {0: 1}),
    ("name", "青葉\u00a0花子", "青葉\u00a0花子", {}),  # only U+0020 and U+3000 are spaces
    ("name", " 青葉花子", "青葉花子", {}),
    ("phone", "090-0123-4567", "09001234567", {0: 0}),
    ("phone", "09001234567", "09001234567", {0: 1}),
    ("phone", "090-01234567", "090-01234567", {}),
    ("phone", "０９０-0123-4567", "０９０-0123-4567", {}),
    ("phone", "090-0123-4567\n", "090-0123-4567\n", {}),
    ("email", "a b@example", "a b@example", {}),
])  # fmt: skip
def test_cell_when_read_then_form_and_slots_are_those_of_the_spec(
    kind: str, cell: str, form: str, slots: dict[int, int]
) -> None:
    assert verify.presentation(kind, cell) == form
    assert verify.read_slots(kind, cell) == slots


def test_reference_when_folded_then_only_sixteen_symbols_count() -> None:
    assert verify.read_reference("７q0z-4m8k tc5v\u30009xab") == "7Q0Z4M8KTC5V9XAB"
    assert verify.read_reference("7Q0Z4M8KTC5V9XAI") == verify.read_reference("7Q0Z4M8KTC5V9XA") == ""


@pytest.mark.parametrize("forms", [2, 3])
def test_chance_of_a_form_when_words_are_counted_then_it_is_exact(forms: int) -> None:
    counted = [sum(word * forms >> 16 == form for word in range(65536)) for form in range(forms)]
    assert [verify.form_words(forms, form) for form in range(forms)] == counted
    assert counted == [[32768, 32768], [21846, 21845, 21845]][forms - 2]


# ---- E-values ---------------------------------------------------------------------------------------------------


def keys(count: int) -> list[bytes]:
    return [hashlib.sha256(f"key {i}".encode()).digest() for i in range(count)]


def mean(logarithms: list[float]) -> float:
    return sum(2.0**value for value in logarithms) / len(logarithms)


def test_spelling_when_averaged_over_keys_then_it_is_about_one() -> None:
    seen = verify.spelling_seen(["name/person", "address/person"], [["青葉 花子", "霞浜市西町1-2-３"]])
    assert [(kind, slot, form) for kind, _, slot, form in seen] == [("name", 0, 0), ("address", 2, 2)]
    assert mean([verify.spelling_e(key, seen) for key in keys(4000)]) == pytest.approx(1, abs=0.1)


def test_spelling_when_forms_tie_or_are_all_alike_then_they_are_left_out() -> None:
    rows = [[f"{c}田 花子"] for c in "青赤黒白緑茶金"]
    assert len(verify.spelling_seen(["name/person"], rows)) == 7
    assert verify.spelling_seen(["name/person"], [*rows, ["銀田 花子"]]) == []
    assert len(verify.spelling_seen(["name/person"], [*rows, ["銀田\u3000花子"]])) == 8
    assert len(verify.spelling_seen(["name/person"], [*rows, ["青田\u3000花子"]])) == 6
    assert verify.spelling_e(bytes(32), []) == 0


def test_order_when_averaged_over_all_arrangements_then_it_is_at_most_one() -> None:
    for size, rows in ((5, 3), (6, 2), (5, 5)):
        values = [verify.order_e(p, size, rows) for p in itertools.permutations(range(size), rows)]
        assert 0.25 < mean(values) <= 1 + 1e-9
    assert verify.order_e([3], 5, 1) == verify.order_e([3, 3], 5, 2) == -2
    assert verify.order_e(list(range(30)), 1000, 30) > 100


def test_order_when_rows_are_left_out_until_the_others_ascend_then_the_choice_is_paid_for() -> None:
    chance = random.Random(1)
    values = []
    for _ in range(200):
        positions = chance.sample(range(1000), 60)
        rising: list[int] = []  # what a dishonest body would keep: the longest rising choice
        best: dict[int, list[int]] = {}
        for p in positions:
            before = max((best[q] for q in best if q < p), key=len, default=[])
            best[p] = [*before, p]
        rising = max(best.values(), key=len)
        values.append(verify.order_e(rising, 1000, 60))
    assert max(values) < 10


def test_reference_when_averaged_over_keys_then_it_is_at_most_one() -> None:
    columns, rows = ["reference/person"], [["7Q0Z4M8KTC5V9XAB"], ["0000000000000000"], ["no reference"]]
    values = [verify.reference_e(key, columns, rows, {0: 0, 1: 1}, 2) for key in keys(100)]
    assert mean(values) <= 1
    assert verify.reference_e(bytes(32), columns, [["none"]], {0: 0}, 2) == 0


def test_canary_when_averaged_over_keys_then_it_is_at_most_one() -> None:
    columns, row = ["name/person"], ["佐藤 章夫"]
    values = []
    for key in keys(20000)[:4000]:  # one in 8,192 keys gives this name: enumerate the rest
        values.append(verify.canary_e(key, columns, [row], {0: 5}, [[5, 0]]))
    hit = 2 ** math.log2(0.5 + 0.25 * (0.001 * 8192 + 0.999) + 0.25 * (0.1 * 8192 + 0.9))
    miss = 0.5 + 0.25 * 0.999 + 0.25 * 0.9
    assert {round(2.0**value, 6) for value in values} <= {round(hit, 6), round(miss, 6)}
    assert hit / 8192 + miss * 8191 / 8192 <= 1 + 1e-9
    assert verify.canary_e(bytes(32), columns, [row], {0: 5}, []) == 0


def test_canary_when_a_cell_disagrees_or_the_row_is_elsewhere_then_it_is_no_match() -> None:
    encrypt = verify.aes128(bytes(32))
    person = verify.canary(encrypt, 3)
    columns = ["name/person", "kana/person", "phone/person", "birth-date/person"]
    year, month, day = (int(part) for part in person["birth-date"].split("-"))

    def found(row: list[str], position: int = 7) -> float:
        return float(verify.canary_e(bytes(32), columns, [row], {0: position}, [[7, 3]]))

    whole = [person["name"], "アオバ", f"{person['phone'][:3]}-{person['phone'][3:7]}-{person['phone'][7:]}"]
    dates = (f"{year}-{month}-{day}", f"{year}/{month}/{day}", f"{year}{month:02}{day:02}", f"{year}年{month}月{day}日")
    assert len({found([*whole, born]) for born in dates}) == 1  # the kana does not count beside the name
    assert found([*whole, dates[0]]) > found([*whole, "昭和50年1月1日"]) > found([whole[0], "", "", ""]) > 5
    assert found([*whole, dates[0]], position=8) < 0
    assert found(["佐藤 某", *whole[1:], dates[0]]) < 0
    assert found(["", person["kana"], "", ""]) == found([person["name"], "", "", ""])


def test_pools_when_compared_with_the_rules_then_they_are_the_same() -> None:
    tree = ast.parse((ROOT / "src" / "azukari" / "fields" / "fictitious.py").read_text(encoding="utf-8"))
    pools = {
        node.target.id: list(ast.literal_eval(node.value))
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Tuple) and isinstance(node.target, ast.Name)
    }
    assert [pools["SURNAMES"], pools["GIVEN_NAMES"]] == verify.POOLS
    assert [len(pool) for pool in verify.POOLS] == [128, 64]


# ---- The house ----------------------------------------------------------------------------------------------------


def test_verifier_when_read_then_it_is_one_short_file_of_the_standard_library() -> None:
    assert [path.name for path in FILE.parent.rglob("*.py")] == [FILE.name]
    source = FILE.read_text(encoding="utf-8")
    # evidence and ledger; permissions, a format of their own; consignments, another one, which shares steps with permissions;
    # a person's list, with policies, witnesses and consistency, which nothing before needed; a single entry of one
    assert len(source.splitlines()) < 900 + 200 + 100 + 520 + 60
    imported = set()
    for node in ast.walk(ast.parse(source, feature_version=(3, 8))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module
            imported.add(node.module.split(".")[0])
    assert imported <= sys.stdlib_module_names
    assert not imported & {"socket", "ssl", "http", "urllib", "subprocess", "os", "ctypes", "importlib"}


def test_words_when_compared_with_the_verdicts_then_code_and_sentence_are_the_same() -> None:
    errors = (ROOT / "src" / "azukari" / "errors.py").read_text(encoding="utf-8")
    for word, (code, japanese, english) in verify.WORDS.items():
        if word != "holds":
            assert f'word, code = "{word}", {code}\n' in errors
            assert japanese in errors and english in errors
