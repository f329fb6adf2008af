"""The page with which people check their list is committed whole, so that it can be saved from here: it must be what its sources give."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

from test_docs import tool

from house import ROOT

PAGE = ROOT / "verifier" / "azukari_report.html"
report_page = tool("report_page")


def scripts(text: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", text, re.DOTALL)


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def test_report_page_when_made_again_then_the_same_bytes() -> None:
    assert PAGE.read_text(encoding="utf-8") == report_page.page(), "run: make docs"


def test_files_that_the_outside_hands_out_when_built_then_they_are_those_of_the_verifier() -> None:
    served = ROOT / "src" / "azukari" / "web" / "ui" / "static" / "azukari" / "report"
    sources = (PAGE, ROOT / "verifier" / "azukari_report.js", ROOT / "verifier" / "report" / "words.js")
    assert {path.name for path in served.iterdir()} == {path.name for path in sources}
    for path in sources:
        assert (served / path.name).read_bytes() == path.read_bytes(), f"{path.name}: make test copies it"


def test_report_page_when_read_then_the_verifier_stands_in_it_byte_for_byte() -> None:
    verifier = (ROOT / "verifier" / "azukari_report.js").read_text(encoding="utf-8")
    assert scripts(PAGE.read_text(encoding="utf-8"))[0] == verifier


def test_policy_when_read_then_only_what_is_in_the_page_runs_and_nothing_is_fetched() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src {' '.join(map(digest, scripts(text)))}",
        f"style-src {digest(style)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert text.index("Content-Security-Policy") < min(text.index("<style"), text.index("<script"))
    for part in (*scripts(text), style):
        text = text.replace(part, "")
    assert not re.search(r"<[a-z][^>]*\s(src|href|style|on[a-z]+)=", text)


def test_verifier_when_read_then_it_asks_for_no_network_and_no_storage() -> None:
    names = r"fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|localStorage|sessionStorage|indexedDB|cookie|eval"
    for script in scripts(PAGE.read_text(encoding="utf-8")):
        assert not re.search(
            rf"\b(?:{names})\b|\bimport\b|\bFunction\(", re.sub(r"//.*|/\*.*?\*/", "", script, flags=re.DOTALL)
        )


def test_sentences_when_compared_with_the_verifier_then_each_word_and_kind_has_one() -> None:
    verifier, screen = scripts(PAGE.read_text(encoding="utf-8"))
    code = re.sub(r"\s+", " ", verifier)
    words = set(re.findall(r'(?:need\([^;]*?, |Refusal\()"(format|[a-z]+(?:-[a-z]+)*)"', code))
    kinds = set(re.findall(r'"(incomplete|fork)", (?:"[^"]*"|`[^`]*`), "([a-z]+)"', code))
    said = set(re.findall(r'^  "([a-z/-]+)": \["(?:file|wait|alarm)"', screen, re.MULTILINE))
    assert len(kinds) == 8 and words > {"limit", "signature", "proof", "stale", "commitment", "not-audited"}
    assert words | {f"{word}/{kind}" for word, kind in kinds if word != kind} == said
