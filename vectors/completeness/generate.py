"""Write the completeness vectors beside this file: ``python vectors/completeness/generate.py``.

One JSON file per case. ``report`` is the file as text, byte for byte. Given are ``now``, ``vkeys`` (of the log), ``policy`` (of
witnesses), ``auditors``, ``key`` (hex) and ``visit`` (what was kept of the last visit), each as text or null. ``expect``: ``word``
("holds" or the verdict), ``step`` (0 for "holds") and ``kind``; where it holds also ``as_of``, ``shown``, ``withheld`` (the days on
which they are opened), ``not_asked`` and ``visit`` (to be kept). Each case but for "holds" fails for one reason alone. Those
whose name begins with ``attack-`` are what an office does that is not honest (``azukari.testing.operator``).

Nothing is random: keys and openings follow from fixed strings. All people, bodies, firms and keys are fictitious.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azukari.completeness.checking import verify_report
from azukari.completeness.event import Act
from azukari.completeness.index import prefix_of, prove
from azukari.completeness.labels import SEALED, opening
from azukari.completeness.leaf import Leaf
from azukari.completeness.report import Report
from azukari.completeness.visit import KeptList, Visit
from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
from azukari.ledger.entry import canonical
from azukari.ledger.note import Signer, Verifier
from azukari.ledger.policy import Policy
from azukari.testing.logbook import (
    AT,
    AUDITORS,
    NOW,
    TODAY,
    WITNESSES,
    Logbook,
    Noted,
    Noting,
    a_key,
    a_leaf,
    a_policy,
    an_event,
)
from azukari.testing.operator import World, attacks
from azukari.testing.sealed import fixed_bytes, fixed_log

Case = dict[str, Any]
Json = Any
HERE = Path(__file__).parent
LOG = fixed_log()
NEW_KEY = Signer(LOG.name, fixed_bytes("new log key"))
POLICY, AUDIT = a_policy(WITNESSES, LOG).decode(), a_policy(AUDITORS, LOG).decode()
ANY_WITNESS = POLICY.replace("group all all", "group all any")
MONTH = timedelta(days=30)


def zulu(moment: datetime) -> str:
    """A time as the files have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def case(report: Report | str, word: str = "holds", step: int = 0, kind: str = "", **given: Any) -> Case:
    """One case; by default both policies are asked for, and neither key nor last visit are given."""
    text = report if isinstance(report, str) else report.encode().decode()
    chosen = {"now": zulu(NOW), "vkeys": [LOG.vkey], "policy": POLICY, "auditors": AUDIT, "key": None, "visit": None}
    visit = given.pop("visit", None)
    chosen |= {**given, "visit": visit.encode().decode() if isinstance(visit, Visit) else visit}
    expect = {"word": word, "step": step, "kind": kind}
    return {
        "comment": "",
        "expect": expect | (found(text, chosen) if word == "holds" else {}),
        "report": text,
        **chosen,
    }


def found(text: str, given: Case) -> Case:
    """What is said of a report that holds."""
    policy, auditors = (Policy.parse(given[name].encode()) if given[name] else None for name in ("policy", "auditors"))
    checked = verify_report(
        text.encode(),
        datetime.fromisoformat(given["now"]),
        [Verifier.parse(vkey) for vkey in given["vkeys"]],
        policy,
        auditors,
        bytes.fromhex(given["key"]) if given["key"] else None,
        Visit.parse(given["visit"].encode()) if given["visit"] else None,
    )
    return {
        "as_of": zulu(checked.as_of.astimezone(UTC)),
        "shown": checked.shown,
        "withheld": [day.isoformat() for day in checked.withheld],
        "not_asked": list(checked.not_asked),
        "visit": checked.visit.encode().decode(),
    }


# --- worlds: the ledgers in which a person's list stands


def world(count: int = 3, strangers: int = 40) -> World:
    """An honest ledger with an index of today."""
    return World(count, strangers).indexed()


def with_withheld(days: int) -> World:
    """Three entries, and one of a month ago that is opened so many days after it."""
    made = World(3)
    made.book.note(made.own, an_event(9, TODAY - MONTH), withheld=days)
    return made.indexed()


def rekeyed(times: int = 1) -> tuple[World, list[Noting]]:
    """A list whose key was replaced, once or more, and that goes on."""
    made = World(3)
    lists = [made.own]
    for generation in range(1, times + 1):
        after = Noting(a_key("mizuho", generation))
        made.book.rekey(lists[-1], after)
        made.book.note(after, an_event(10 + generation))
        lists.append(after)
    return made.indexed(), lists


