"""The page with which people check their own list: verifier/azukari_report.html, made of what lies in verifier/.

    python tools/report_page.py [--write]

Without --write it only tells, by its exit code, whether the page is as it should be. No library, no date, no path: the same
sources give the same bytes. Its policy lets these two scripts and this style sheet run, by hash, and nothing be fetched.
"""

from __future__ import annotations

import re
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "verifier" / "azukari_report.html"
SOURCES = ROOT / "verifier" / "report"


def page() -> str:
    """The page's text. The verifier stands in it byte for byte; the screen's script is words.js and page.js."""
    verifier = _script(ROOT / "verifier" / "azukari_report.js")
    screen = _script(SOURCES / "words.js", SOURCES / "page.js")
    style = (SOURCES / "page.css").read_text(encoding="utf-8")
    parts = {
        "script-hashes": f"{_hash(verifier)} {_hash(screen)}",
        "style-hash": _hash(style),
        "style": style,
        "verifier": verifier,
        "page": screen,
        "version": _version(),
    }
    template = (SOURCES / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{([a-z-]+)\}\}", lambda found: parts[found[1]], template)


def _script(*paths: Path) -> str:
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    if re.search(r"</script|<!--", text):
        raise ValueError("a script that would end its own element")
    return text


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _version() -> str:
    found = re.search(r'__version__ = "(.+?)"', (ROOT / "src/azukari/__init__.py").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def main() -> int:
    """Write or compare; 1 if it was not as it should be and was not written."""
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    return 0 if PAGE.exists() and PAGE.read_text(encoding="utf-8") == page() else 1


if __name__ == "__main__":
    raise SystemExit(main())
