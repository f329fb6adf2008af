"""The register on paper: for a council, an inspection, a file. Firms, purposes and counts; no personal data is in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, Spacer, TableStyle

from azukari.errors import Language
from azukari.fields.days import JAPAN, day_of
from azukari.web.custody.clauses import CLAUSES
from azukari.web.custody.queries.printing import Printed, PrintedPermission
from azukari.web.papers.lettering import FONT, Lettering, legible, pdf

MARGIN: Final = 14 * mm
WIDTHS: Final = tuple(width * mm for width in (62, 44, 33, 52, 46, 32))
_ROWS: Final = 40  # of one table: a longer one is laid out anew for every page it breaks over
_STAGES: Final = {
    "selection": ("選定", "selection"),
    "contract": ("契約", "contract"),
    "performance": ("履行中", "performance"),
    "end": ("終了", "end"),
}
_STATES: Final = {
    "asked": ("申請中", "asked"),
    "granted": ("許諾", "granted"),
    "refused": ("不許諾", "refused"),
    "revoked": ("取消し", "revoked"),
}
_LINES: Final = [
    ("FONTNAME", (0, 0), (-1, -1), FONT),  # else reportlab names one that is not in the file
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#949494"),
]
_GRID: Final = TableStyle(
    [
        *_LINES,
        ("BACKGROUND", (0, 0), (-1, 0), "#e6e6e6"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
)


def register_pdf(works: Sequence[Printed], body: str, language: Language, at: datetime) -> bytes:
    """The whole register as a table, the tree by indentation, pages numbered. NotFoundError without the font."""
    title, letters = _pick(language, "委託管理台帳", "Register of entrustments"), Lettering(language)
    count = _pick(language, f"委託 {len(works):,} 件", f"{len(works):,} entrustments")
    parts = [letters.paragraph(title, 16, 22), letters.paragraph(f"{body}　{count}　{day_of(at)}", 9, 14)]
    for first in range(0, max(len(works), 1), _ROWS):
        rows = [_head(language, letters), *(_row(work, language, letters) for work in works[first : first + _ROWS])]
        parts.append(LongTable(rows, colWidths=WIDTHS, style=_GRID, repeatRows=1, splitInRow=1))
    return _built([*parts, *letters.told()], title, body, language, at, landscape(A4))


def entrustment_pdf(works: Sequence[Printed], body: str, language: Language, at: datetime) -> bytes:
    """One entrustment in full, the first of ``works``, and those below it as a table. NotFoundError without the font."""
    work, letters = works[0], Lettering(language)
    title = _pick(language, "委託票", "Entrustment")
    parts = [letters.paragraph(title, 16, 22), letters.paragraph(f"{body}　{day_of(at)}", 9, 14), Spacer(1, 4 * mm)]
    cells = [
        [letters.paragraph(text, 10, 15) for text in (left, right or "-")] for left, right in _lines(work, language)
    ]
    parts.append(LongTable(cells, colWidths=[42 * mm, None], style=TableStyle(_LINES), splitInRow=1))
    if len(works) > 1:
        parts += [Spacer(1, 6 * mm), letters.paragraph(_pick(language, "再委託", "Below it"), 12, 18)]
        narrow = [width * 0.67 for width in WIDTHS]
        rows = [_head(language, letters), *(_row(one, language, letters) for one in works[1:])]
        parts.append(LongTable(rows, colWidths=narrow, style=_GRID, repeatRows=1, splitInRow=1))
    return _built([*parts, *letters.told()], title, body, language, at, A4)


def _built(
    parts: list[Any], title: str, body: str, language: Language, at: datetime, pagesize: tuple[float, float]
) -> bytes:
    def numbered(canvas: Any, page: Any) -> None:
        canvas.setFont(FONT, 8)
        canvas.drawString(MARGIN, 8 * mm, legible(f"{title}  {body}  {at.astimezone(JAPAN):%Y-%m-%d %H:%M} JST"))
        canvas.drawRightString(page.pagesize[0] - MARGIN, 8 * mm, str(canvas.getPageNumber()))

    return pdf(
        parts, title=title, author=body, language=language, margin=MARGIN, pagesize=pagesize, each=numbered
    )  # fmt: skip


def _head(language: Language, letters: Lettering) -> list[Any]:
    titles = (
        ("委託・利用目的", "Work, purpose"), ("相手（国）", "Party (country)"), ("期間・段階", "Period, stage"),
        ("渡してよい項目", "Fields"), ("再委託の許諾", "Permissions"), ("受渡し", "Hand-overs"),
    )  # fmt: skip
    return [letters.paragraph(_pick(language, ja, en), 8, 11) for ja, en in titles]


def _row(work: Printed, language: Language, letters: Lettering) -> list[Any]:
    indent = "　" * work.depth + ("└ " if work.depth else "")
    texts = (
        f"{indent}{work.title}\n{work.purpose}",
        f"{work.party}（{work.country}）",
        f"{work.starts_on} -\n{work.ends_on}\n{_pick(language, *_STAGES[work.stage])}",
        _fields(work, language),
        "\n".join(_permission(one, language) for one in work.permissions),
        _counts(work, language),
    )
    return [letters.paragraph(text, 8, 11) for text in texts]


def _lines(work: Printed, language: Language) -> list[tuple[str, str]]:
    kept = [clause.label(language) for clause in CLAUSES if clause.key in work.clauses]
    return [
        (_pick(language, "委託", "Work"), work.title),
        (_pick(language, "委託先（国）", "Party (country)"), f"{work.party}（{work.country}）"),
        (_pick(language, "利用目的", "Purpose"), work.purpose),
        (_pick(language, "法的根拠", "Legal basis"), work.legal_basis),
        (_pick(language, "期間", "Period"), f"{work.starts_on} - {work.ends_on}"),
        (_pick(language, "段階", "Stage"), _pick(language, *_STAGES[work.stage])),
        (_pick(language, "作業場所", "Places"), work.places),
        (_pick(language, "渡してよい項目", "Fields"), _fields(work, language)),
        (_pick(language, "契約の条項", "Clauses"), "\n".join(kept)),
        (_pick(language, "再委託の許諾", "Permissions"), "\n".join(_permission(p, language) for p in work.permissions)),
        (_pick(language, "受渡し", "Hand-overs"), _counts(work, language)),
        (_pick(language, "台帳の記載番号", "Ledger entry"), str(work.entry_index)),
    ]


def _fields(work: Printed, language: Language) -> str:
    return _pick(language, "、", ", ").join(field.label(language) for field in work.fields)


def _permission(one: PrintedPermission, language: Language) -> str:
    return f"{one.party}（{one.country}） {_pick(language, *_STATES[one.status])} {one.starts_on} - {one.ends_on}"


def _counts(work: Printed, language: Language) -> str:
    lines = []
    if (tables := work.hand_overs).count:
        ja = f"{tables.count:,} 件\n{tables.total:,} 行\n受領書なし {tables.unreceipted:,}"
        lines.append(_pick(language, ja, f"{tables.count:,}\n{tables.total:,} rows\nno receipt {tables.unreceipted:,}"))
    if (paper := work.consignments).count:
        ja = f"現物 {paper.count:,} 件\n{paper.total:,} 人\n受領書なし {paper.unreceipted:,}"
        en = f"no table: {paper.count:,}\n{paper.total:,} people\nno receipt {paper.unreceipted:,}"
        lines.append(_pick(language, ja, en))
    return "\n".join(lines) or "-"


def _pick(language: Language, ja: str, en: str) -> str:
    return ja if language == "ja" else en
