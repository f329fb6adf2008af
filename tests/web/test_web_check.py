"""The whole check beside others who append and sign; and a row whose index was moved far away."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.conftest import AT, BY, Ledger

from azukari.errors import TileError
from azukari.ledger import Signer


def test_check_when_another_signs_meanwhile_then_nothing_is_reported(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the entries were read and before the tiles are, the log grows past a tile."""
    from azukari.web.sequencer import check

    ledger.append(*(b"entry %d" % number for number in range(300)))
    ledger.integrate()
    original = check._check_tiles

    def grown(*arguments: Any) -> None:
        original(*arguments)
        ledger.append(*(b"later %d" % number for number in range(500)))
        ledger.integrate()

    monkeypatch.setattr(check, "_check_tiles", grown)
    assert check.check_log(ledger.log_id, [ledger.vkey]) == 300
    monkeypatch.undo()
    assert check.check_log(ledger.log_id, [ledger.vkey]) == 800


def test_check_when_a_tile_is_longer_than_any_checkpoint_accounts_for_then_extra(ledger: Ledger) -> None:
    from azukari.web.sequencer import check
    from azukari.web.sequencer.models import Tile

    ledger.append(*(b"entry %d" % number for number in range(300)))
    ledger.integrate()
    tile = Tile.objects.get(log_id=ledger.log_id, level=0, index=1)
    Tile.objects.filter(log_id=ledger.log_id, level=0, index=1).update(data=bytes(tile.data) + bytes(32))
    with pytest.raises(TileError) as caught:
        check.check_log(ledger.log_id, [ledger.vkey])
    assert caught.value.facts["kind"] == "extra"


@pytest.mark.parametrize("to", [10_000_000, 2**62])
def test_ledger_when_an_index_was_moved_far_away_then_check_and_signing_end_with_missing(
    ledger: Ledger, to: int
) -> None:
    from azukari.web.sequencer import check
    from azukari.web.sequencer.models import Entry

    ledger.append(*(b"entry %d" % number for number in range(20)))
    ledger.integrate()
    ledger.append(b"moved")
    Entry.objects.filter(log_id=ledger.log_id, index=20).update(index=to)
    for attempt in (ledger.integrate, lambda: check.check_log(ledger.log_id, [ledger.vkey])):
        with pytest.raises(TileError) as caught:
            attempt()
        assert caught.value.facts["kind"] == "missing"


def test_integrate_when_told_to_stop_then_it_signs_no_more_of_a_long_backlog(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azukari.web.sequencer import queries
    from azukari.web.sequencer.actions import checkpoint

    monkeypatch.setattr(checkpoint, "STEP", 10)
    ledger.integrate()
    ledger.append(*(b"entry %d" % number for number in range(100)))
    answers = iter([True, True, False])
    signer = Signer(ledger.signer.name, b"\x07" * 32)
    signed = checkpoint.integrate(log_id=ledger.log_id, signers=[signer], by=BY, at=AT, going_on=lambda: next(answers))
    assert signed.size == queries.latest(ledger.log_id).size == 20  # type: ignore[union-attr]  # there is one
