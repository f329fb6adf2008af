"""Whatever the order of appending, integrating and failing: every proof of every checkpoint holds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.web.conftest import ORIGIN, make_ledger

from azukari.ledger import root_of, verify_consistency, verify_proof
from azukari.ledger.tree import leaf_hash


class Machine(RuleBasedStateMachine):
    """A log against a plain list of entries."""

    new_office: Callable[[Path], Path]

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = make_ledger(type(self).new_office(self.folder / "office"))
        self.model: list[bytes] = []
        self.signed: list[Any] = []

    @rule(entries=st.lists(st.binary(max_size=40), max_size=5), repeat=st.sampled_from([1, 1, 1, 60, 130]))
    def append(self, entries: list[bytes], repeat: int) -> None:
        indexes = self.ledger.append(*entries * repeat)
        assert indexes == list(range(len(self.model), len(self.model) + len(entries) * repeat))
        self.model += entries * repeat

    @rule(entries=st.lists(st.binary(max_size=40), min_size=1, max_size=3), integrate=st.booleans())
    def fail(self, entries: list[bytes], integrate: bool) -> None:
        from django.db import transaction

        with pytest.raises(ZeroDivisionError), transaction.atomic():
            self.ledger.append(*entries)
            if integrate:
                self.ledger.integrate()
            raise ZeroDivisionError

    @rule()
    def integrate(self) -> None:
        signed = self.ledger.integrate()
        assert signed.size == len(self.model)
        assert signed.root == root_of(list(map(leaf_hash, self.model)))
        if signed not in self.signed:
            self.signed.append(signed)

    @precondition(lambda self: any(signed.size for signed in self.signed))
    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        from azukari.web.sequencer.queries import proving

        signed = data.draw(st.sampled_from([signed for signed in self.signed if signed.size]))
        index = data.draw(st.integers(0, signed.size - 1))
        proof = proving.proof(self.ledger.log_id, index, signed.size)
        verify_proof(proof, self.model[index], ORIGIN, [self.ledger.verifier])

    @precondition(lambda self: self.signed)
    @rule(data=st.data())
    def compare(self, data: st.DataObject) -> None:
        from azukari.web.sequencer import queries

        old, new = sorted((data.draw(st.sampled_from(self.signed)) for _ in range(2)), key=lambda signed: signed.size)
        path = queries.consistency(self.ledger.log_id, old.size, new.size)
        verify_consistency(old.size, old.root, new.size, new.root, path)

    @invariant()
    def checkpoints_are_those_that_were_returned(self) -> None:
        from azukari.web.sequencer import queries

        if hasattr(self, "ledger"):
            assert list(queries.checkpoints(self.ledger.log_id)) == self.signed

    def teardown(self) -> None:
        from django.db import connections

        from azukari.web.sequencer import check

        if hasattr(self, "ledger"):
            check.check_log(self.ledger.log_id, [self.ledger.vkey])
            connections.close_all()
            shutil.rmtree(self.folder)


def test_log_when_used_in_any_order_then_every_proof_holds(new_office: Callable[[Path], Path]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Machine.new_office = staticmethod(new_office)
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
