"""The certificate that people read: one page of PDF, with a square code that ties it to the one that machines check."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Final

import segno
from reportlab.lib.units import mm
from reportlab.platypus import Image, Spacer, Table, TableStyle

from azukari.errors import Language
from azukari.seal.certificate import Certificate, verify_certificate
from azukari.stores.clock import today
from azukari.web.papers.lettering import FONT, Lettering, pdf

MARGIN: Final = 22 * mm


def certificate_pdf(certificate: bytes, language: Language) -> bytes:
    """The page of a certificate that holds today. Raises what ``verify_certificate`` raises, NotFoundError without the font."""
    known = verify_certificate(certificate, today=today())
    title = "再委託許諾書" if language == "ja" else "Permission for sub-entrustment"
    letters = Lettering(language)
    parts = [
        letters.paragraph(title, 18, 26),
        Spacer(1, 6 * mm),
        _table(_lines(known, language), letters),
        Spacer(1, 8 * mm),
        Image(io.BytesIO(_square(code_text(known))), 34 * mm, 34 * mm, hAlign="LEFT"),
        Spacer(1, 3 * mm),
        letters.paragraph(_note(known, language), 9, 14),
    ]
    parts += letters.told()
    return pdf(parts, title=title, author=known.body_name, language=language, margin=MARGIN)


def code_text(known: Certificate) -> str:
    """What the square code holds: whoever has both can see that paper and file are of the same entry."""
    digest = hashlib.sha256(known.entry_bytes).hexdigest()
    return f"azukari/certificate/v1 {known.origin} {known.index} {known.permission.permission} {digest}"


def _lines(known: Certificate, language: Language) -> Sequence[tuple[str, str]]:
    entry, ja = known.permission, language == "ja"
    people = ("10 人未満" if ja else "fewer than 10") if entry.people is None else f"{entry.people:,}"
    fields = ("、" if ja else ", ").join(field.label(language) for field in entry.fields)
    return [
        ("許諾した機関" if ja else "Permitted by", known.body_name),
        ("申請した委託先" if ja else "Asked by", known.asker_name),
        ("再委託先" if ja else "Sub-contractor", known.party_name),
        ("利用目的" if ja else "Purpose", known.purpose),
        ("取り扱う国" if ja else "Country", entry.country),
        ("項目" if ja else "Fields", fields),
        ("人数（最大）" if ja else "People, at most", people),
        ("期間" if ja else "Period", f"{entry.starts_on} - {entry.expires_on}"),
        ("方式" if ja else "How", entry.mode.label(language)),
        ("安全管理措置" if ja else "Safeguards", known.safeguards),
        ("根拠" if ja else "Basis", "番号法第 10 条第 1 項" if ja else "Number Act, art. 10(1)"),
        ("効力" if ja else "Standing", known.sentence(language)),
        ("台帳" if ja else "Ledger", f"{known.origin} #{known.index}"),
    ]


def _note(known: Certificate, language: Language) -> str:
    name = f"{known.permission.permission}.azp"
    if language == "ja":
        return f"この紙だけでは証明になりません。{name} を azukari verify で確かめてください。この紙は、その内容を読むためのものです。"
    return f"This page proves nothing by itself: check {name} with azukari verify. The page is there to be read."


def _table(lines: Sequence[tuple[str, str]], letters: Lettering) -> Table:
    cells = [[letters.paragraph(left, 10, 16), letters.paragraph(right, 10, 16)] for left, right in lines]
    table = Table(cells, colWidths=[42 * mm, None], splitInRow=1)  # a text may be longer than a page
    lines_below = ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#949494")
    named = ("FONTNAME", (0, 0), (-1, -1), FONT)  # else reportlab names one that is not in the file
    table.setStyle(TableStyle([named, lines_below, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _square(text: str) -> bytes:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    return out.getvalue()
