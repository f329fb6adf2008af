"""The hand-overs of both kinds as a sheet: for a file, a council, an audit. It is not taken in again."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import polars as pl

from azukari.web.custody.queries.handed_over import HandedOver, handed_over

HEADERS: Final = (
    "日付",
    "委託",
    "相手",
    "渡し方",
    "数",
    "単位",
    "行数・人数",
    "項目",
    "受領",
    "状態",
    "台帳の記載番号",
    "番号",
)
_RECEIPTS: Final = {"receipted": "相手の署名", "claimed": "紙（機関の申告）", "opened": "開封確認"}
_STATES: Final = {
    "prepared": "準備中",
    "sealed": "封印済み",
    "logged": "台帳に記載済み",
    "released": "引渡し済み",
    "void": "取消し",
}
_SEPARATOR: Final = "、"


def hand_over_sheet(body_id: UUID) -> pl.DataFrame:
    """All hand-overs of a body as rows of text, by day."""
    rows = [_row(one) for one in handed_over(body_id)]
    return pl.DataFrame(rows, schema=dict.fromkeys(HEADERS, pl.String), orient="row")


def _row(one: HandedOver) -> list[str]:
    return [
        one.day.isoformat(),
        one.title,
        one.party,
        one.unit.medium.label("ja") if one.unit else "表",
        str(one.units) if one.unit else "",
        one.unit.label("ja") if one.unit else "",
        str(one.total),
        _SEPARATOR.join(str(field) for field in one.fields),
        _RECEIPTS.get(one.grade, ""),
        _STATES.get(one.status, one.status),
        "" if one.entry_index is None else str(one.entry_index),
        one.id.hex,
    ]
