"""Write the crossing vectors beside this file: ``python vectors/crossing/generate.py``.

One JSON file per case: ``expect`` is "holds" or the verdict word, ``comment`` says why and at which step. ``note`` is the
file ``crossing`` as text, ``files`` what lies in ``files``: name to text, null for what is no plain file. ``expected`` is
what the taker knows. Each case but for "holds" fails for one reason alone.

Nothing is random: keys follow from fixed strings. Bodies are fictitious.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from azukari.ledger import Signer
from azukari.seal.crossing import CROSSING, FIRST_PREVIOUS, KEY_NAME, Crossing, Expected, Listed, Side, name_of
from azukari.testing.sealed import fixed_bytes, fixed_id

Case = dict[str, Any]
HERE = Path(__file__).parent
BODY, OTHER = fixed_id("body"), fixed_id("another body")
INSIDE, OUTSIDE, STRANGER = (Signer(KEY_NAME, fixed_bytes(f"crossing {name}")) for name in ("in", "out", "nobody"))
FILES: dict[str, str | None] = {
    name_of("firm", fixed_id("firm")): "sealed firm",
    name_of("package", fixed_id("package")): "sealed package",
    name_of("work", fixed_id("work")): "sealed work",
}


def listed(files: dict[str, str | None]) -> tuple[Listed, ...]:
    """The list of these files."""
    found = []
    for name, text in sorted(files.items()):
        data = (text or "").encode()
        kind, _, rest = name.partition("-")
        found.append(Listed(name, kind, rest.partition(".")[0], len(data), sha256(data).hexdigest()))
    return tuple(found)


FIRST = Crossing(Side.INSIDE, BODY, 1, FIRST_PREVIOUS, 0, "2026-11-19T01:30:00Z", ())
SECOND = Crossing(Side.INSIDE, BODY, 2, FIRST.digest, 1, "2026-11-20T01:30:00Z", listed(FILES))
BACK = Crossing(
    Side.OUTSIDE, BODY, 1, FIRST_PREVIOUS, 1, "2026-11-19T05:00:00Z", listed({name_of("sent", fixed_id("sent")): "x"})
)
AT_SECOND = Expected(BODY, Side.OUTSIDE, INSIDE.vkey, 2, FIRST.digest, 1)
AT_FIRST = Expected(BODY, Side.OUTSIDE, INSIDE.vkey, 1, FIRST_PREVIOUS, 0)
INSIDE_WAITS = Expected(BODY, Side.INSIDE, OUTSIDE.vkey, 1, FIRST_PREVIOUS, 1)


def case(
    expect: str,
    comment: str,
    note: bytes | str,
    files: dict[str, str | None] | None = None,
    expected: Expected = AT_SECOND,
) -> Case:
    """One case."""
    text = note if isinstance(note, str) else note.decode()
    knows = asdict(expected) | {"side": expected.side.value}
    return {
        "expect": expect,
        "comment": comment,
        "expected": knows,
        "note": text,
        "files": FILES if files is None else files,
    }


def signed(change: Callable[[dict[str, Any]], object], heading: str = CROSSING, *, spaced: bool = False) -> bytes:
    """The second crossing with other members than a `Crossing` may have, signed all the same."""
    value = json.loads(SECOND.text.split("\n")[1])
    change(value)
    separators = (", ", ": ") if spaced else (",", ":")
    body = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=separators)
    text = f"{heading}\n{body}\n"
    return f"{text}\n{INSIDE.sign(text)}".encode()


def item(**members: Any) -> Callable[[dict[str, Any]], object]:
    """The first item with other members."""
    return lambda value: value["items"][0].update(members)


def cases() -> Iterator[tuple[str, Case]]:
    """Name and case."""
    good = SECOND.sign(INSIDE)
    yield from holding(good)
    yield from malformed()
    yield from misplaced(good)
    yield from spoiled(good)


def holding(good: bytes) -> Iterator[tuple[str, Case]]:
    """What is taken."""
    yield "second", case("holds", "the second crossing, with three files", good)
    yield "first", case("holds", "the first one, with nothing in it", FIRST.sign(INSIDE), {}, AT_FIRST)
    back = {name_of("sent", fixed_id("sent")): "x"}
    yield "back", case("holds", "from outside to inside", BACK.sign(OUTSIDE), back, INSIDE_WAITS)
    told = {name_of("refusal", fixed_id("refusal")): "sealed refusal"}
    refusal = replace(SECOND, items=listed(told))
    yield (
        "refusal",
        case("holds", "what the other side hears of an item that was not taken", refusal.sign(INSIDE), told),
    )
    both = good.decode() + STRANGER.sign(SECOND.text)
    yield "two-signatures", case("holds", "a signature of an unknown key beside the pinned one", both)


def malformed() -> Iterator[tuple[str, Case]]:
    """Step 1."""
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "member-more": lambda v: v.update(more=1),
        "member-missing": lambda v: v.pop("taken"),
        "type-other": lambda v: v.update(type="azukari/crossing/v2"),
        "side-unknown": lambda v: v.update(side="beside"),
        "sequence-zero": lambda v: v.update(sequence=0),
        "sequence-text": lambda v: v.update(sequence="2"),
        "sequence-true": lambda v: v.update(sequence=True),
        "previous-none": lambda v: v.update(previous=FIRST_PREVIOUS),
        "previous-short": lambda v: v.update(previous="ab"),
        "taken-negative": lambda v: v.update(taken=-1),
        "made-day": lambda v: v.update(made="2026-11-20"),
        "made-zone": lambda v: v.update(made="2026-11-20T01:30:00+09:00"),
        "body-upper": lambda v: v.update(body=BODY.upper()),
        "items-none": lambda v: v.update(items=None),
        "items-order": lambda v: v["items"].reverse(),
        "items-twice": lambda v: v["items"].insert(0, v["items"][0]),
        "item-more": item(more=1),
        "item-kind": item(kind="letter"),
        "item-refusal": item(kind="refusal", name="refusal-" + fixed_id("firm") + ".azk"),
        "item-refusals": item(kind="refusals", name="refusals-" + fixed_id("firm") + ".age"),
        "item-empty": item(bytes=0),
        "item-negative": item(bytes=-1),
        "item-digest": item(sha256="no digest"),
        "name-climbs": item(name="../" + name_of("firm", fixed_id("firm"))),
        "name-absolute": item(name="/" + name_of("firm", fixed_id("firm"))),
        "name-backslash": item(name="..\\" + name_of("firm", fixed_id("firm"))),
        "name-other": item(name="firm.age"),
        "name-zero": item(name="firm\u2028.age"),
    }
    for name, change in changes.items():
        yield name, case("format", f"step 1: {name.replace('-', ' ')}", signed(change))
    yield "spaced", case("format", "step 1: JSON with white space", signed(lambda v: None, spaced=True))
    yield "heading", case("format", "step 1: another first line", signed(lambda v: None, "azukari/crossing/v0"))
    yield "cut", case("format", "step 1: the last byte is missing", SECOND.sign(INSIDE)[:-1])
    yield "nothing", case("format", "step 1: an empty file", "")
    yield "item-large", case("limit", "step 1: a file of 2^40 + 1 bytes", signed(item(bytes=2**40 + 1)))


def misplaced(good: bytes) -> Iterator[tuple[str, Case]]:
    """Steps 2 to 5."""
    yield "another-body", case("foreign-crossing", "step 2: another body", replace(SECOND, body=OTHER).sign(INSIDE))
    yield (
        "own",
        case(
            "foreign-crossing", "step 2: made by the taker's own side", good, None, replace(AT_SECOND, side=Side.INSIDE)
        ),
    )
    yield "signer", case("signature", "step 3: signed by another key", SECOND.sign(STRANGER))
    flipped = good.decode()[:-9] + ("A" if good.decode()[-9] != "A" else "B") + good.decode()[-8:]
    yield "signature-changed", case("signature", "step 3: a changed signature", flipped)
    changed = good.decode().replace('"taken":1', '"taken":0')
    yield "text-changed", case("signature", "step 3: a list changed after it was signed", changed)
    later = replace(AT_SECOND, sequence=3, previous=SECOND.digest)
    yield "replayed", case("replayed-crossing", "step 4: taken before", good, None, later)
    yield "gap", case("missing-crossing", "step 4: the first one was not taken yet", good, None, AT_FIRST)
    fork = replace(SECOND, previous="a" * 64)
    yield "fork", case("crossing-chain", "step 5: after another first one", fork.sign(INSIDE))
    yield (
        "taken-more",
        case("crossing-chain", "step 5: confirms what was never sent", replace(SECOND, taken=2).sign(INSIDE)),
    )


def spoiled(good: bytes) -> Iterator[tuple[str, Case]]:
    """Steps 6 to 8."""
    first = sorted(FILES)[0]
    yield "file-more", case("crossing-file", "step 6: a file that is not listed", good, FILES | {"more.age": "x"})
    yield "file-link", case("crossing-file", "step 6: no plain file", good, FILES | {first: None})
    without = {name: text for name, text in FILES.items() if name != first}
    yield "file-missing", case("incomplete-crossing", "step 7: a file is missing", good, without)
    yield "files-none", case("incomplete-crossing", "step 7: no file at all", good, {})
    yield "file-short", case("incomplete-crossing", "step 7: a file is cut short", good, FILES | {first: "sealed fir"})
    yield "file-long", case("crossing-file", "step 7: a file is longer", good, FILES | {first: "sealed firm."})
    yield "file-changed", case("crossing-file", "step 8: a byte was changed", good, FILES | {first: "sealed firn"})


def files() -> dict[str, bytes]:
    """File name to content."""
    return {f"{name}.json": (json.dumps(one, ensure_ascii=False, indent=1) + "\n").encode() for name, one in cases()}


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for name, data in files().items():
        (HERE / name).write_bytes(data)