def released(entries: int = 2) -> tuple[World, Noting]:
    """A list with the sealed list of the same person, which was released."""
    made, sealed = World(3), Noting(fixed_bytes("sealed key"), SEALED)
    for number in range(entries):
        made.book.note(sealed, an_event(20 + number, TODAY - MONTH))
    return made.indexed(), sealed


def grown(days: int = 0) -> tuple[World, Visit]:
    """A ledger that was visited, and has grown since."""
    made = world()
    visit = made.visited()
    made.book.strangers(5, "later")
    made.book.note(made.own, an_event(11))
    made.book.index(at=AT + timedelta(minutes=1))
    return made, visit


def logged(change: Callable[[World], None], count: int = 3) -> World:
    """A ledger in which the office logged something else from the start."""
    made = World(count)
    change(made)
    return made.indexed()


def relabelled(n: int) -> World:
    """A list of three with a leaf under its n-th label that it does not show."""
    return logged(lambda made: none(made.book.append(a_leaf(made.own, an_event(9), n=n).encode())))


def other_leaf(**change: Any) -> World:
    """A list whose last leaf states something else than its event."""

    def log(made: World) -> None:
        last = made.own.noted[-1]
        leaf = replace(last.leaf, **change)
        made.own.noted[-1] = replace(last, leaf=leaf)
        made.book.entries[last.index] = leaf.encode()

    return logged(log)


def none(_: object) -> None:
    """Nothing."""


# --- changes to a report as plain data


def changed(report: Report, *path: Any, to: Any) -> str:
    """A report in which the value at a path is another one."""
    value = json.loads(report.encode())
    return put(value, path, to)


def put(value: Json, path: tuple[Any, ...], to: Any) -> str:
    place = value
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]] if not isinstance(place, dict) or path[-1] in place else None
    place[path[-1]] = to(deepcopy(old)) if callable(to) else to
    return canonical(value).decode()


