"""What does a person's own, complete list cost: the person who checks it, and the office that keeps it?

    python bench/completeness.py [--quick]

kernels: how long the leaves of a million entries take, each with its label, its derived opening and its commitment, and of how
many labels a second an index is built.

proofs: ledgers of 10^5, 10^6 and 10^7 leaves, in which one person has 5 or 50 entries; how large the report is, and how
long azukari and the small verifier (verifier/, the standard library alone) take to check it, with two witnesses and
an auditor. Sizes hang on how full the buckets are, so each is measured where they are fullest, too.

page: the same reports in the page with which people check (verifier/azukari_report.html), in Chromium, opened anew for each, since a person
checks once; and one of 2,000 entries, the size of which comes near to what a report may have.

office: a hand-over of 5,000,000 people who are known, from the first number taken to a signed index; see bench/leaves.py.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from azukari.completeness.checking import verify_report
from azukari.completeness.index import Index, build, prove
from azukari.completeness.index_entry import IndexEntry
from azukari.completeness.leaf import LEAF_BYTES, head
from azukari.completeness.making import label_of, shown
from azukari.completeness.report import ListEntry, LoggedIndex, PersonList, Report
from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
from azukari.ledger.tree import Tree, leaf_hash
from azukari.testing.logbook import AT, AUDITORS, NOW, WITNESSES, Noting, a_key, a_leaf, a_policy, an_event
from azukari.testing.operator import policies
from azukari.testing.sealed import fixed_log

Measures = dict[str, dict[str, Any]]
LOG: Final = fixed_log()
ENTRIES: Final = {5: 60, 50: 250}  # entries of a list: kilobytes that its report may have
CHECK_MS: Final = 100.0
REPEATS: Final = 5


def measure(figure: float, goal: float, better: str = "lower") -> dict[str, Any]:
    """One figure as the last line has it."""
    return {"figure": round(figure, 2), "goal": goal, "better": better}


# --- proofs: how large is a report, and how long does it take to check it?


def proofs(quick: bool) -> Measures:
    """The largest report and the longest check over all sizes of the ledger."""
    found = measured(quick)
    for one in found:
        print(f"{one.labels:>10,} labels, {one.entries:>2} entries: {one}")
    suffix = "_quick" if quick else ""
    made = {
        f"report_kb_{entries}{suffix}": measure(max(one.kilobytes for one in found if one.entries == entries), goal)
        for entries, goal in ENTRIES.items()
    }
    made[f"report_check_ms{suffix}"] = measure(max(one.ours_ms for one in found), CHECK_MS)
    made[f"report_check_small_ms{suffix}"] = measure(max(one.small_ms for one in found), CHECK_MS)
    return made


@cache
def measured(quick: bool) -> tuple[Proven, ...]:
    """All reports, which both questions ask about."""
    sizes = (
        [10**5, 2**20] if quick else [10**5, 10**6, 2**20, 2**23, 10**7]
    )  # 8 · 2^17 and 8 · 2^20: all buckets are full
    return tuple(one for size in sizes for one in proofs_at(size))


@dataclass(frozen=True)
class Proven:
    """一件の計測。 One report: its size in kilobytes (1,000 bytes), where they go, and milliseconds to check it."""

    data: bytes
    key: bytes
    labels: int
    entries: int
    kilobytes: float
    parts: dict[str, float]
    ours_ms: float
    small_ms: float

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {size:.1f}" for name, size in self.parts.items())
        return f"{self.kilobytes:6.1f} kB ({parts}); checked in {self.ours_ms:.1f} ms, by the small verifier {self.small_ms:.1f} ms"


def proofs_at(labels: int, counts: tuple[int, ...] = tuple(ENTRIES)) -> Iterator[Proven]:
    """Lists of so many entries each, in one ledger of so many leaves."""
    owners = {entries: Noting(a_key(f"person with {entries}")) for entries in counts}
    leaves = [a_leaf(own, an_event(n - 1), n=n) for entries, own in owners.items() for n in range(1, entries + 1)]
    tree, index, entry, places = ledger_of(labels, [leaf.encode() for leaf in leaves])
    first = 0
    for entries, own in owners.items():
        listed = tuple(
            ListEntry(leaves[first + n], places[first + n], tuple(tree.path(places[first + n])), an_event(n))
            for n in range(entries)
        )
        first += entries
        yield proven(tree, index, entry, PersonList(own.chain, own.key, listed))


def ledger_of(labels: int, own: list[bytes]) -> tuple[Tree, Index, IndexEntry, list[int]]:
    """A ledger of so many leaves, these among them, and an index entry at its end."""
    drawn = np.random.default_rng(labels)
    places = [int(place) for place in drawn.choice(labels, len(own), replace=False)]
    leaves = drawn.integers(0, 256, (labels, LEAF_BYTES), dtype=np.uint8)
    leaves[places] = np.frombuffer(b"".join(own), dtype=np.uint8).reshape(-1, LEAF_BYTES)
    index = build(np.ascontiguousarray(leaves[:, 26:58]), np.arange(labels, dtype=np.uint64))
    entry = IndexEntry(AT, index.count, index.depth, index.root, labels)
    octets = memoryview(leaves.reshape(-1).data)
    row = bytearray()
    for start in range(
        0, labels * LEAF_BYTES, LEAF_BYTES << 16
    ):  # in slices: ten million hashes are a list of a gigabyte
        part = octets[start : start + (LEAF_BYTES << 16)]
        hashes = (sha256(b"\0" + part[at : at + LEAF_BYTES]).digest() for at in range(0, len(part), LEAF_BYTES))
        row += b"".join(hashes)
    row += leaf_hash(entry.encode())
    return Tree.of_row(bytes(row)), index, entry, places


def proven(tree: Tree, index: Index, entry: IndexEntry, listed: PersonList) -> Proven:
    """The report over one list, and what it takes."""
    buckets, nodes = prove(index, listed.proven())
    state = Checkpoint(LOG.name, tree.size, tree.root)
    lines = [one.cosign(state.encode(), int(AT.timestamp())) for one in (*WITNESSES, *AUDITORS)]
    report = Report(
        origin=LOG.name,
        checkpoint=sign_checkpoint(state, [LOG]) + "".join(lines).encode(),
        index=LoggedIndex(entry, entry.size, tuple(tree.path(entry.size))),
        lists=(listed,),
        buckets=tuple(buckets),
        nodes=nodes,
    )
    data = report.encode()
    value = json.loads(data)
    parts = {"buckets": "buckets", "nodes": "nodes", "entries": "lists"}
    sizes = {name: len(json.dumps(value[member], ensure_ascii=False).encode()) / 1000 for name, member in parts.items()}
    ours = shortest(lambda: verify_report(data, NOW, [LOG.verifier], *policies(), key=listed.key))
    small = small_verifier(listed.key)
    return Proven(
        data, listed.key, index.count, len(listed.entries), len(data) / 1000, sizes, ours, shortest(lambda: small(data))
    )


def small_verifier(key: bytes) -> Callable[[bytes], None]:
    """The verifier that is one file, asked for everything."""
    path = Path(__file__).parents[1] / "verifier" / "azukari_verify.py"
    spec = importlib.util.spec_from_file_location("azukari_verify", path)
    assert spec and spec.loader
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    asked = {"policy": a_policy(WITNESSES, LOG).decode(), "auditors": a_policy(AUDITORS, LOG).decode(), "visit": None}
    given = {"vkeys": [LOG.vkey], "key": key.hex(), **asked}
    return lambda data: module.Report(given, NOW, lambda number: None).run(data)


def shortest(call: Callable[[], object]) -> float:
    """Milliseconds of the processor in the fastest of some calls: others use the machine, too."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times) * 1000


