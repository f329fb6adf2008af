"""Whatever anyone asks in whatever order, all that a witness ever cosigned is one history: a stateful test."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.witness.logs import COSIGNER, Log, again, at, witness_for

from azukari.ledger import Answer, Checkpoint, Request, cosignature_time, read_answer, sign_checkpoint

SIZES = st.integers(0, 20)
WORLDS = [Log(), Log(fork_at=0), Log(fork_at=4), Log(fork_at=9)]  # one log that tells four stories


class History(RuleBasedStateMachine):
    """Requests from four stories of one log, restarts, a clock that jumps, and a second process beside."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp()) / "w"
        self.witnesses = [witness_for(self.folder, WORLDS[0].key), again(self.folder)]
        self.cosigned: list[tuple[Checkpoint, int]] = []

    def teardown(self) -> None:
        for witness in self.witnesses:
            witness.folder.close()
        shutil.rmtree(self.folder.parent)

    @rule(world=st.sampled_from(WORLDS), old=SIZES, size=SIZES, seconds=st.integers(-100, 100), which=st.integers(0, 1))
    def ask(self, world: Log, old: int, size: int, seconds: int, which: int) -> None:
        self._send(world, world.request(old, size), size, seconds, which)

    @rule(world=st.sampled_from(WORLDS), size=SIZES, seconds=st.integers(-100, 100), which=st.integers(0, 1))
    def ask_from_what_was_seen(self, world: Log, size: int, seconds: int, which: int) -> None:
        old = self.cosigned[-1][0].size if self.cosigned else 0
        self._send(world, world.request(old, size), size, seconds, which)

    @rule(world=st.sampled_from(WORLDS), size=SIZES, hashes=st.lists(st.binary(min_size=32, max_size=32), max_size=6))
    def ask_with_a_made_up_proof(self, world: Log, size: int, hashes: list[bytes]) -> None:
        old = self.cosigned[-1][0].size if self.cosigned else 0
        note = sign_checkpoint(world.checkpoint(size), world.signers)
        self._send(world, Request(old, tuple(hashes), note).encode(), size, 0, 0)

    @rule()
    def restart(self) -> None:
        self.witnesses[0].folder.close()
        self.witnesses[0] = again(self.folder)

    def _send(self, world: Log, body: bytes, size: int, seconds: int, which: int) -> None:
        outcome = self.witnesses[which].add_checkpoint(body, at(seconds))
        assert outcome.status in (200, 400, 409, 422)
        if outcome.status == 200:
            answer = Answer(outcome.status, outcome.body)
            (signature,) = read_answer(answer, world.note(size), [COSIGNER.verifier])
            self.cosigned.append((world.checkpoint(size), cosignature_time(signature)))

    @invariant()
    def one_story_forwards(self) -> None:
        """Sizes and times never fall, and one of the four stories holds every cosigned root."""
        if not getattr(self, "cosigned", None):
            return
        sizes, times = [one.size for one, _ in self.cosigned], [time for _, time in self.cosigned]
        assert sizes == sorted(sizes) and times == sorted(times)
        assert any(all(world.checkpoint(one.size) == one for one, _ in self.cosigned) for world in WORLDS)


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
