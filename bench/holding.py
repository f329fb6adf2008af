"""How long does the look take to say what a party would hold? One table against 20 earlier copies of other tables.

    python bench/holding.py [--quick] [--rows 100000] [--copies 20]

Half of the people of the table are in each earlier copy, the others are not, which is the slow case: they are looked
for by every combination that is tried. The goal is that of an officer who waits: 10 seconds for 100,000 rows.
"""

from __future__ import annotations

import argparse
import io
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage

import numpy as np
import polars as pl

from azukari.fields.kinds import Field, Kind
from azukari.handover.choosing import Choice, Fate
from azukari.handover.holding import hold
from azukari.handover.linking import COMBINATIONS, Digester
from azukari.handover.overlap import Earlier
from azukari.handover.record import RecordReader, RecordWriter
from azukari.tables.spelling import presentation
from azukari.testing.people import COLUMNS, fictitious_people

GOAL = 10.0  # seconds for 100,000 rows
WHO = ("name-birth", "kana-birth", "name-phone", "kana-phone", "name-address")
HEADERS = {
    Kind.NAME: "氏名",
    Kind.KANA: "フリガナ",
    Kind.BIRTH_DATE: "生年月日",
    Kind.PHONE: "電話番号",
    Kind.ADDRESS: "住所",
}


def earlier(frame: pl.DataFrame, number: int) -> Earlier:
    """A copy of this table under an index key of its own: only the part of its record that linkage reads."""
    key, index_key, out = secrets.token_bytes(32), secrets.token_bytes(32), io.BytesIO()
    writer, digester = RecordWriter(out, key, "bench"), Digester(index_key)
    writer.section("source-rows", [np.arange(frame.height, dtype="<u8").tobytes()])
    for combination in (one for one in COMBINATIONS if one.name in WHO):
        forms = [digester.forms(k, presentation(k, frame[HEADERS[k]]).to_list()) for k in combination.kinds]
        digests = digester.digests(combination, forms)
        order = np.argsort(digests)
        writer.section(f"digest/{combination.name}", [digests[order].tobytes()])
        writer.section(f"position/{combination.name}", [order.astype("<u4").tobytes()])
    writer.close()

    @contextmanager
    def opened() -> Iterator[RecordReader]:
        yield RecordReader(io.BytesIO(out.getvalue()), key, "bench")

    fields = frozenset(Field(kind) for kind in HEADERS)
    return Earlier(str(number), fields, frame.height, frame.height, index_key, opened)


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--copies", type=int, default=20)
    given = options.parse_args()
    rows, copies = (10_000, 20) if given.quick else (given.rows, given.copies)
    people = fictitious_people(rows + rows // 2, 7)
    before = [earlier(people[rows // 2 :], number) for number in range(copies)]
    choice = Choice(tuple((h, f, Fate.LEAVES if h == "年金額" else Fate.NOT_PERMITTED) for h, f in COLUMNS.items()))
    started = time.perf_counter()
    found = hold(people[:rows], choice, before, None)
    spent = time.perf_counter() - started
    print(f"{rows:,} rows, {copies} earlier copies: {spent:.1f} s; known {found.known}, in all {found.people}")
    print(f"peak memory {getrusage(RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB, the tables themselves included")
    scaled = spent * 100_000 / rows
    print(json.dumps({"holding_seconds_100k": {"figure": round(scaled, 2), "goal": GOAL, "better": "lower"}}))


if __name__ == "__main__":
    main()