def bytes_of(change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """A change of the bytes behind a base64 text."""
    return lambda text: b64encode(change(b64decode(text))).decode()


def members_of(**change: Any) -> Callable[[str], str]:
    """A change of the members of canonical JSON in a text; None leaves one out."""
    return lambda text: canonical(
        {name: each for name, each in {**json.loads(text), **change}.items() if each is not None}
    ).decode()


def byte(place: int, value: int) -> Callable[[str], str]:
    """A change of one byte behind a base64 text."""
    return bytes_of(lambda data: data[:place] + bytes([value]) + data[place + 1 :])


ENTRY = ("lists", 0, "entries", 0)
USED = ("lists", 0, "entries", 1)  # a use


def holds() -> Iterator[tuple[str, str, Case]]:
    """The cases that hold."""
    own = world().own.key.hex()
    for count in (0, 1, 5, 50):
        yield f"entries-{count}", f"{count} entries", case(world(count, 60).report(), key=own)
    yield "nothing-asked", "no policies", case(world().report(), policy=None, auditors=None)
    yield "any-witness", "a policy that asks for one witness of two", case(one_witness().report(), policy=ANY_WITNESS)
    yield "alone", "nobody else in the ledger: an index of one bucket", case(world(2, 0).report())
    yield "many-strangers", "an index of 256 buckets", case(world(2, 1500).report())
    yield "withheld", "an entry that is not open yet", case(with_withheld(200).report())
    yield "withheld-last-day", "an entry that is opened tomorrow", case(with_withheld(31).report())
    yield "withheld-opened", "an entry that is opened today", case(with_withheld(30).report())
    early = with_withheld(31).report(today=TODAY + timedelta(days=1))
    yield "withheld-opened-early", "an entry that is shown before its day", case(early)
    made, lists = rekeyed()
    yield "rekeyed", "two keys", case(made.book.report(*lists), key=lists[1].key.hex())
    made, lists = rekeyed(2)
    yield "rekeyed-twice", "three keys, the first of them given", case(made.book.report(*lists), key=own)
    made = logged(lambda made: made.book.note(made.own, an_event(8, act=Act.ERASURE, fields=(), party="")))
    yield "erased", "the last entry is the erasure", case(made.report())
    made, sealed = released()
    yield "sealed-released", "a released sealed list", case(made.book.report(made.own, sealed))
    made, sealed = released(0)
    yield "sealed-empty", "a released sealed list without an entry", case(made.book.report(made.own, sealed))
    made, visit = grown()
    yield "visit-grown", "the ledger and the list have grown", case(made.report(since=visit.seen.size), visit=visit)
    made = world()
    yield "visit-same", "nothing has changed since the last visit", case(made.report(), visit=made.visited())
    yield "visit-not-given", "a proof of the past that nobody asks for", case(grown()[0].report(since=7))
    made, lists = rekeyed()
    before = Visit(LOG.name, made.book.checkpoint(), (KeptList(0, made.visited().lists[0].id, 2),))
    yield "visit-rekeyed", "a key was replaced since", case(made.book.report(*lists), visit=before)
    for name, now in (("oldest", AT + timedelta(hours=25)), ("newest", AT - timedelta(hours=1))):
        yield f"index-{name}", "an index at the edge of what is recent", case(audited(now).report(), now=zulu(now))
    for name, at in (("oldest", NOW - timedelta(hours=25)), ("newest", NOW + timedelta(hours=1))):
        yield f"audit-{name}", "an audit at the edge of what is recent", case(audited(at).report())
    yield "two-log-keys", "while the log changes its key", case(two_keys().report(), vkeys=[LOG.vkey, NEW_KEY.vkey])
    yield "unknown-signature", "a line of a key that nobody knows", case(unknown().report())
    made = other_leaf(kind=0, entrustment=bytes(16))
    yield "states-nothing", "a leaf that states neither kind nor entrustment", case(made.report())
    explicit = with_opening(world().report())
    yield "opening-given", "a derived opening that is given all the same", case(explicit)


def one_witness() -> World:
    made = World(3)
    made.book.cosigners = (WITNESSES[0], *AUDITORS)
    return made.indexed()


def audited(at: datetime) -> World:
    made = World(3)
    made.book.cosigned = at
    return made.indexed()


def unknown() -> World:
    made = World(3)
    stranger = Signer("stranger.example", fixed_bytes("stranger"))
    made.book.cosigners = (*made.book.cosigners, Witness(stranger))  # type: ignore[assignment] # signs as they do
    return made.indexed()


class Witness:
    """見知らぬ署名者。 A key of type 01 that signs along."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer

    def cosign(self, text: str, time: int) -> str:
        """A line as of a note, which tells no time."""
        return self.signer.sign(text)


def two_keys() -> World:
    made = World(3)
    made.book.cosigners = (*made.book.cosigners, Witness(NEW_KEY))  # type: ignore[assignment] # signs as they do
    return made.indexed()


def with_opening(report: Report) -> str:
    (one,) = report.lists
    return changed(report, *ENTRY, "opening", to=opening(one.key, 1).hex())


# --- what must fail, step by step


def step_1() -> Iterator[tuple[str, str, Case]]:
    """Bytes that are not of the form, or too many."""
    made = with_withheld(200)
    report = made.report()
    text = report.encode().decode()
    for name, path, to in FORMS:
        yield name, "", case(changed(report, *path, to=to), "format", 1)
    made_two, sealed = released()
    two = made_two.book.report(made_two.own, sealed)
    yield "lists-order", "the sealed list first", case(changed(two, "lists", to=lambda v: v[::-1]), "format", 1)
    yield (
        "lists-two-sealed",
        "",
        case(changed(two, "lists", to=lambda v: [*v, {**v[1], "key": "ab" * 32}]), "format", 1),
    )
    yield "member-twice", "", case(text.replace('"since":null', '"since":null,"since":null'), "format", 1)
    yield "spaced", "", case(text.replace('":', '": ', 1), "format", 1)
    yield "escaped", "", case(text.replace("azukari/report/v1", "azukari\\/report\\/v1"), "format", 1)
    yield "newline", "", case(text + "\n", "format", 1)
    yield "cut", "", case(text[:-1], "format", 1)
    yield "nothing", "", case("", "format", 1)
    yield "array", "", case("[]", "format", 1)
    yield "number-float", "", case(text.replace('"index":4', '"index":4.0', 1), "format", 1)
    yield "number-long", "", case(text.replace('"index":4', '"index":4' + "0" * 400, 1), "format", 1)
    yield "nested", "", case("[" * 3000 + "]" * 3000, "format", 1)
    long = members_of(basis="あ" * 5500)
    yield (
        "event-long",
        "an event of more than 16,384 bytes",
        case(changed(report, *ENTRY, "event", to=long), "limit", 1),
    )
    many = [{"chain": 0, "entries": [], "key": fixed_bytes(f"list {number}").hex()} for number in range(65)]
    yield "lists-65", "", case(changed(report, "lists", to=many), "limit", 1)
    yield "key-foreign", "the list is one of another key", case(report, "wrong-key", 1, key=a_key("hayato").hex())
    yield "key-rooted", "the key of the next generation", case(report, "wrong-key", 1, key=a_key("mizuho", 1).hex())


FORMS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("type-other", ("type",), "azukari/report/v2"),
    ("member-more", ("more",), ""),
    ("origin-number", ("origin",), 1),
    ("checkpoint-null", ("checkpoint",), None),
    ("sealed-none", ("sealed",), "none"),
    ("sealed-empty-text", ("sealed",), ""),
    ("index-member-more", ("index", "more"), 1),
    ("index-text", ("index", "index"), "46"),
    ("index-true", ("index", "index"), True),
    ("index-negative", ("index", "index"), -1),
    ("index-beyond", ("index", "index"), 2**53),
    ("index-entry-spaced", ("index", "entry"), lambda text: text.replace(":", ": ", 1)),
    ("index-entry-type", ("index", "entry"), members_of(type="azukari/leaves/v1")),
    ("index-entry-more", ("index", "entry"), members_of(more=1)),
    ("index-entry-root", ("index", "entry"), members_of(root="ab" * 31)),
    ("index-entry-root-upper", ("index", "entry"), members_of(root="AB" * 32)),
    ("index-entry-depth", ("index", "entry"), members_of(depth=9)),
    ("index-entry-count", ("index", "entry"), members_of(count=10**6)),
    ("index-entry-at-zone", ("index", "entry"), members_of(at="2026-11-20T03:00:00+00:00")),
    ("index-entry-at-midnight", ("index", "entry"), members_of(at="2026-11-19T24:00:00Z")),
    ("index-entry-at-none", ("index", "entry"), members_of(at="2026-02-30T03:00:00Z")),
    ("index-path-short", ("index", "path"), bytes_of(lambda path: path[:-1])),
    ("path-64", (*ENTRY, "path"), bytes_of(lambda path: path + bytes(32 * 64 - len(path)))),
    ("path-list", (*ENTRY, "path"), []),
    ("lists-none", ("lists",), []),
    ("lists-object", ("lists",), {}),
    ("list-chain-2", ("lists", 0, "chain"), 2),
    ("list-chain-sealed", ("lists", 0, "chain"), 1),
    ("list-chain-true", ("lists", 0, "chain"), False),
    ("list-key-upper", ("lists", 0, "key"), str.upper),
    ("list-key-short", ("lists", 0, "key"), lambda key: key[2:]),
    ("list-key-twice", ("lists",), lambda lists: lists * 2),
    ("list-member-missing", ("lists", 0), lambda one: {"chain": 0, "key": one["key"]}),
    ("entry-member-more", (*ENTRY, "n"), 1),
    ("entry-list", ENTRY, []),
    ("leaf-short", (*ENTRY, "leaf"), bytes_of(lambda leaf: leaf[:-1])),
    ("leaf-long", (*ENTRY, "leaf"), bytes_of(lambda leaf: leaf + b"\0")),
    ("leaf-version", (*ENTRY, "leaf"), byte(0, 2)),
    ("leaf-kind-10", (*ENTRY, "leaf"), byte(1, 10)),
    ("leaf-scheme", (*ENTRY, "leaf"), byte(2, 0)),
    ("leaf-flags", (*ENTRY, "leaf"), byte(3, 1)),
    ("leaf-day", (*ENTRY, "leaf"), byte(20, 255)),
    ("leaf-withheld-states", (*ENTRY, "leaf"), byte(25, 1)),
    ("base64-url", (*ENTRY, "leaf"), lambda text: text[:-1] + "-"),
    ("base64-bits", ("nodes",), lambda text: spare_bits(text)),
    ("base64-unpadded", (*ENTRY, "path"), lambda text: text.rstrip("=") if "=" in text else text[:-1]),
    ("base64-newline", ("nodes",), lambda text: text[:64] + "\n" + text[64:]),
    ("opening-short", (*ENTRY, "opening"), "ab" * 31),
    ("opening-upper", (*ENTRY, "opening"), "AB" * 32),
    ("opening-null", (*ENTRY, "opening"), None),
    ("opening-without-event", ("lists", 0, "entries", 3, "opening"), "ab" * 32),
    ("event-spaced", (*ENTRY, "event"), lambda text: text.replace(":", ": ", 1)),
    ("event-more", (*ENTRY, "event"), members_of(name="x")),
    ("event-missing", (*ENTRY, "event"), members_of(purpose=None)),
    ("event-act", (*ENTRY, "event"), members_of(act="gossip")),
    ("event-role", (*ENTRY, "event"), members_of(role="dependant")),
    ("event-role-zero", (*ENTRY, "event"), members_of(role="dependant-0")),
    ("event-country", (*ENTRY, "event"), members_of(country="jp")),
    ("event-day", (*ENTRY, "event"), members_of(day="2026-11-31")),
    ("event-until", (*ENTRY, "event"), members_of(until="soon")),
    ("event-until-null", (*ENTRY, "event"), lambda text: text.replace('"until":"2027-03-31"', '"until":null')),
    ("event-id", (*ENTRY, "event"), members_of(id="")),
    ("event-entrustment", (*ENTRY, "event"), members_of(entrustment="ab")),
    ("event-next", (*ENTRY, "event"), members_of(next="ab" * 32)),
    ("event-rekey-to-nothing", (*ENTRY, "event"), members_of(act="rekey")),
    ("event-fields-order", (*ENTRY, "event"), members_of(fields=["name/person", "kana/person"])),
    ("event-fields-twice", (*ENTRY, "event"), members_of(fields=["kana/person", "kana/person"])),
    ("event-fields-kind", (*ENTRY, "event"), members_of(fields=["shoe/person"])),
    ("event-fields-role", (*ENTRY, "event"), members_of(fields=["name"])),
    ("event-deed-of-a-hand-over", (*ENTRY, "event"), members_of(deed="view")),
    ("event-unit-of-a-hand-over", (*ENTRY, "event"), members_of(unit="給付課")),
    ("event-use-without-at", (*USED, "event"), members_of(at="")),
    ("event-use-at-day", (*USED, "event"), members_of(at="2026-11-20")),
    ("event-use-without-deed", (*USED, "event"), members_of(deed="")),
    ("event-use-deed-upper", (*USED, "event"), members_of(deed="View")),
    ("event-use-deed-long", (*USED, "event"), members_of(deed="v" * 21)),
    ("event-object", (*ENTRY, "event"), json.loads),
    ("buckets-order", ("buckets",), lambda value: value[::-1]),
    ("buckets-twice", ("buckets",), lambda value: [value[0], *value]),
    ("buckets-triple", ("buckets", 0), lambda value: [*value, 1]),
    ("buckets-object", ("buckets",), {}),
    ("buckets-negative", ("buckets", 0, 0), -1),
    ("nodes-short", ("nodes",), bytes_of(lambda nodes: nodes[:-1] or bytes(31))),
    ("since-list", ("since",), []),
    ("since-without-path", ("since",), {"size": 1}),
    ("since-size-text", ("since",), {"path": "", "size": "1"}),
    ("since-path-short", ("since",), {"path": "AA==", "size": 1}),
]


def spare_bits(text: str) -> str:
    """The same bytes, spelled with other bits in the last letter, which nobody reads."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    data = b64decode(text)
    spelled = b64encode(data + bytes(32) * ((1 - len(data) // 32) % 3)).decode()
    spelled = spelled if spelled.endswith("=") else b64encode(data + bytes(32)).decode()
    kept = spelled.rstrip("=")
    return kept[:-1] + letters[letters.index(kept[-1]) + 1] + spelled[len(kept) :]


def step_2() -> Iterator[tuple[str, str, Case]]:
    """Checkpoints of another log, or of none."""
    report, stranger = world().report(), Signer("ledger.city.example/log1", fixed_bytes("stranger"))
    note = report.checkpoint.decode()
    yield "log-key-other", "", case(report, "signature", 2, vkeys=[NEW_KEY.vkey])
    yield "log-key-of-another", "", case(report, "signature", 2, vkeys=[stranger.vkey])
    yield "log-key-none", "", case(report, "signature", 2, vkeys=[])
    yield (
        "origin-other",
        "",
        case(replace(report, origin=stranger.name), "signature", 2, vkeys=[LOG.vkey, stranger.vkey]),
    )
    size = f"\n{Checkpoint.parse(note.partition(chr(10) * 2)[0] + chr(10)).size}\n"
    yield (
        "checkpoint-changed",
        "",
        case(changed(report, "checkpoint", to=note.replace(size, "\n99\n", 1)), "signature", 2),
    )
    signed = sign_checkpoint(Checkpoint(LOG.name, 1, bytes(32)), [LOG]).decode()
    body = signed.partition("\n\n")[0] + "\nmore\n"
    yield "checkpoint-extended", "", case(changed(report, "checkpoint", to=f"{body}\n{LOG.sign(body)}"), "format", 2)
    yield "note-empty", "", case(changed(report, "checkpoint", to=""), "format", 2)
    yield "note-cut", "", case(changed(report, "checkpoint", to=note[:-1]), "format", 2)
    yield "note-tab", "", case(changed(report, "checkpoint", to=note.replace("\n", "\t\n", 1)), "format", 2)
    yield "note-line", "", case(changed(report, "checkpoint", to=note.replace("— ", "- ", 1)), "format", 2)
    yield "note-signatures", "", case(changed(report, "checkpoint", to=note + LOG.sign("x\n") * 100), "limit", 2)


def step_3() -> Iterator[tuple[str, str, Case]]:
    """Too few have cosigned."""
    yield "witness-missing", "one of two", case(one_witness().report(), "not-witnessed", 3)
    alone = World(3)
    alone.book.cosigners = ()
    report = alone.indexed().report()
    yield "witnesses-none", "nobody", case(report, "not-witnessed", 3, policy=ANY_WITNESS)
    alone = World(3)
    alone.book.cosigners = WITNESSES
    report = alone.indexed().report()
    yield "auditor-missing", "witnesses are no auditors", case(report, "not-audited", 3)
    good = world().report()
    line = good.checkpoint.decode().split("\n\n")[1].split("\n")[1]
    broken = line[:-8] + ("A" if line[-8] != "A" else "B") + line[-7:]
    other = good.checkpoint.decode().replace(line, broken)
    yield "witness-forged", "", case(changed(good, "checkpoint", to=other), "signature", 3)
    for name, at in (("old", NOW - timedelta(hours=25, seconds=1)), ("ahead", NOW + timedelta(hours=1, seconds=1))):
        yield f"audit-{name}", "", case(audited(at).report(), "stale", 3)


def step_4() -> Iterator[tuple[str, str, Case]]:
    """Index entries that are not in the log, or not recent."""
    report = world().report()
    yield "index-path", "", case(changed(report, "index", "path", to=byte(0, 0)), "proof", 4)
    yield (
        "index-path-long",
        "",
        case(changed(report, "index", "path", to=bytes_of(lambda p: p + bytes(32))), "proof", 4),
    )
    yield "index-path-empty", "", case(changed(report, "index", "path", to=""), "proof", 4)
    yield "index-place", "", case(changed(report, "index", "index", to=lambda place: place + 1), "proof", 4)
    later = members_of(at="2026-11-20T03:00:01Z")
    yield (
        "index-entry-other",
        "an entry that was never logged",
        case(changed(report, "index", "entry", to=later), "proof", 4),
    )
    ahead = World(3)
    ahead.book.index(size=len(ahead.book.entries) + 1)
    yield "index-covers-itself", "", case(ahead.report(), "proof", 4)
    for name, at in (("old", NOW - timedelta(hours=25, seconds=1)), ("ahead", NOW + timedelta(hours=1, seconds=1))):
        made = World(3)
        made.book.index(at=at)
        yield f"index-{name}", "", case(made.report(), "stale", 4)


def step_5() -> Iterator[tuple[str, str, Case]]:
    """Buckets that are not those of the index."""
    made = World(3, 1500).indexed()
    report = made.report()
    (first, records), *rest = report.buckets
    depth = report.index.entry.depth

    def with_bucket(data: bytes, prefix: int = first) -> Report:
        return replace(report, buckets=((prefix, data), *rest))

    yield "bucket-unsorted", "", case(with_bucket(records[40:80] + records[:40] + records[80:]), "format", 5)
    yield "bucket-record-twice", "", case(with_bucket(records[:40] + records), "format", 5)
    yield "bucket-foreign", "a record of another bucket", case(with_bucket(records + rest[0][1][:40]), "format", 5)
    yield "bucket-cut", "", case(with_bucket(records[:-1]), "format", 5)
    (last, tail) = report.buckets[-1]
    beyond = replace(report, buckets=(*report.buckets[:-1], (last + 2**depth, tail)))
    yield "bucket-beyond", "a prefix that the index does not have", case(beyond, "format", 5)
    yield "bucket-record-missing", "", case(with_bucket(records[40:]), "proof", 5)
    place = bytes([records[39] ^ 1])
    yield "bucket-index-other", "", case(with_bucket(records[:39] + place + records[40:]), "proof", 5)
    wanted = {prefix for prefix, _ in report.buckets}
    more = next(
        fixed_bytes(f"label {n}") for n in range(999) if prefix_of(fixed_bytes(f"label {n}"), depth) not in wanted
    )
    _, index = made.book.indexes[-1]
    labels = [each for one in report.lists for each in one.proven()]
    buckets, nodes = prove(index, [*labels, more])
    yield (
        "bucket-more",
        "a bucket that nobody needs",
        case(replace(report, buckets=tuple(buckets), nodes=nodes), "proof", 5),
    )
    fewer = [each for each in labels if prefix_of(each, depth) != first]
    buckets, nodes = prove(index, fewer)
    yield "bucket-missing", "", case(replace(report, buckets=tuple(buckets), nodes=nodes), "proof", 5)
    yield "buckets-none", "", case(replace(report, buckets=(), nodes=b""), "proof", 5)
    for name, nodes in (
        ("more", report.nodes + bytes(32)),
        ("missing", report.nodes[:-32]),
        ("swapped", report.nodes[32:64] + report.nodes[:32] + report.nodes[64:]),
        ("other", report.nodes[:-1] + bytes([report.nodes[-1] ^ 1])),
    ):
        yield f"node-{name}", "", case(replace(report, nodes=nodes), "proof", 5)


def step_6() -> Iterator[tuple[str, str, Case]]:
    """Something was taken back since the last visit (more of it among the attacks)."""
    made, visit = grown()
    size = visit.seen.size
    report = made.report(since=size)
    yield "since-null", "", case(made.report(), "proof", 6, visit=visit)
    yield "since-other-size", "", case(made.report(since=size - 1), "proof", 6, visit=visit)
    for name, change in (
        ("path", byte(0, 0)),
        ("path-long", bytes_of(lambda path: path + bytes(32))),
        ("path-empty", ""),
    ):
        yield f"since-{name}", "", case(changed(report, "since", "path", to=change), "fork", 6, "fork", visit=visit)
    (kept,) = visit.lists
    more = replace(visit, lists=(replace(kept, entries=5),))
    yield "visit-more-entries", "", case(report, "incomplete", 6, "shortened", visit=more)
    other = replace(visit, lists=(kept, replace(kept, id=fixed_bytes("another list"), entries=0)))
    yield "visit-list-gone", "", case(report, "incomplete", 6, "shortened", visit=other)
    sealed = replace(visit, lists=(kept, replace(kept, chain=SEALED)))
    yield "visit-sealed-gone", "", case(report, "incomplete", 6, "shortened", visit=sealed)


def step_7() -> Iterator[tuple[str, str, Case]]:
    """Entries that are not those of the index."""
    report = world().report()
    second = ("lists", 0, "entries", 1)
    yield "entry-index", "", case(changed(report, *second, "index", to=lambda place: place - 1), "proof", 7)
    yield "entry-path", "", case(changed(report, *second, "path", to=byte(5, 0)), "proof", 7)
    yield "entry-path-empty", "", case(changed(report, *second, "path", to=""), "proof", 7)
    yield "entry-leaf-label", "", case(changed(report, *second, "leaf", to=byte(40, 0)), "proof", 7)
    yield "entry-leaf-commit", "", case(changed(report, *second, "leaf", to=byte(80, 0)), "proof", 7)
    yield "entry-leaf-day", "", case(changed(report, *second, "leaf", to=byte(23, 0)), "proof", 7)
    entries = changed(report, "lists", 0, "entries", to=lambda value: [value[1], value[0], value[2]])
    yield "entries-swapped", "", case(entries, "proof", 7)
    beyond = World(0)
    for number in range(3):
        beyond.book.append(b'{"type":"azukari/other/v1"}')
        beyond.book.note(beyond.own, an_event(number))
    beyond.book.index(size=beyond.own.noted[-1].index)
    yield (
        "entry-beyond-the-index",
        "a record of a leaf that the index does not cover",
        case(beyond.report(), "proof", 7),
    )
    false = logged(lambda made: none(made.own.noted.append(stolen(made))))
    yield "entry-of-a-stranger", "", case(false.report(), "incomplete", 7, "missing")
    foreign = world()
    foreign.own.key = a_key("hayato")
    report = foreign.report()
    yield "list-of-another-key", "a list under a key that it is not of", case(report, "incomplete", 7, "missing")


def stolen(made: World) -> Noted:
    """A stranger's leaf, as if it were the next of the list."""
    return replace(made.own.noted[0], leaf=Leaf.parse(made.book.entries[0]), index=0)


def step_8() -> Iterator[tuple[str, str, Case]]:
    """Entries that the list does not show."""
    for ahead in (1, 2, 16, 32, 4096, 2**20):
        yield f"skipped-{ahead}", "", case(relabelled(3 + ahead).report(), "incomplete", 8, "skipped")
    made, sealed = released()
    sealed.noted.pop()
    yield "skipped-sealed", "", case(made.book.report(made.own, sealed), "incomplete", 8, "skipped")
    made, lists = rekeyed()
    lists[1].noted.pop()
    yield "skipped-after-rekey", "", case(made.book.report(*lists), "incomplete", 8, "skipped")


def step_9() -> Iterator[tuple[str, str, Case]]:
    """Events that were not committed to, or are not there."""
    report = world().report()
    yield "event-other", "", case(changed(report, *ENTRY, "event", to=members_of(purpose="統計")), "commitment", 9)
    yield (
        "event-other-body",
        "",
        case(changed(report, *ENTRY, "event", to=members_of(body="朝霧野県")), "commitment", 9),
    )
    yield "opening-other", "", case(changed(report, *ENTRY, "opening", to="ab" * 32), "commitment", 9)
    yield "event-none", "", case(changed(report, *ENTRY, "event", to=""), "incomplete", 9, "overdue")
    yield "leaf-kind-other", "", case(other_leaf(kind=2).report(), "commitment", 9)
    yield "leaf-entrustment-other", "", case(other_leaf(entrustment=bytes(range(16))).report(), "commitment", 9)
    yield "leaf-day-other", "", case(other_leaf(day=TODAY - MONTH).report(), "commitment", 9)
    late = with_withheld(30)
    yield "withheld-overdue", "", case(late.report(today=TODAY - MONTH), "incomplete", 9, "overdue")
    derived = changed(with_withheld(30).report(), "lists", 0, "entries", 3, "opening", to="")
    yield "withheld-derived", "an opening that was not derived", case(derived, "commitment", 9)
    early = with_withheld(200).report(today=TODAY + 9 * MONTH)
    other = changed(early, "lists", 0, "entries", 3, "event", to=members_of(purpose="統計"))
    yield "withheld-early-other", "shown before its day, and not what was fixed", case(other, "commitment", 9)
    made, sealed = released()
    first = sealed.noted[0]
    sealed.noted[0] = replace(first, leaf=replace(first.leaf, kind=first.event.act.kind))
    made.book.entries[first.index] = sealed.noted[0].leaf.encode()
    again = Logbook()
    again.entries = made.book.entries[:-1]
    again.index()
    yield "sealed-leaf-states", "", case(again.report(made.own, sealed), "commitment", 9)
    closed = changed(released_report(), "lists", 1, "entries", 0, to=lambda one: {**one, "event": "", "opening": ""})
    yield "sealed-without-event", "", case(closed, "incomplete", 9, "overdue")


def released_report() -> Report:
    made, sealed = released()
    return made.book.report(made.own, sealed)


def step_10() -> Iterator[tuple[str, str, Case]]:
    """Keys that do not follow one another."""
    made, lists = rekeyed()
    yield (
        "rekey-last",
        "the list of the next key is not shown",
        case(made.book.report(lists[0]), "incomplete", 10, "rekey"),
    )
    made, lists = rekeyed(2)
    few = made.book.report(lists[0], lists[2])
    yield "rekey-left-out", "the list between two others is not shown", case(few, "incomplete", 10, "rekey")
    swapped = made.book.report(lists[1], lists[0], lists[2])
    yield "rekey-order", "", case(swapped, "incomplete", 10, "rekey")
    made, after = World(3), Noting(a_key("mizuho", 1))
    made.book.note(after, an_event(9))
    unbound = made.indexed().book.report(made.own, after)
    yield "rekey-missing", "two lists, and the first does not name the second", case(unbound, "incomplete", 10, "rekey")
    made, after = World(3), Noting(a_key("mizuho", 1))
    made.book.rekey(made.own, after)
    made.book.note(made.own, an_event(9))
    report = made.indexed().book.report(made.own, after)
    yield "rekey-not-last", "an entry after the rekey", case(report, "incomplete", 10, "rekey")
    empty = World(0).indexed()
    report = empty.book.report(empty.own, after)
    yield "rekey-of-nothing", "an empty list before another", case(report, "incomplete", 10, "rekey")


def attacked() -> Iterator[tuple[str, str, Case]]:
    """What an office does that is not honest."""
    for one in attacks():
        asked = {} if one.policies else {"policy": None, "auditors": None}
        yield (
            f"attack-{one.name}",
            one.comment,
            case(one.report, one.word, one.step, one.kind, visit=one.visit, **asked),
        )


def cases() -> dict[str, Case]:
    """Every case by its name."""
    steps = (step_1, step_2, step_3, step_4, step_5, step_6, step_7, step_8, step_9, step_10, attacked)
    made: dict[str, Case] = {}
    for name, comment, one in (each for part in (holds, *steps) for each in part()):
        assert name not in made, name
        made[name] = {**one, "comment": comment or name.replace("-", " ")}
    return made


def files() -> dict[str, bytes]:
    """The content of each file by its name."""
    return {
        f"{name}.json": (json.dumps(one, ensure_ascii=False, indent=1) + "\n").encode() for name, one in cases().items()
    }


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for name, data in files().items():
        (HERE / name).write_bytes(data)
