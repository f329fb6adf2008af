"""The page as a file: the same bytes from the same sources, a policy by hash, and `azukari opener`."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from tests.cli.scene import call, refused

from azukari.cli import opener
from azukari.errors import NotFoundError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page() -> bytes:
    try:
        return opener.page_bytes()
    except NotFoundError:
        pytest.skip("the page is not built: make test builds it")


def node() -> str:
    found = shutil.which("node") or shutil.which("node", path=str(ROOT / ".venv" / "bin"))
    if found is None or not (ROOT / "assets" / "node_modules" / "esbuild").exists():
        pytest.skip("no node here: make test installs it")
    return found


def test_page_when_built_again_elsewhere_then_the_same_bytes(page: bytes, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        command = [node(), str(ROOT / "opener" / "build.mjs"), str(tmp_path / name)]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
        assert (tmp_path / name).read_bytes() == page
    assert str(ROOT).encode() not in page and b"file://" not in page


def test_policy_when_read_then_only_this_script_and_this_style_run_and_nothing_is_fetched(page: bytes) -> None:
    text = page.decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    hashes = [base64.b64encode(sha256(part.encode()).digest()).decode() for part in (script, style)]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{hashes[0]}'",
        f"style-src 'sha256-{hashes[1]}'",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert text.index("Content-Security-Policy") < min(text.index("<style"), text.index("<script"))
    assert not re.search(r"<[a-z][^>]*\s(src|href|style|on[a-z]+)=", text.replace(script, "").replace(style, ""))


def test_page_when_read_then_each_licence_of_what_it_holds_stands_in_it(page: bytes) -> None:
    for name in (
        "age-encryption",
        "@noble/ciphers",
        "@noble/curves",
        "@noble/hashes",
        "@noble/post-quantum",
        "@scure/base",
        "@digital-go-jp/design-tokens",
    ):
        assert f"\n{name} " in page.decode() or f">{name} " in page.decode(), name
    assert page.count(b"Permission is hereby granted") == 6 and page.count(b"Redistribution and use") == 1


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_opener_when_written_then_the_page_and_its_digest(page: bytes, tmp_path: Path, lang: str) -> None:
    digest = sha256(page).hexdigest()
    told = call("opener", "-o", tmp_path / "opener.html", lang=lang)
    assert told.code == 0 and f"SHA-256: {digest}" in told.out.splitlines()
    assert (tmp_path / "opener.html").read_bytes() == page
    assert call("opener", "--digest", lang=lang).out == f"SHA-256: {digest}\n"
    answer = call("opener", "--digest", "--json").json
    assert answer == {"opener": "", "sha256": digest, "bytes": len(page)}


def test_opener_when_it_cannot_then_one_sentence_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there.html").write_text("mine")
    refused("option", call, "opener")
    monkeypatch.setattr(opener, "PAGE", ("web", "no-such.html"))
    refused("not-found", call, "opener", "-o", tmp_path / "new.html")
    refused("not-found", call, "opener", "--digest")
    assert [path.name for path in tmp_path.iterdir()] == ["there.html"]


def test_opener_when_a_file_is_there_then_it_stays(page: bytes, tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text("mine")
    refused("state", call, "opener", "-o", tmp_path / "there.html")
    refused("not-found", call, "opener", "-o", tmp_path / "none" / "there.html")
    assert (tmp_path / "there.html").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1
