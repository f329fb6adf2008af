"""Policies at their edges: octets, keys under two names, spans of time, limits (C2SP tlog-policy)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError, LimitError, NotWitnessedError
from azukari.ledger import (
    EMPTY_ROOT,
    LIMITS,
    Checkpoint,
    Cosigner,
    Policy,
    Signer,
    add_signatures,
    sign_checkpoint,
    verify_cosigned,
)

LOG = Signer("ledger.example", b"\x01" * 32)
COSIGNERS = [Cosigner(f"w{n}.example", n.to_bytes(32, "big")) for n in range(1, 7)]
STATE = Checkpoint(LOG.name, 0, EMPTY_ROOT)
NOTE = sign_checkpoint(STATE, [LOG])
WITNESSES = "".join(f"witness w{n} {each.vkey}\n" for n, each in enumerate(COSIGNERS))


def test_policy_when_names_are_not_ascii_then_compared_as_they_are_written() -> None:
    cosigner = Cosigner("証人.example", bytes(32))
    policy = Policy.parse(f"witness K {cosigner.vkey}\nwitness \u212a {COSIGNERS[0].vkey}\nquorum \u212a\n".encode())
    assert set(policy.witnesses) == {"K", "\u212a"}, "a Kelvin sign is no K"
    assert policy.satisfied(["\u212a"]) and not policy.satisfied(["K"])
    assert policy.witnesses["K"].verifier == cosigner.verifier


def test_policy_when_octets_are_no_utf8_then_opaque_names() -> None:
    data = b"witness \xff " + COSIGNERS[0].vkey.encode() + b"\nwitness \xfe " + COSIGNERS[1].vkey.encode()
    policy = Policy.parse(data + b"\nquorum \xff\n")
    assert len(policy.witnesses) == 2 and policy.satisfied([policy.quorum])
    with pytest.raises(FormatError):
        Policy.parse(b"witness a \xff" + COSIGNERS[0].vkey.encode() + b"\nquorum a\n")


def test_policy_when_one_public_key_bears_two_names_then_format_error() -> None:
    twin = Cosigner("other.example", COSIGNERS[0].seed)
    with pytest.raises(FormatError):
        Policy.parse(f"witness a {COSIGNERS[0].vkey}\nwitness b {twin.vkey}\nquorum a\n".encode())
    log = Signer("other.example", LOG.seed)
    with pytest.raises(FormatError):
        Policy.parse(f"log {LOG.vkey}\nlog {log.vkey}\nquorum none\n".encode())


def test_policy_when_at_its_limits_then_read_and_beyond_then_limit_error() -> None:
    start = f"witness a {COSIGNERS[0].vkey}\ngroup g0 any a\n"
    groups = "".join(f"group g{n} any g{n - 1}\n" for n in range(1, LIMITS.policy_lines))
    last = LIMITS.policy_lines - 1
    policy = Policy.parse(f"{start}{groups}quorum g{last}\n".encode())
    assert policy.satisfied(["a"]) and not policy.satisfied([])
    with pytest.raises(LimitError):
        Policy.parse(f"{start}{groups}group more any g{last}\nquorum more\n".encode())
    for size, wrong in [(LIMITS.policy_bytes, False), (LIMITS.policy_bytes + 1, True)]:
        data = b"quorum none\n#" + b"x" * (size - 14) + b"\n"
        assert len(data) == size
        if wrong:
            with pytest.raises(LimitError):
                Policy.parse(data)
        else:
            Policy.parse(data)


def test_cosigned_when_times_lie_on_the_ends_of_the_span_then_they_count() -> None:
    policy = Policy.parse((WITNESSES + "quorum w0\n").encode())
    whole = add_signatures(NOTE, [COSIGNERS[0].cosign(STATE.encode(), 100)])
    for before, after, enough in [(100, 100, True), (101, None, False), (None, 99, False), (0, None, True)]:
        if enough:
            found = verify_cosigned(whole, policy, log_keys=[LOG.verifier], not_before=before, not_after=after)
            assert found.times == {"w0": 100}
        else:
            with pytest.raises(NotWitnessedError):
                verify_cosigned(whole, policy, log_keys=[LOG.verifier], not_before=before, not_after=after)


TREES = st.recursive(
    st.just(None), lambda child: st.tuples(st.integers(1, 4), st.lists(child, min_size=1, max_size=3)), max_leaves=6
)
Node = tuple[int, list["Node | None"]]


@given(TREES, st.sets(st.integers(0, 5)))
def test_policy_when_any_tree_of_groups_then_satisfied_as_its_thresholds_say(
    tree: Node | None, given_: set[int]
) -> None:
    """Each leaf is one of six witnesses, each group asks for so many of its members; counted here by hand."""
    lines: list[str] = []
    free = iter(range(6))

    def write(node: Node | None) -> tuple[str, bool]:
        if node is None:
            leaf = next(free)
            return f"w{leaf}", leaf in given_
        members = [write(child) for child in node[1]]
        needed = min(node[0], len(members))
        lines.append(f"group g{len(lines)} {needed} {' '.join(name for name, _ in members)}\n")
        return f"g{len(lines) - 1}", sum(holds for _, holds in members) >= needed

    name, expected = write(tree)
    policy = Policy.parse(f"{WITNESSES}{''.join(lines)}quorum {name}\n".encode())
    names = {f"w{n}" for n in given_}
    assert policy.satisfied(names) == expected
    whole = add_signatures(NOTE, [COSIGNERS[n].cosign(STATE.encode(), n) for n in given_]) if given_ else NOTE
    if expected:
        assert verify_cosigned(whole, policy, log_keys=[LOG.verifier]).times.keys() == names
    else:
        with pytest.raises(NotWitnessedError):
            verify_cosigned(whole, policy, log_keys=[LOG.verifier])
