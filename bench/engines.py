"""Which engine holds tables? The comparison behind docs/adr/0001, printed again.

    python bench/engines.py [--quick] [--rows N]

One process per engine, each on one core; engines that are not installed are left out. All cells are text. The
last line is JSON: how many times faster polars has the columns of a CSV file than the standard library.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROWS, QUICK_ROWS, ROUNDS = 1_000_000, 200_000, 3
GOAL = 3.0  # times faster than the standard library; 12 with a million rows where it was decided

Laps = dict[str, float]


@contextmanager
def lap(laps: Laps, name: str) -> Iterator[None]:
    """Add the seconds of a block to the laps."""
    start = time.perf_counter()
    yield
    laps[name] = laps.get(name, 0.0) + time.perf_counter() - start


def write_table(path: Path, rows: int) -> None:
    """Twelve text columns like those of a keying job; the people are row numbers."""
    chance = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f"列{i}" for i in range(12)])
        for i in range(rows):
            town, block = chance.randrange(20), chance.randrange(300)
            writer.writerow(
                (
                    f"霞浜　太郎{i % 1000}", "カスミハマ　タロウ", f"1965-03-{i % 28 + 1:02}", f"090-{i % 9999:04}-{i * 7 % 9999:04}",
                    "123-4567", f"霞浜市西町{town}丁目{i % 20}番{i % 13}号 青葉荘{block}号室, 様方", f"{i:012}", str(i * 37 % 900_000),
                    f"a{i}@example.jp", f"{i:08}", "B", "",
                )
            )  # fmt: skip


def polars(path: Path, laps: Laps) -> None:
    """The engine that was chosen."""
    with lap(laps, "import"):
        import numpy as np
        import polars as pl
    with lap(laps, "read CSV"):
        frame = pl.read_csv(path, infer_schema=False)
    with lap(laps, "permute"):
        frame = frame[np.random.default_rng(1).permutation(frame.height)]
    with lap(laps, "lists and back"):
        for name in frame.columns:
            pl.Series(name, frame[name].to_list())
    with lap(laps, "write CSV"):
        frame.write_csv(io.BytesIO())
    held = io.BytesIO()
    with lap(laps, "write Parquet"):
        frame.write_parquet(held)
    with lap(laps, "read Parquet"):
        pl.read_parquet(held.getvalue())


def pyarrow(path: Path, laps: Laps) -> None:
    """Arrow's own table."""
    with lap(laps, "import"):
        import numpy as np
        import pyarrow as pa
        import pyarrow.csv as pc
        import pyarrow.parquet as pq
    with lap(laps, "read CSV"):
        names = path.open(encoding="utf-8").readline().strip().split(",")
        table = pc.read_csv(
            path,
            parse_options=pc.ParseOptions(newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    with lap(laps, "permute"):
        table = table.take(pa.array(np.random.default_rng(1).permutation(table.num_rows)))
    with lap(laps, "lists and back"):
        for name in table.column_names:
            pa.array(table[name].to_pylist(), pa.string())
    with lap(laps, "write CSV"):
        pc.write_csv(table, pa.BufferOutputStream())
    held = pa.BufferOutputStream()
    with lap(laps, "write Parquet"):
        pq.write_table(table, held)
    with lap(laps, "read Parquet"):
        pq.read_table(pa.BufferReader(held.getvalue()))


def duckdb(path: Path, laps: Laps) -> None:
    """A database in the process; rows come in another order by a hash of their number, and out as NumPy arrays."""
    with lap(laps, "import"):
        import duckdb as engine
    connection = engine.connect()
    connection.execute("set threads = 1")
    with lap(laps, "read CSV"):
        connection.execute(
            "create table t as select row_number() over () as r, * from read_csv(?, all_varchar = true, header = true)",
            [str(path)],
        )
    with lap(laps, "permute"):
        connection.execute("select * exclude r from t order by hash(r)").fetchnumpy()
    for form in ("CSV", "Parquet"):
        target = path.with_suffix(f".copy.{form.lower()}")
        with lap(laps, f"write {form}"):
            connection.execute(f"copy t to '{target}'")
    with lap(laps, "read Parquet"):
        connection.execute(f"create table u as select * from '{target}'")


def standard(path: Path, laps: Laps) -> None:
    """The csv module, and rows turned into columns."""
    with lap(laps, "read CSV"), path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    with lap(laps, "to columns"):
        list(zip(*rows, strict=True))


ENGINES: dict[str, Callable[[Path, Laps], None]] = {
    "polars": polars,
    "pyarrow": pyarrow,
    "duckdb": duckdb,
    "standard": standard,
}


def child(engine: str, path: Path) -> int:
    """Run one engine here and print its laps and its peak memory in GB, as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    laps: Laps = {}
    ENGINES[engine](path, laps)
    try:
        import resource
    except ImportError:
        pass
    else:
        unit = 1e9 if sys.platform == "darwin" else 1e6
        laps["peak GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    print(json.dumps(laps))
    return 0


def measured(path: Path) -> dict[str, Laps]:
    """Laps of every engine that is installed, each in a process of its own, in turns; the best of the rounds."""
    found: dict[str, Laps] = {}
    for engine in list(ENGINES) * ROUNDS:
        if engine != "standard" and importlib.util.find_spec(engine) is None:
            continue
        command = [sys.executable, __file__, "--engine", engine, "--table", str(path)]
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=environment, check=True, text=True, stdout=subprocess.PIPE)
        laps = json.loads(done.stdout)
        found[engine] = {name: min(value, found.get(engine, laps)[name]) for name, value in laps.items()}
    return found


def report(found: dict[str, Laps], rows: int) -> None:
    """Print a table of laps by engine."""
    print(f"{rows:,} rows x 12 text columns, one core; seconds, best of {ROUNDS}")
    print("".join(f"{name:>18}" for name in ("", *found)))
    for name in dict.fromkeys(name for laps in found.values() for name in laps):
        cells = (f"{laps[name]:18.2f}" if name in laps else f"{'-':>18}" for laps in found.values())
        print(f"{name:>18}" + "".join(cells))


def main() -> int:
    """Make the table, run the engines, print."""
    parser = argparse.ArgumentParser(description="Compare table engines.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        return child(options.engine, options.table)
    rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        write_table(path, rows)
        found = measured(path)
    report(found, rows)
    slow = found["standard"]["read CSV"] + found["standard"]["to columns"]
    figure = round(slow / found["polars"]["read CSV"], 2)
    print(json.dumps({"csv_vs_stdlib": {"figure": figure, "goal": GOAL, "better": "higher"}}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