# --- page: how long does it take in the page with which people check?

CHECK_PAGE_MS: Final = 200.0
MANY: Final = 2_000  # entries
MANY_SECONDS: Final = 1.0
PAGE: Final = Path(__file__).parents[1] / "verifier" / "azukari_report.html"
ASK: Final = """async given => {
  const report = Uint8Array.from(atob(given.report), sign => sign.charCodeAt(0));
  const start = performance.now();
  const found = await azukariReport.check({ ...given, report });
  return [performance.now() - start, found.entries.length];
}"""


def page(quick: bool) -> Measures:
    """The longest check over all sizes of the ledger, each in a page that was just opened."""
    (many,) = proofs_at(10**5, (MANY,))
    reports = [*measured(quick), many]
    for one, took in zip(reports, times := in_chromium(reports), strict=True):
        print(
            f"{one.labels:>10,} labels, {one.entries:>5,} entries, {one.kilobytes:,.0f} kB: {took:.1f} ms in the page; azukari {one.ours_ms:.1f} ms"
        )
    suffix = "_quick" if quick else ""
    return {
        f"report_check_page_ms{suffix}": measure(max(times[:-1]), CHECK_PAGE_MS),
        f"report_many_page_seconds{suffix}": measure(times[-1] / 1000, MANY_SECONDS),
    }


