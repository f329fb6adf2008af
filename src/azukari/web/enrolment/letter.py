"""The letter that a person gets: where the page is, the name and the code, and the key of the ledger; one sheet of PDF."""

from __future__ import annotations

from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from azukari.errors import Language
from azukari.fields.days import day_of
from azukari.web.enrolment.actions.enrolling import DAYS, Letter
from azukari.web.papers.lettering import Lettering, pdf

MARGIN: Final = 22 * mm


def letter_pdf(letter: Letter, body: str, vkey: str, language: Language) -> bytes:
    """The sheet, without name and address of the person, which the office's own envelope bears. NotFoundError without the font."""
    letters, ja = Lettering(language), language == "ja"
    title = "あなたの情報の足あとを見るための手紙" if ja else "Your letter to see the trail of your data"
    parts = [letters.paragraph(title, 16, 24), Spacer(1, 4 * mm), letters.paragraph(body, 11, 18), Spacer(1, 6 * mm)]
    parts += [letters.paragraph(text, 11, 18) for text in _said(letter, ja)]
    parts += [Spacer(1, 4 * mm), *(letters.paragraph(text, 16, 26) for text in _given(letter, ja)), Spacer(1, 6 * mm)]
    parts += [letters.paragraph(text, 9, 14) for text in _told(vkey, ja)]
    parts += letters.told()
    return pdf(parts, title=title, author=body, language=language, margin=MARGIN)


def _said(letter: Letter, ja: bool) -> list[str]:
    last = day_of(letter.expires_at)
    if ja:
        return [
            "あなたの情報が、いつ、だれに渡され、何に使われたかを、次のページで見られます。",
            f"番号は、{last.year}年{last.month}月{last.day}日まで（{DAYS} 日間）、1 回だけ使えます。入ったら、次に使う番号を作ってください。",
        ]
    return [
        "On the page below you see when your data was handed over or used, by whom and why.",
        f"The code can be used once, until {last.isoformat()} ({DAYS} days). Once you are in, make a code for the next time.",
    ]


def _given(letter: Letter, ja: bool) -> list[str]:
    page, name, code = ("ページ", "利用者名", "番号") if ja else ("Page", "Name", "Code")
    return [f"{page}: {letter.address}", f"{name}: {letter.name}", f"{code}: {letter.code}"]


def _told(vkey: str, ja: bool) -> list[str]:
    if ja:
        return [
            "この手紙をだれにも見せないでください。役所の職員が、この番号を電話やメールで尋ねることはありません。",
            "心当たりのない手紙なら、使わずに、窓口に知らせてください。",
            "台帳の鍵（一覧を確かめる時に、画面のものと見比べます）:",
            vkey,
        ]
    return [
        "Show this letter to nobody. No official asks for this code by telephone or mail.",
        "If you did not ask for this letter, do not use it, and tell the counter.",
        "Key of the ledger, to be compared with the one on the page when you check the list:",
        vkey,
    ]
