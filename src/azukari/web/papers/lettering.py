"""Text as paragraphs of a PDF, in a font that goes along: only what is used of it, and every letter can be taken out again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate

from azukari.errors import Language, NotFoundError

FONT: Final = "NotoSansJP-Regular"
FILE: Final = Path(__file__).with_name(f"{FONT}.ttf")  # what npm brought; not in git, but in the wheel
MISSING: Final = "〓"
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BEYOND: Final = re.compile(r"(<[0-9A-F]{2}>) <([0-9A-F]{5,6})>")
_setting: Final = Lock()  # a font reads its file from one place at a time, and pages are asked for in several threads


class Lettering:
    """組版。 Sets the text of one paper, and remembers what its reader must be told: letters that the font lacks.

    ``missing`` counts letters that are shown as 〓; ``varied`` those whose particular shape (異体字) is not shown.
    """

    def __init__(self, language: Language) -> None:
        self._language = language
        self.missing = self.varied = 0

    def paragraph(self, text: str, size: int, leading: int) -> Any:
        """Text in which nothing is a tag, wrapped as Japanese is; sizes in points. NotFoundError without the font."""
        shown = legible(text)
        self.varied += len(_SELECTORS.findall(text))
        self.missing += shown.count(MISSING) - text.count(MISSING)
        return Paragraph(_safe(shown), style(size, leading))

    def told(self) -> list[Any]:
        """What goes under everything else: a paragraph for each thing that is not shown as it is written."""
        said = []
        if self.missing:
            said.append(self._pick(
                f"{MISSING} は、この書面の書体にない文字です（{self.missing:,} 字）。正しい文字は、もとの画面かファイルで確かめてください。",
                f"{MISSING} stands for a letter that the font of this paper lacks ({self.missing:,}). See the screen or the file for it.",
            ))  # fmt: skip
        if self.varied:
            said.append(self._pick(
                f"字形の指定がある文字（{self.varied:,} 字）を、標準の字形で示しています。",
                f"Letters with a particular shape ({self.varied:,}) are shown in their usual one.",
            ))  # fmt: skip
        return [Paragraph(text, style(9, 14)) for text in said]

    def _pick(self, ja: str, en: str) -> str:
        return ja if self._language == "ja" else en


def legible(text: str) -> str:
    """What the font can show of a text, letter for letter: 〓 for what it lacks, spaces as spaces, no selectors of shapes."""
    known = _font().face.charToGlyph
    return "".join(
        letter if ord(letter) in known or letter == "\n" else " " if letter.isspace() else MISSING
        for letter in _SELECTORS.sub("", text)
    )


def pdf(
    parts: list[Any],
    *,
    title: str,
    author: str,
    language: Language,
    margin: float,
    pagesize: tuple[float, float] = A4,
    each: Callable[[Any, Any], None] | None = None,
) -> bytes:
    """The parts as pages with these margins (points); ``each`` draws what stands on every page. Equal parts, equal bytes."""
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=pagesize, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
        title=title, author=author, lang=language, invariant=True, initialFontName=FONT,
    )  # fmt: skip
    with _setting:
        page.build(parts, **({"onFirstPage": each, "onLaterPages": each} if each else {}))
    return out.getvalue()


@cache
def style(size: int, leading: int) -> Any:
    """The one style of our papers, in points."""
    return ParagraphStyle("text", fontName=_font().fontName, fontSize=size, leading=leading, wordWrap="CJK")


class _Font(TTFont):  # type: ignore[misc]  # reportlab ships no types
    """書体。 reportlab's, but for letters beyond U+FFFF: a PDF says them as two units of UTF-16, which it does not know."""

    def addObjects(self, doc: Any) -> None:  # noqa: N802  # reportlab's name
        """Make the objects of the subsets, and mend what they say of such letters (ISO 32000-1, 9.10.3)."""
        super().addObjects(doc)
        for name, each in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                each.content = _BEYOND.sub(_in_utf16, each.content)


def _in_utf16(found: re.Match[str]) -> str:
    return f"{found[1]} <{chr(int(found[2], 16)).encode('utf-16-be').hex().upper()}>"


@cache
def _font() -> Any:
    try:
        font = _Font(FONT, str(FILE))
    except TTFError as error:
        raise NotFoundError(f"{FILE.name} (in a checkout, make brings it)") from error
    pdfmetrics.registerFont(font)
    return font


def _safe(text: str) -> str:
    """reportlab reads its own tags in a paragraph."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
