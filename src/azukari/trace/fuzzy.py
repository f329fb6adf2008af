"""Step 3 with a source at hand: match re-typed rows to source rows by likeness, blocked on any equal form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import polars as pl
from rapidfuzz import fuzz

from azukari.fields.kinds import Field, Kind
from azukari.fields.linkage import linkage
from azukari.trace.linkage import IDENTITY
from azukari.trace.specimen import Specimen

LIKENESS: Final = 80.0  # mean likeness of the shared cells, 0 to 100, that a match needs
LEAD: Final = 8.0  # by how much the best match must lead the second
_BLOCKS: Final = (Kind.KANA, Kind.NAME, Kind.PHONE, Kind.ADDRESS, Kind.EMAIL)
_LARGEST_BLOCK: Final = 2_000  # a form that occurs more often narrows nothing down


def match_source(specimen: Specimen, source: pl.DataFrame, fields: Sequence[tuple[str, Field]]) -> dict[int, int]:
    """Specimen row -> source row number, for rows with one clear match.

    ``fields``: the typed columns of the source. The individual number takes no part.
    """
    where = specimen.first_columns()
    shared = [(header, field) for header, field in fields if field in where and field.kind in IDENTITY]
    if not shared:
        return {}
    forms = {field: [linkage(field.kind, row[where[field]]) for row in specimen.rows] for _, field in shared}
    source_forms = {field: [linkage(field.kind, cell) for cell in source[header].to_list()] for header, field in shared}
    pools = _pools(forms, source_forms, len(specimen.rows))
    matches = {}
    for row, pool in enumerate(pools):
        best = sorted(((_likeness(row, other, forms, source_forms), other) for other in pool), reverse=True)[:2]
        if best and best[0][0] >= LIKENESS and (len(best) == 1 or best[0][0] - best[1][0] >= LEAD):
            matches[row] = best[0][1]
    return matches


def _pools(forms: dict[Field, list[str]], source_forms: dict[Field, list[str]], rows: int) -> list[set[int]]:
    pools: list[set[int]] = [set() for _ in range(rows)]
    for field, wanted in forms.items():
        if field.kind not in _BLOCKS:
            continue
        asked = set(wanted) - {""}
        blocks: defaultdict[str, list[int]] = defaultdict(list)
        for number, form in enumerate(source_forms[field]):
            if form in asked:
                blocks[form].append(number)
        for row, form in enumerate(wanted):
            if form and len(blocks.get(form, ())) <= _LARGEST_BLOCK:
                pools[row].update(blocks.get(form, ()))
    return pools


def _likeness(row: int, other: int, forms: dict[Field, list[str]], source_forms: dict[Field, list[str]]) -> float:
    scores = [
        fuzz.ratio(mine, theirs)
        for field in forms
        if (mine := forms[field][row]) and (theirs := source_forms[field][other])
    ]
    return sum(scores) / len(scores) if len(scores) > 1 else 0.0