def in_chromium(reports: Sequence[Proven]) -> list[float]:
    """Milliseconds of each report: the fastest of some pages, none of which checked anything before."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        times = [min(in_page(running, one) for _ in range(REPEATS)) for one in reports]
        running.close()
    return times


def in_page(running: Any, one: Proven) -> float:
    """Milliseconds of one check in a fresh page; everything must hold."""
    opened = running.new_page()
    opened.goto(PAGE.as_uri())
    asked = {"policy": a_policy(WITNESSES, LOG).decode(), "auditors": a_policy(AUDITORS, LOG).decode(), "visit": None}
    given = {
        "report": b64encode(one.data).decode(),
        "now": int(NOW.timestamp()),
        "logKeys": [LOG.vkey],
        "key": one.key.hex(),
    }
    took, entries = opened.evaluate(ASK, given | asked)
    opened.close()
    assert entries == one.entries
    return float(took)


# --- kernels: how long do labels, leaves and an index take?


def kernels(quick: bool) -> Measures:
    """One core; figures of a million, also when fewer were made."""
    count, suffix = (200_000, "_quick") if quick else (1_000_000, "")
    drawn = np.random.default_rng(1)
    keys = [row.tobytes() for row in drawn.integers(0, 256, (count, 32), dtype=np.uint8)]
    front, event = head(1, bytes(16), AT.date()), sha256(b"event").digest()
    start = time.process_time()
    leaves = sorted(shown(front, keys, range(1, count + 1), event), key=label_of)
    made = time.process_time()
    index = build(b"".join(label_of(leaf) for leaf in leaves), np.arange(count, dtype=np.uint64))
    built = time.process_time()
    seconds, speed = (made - start) * 1_000_000 / count, index.count / (built - made)
    print(f"leaves of a million entries, sorted: {seconds:.2f} s; index: {speed:,.0f} labels a second")
    return {
        f"leaves_seconds_1m{suffix}": measure(seconds, 6.0),
        f"index_labels_per_second{suffix}": measure(speed, 500_000, "higher"),
    }


# --- office: from known people to an index that proves everybody's entry (bench/leaves.py)


def office(quick: bool) -> Measures:
    """A hand-over of five million people who are known, in an office of its own."""
    import leaves

    return leaves.measures(leaves.QUICK if quick else leaves.WHOLE)


QUESTIONS: Final[tuple[Callable[[bool], Measures], ...]] = (kernels, proofs, page, office)


def main() -> int:
    """Ask every question; print one line of JSON at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="45 seconds at most")
    parser.add_argument("--only", choices=[question.__name__ for question in QUESTIONS], help="one question alone")
    options = parser.parse_args()
    measures: Measures = {}
    for question in QUESTIONS:
        if options.only in (None, question.__name__):
            measures |= question(options.quick)
    print(json.dumps(measures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
