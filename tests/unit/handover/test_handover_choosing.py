"""How much a choice of columns tells about people."""

from __future__ import annotations

import polars as pl

from azukari.fields.kinds import Field, Kind
from azukari.handover.choosing import Choice, Fate, unique_rows


def test_unique_rows_when_two_people_are_alike_in_what_leaves_then_neither_is_counted() -> None:
    frame = pl.DataFrame({"氏名": ["甲", "甲", "乙", "丙"], "住所": ["1", "1", "2", "3"], "宛名": ["1", "2", "3", "4"]})
    fates = (("氏名", Field(Kind.NAME), Fate.LEAVES), ("住所", Field(Kind.ADDRESS), Fate.LEAVES))
    stays = ("宛名", Field(Kind.LOCAL_ID), Fate.LOCAL_ID)
    assert unique_rows(frame, Choice((*fates, stays))) == 2
    assert unique_rows(frame, Choice((stays,))) == 0
