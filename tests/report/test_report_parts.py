"""The parts of the verifier against other implementations: SHA-256, canonical JSON, notes, checkpoints, proofs, policies."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.browser import Checker

VECTORS = Path(__file__).parents[2] / "vectors" / "ledger"
CASES = [
    path for path in sorted(VECTORS.glob("*.json"))
    if path.stem.partition("-")[0] in {"inclusion", "consistency", "note", "checkpoint", "cosignature", "policy", "cosigned"}
]  # fmt: skip

# Numbers of the vectors are larger than JavaScript's: they come as texts.
_RUN = """async case_ => {
  const parts = azukariReport.parts;
  const bytes = text => Uint8Array.from(atob(text), sign => sign.charCodeAt(0));
  const hash = text => { const one = bytes(text); if (one.length !== 32) throw new azukariReport.Refusal('format'); return one; };
  const note = () => case_.note ?? parts.textOf(bytes(case_.note_base64));
  const keys = () => case_.verifiers.map(azukariReport.parseKey);
  const must = (holds) => { if (!holds) throw new Error('another answer'); };
  const run = {
    inclusion: () => parts.verifyInclusion(hash(case_.leaf), BigInt(case_.index), BigInt(case_.size), case_.path.map(hash), hash(case_.root)),
    consistency: () => parts.verifyConsistency(BigInt(case_.old_size), hash(case_.old_root), BigInt(case_.size), hash(case_.root), case_.path.map(hash)),
    note: async () => must((await parts.openNote(note(), keys())).text === case_.text),
    checkpoint: async () => {
      const found = await parts.openCheckpoint(note(), case_.origin, keys());
      must(found.size === BigInt(case_.size) && btoa(String.fromCharCode(...found.root)) === case_.root);
    },
    cosignature: async () => must((await parts.openNote(note(), keys())).verified.every(one => String(one.time) === case_.time)),
    policy: () => {
      const policy = parts.parsePolicy(case_.policy);
      for (const names of case_.satisfied_by) {
        must(parts.satisfied(policy, new Set(names)));
        must(!names.length || !parts.satisfied(policy, new Set(names.slice(0, -1))));
      }
    },
    cosigned: async () => {
      const policy = parts.parsePolicy(case_.policy);
      const among = await parts.cosigners(note(), case_.origin, policy, keys());
      const names = among(BigInt(case_.not_before ?? 0), BigInt(case_.not_after ?? 2n ** 63n - 1n));
      if (!parts.satisfied(policy, names)) throw new azukariReport.Refusal('not-witnessed');
      must(JSON.stringify([...names].sort()) === JSON.stringify(case_.witnesses));
    },
  };
  try { await run[case_.what](); return 'success'; } catch (error) { return error.word ?? String(error); }
}"""


def as_text(value: Any) -> Any:
    """Whole numbers as texts, at every depth."""
    if isinstance(value, dict):
        return {name: as_text(one) for name, one in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_ledger_vector_when_run_in_the_page_then_gives_its_verdict(checker: Checker, path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert checker.page.evaluate(_RUN, as_text(case)) == case["expect"]


def test_sha256_when_anything_is_hashed_then_it_is_that_of_the_browser(checker: Checker) -> None:
    """Every length around the edges of a block, and some long ones, random bytes each."""
    wrong = checker.page.evaluate("""async () => {
      const wrong = [];
      for (const size of [...Array(300).keys(), 4095, 8183, 8184, 8192, 65536, 1000003]) {
        const data = new Uint8Array(size);
        for (let at = 0; at < size; at += 65536) crypto.getRandomValues(data.subarray(at, Math.min(size, at + 65536)));
        const cut = Math.floor(size / 3);
        const ours = azukariReport.parts.sha256(data.subarray(0, cut), data.subarray(cut));
        const theirs = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
        if (ours.some((byte, i) => byte !== theirs[i])) wrong.push(size);
      }
      return wrong;
    }""")
    assert wrong == []


@given(key=st.binary(max_size=64), message=st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_hmac_when_anything_is_authenticated_then_it_is_that_of_python(
    checker: Checker, key: bytes, message: bytes
) -> None:
    script = "([key, message]) => azukariReport.parts.toHex(azukariReport.parts.hmac(Uint8Array.from(key), Uint8Array.from(message)))"
    assert checker.page.evaluate(script, [list(key), list(message)]) == hmac.digest(key, message, hashlib.sha256).hex()


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["", '"\\', "\x00\x1f\n\t", "𠮷", "\uffff", "é"]
)
VALUES = st.recursive(
    TEXTS | st.integers(-(2**53) + 1, 2**53 - 1) | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read(checker: Checker, told: list[str]) -> list[str]:
    """Each text as the page's reader reads and its writer writes it, or the word of the refusal."""
    return checker.page.evaluate(  # type: ignore[no-any-return]
        """told => told.map(one => {
          try { return azukariReport.parts.encoded(azukariReport.parts.parseJson(one)); } catch (error) { return error.word ?? String(error); }
        })""",
        told,
    )


@given(values=st.lists(VALUES, min_size=10, max_size=20))
@settings(max_examples=60, deadline=None)
def test_json_when_it_is_canonical_then_it_is_read_and_written_as_in_python(
    checker: Checker, values: list[Any]
) -> None:
    told = [canonical(value) for value in values]
    assert read(checker, told) == told


SIGNS = st.sampled_from([*'{}[]",:\\u0019nul-.eE+ \t\n', "null", "true", '"a"', "\\u001f", "\\n", "𠮷", "\x7f"])


@given(values=st.lists(st.tuples(VALUES, st.integers(0, 200), SIGNS), min_size=10, max_size=30))
@settings(max_examples=60, deadline=None)
def test_json_when_it_is_altered_then_it_is_read_only_if_python_would_have_written_it(
    checker: Checker, values: list[tuple[Any, int, str]]
) -> None:
    told = [_with(canonical(value), at, sign) for value, at, sign in values]
    wanted = [one if _is_canonical(one) else "format" for one in told]
    assert read(checker, told) == wanted


def _with(told: str, at: int, sign: str) -> str:
    at %= len(told) + 1
    return told[:at] + sign + told[at + len(sign) % 3 :]


def _is_canonical(told: str) -> bool:
    try:
        value = json.loads(told, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return False
    return _is_ours(value) and canonical(value) == told


def _no_number(_: str) -> None:
    raise ValueError


def _is_ours(value: Any) -> bool:
    """No true and no false, whole numbers that JavaScript does not round, no surrogate: what these formats have."""
    if isinstance(value, dict):
        return all(_is_ours(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return all(map(_is_ours, value))
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return abs(value) < 2**53
    return value is None or not any("\ud800" <= sign <= "\udfff" for sign in value)
