"""What no office would send but an attacker may: refused by its form or its size, in time, and nothing is left altered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from hashlib import sha256

import pytest
from tests.report.browser import Checker
from tests.report.lists import KEY, Json, Ledger, List, canonical, event_of, ordinary, text, visit_of

PATIENCE = (
    5.0  # seconds, beside other tests; bench/report_page.py measures the worst of these alone, where the goal is one
)
REPORT = ordinary(2, others=20)
WHOLE = REPORT[0].report(REPORT[1])


def many(lists: int, entries: int = 0) -> bytes:
    """The report with so many lists of so many entries each."""
    told = [WHOLE["lists"][0]["entries"][0]] * entries
    return canonical(WHOLE | {"lists": [{"chain": 0, "entries": told, "key": f"{i:064x}"} for i in range(lists)]})


def told(old: str, new: str) -> bytes:
    """The report with bytes replaced that stand in it once."""
    data = canonical(WHOLE)
    assert data.count(old.encode()) >= 1, old
    return data.replace(old.encode(), new.encode(), 1)


def padded(size: int) -> bytes:
    """A report of exactly so many bytes, by a checkpoint that is longer."""
    room = size - len(canonical(WHOLE))
    return canonical(WHOLE | {"origin": WHOLE["origin"] + "x" * room})


def event_padded(size: int) -> Json:
    copy: Json = json.loads(canonical(WHOLE))
    event = json.loads(copy["lists"][0]["entries"][0]["event"])
    event["purpose"] += "x" * (size - len(canonical(event)))
    copy["lists"][0]["entries"][0]["event"] = canonical(event).decode()
    return copy


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "4 MiB and a byte": (lambda: padded(4_194_305), "limit"),
    "65 lists": (lambda: many(65), "limit"),
    "64 lists, 10,001 entries": (lambda: canonical(WHOLE | {"lists": [{"chain": 0, "entries": [0] * 10_001, "key": ""}]}), "limit"),
    "64 lists of entries that are there twice": (lambda: many(64, 50), "incomplete"),
    "nested a million times": (lambda: b"[" * 1_000_000, "format"),
    "nested and closed": (lambda: b"[" * 100_000 + b"]" * 100_000, "format"),
    "objects in objects": (lambda: b'{"a":' * 100_000 + b"0" + b"}" * 100_000, "format"),
    "a million members": (lambda: b"{" + b",".join(b'"%07d":0' % i for i in range(300_000)) + b"}", "format"),
    "a member __proto__": (lambda: told('"buckets"', '"__proto__":{"sealed":"not-answered"},"buckets"'), "format"),
    "only __proto__ is missing": (lambda: told('"sealed":"not-answered",', ""), "format"),
    "a member constructor": (lambda: told('"index":{', '"constructor":null,"index":{'), "format"),
    "a member twice": (lambda: told('"origin":', '"nodes":"","origin":'), "format"),
    "members out of order": (lambda: told('"type":"azukari/report/v1"}', '"aaa":0}'), "format"),
    "2^63": (lambda: told('"chain":0', '"chain":9223372036854775808'), "format"),
    "2^53 as an index": (lambda: canonical(WHOLE | {"index": WHOLE["index"] | {"index": 2**53}}), "format"),
    "2^53 - 1 as an index": (lambda: canonical(WHOLE | {"index": WHOLE["index"] | {"index": 2**53 - 1}}), "proof"),
    "2^53 + 1 as a chain": (lambda: told('"chain":0', '"chain":9007199254740993'), "format"),
    "-1": (lambda: told('"chain":0', '"chain":-1'), "format"),
    "-0": (lambda: told('"chain":0', '"chain":-0'), "format"),
    "0.0": (lambda: told('"chain":0', '"chain":0.0'), "format"),
    "1e0": (lambda: told('"chain":0', '"chain":0e0'), "format"),
    "00": (lambda: told('"chain":0', '"chain":00'), "format"),
    "a number of a million digits": (lambda: told('"chain":0', '"chain":' + "9" * 1_000_000), "format"),
    "true": (lambda: told('"chain":0', '"chain":true'), "format"),
    "NaN": (lambda: told('"chain":0', '"chain":NaN'), "format"),
    "a text where a count stands": (lambda: told('"chain":0', '"chain":"0"'), "format"),
    "a list where a text stands": (lambda: told('"origin":"', '"origin":["'), "format"),
    "null where a list stands": (lambda: canonical(WHOLE | {"lists": None}), "format"),
    "no list at all": (lambda: canonical(WHOLE | {"lists": []}), "format"),
    "chain 2": (lambda: told('"chain":0', '"chain":2'), "format"),
    "a sealed chain first": (lambda: told('"chain":0', '"chain":1'), "format"),
    "a lone surrogate, escaped": (lambda: told('"origin":"', '"origin":"\\ud800'), "format"),
    "a pair of surrogates, escaped": (lambda: told('"origin":"', '"origin":"\\ud842\\udfb7'), "format"),
    "a lone surrogate in UTF-8": (lambda: canonical(WHOLE).replace(b'"origin":"', b'"origin":"\xed\xa0\x80'), "format"),
    "bytes that are no UTF-8": (lambda: canonical(WHOLE).replace(b'"origin":"', b'"origin":"\xff'), "format"),
    "an overlong zero": (lambda: canonical(WHOLE).replace(b'"origin":"', b'"origin":"\xc0\x80'), "format"),
    "a byte order mark": (lambda: b"\xef\xbb\xbf" + canonical(WHOLE), "format"),
    "UTF-16": (lambda: canonical(WHOLE).decode().encode("utf-16"), "format"),
    "a NUL": (lambda: told('"origin":"', '"origin":"\x00'), "format"),
    "a NUL behind it": (lambda: canonical(WHOLE) + b"\x00", "format"),
    "a line feed behind it": (lambda: canonical(WHOLE) + b"\n", "format"),
    "white space": (lambda: told('"chain":0', '"chain": 0'), "format"),
    "an escape that is not needed": (lambda: told('"origin":"l', '"origin":"\\u006c'), "format"),
    "a slash that is escaped": (lambda: told("azukari/report/v1", "azukari\\/report\\/v1"), "format"),
    "capital hex in an escape": (lambda: told('"origin":"', '"origin":"\\u001F'), "format"),
    "a line feed as \\u000a": (lambda: told("\\n", "\\u000a"), "format"),
    "cut in the middle": (lambda: canonical(WHOLE)[:-300], "format"),
    "nothing": (lambda: b"", "format"),
    "a page": (lambda: b"<!doctype html><title>503</title>", "format"),
    "another type": (lambda: told("azukari/report/v1", "azukari/report/v2"), "format"),
    "something else is said of what is sealed": (lambda: told("not-answered", "none"), "format"),
    "base64 of another spelling": (lambda: told(WHOLE["nodes"][:4], WHOLE["nodes"][:3] + "-"), "format"),
    "base64 with a line feed": (lambda: told('"nodes":"', '"nodes":"\\n'), "format"),
    "a leaf of 89 bytes": (lambda: told(WHOLE["lists"][0]["entries"][0]["leaf"], text(bytes([1, 1, 1, 0]) + bytes(85))), "format"),
    "a leaf of version 2": (lambda: told(WHOLE["lists"][0]["entries"][0]["leaf"], text(bytes([2, 1, 1, 0]) + bytes(86))), "format"),
    "a leaf of kind 10": (lambda: told(WHOLE["lists"][0]["entries"][0]["leaf"], text(bytes([1, 10, 1, 0]) + bytes(86))), "format"),
    "a leaf with a flag": (lambda: told(WHOLE["lists"][0]["entries"][0]["leaf"], text(bytes([1, 1, 1, 1]) + bytes(86))), "format"),
    "an event of 16,385 bytes": (lambda: canonical(event_padded(16_385)), "limit"),
    "an event of 16,384 bytes": (lambda: canonical(event_padded(16_384)), "commitment"),
    "a path of 64 hashes": (lambda: told(WHOLE["lists"][0]["entries"][0]["path"], text(bytes(32 * 64))), "format"),
    "half a hash": (lambda: told(WHOLE["lists"][0]["entries"][0]["path"], text(bytes(48))), "format"),
    "depth 59": (lambda: canonical(WHOLE | {"index": WHOLE["index"] | {"entry": re.sub('"depth":[0-9]+', '"depth":59', WHOLE["index"]["entry"])}}), "format"),
    "a bucket of 2^60": (lambda: canonical(WHOLE | {"buckets": [[2**60, ""]]}), "format"),
    "no bucket": (lambda: canonical(WHOLE | {"buckets": []}), "proof"),
    "10,000 buckets": (lambda: canonical(WHOLE | {"buckets": [[i, ""] for i in range(10_000)]}), "format"),
    "a note of a million bytes": (lambda: canonical(WHOLE | {"checkpoint": "x" * 1_000_001}), "limit"),
    "a note of 101 signatures": (lambda: canonical(WHOLE | {"checkpoint": WHOLE["checkpoint"] + WHOLE["checkpoint"].splitlines(True)[-1] * 100}), "limit"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_report_when_it_is_hostile_then_its_form_or_size_is_refused_in_time(checker: Checker, name: str) -> None:
    make, wanted = HOSTILE[name]
    answer = checker.check(make())
    assert answer.get("word") == wanted, answer.get("detail")
    assert answer["seconds"] < PATIENCE
    assert checker.page.evaluate("({}).sealed === undefined && Object.keys(Object.prototype).length === 0")


def test_report_when_it_is_as_large_as_may_be_then_it_is_judged_in_time(checker: Checker) -> None:
    answer = checker.check(padded(4_194_304))
    assert (answer["word"], answer["step"]) == ("signature", 2) and answer["seconds"] < PATIENCE


def test_report_when_it_is_whole_and_as_large_as_may_be_then_it_holds_in_time(checker: Checker) -> None:
    """Somebody whose data was used four thousand times."""
    ledger, own = Ledger(), List(KEY)
    short = event_of("use", basis="", country="", fields=[], party="", purpose="", until="")
    for _ in range(3_500):
        own.add(short)
    ledger.take(own)
    ledger.index()
    report = canonical(ledger.report(own))
    answer = checker.check(report)
    assert 3_900_000 < len(report) <= 4_194_304 and answer["shown"] == 3_500 and answer["seconds"] < PATIENCE


def test_bucket_when_it_holds_fifty_thousand_records_then_looking_up_takes_no_longer(checker: Checker) -> None:
    """An office that says to have eight leaves, and shows a bucket of fifty thousand."""
    ledger, own = ordinary(2, others=20)
    ledger.index(count=8, depth=0, root=sha256(b"\x02" + (bucket := b"".join(records(50_000)))).hexdigest())
    report = ledger.report(own) | {"buckets": [[0, text(bucket)]], "nodes": ""}
    report["lists"] = [report["lists"][0] | {"key": f"{i:064x}", "entries": []} for i in range(64)]
    answer = checker.check(report)
    assert (answer["word"], answer["step"]) == ("incomplete", 10), (
        "every label was looked up; no list says which follows"
    )
    assert answer["seconds"] < PATIENCE


def records(count: int) -> list[bytes]:
    return sorted(sha256(b"%d" % i).digest() + bytes(8) for i in range(count))


VISITS = {
    "larger than any": (lambda: b" " * 4_194_305, "limit"),
    "another type": (lambda: canonical(visit_of(WHOLE) | {"type": "azukari/report/v1"}), "format"),
    "a member too many": (lambda: canonical(visit_of(WHOLE) | {"key": ""}), "format"),
    "65 lists": (lambda: canonical(visit_of(WHOLE) | {"lists": visit_of(WHOLE)["lists"] * 65}), "limit"),
    "a list without an id": (lambda: canonical(visit_of(WHOLE) | {"lists": [{"chain": 0, "entries": 1}]}), "format"),
    "no UTF-8": (lambda: b"\xff", "format"),
}


@pytest.mark.parametrize("name", VISITS)
def test_visit_when_it_is_hostile_then_its_form_or_size_is_refused(checker: Checker, name: str) -> None:
    make, wanted = VISITS[name]
    answer = checker.check(WHOLE, make())
    assert (answer.get("word"), answer.get("step")) == (wanted, 1) and answer["seconds"] < PATIENCE
