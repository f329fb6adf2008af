"""Every completeness vector in Chromium, and reports altered at random: the verifier in the browser says what azukari says."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.browser import Checker
from tests.report.lists import Json, canonical

from azukari.completeness.checking import verify_report
from azukari.completeness.visit import Visit
from azukari.errors import AzukariError
from azukari.ledger import Policy, Verifier

FOLDER = Path(__file__).parents[2] / "vectors" / "completeness"
CASES = sorted(FOLDER.glob("*.json"))


def read(path: Path) -> Json:
    value: Json = json.loads(path.read_text(encoding="utf-8"))
    return value


def checked(checker: Checker, case: Json) -> Json:
    more = {"logKeys": case["vkeys"], **{name: case[name] for name in ("policy", "auditors", "key")}}
    visit = case["visit"].encode() if case["visit"] else None
    return checker.check(case["report"].encode(), visit, now=datetime.fromisoformat(case["now"]), **more)


def expected(case: Json) -> Json:
    return {"kind": "", "step": 0} | case["expect"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_completeness_vector_when_run_in_the_page_then_the_same_word_step_and_kind(
    checker: Checker, path: Path
) -> None:
    case = read(path)
    answer, wanted = checked(checker, case), expected(case)
    assert (answer.get("word", "holds"), answer.get("step", 0), answer.get("kind", "")) == (
        wanted["word"], wanted["step"], wanted["kind"],
    ), answer  # fmt: skip
    if wanted["word"] == "holds":
        assert (answer["at"], answer["shown"]) == (wanted["as_of"], wanted["shown"])
        assert [entry["opens"] for entry in answer["entries"] if not entry["event"]] == wanted["withheld"]
        assert sorted(name for name, asked in answer["asked"].items() if not asked) == sorted(wanted["not_asked"])
        assert b64decode(answer["visit"]).decode() == wanted["visit"]
        return
    if wanted["step"] == 1:
        assert answer["evidence"] is None
        return
    evidence = {
        "type": "azukari/misbehaviour/v1",
        "report": case["report"],
        "visit": case["visit"] or "",
        **case["expect"],
    }
    assert b64decode(answer["evidence"]) == canonical(evidence)


HOLDING = [case for case in map(read, CASES) if case["expect"]["word"] == "holds"]
SMALL = [case for case in HOLDING if len(case["report"]) < 40_000]
OTHERS: list[Any] = [0, 1, 2, -1, 2**53, "", "0", None, [], {}, "00" * 32, "AAAA", [[0, ""]], "azukari/event/v1"]


@st.composite
def altered(draw: st.DrawFn) -> Json:
    """A report that holds, with one thing changed: a value anywhere in it, or a sign anywhere in its text."""
    case = dict(draw(st.sampled_from(SMALL)))
    if draw(st.booleans()):
        at, sign = draw(st.integers(0, len(case["report"]) - 1)), draw(st.sampled_from('0Aaf/+="{}[],:-\\ 9'))
        case["report"] = case["report"][:at] + sign + case["report"][at + 1 :]
        return case
    report = json.loads(case["report"])
    _change(draw, report)
    case["report"] = canonical(report).decode()
    return case


def _change(draw: st.DrawFn, value: Any) -> None:
    """Go down to some member or element, and change it: another value, gone, there twice, or one sign of its text another."""
    while True:
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
        inner = value[key]
        if isinstance(inner, dict | list) and inner and draw(st.integers(0, 4)):
            value = inner
            continue
        if isinstance(inner, str) and inner and draw(st.booleans()):
            at = draw(st.integers(0, len(inner) - 1))
            value[key] = inner[:at] + draw(st.sampled_from("Ab0/=")) + inner[at + 1 :]
        elif isinstance(inner, int) and draw(st.booleans()):
            value[key] = inner + draw(st.sampled_from([-1, 1]))
        elif isinstance(value, list) and draw(st.booleans()):
            value.insert(key, inner) if draw(st.booleans()) else value.pop(key)
        else:
            value[key] = draw(st.sampled_from(OTHERS))
        return


def by_azukari(case: Json) -> tuple[str, int, str]:
    policy, auditors = (Policy.parse(case[name].encode()) if case[name] else None for name in ("policy", "auditors"))
    visit = Visit.parse(case["visit"].encode()) if case["visit"] else None
    key = bytes.fromhex(case["key"]) if case["key"] else None
    keys = [Verifier.parse(vkey) for vkey in case["vkeys"]]
    try:
        verify_report(case["report"].encode(), datetime.fromisoformat(case["now"]), keys, policy, auditors, key, visit)
    except AzukariError as error:
        return error.word, int(str(error.facts["step"])), str(error.facts["kind"])
    return "holds", 0, ""


@given(cases=st.lists(altered(), min_size=4, max_size=8))
@settings(max_examples=40, deadline=None)
def test_report_when_it_is_altered_anywhere_then_the_page_says_what_azukari_says(
    checker: Checker, cases: list[Json]
) -> None:
    for case in cases:
        answer = checked(checker, case)
        assert (answer.get("word", "holds"), answer.get("step", 0), answer.get("kind", "")) == by_azukari(case), answer
