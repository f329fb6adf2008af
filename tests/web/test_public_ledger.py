"""The ledger outside: shown as far as its own key has signed it, never shorter, never otherwise; forks are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.web.mirrored import NEW, OLD, ORIGIN, STRANGER, Source, a_source, shown, take

from azukari.errors import FormatError
from azukari.ledger.check import check_tiles
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from azukari.ledger.monitor import verify_fork
from azukari.ledger.note import Signer, to_base64
from azukari.ledger.proof import Proof, encode_proof, parse_proof
from azukari.seal.items import CheckpointItem, EntriesItem, Item


@pytest.fixture
def source(open_office: Path) -> Source:
    return a_source()


def forks(source: Source) -> list[Any]:
    from azukari.web.sequencer.queries.mirrors import mirrors

    return [fork for one in mirrors() if one.body == source.body for fork in one.forks]


def audit(source: Source, *keys: Signer) -> None:
    """Every row of it, recomputed; and what its addresses answer leads to the root that is shown."""
    from django.test import Client
    from tests.web import bodies

    from azukari.web.sequencer import check

    size, note = shown(source)
    assert check.check_log(source.body, [key.vkey for key in keys or (OLD,)]) == size
    with bodies.screens("outside"):
        client = Client()

        def read(name: str) -> bytes:
            answer = client.get(f"/ledger/{source.body}/{name}")
            if answer.status_code != 200:
                raise LookupError
            return answer.content

        checkpoint = open_checkpoint(note, ORIGIN, [key.verifier for key in keys or (OLD,)])
        assert read("checkpoint") == note

        def width(level: int, index: int) -> str:
            held = (size >> 8 * level) - index * 256
            return "" if held >= 256 else f".p/{held}"

        check_tiles(
            lambda level, index: read(f"tile/{level}/{index:03}{width(level, index)}"),
            lambda index: read(f"tile/entries/{index:03}{width(0, index)}"),
            checkpoint.size,
            checkpoint.root,
        )


def test_ledger_when_it_grows_by_crossings_then_each_state_is_shown_whole(source: Source) -> None:
    last = 0
    for more in (3, 0, 253, 44, 700, 1):
        source = source.grown(more)
        assert take(source, *source.sent(last)) == []
        last = len(source.entries)
        assert shown(source) == (last, source.note())
    audit(source)
    assert not forks(source)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=5), st.integers(1, 256), st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ledger_when_cut_anywhere_and_sent_again_then_it_is_the_same(
    sqlite_office: Path, growth: list[int], width: int, data: st.DataObject
) -> None:
    """Pieces of any width, from any index at or before what is there, with and without their checkpoint."""
    from django.db import transaction

    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():  # one office for all examples
        source, sizes = a_source(), [0]
        for more in growth:
            source = source.grown(more)
            start = data.draw(st.integers(0, sizes[-1]))
            assert take(source, *source.pieces(start, width)) == []
            if data.draw(st.booleans()):
                assert take(source, source.state(data.draw(st.sampled_from(sizes)))) == []
                sizes.append(len(source.entries))
        assert take(source, source.state()) == []
        assert shown(source) == (len(source.entries), source.note())
        if source.entries:
            audit(source)
        raise Undone


def test_entries_when_their_checkpoint_has_not_come_then_nobody_sees_them(source: Source) -> None:
    from django.test import Client
    from tests.web import bodies

    source = source.grown(5)
    assert take(source, *source.sent()) == []
    more = source.grown(5)
    assert take(more, *more.pieces(5)) == []
    with bodies.screens("outside"):
        answers = [Client().get(f"/ledger/{source.body}/tile/entries/000.p/{width}") for width in (5, 6, 10)]
    assert [one.status_code for one in answers] == [200, 404, 404]
    assert take(more, more.state(5)) == [] and shown(more)[0] == 10


def test_entries_when_they_wait_and_others_come_then_the_later_ones_count(source: Source) -> None:
    honest = source.grown(300)
    assert take(honest, *honest.changed(20).pieces()) == []
    assert take(honest, honest.state()) == ["proof"] and shown(honest)[0] == 0
    assert take(honest, *honest.sent()) == [] and shown(honest)[0] == 300
    audit(honest)


# ---- What must not be shown. Each gets what is shown (size 300) and what would come next (size 600). -----------------


def _resigned(source: Source, signer: Signer, **changes: Any) -> CheckpointItem:
    checkpoint = Checkpoint(ORIGIN, len(source.entries), open_checkpoint(source.note(), ORIGIN, [OLD.verifier]).root)
    note = sign_checkpoint(replace(checkpoint, **changes), [signer])
    return source.state(300, note=note.decode())


def _elsewhere(source: Source) -> CheckpointItem:
    other = Signer("ledger.example/elsewhere", b"\x07" * 32)
    note = sign_checkpoint(Checkpoint(other.name, 600, bytes(32)), [other])
    return source.state(300, note=note.decode())


def _rotation(source: Source, signer: Signer) -> list[Item]:
    """A change of keys that somebody else than the present key has signed in."""
    there = Source(source.body, source.entries[:300]).rotated()
    change, path = there.entries[300], parse_proof(there.changes[0]).path
    note = Source(source.body, there.entries, [signer]).note()
    forged = Source(source.body, there.entries, [NEW], [encode_proof(Proof(300, path, note, change))])
    return [*forged.pieces(300), forged.state(300)]


BAD: dict[str, tuple[str, Callable[[Source], list[Item]]]] = {
    "no entries": ("state", lambda more: [more.state(300)]),
    "a hole": ("state", lambda more: more.pieces(301)),
    "a piece is missing": ("state", lambda more: [*more.pieces(300, 100)[1:], more.state(300)]),
    "an entry less": ("state", lambda more: [*more.grown(0).pieces(300, 100)[:-1], more.state(300)]),
    "an altered entry": ("proof", lambda more: [*more.changed(400).pieces(300), more.state(300)]),
    "the last entry altered": ("proof", lambda more: [*more.changed(599).pieces(300), more.state(300)]),
    "entries in another order": ("proof", lambda more: [*_swapped(more).pieces(300), more.state(300)]),
    "another root": ("proof", lambda more: [*more.pieces(300), _resigned(more, OLD, root=bytes(32))]),
    "another size": ("proof", lambda more: [*more.pieces(300), _resigned(more, OLD, size=599)]),
    "a size beyond the entries": ("state", lambda more: [*more.pieces(300), _resigned(more, OLD, size=601)]),
    "a stranger's key": ("signature", lambda more: [*more.pieces(300), _resigned(more, STRANGER)]),
    "the next key too early": ("signature", lambda more: [*more.pieces(300), _resigned(more, NEW)]),
    "another ledger": ("signature", lambda more: [*more.pieces(300), _elsewhere(more)]),
    "no note": ("format", lambda more: [*more.pieces(300), more.state(300, note="no note at all\n")]),
    "a broken proof of the past": ("format", lambda more: [*more.pieces(300), more.state(300, past="!!\n")]),
    "a change of keys by a stranger": ("signature", lambda more: _rotation(more, STRANGER)),
    "a change of keys by the new key itself": ("signature", lambda more: _rotation(more, NEW)),
    "no change of keys": ("format", lambda more: [*more.pieces(300), more.state(300, changes=("x",))]),
    "a change that is not in the ledger": ("proof", lambda more: [*more.pieces(300), _unlogged(more)]),
    "another body's": ("foreign-crossing", lambda more: [*more.pieces(300), more.state(300, id=uuid4().hex)]),
    "a smaller size": ("fork", lambda more: [Source(more.body, more.entries[:200]).state()]),
    "an empty ledger": ("fork", lambda more: [Source(more.body).state()]),
    "another root for the same size": ("fork", lambda more: [Source(more.body, more.entries[:300]).changed(3).state()]),
    "another history, smaller": ("fork", lambda more: [Source(more.body, more.entries[:200]).changed(3).state()]),
    "another history, larger": ("fork", lambda more: [*more.pieces(300), more.changed(3).state(300)]),
    "an entry of before": ("fork", lambda more: more.changed(299).pieces()[1:2]),
}


def _swapped(source: Source) -> Source:
    first, *most, last = source.entries[300:]
    return Source(source.body, [*source.entries[:300], last, *most, first])


def _unlogged(source: Source) -> CheckpointItem:
    """A proof that leads nowhere, under a checkpoint that is signed."""
    proof = source.rotated().changes[0].decode()
    head, note = proof.split("\n\n", 1)
    return source.state(300, changes=(f"{head}\n\n{source.note(signers=[OLD]).decode()}" if note else "",))


@pytest.mark.parametrize("case", BAD)
def test_ledger_when_something_bad_comes_then_it_has_its_word_and_what_is_shown_stays(
    case: str, sqlite_office: Path
) -> None:
    word, spoil = BAD[case]
    source = a_source().grown(300)
    assert take(source, *source.sent()) == []
    before, more = shown(source), source.grown(300)
    assert set(take(more, *spoil(more))) == {word}
    assert shown(source) == before
    assert len(forks(source)) == (word == "fork")
    assert take(more, *more.sent(300)) == []  # the good one is taken afterwards
    assert shown(more) == (600, more.note())
    audit(more)


def test_fork_when_it_comes_then_what_is_kept_convicts_the_log_offline(source: Source) -> None:
    source = source.grown(300)
    take(source, *source.sent())
    more = source.grown(300)
    rivals = [
        (Source(more.body, more.entries[:300]).changed(3), 0),
        (Source(more.body, more.entries[:200]).changed(3), 0),
        (more.changed(3), 300),
        (more.changed(299), 300),
    ]
    for rival, since in rivals:
        assert take(more, *more.pieces(300), rival.state(since)) == ["fork"]
        assert take(more, rival.state(since)) == ["fork"]  # again: kept once
    found = forks(more)
    assert [one.kind for one in found] == ["fork"] * 4
    for one in found:
        assert one.kept == source.note()
        verify_fork(one.kept, one.shown, one.proof, ORIGIN, [OLD.verifier])


def test_rollback_when_it_comes_then_it_is_told_and_nobody_is_convicted(source: Source) -> None:
    source = source.grown(300)
    take(source, *source.sent())
    small = Source(source.body, source.entries[:299])
    assert take(source, small.state()) == ["fork"]
    (found,) = forks(source)
    assert (found.kind, found.size, found.shown, found.proof) == ("rollback", 299, small.note(), b"")


def test_rewritten_entry_when_it_comes_then_it_is_kept_with_its_place(source: Source) -> None:
    source = source.grown(300)
    take(source, *source.sent())
    assert take(source, *source.changed(7).pieces()) == ["fork"]
    (found,) = forks(source)
    assert (found.kind, found.size, found.shown) == ("rewritten", 7, b"rewritten")


def test_checkpoint_when_witnesses_sign_the_same_state_then_it_is_shown_with_them(source: Source) -> None:
    from azukari.ledger.cosignature import Cosigner
    from azukari.ledger.witnessing import add_signatures

    source = source.grown(10)
    take(source, *source.sent())
    text = source.note().decode().partition("\n\n")[0] + "\n"
    line = Cosigner("witness.example/w", b"\x11" * 32).cosign(text, 1_775_000_000)
    note = add_signatures(source.note(), [line])
    assert note != source.note()
    assert take(source, source.state(10, note=note.decode())) == []
    assert shown(source) == (10, note)


# ---- Keys ------------------------------------------------------------------------------------------------------------


def test_key_when_it_was_changed_in_the_ledger_then_the_new_one_counts_and_the_old_one_no_more(source: Source) -> None:
    source = source.grown(20)
    take(source, *source.sent())
    new = source.rotated().grown(5)
    assert take(new, *new.sent(20)) == [] and shown(new) == (26, new.note())
    audit(new, NEW, OLD)
    assert take(new, *new.sent(26)) == []  # the change is known
    late = new.grown(3)
    assert take(late, *late.pieces(26), late.state(26, note=late.note(signers=[OLD]).decode())) == ["signature"]
    assert take(late, late.state(26)) == [] and shown(late)[0] == 29


def test_key_when_it_was_changed_twice_between_two_crossings_then_both_are_followed_in_order(source: Source) -> None:
    third = Signer(ORIGIN, b"\x21" * 32)
    source = source.grown(20)
    take(source, *source.sent())
    new = source.rotated().grown(5).rotated(signer=third).grown(4)
    assert take(new, *new.pieces(20), new.state(20, changes=tuple(reversed(new.state().changes)))) == ["signature"]
    assert take(new, new.state(20, changes=new.state().changes[1:])) == ["signature"]
    assert shown(new)[0] == 20
    assert take(new, new.state(20)) == [] and shown(new) == (31, new.note())
    audit(new, third, NEW, OLD)


def test_key_when_an_old_one_would_come_back_then_refused(source: Source) -> None:
    source = source.grown(3)
    take(source, *source.sent())
    new = source.rotated()
    take(new, *new.sent(3))
    back = new.rotated(signer=OLD)
    assert take(back, *back.sent(4)) == ["format"]
    assert shown(back)[0] == 4


def test_key_when_the_body_item_names_another_then_the_pinned_one_stays(source: Source) -> None:
    from tests.web.conftest import AT, BY

    from azukari.seal.items import BodyItem
    from azukari.web.counter.actions import shelving

    source = source.grown(3)
    take(source, *source.sent())
    item = BodyItem(source.body.hex, "霞ヶ浜年金機構", "", ORIGIN, STRANGER.vkey)
    shelving.put_body(body_id=source.body, item=item, by=BY, at=AT)
    more = source.grown(3)
    assert take(more, *more.pieces(3), _resigned(more, STRANGER)) == ["signature"]
    assert take(more, more.state(3)) == []


def test_ledger_when_two_bodies_claim_one_origin_then_the_second_is_refused(source: Source) -> None:
    source = source.grown(3)
    other = a_source("別の市").grown(5)
    assert take(source, *source.sent()) == []
    assert take(other, *other.sent()) == ["state", "state"]
    assert shown(source)[0] == 3 and shown(other)[0] == 0


def test_log_that_grows_here_when_something_comes_for_it_then_it_is_left_alone(ledger: Any) -> None:
    from azukari.web.counter.models import Entruster

    ledger.append(b"one")
    ledger.integrate()
    from tests.web.conftest import AT, BY

    Entruster.objects.create(body_id=ledger.body_id, origin=ORIGIN, vkey=ledger.vkey, updated_at=AT, updated_by=BY)
    forged = Source(ledger.body_id).grown(3)
    assert take(forged, *forged.sent()) == ["state", "state"]


# ---- Items -----------------------------------------------------------------------------------------------------------

GOOD = EntriesItem(UUID(int=3).hex, to_base64(b"\x00\x03one"))


@given(st.lists(st.binary(max_size=600), min_size=1, max_size=256), st.integers(0, 2**40))
@settings(max_examples=50, deadline=None)
def test_entries_item_when_made_then_it_parses_to_the_same(entries: list[bytes], start: int) -> None:
    from azukari.ledger.bundles import encode_bundle

    item = EntriesItem(UUID(int=start).hex, to_base64(encode_bundle(entries)))
    parsed = EntriesItem.parse(item.encode())
    assert (parsed.start, parsed.bundle) == (start, entries)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"entries": ""},
        {"entries": "A"},
        {"entries": "AAB="},
        {"entries": "AAA"},
        {"entries": "AAN vbmU="},
        {"entries": to_base64(b"\x00\x04one")},
        {"entries": to_base64(b"\x00\x03one\x00")},
        {"entries": to_base64(b"\x00\x00" * 257)},
        {"id": "ff" * 16},
        {"id": "3"},
    ],
    ids=str,
)
def test_entries_item_when_it_is_malformed_then_format(spoiled: dict[str, str]) -> None:
    with pytest.raises(FormatError):
        replace(GOOD, **spoiled)
    with pytest.raises(FormatError):
        EntriesItem.parse(GOOD.encode().replace(*_swap(spoiled)))


def _swap(spoiled: dict[str, str]) -> tuple[bytes, bytes]:
    ((name, value),) = spoiled.items()
    return f'"{name}":"{getattr(GOOD, name)}"'.encode(), f'"{name}":"{value}"'.encode()


@pytest.mark.parametrize(
    "spoiled",
    [{"since": -1}, {"since": True}, {"since": "3"}, {"note": ""}, {"changes": ("",)}, {"changes": ("x",) * 65},
     {"changes": [1]}, {"past": None}, {"id": "x"}],
    ids=str,
)  # fmt: skip
def test_checkpoint_item_when_it_is_malformed_then_format(spoiled: dict[str, Any]) -> None:
    good = Source(uuid4()).grown(3).state()
    assert CheckpointItem.parse(good.encode()) == good
    with pytest.raises(FormatError):
        replace(good, **spoiled)


def test_pieces_when_entries_are_large_then_each_fits_into_an_item(ledger: Any) -> None:
    from azukari.seal.items import MAX_ITEM
    from azukari.web.custody.queries.ledger import outgoing

    sizes = [65_535] * 9 + [1] * 600 + [60_000, 65_535, 65_535, 65_535, 3]
    ledger.append(*(bytes(size) for size in sizes))
    ledger.integrate()
    found = list(outgoing(ledger.body_id))
    *pieces, state = [(one.kind, one.id, one.version, one.read()) for one in found]
    assert state[0] == "checkpoint" and all(len(data) <= MAX_ITEM for *_, data in pieces)
    bounds = [(item.int, int(version)) for _, item, version, _ in pieces]
    assert bounds[0][0] == 0 and bounds[-1][1] == len(sizes)
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert [len(one) for *_, data in pieces for one in EntriesItem.parse(data).bundle] == sizes


# ---- What goes out ---------------------------------------------------------------------------------------------------


def went(ledger: Any, found: list[Any]) -> None:
    """As if a crossing had recorded them."""
    from azukari.web.crossing.models import Exported

    for one in found:
        named = {"body": ledger.body_id, "kind": one.kind, "item": one.id}
        Exported.objects.update_or_create(**named, defaults={"version": one.version})


def test_outgoing_when_witnesses_are_asked_then_only_what_they_cosigned_goes(ledger: Any) -> None:
    from tests.web.test_web_witnessing import Witnesses, adopt, gather

    from azukari.web.custody.queries.ledger import outgoing, waits

    witnesses = Witnesses(ledger)
    adopt(ledger)
    ledger.append(b"a", b"b")
    ledger.integrate()
    assert not list(outgoing(ledger.body_id)) and not waits(ledger.body_id)
    gather(ledger, witnesses.ask)
    ledger.append(b"c")
    ledger.integrate()
    pieces, state = list(outgoing(ledger.body_id))
    assert (pieces.id.int, pieces.version) == (0, "3") and waits(ledger.body_id)
    note = CheckpointItem.parse(state.read()).note
    assert note.partition("\n\n")[0].split("\n")[1] == "3" and "witness.example" in note
    went(ledger, [pieces, state])
    assert not waits(ledger.body_id)
    assert [one for one in outgoing(ledger.body_id) if one.kind == "ledger"] == []


def test_outgoing_when_the_same_witnesses_sign_again_that_day_then_nothing_crosses_and_the_next_day_it_does(
    ledger: Any,
) -> None:
    from tests.web.test_web_witnessing import COSIGNERS, Witnesses, adopt, gather

    from azukari.web.custody.queries.ledger import outgoing
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.models import Cosignature

    adopt(ledger)
    ledger.integrate()
    gather(ledger, Witnesses(ledger).ask)
    versions = []
    text = queries.checkpoint(ledger.log_id).note.decode().partition("\n\n")[0] + "\n"
    for time in (1_775_000_000, 1_775_000_600, 1_775_086_400, 2**63 - 1):
        for row in Cosignature.objects.all():
            row.time, row.line = time, COSIGNERS[row.witness].cosign(text, time)
            row.save()
        versions.append(next(one.version for one in outgoing(ledger.body_id) if one.kind == "checkpoint"))
    assert versions[0] == versions[1] and len(set(versions)) == 3


def test_outgoing_when_the_log_is_long_then_it_goes_in_parts_and_the_checkpoint_with_the_last(
    ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.custody.queries import ledger as out

    monkeypatch.setattr(out, "MOST_PIECES", 2)
    ledger.append(*(b"entry %d" % number for number in range(1_200)))
    ledger.integrate()
    parts = []
    while out.waits(ledger.body_id):
        parts.append(list(out.outgoing(ledger.body_id)))
        went(ledger, parts[-1])
    assert [[one.kind for one in part] for part in parts] == [["ledger"] * 2] * 2 + [["ledger", "checkpoint"]]
    ledger.append(b"one more")
    ledger.integrate()
    piece, state = list(out.outgoing(ledger.body_id))
    item = CheckpointItem.parse(state.read())
    assert (piece.id.int, item.since) == (1_200, 1_200) and item.past
    monkeypatch.setattr(out, "MOST_BYTES", 3)
    went(ledger, [piece, state])
    ledger.append(*[b"four"] * 600)
    ledger.integrate()
    assert len(list(out.outgoing(ledger.body_id))) == 1


def test_outgoing_when_what_may_be_shown_is_smaller_than_what_went_then_nothing_goes(ledger: Any) -> None:
    """Another witness policy can do that for a while."""
    from azukari.web.custody.queries.ledger import outgoing
    from azukari.web.sequencer.models import SignedCheckpoint

    ledger.append(b"a")
    ledger.integrate()
    ledger.append(b"b")
    ledger.integrate()
    went(ledger, list(outgoing(ledger.body_id)))
    SignedCheckpoint.objects.filter(size=2).delete()
    assert not list(outgoing(ledger.body_id))
