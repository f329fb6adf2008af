"""The apostrophe before a formula: put on where it is needed, taken off without a trace."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from azukari.tables.guard import guarded, unguarded


@given(st.lists(st.text(alphabet="=+-@'＝＋ａ1\t 、", max_size=6), min_size=1, max_size=20))
def test_guard_when_put_on_and_taken_off_then_every_cell_is_as_it_was(cells: list[str]) -> None:
    frame = pl.DataFrame({"a": cells})
    put = guarded(frame)
    assert not [cell for cell in put["a"] if cell[:1] in "=+-@\t＝＋" and cell]
    assert unguarded(put).equals(frame)
