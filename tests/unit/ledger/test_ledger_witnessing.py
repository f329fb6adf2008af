"""Cosignatures, policies and the judgement of a witness (C2SP tlog-cosignature, tlog-policy, tlog-witness)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.errors import AzukariError, FormatError, LimitError, NotWitnessedError, SignatureError
from azukari.ledger import (
    EMPTY_ROOT,
    LIMITS,
    Accepted,
    Answer,
    Checkpoint,
    Cosigner,
    KeyChange,
    Policy,
    Refused,
    Request,
    Seen,
    Signature,
    Signer,
    Tree,
    Verifier,
    add_signatures,
    cosign_response,
    cosignature_time,
    judge,
    keys_after,
    leaf_hash,
    open_checkpoint,
    open_note,
    read_answer,
    sign_checkpoint,
    stored_size,
    verify_consistency,
    verify_cosigned,
)

ORIGIN = "ledger.example/town"
LOG = Signer(ORIGIN, b"\x01" * 32)
COSIGNERS = [Cosigner(f"witness.example/w{n}", bytes([n]) * 32) for n in (2, 3, 4)]
LEAVES = [leaf_hash(b"%d" % n) for n in range(300)]
FORKED = [*LEAVES[:5], leaf_hash(b"other"), *LEAVES[6:]]
THREE = "".join(f"witness w{n} {c.vkey}\n" for n, c in enumerate(COSIGNERS)) + "group two 2 w0 w1 w2\nquorum two\n"


def note(size: int, leaves: list[bytes] = LEAVES, signers: tuple[Signer, ...] = (LOG,)) -> bytes:
    return sign_checkpoint(Checkpoint(ORIGIN, size, Tree(leaves[:size]).root), signers)


def request(old: int, new: int, leaves: list[bytes] = LEAVES) -> Request:
    return Request(old, tuple(Tree(leaves[:new]).consistency_path(old)), note(new, leaves))


def answer(asked: Request, seen: Seen | None = None, keys: tuple[Verifier, ...] = (LOG.verifier,)) -> object:
    return judge(asked.encode(), lambda origin: keys if origin == ORIGIN else (), lambda origin: seen)


def seen(size: int, leaves: list[bytes] = LEAVES) -> Seen:
    return Seen(size, Tree(leaves[:size]).root)


def test_cosignature_when_made_then_it_opens_and_tells_its_time() -> None:
    cosigner = COSIGNERS[0]
    whole = add_signatures(note(7), [cosigner.cosign(note(7).decode().partition("\n\n")[0] + "\n", 1_700_000_000)])
    opened = open_note(whole, [LOG.verifier, Verifier.parse(cosigner.vkey)])
    assert [each.name for each in opened.verified] == [ORIGIN, cosigner.name]
    assert cosignature_time(opened.verified[1]) == 1_700_000_000
    assert open_checkpoint(whole, ORIGIN, [LOG.verifier]).size == 7, "who does not know the witness ignores it"


@given(st.integers(0, 2**63 - 1), st.integers(0, 71), st.integers(1, 255))
@settings(max_examples=60)
def test_cosignature_when_a_byte_is_changed_then_signature_error(time: int, place: int, flip: int) -> None:
    text = note(3).decode().partition("\n\n")[0] + "\n"
    cosigner = COSIGNERS[1]
    blob = bytearray(
        open_note((text + "\n" + cosigner.cosign(text, time)).encode(), [cosigner.verifier]).verified[0].blob
    )
    cosigner.verifier.verify(text, bytes(blob))
    blob[place] ^= flip
    with pytest.raises(SignatureError):
        cosigner.verifier.verify(text, bytes(blob))


def test_cosigner_when_it_bears_the_origin_then_it_never_stands_in_for_the_log() -> None:
    impostor = Cosigner(ORIGIN, b"\x09" * 32)
    text = Checkpoint(ORIGIN, 7, Tree(LEAVES[:7]).root).encode()
    with pytest.raises(SignatureError):
        open_checkpoint((text + "\n" + impostor.cosign(text, 1)).encode(), ORIGIN, [impostor.verifier, LOG.verifier])


def test_checkpoint_when_two_keys_of_the_log_sign_then_either_opens_it() -> None:
    newer = Signer(ORIGIN, b"\x05" * 32)
    both = note(7, signers=(newer, LOG))
    for known in ([LOG.verifier], [newer.verifier], [LOG.verifier, newer.verifier]):
        assert open_checkpoint(both, ORIGIN, known).size == 7


def test_policy_when_two_of_three_are_asked_for_then_two_suffice() -> None:
    policy = Policy.parse(THREE.encode())
    text = note(9).decode().partition("\n\n")[0] + "\n"
    lines = [cosigner.cosign(text, 100 + n) for n, cosigner in enumerate(COSIGNERS)]
    for count, enough in [(0, False), (1, False), (2, True), (3, True)]:
        whole = add_signatures(note(9), lines[:count]) if count else note(9)
        if enough:
            found = verify_cosigned(whole, policy, log_keys=[LOG.verifier])
            assert found.times == {f"w{n}": 100 + n for n in range(count)}
        else:
            with pytest.raises(NotWitnessedError):
                verify_cosigned(whole, policy, log_keys=[LOG.verifier])
    whole = add_signatures(note(9), lines)
    assert verify_cosigned(whole, policy, log_keys=[LOG.verifier], not_before=101).times.keys() == {"w1", "w2"}
    with pytest.raises(NotWitnessedError):
        verify_cosigned(whole, policy, log_keys=[LOG.verifier], not_before=102)


def test_policy_when_a_known_witness_fails_then_signature_error() -> None:
    policy = Policy.parse(THREE.encode())
    other = note(8).decode().partition("\n\n")[0] + "\n"
    with pytest.raises(SignatureError):
        verify_cosigned(add_signatures(note(9), [COSIGNERS[0].cosign(other, 5)]), policy, log_keys=[LOG.verifier])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_policy_when_a_witness_stands_twice_then_a_line_in_the_span_counts(order: tuple[int, int]) -> None:
    """Who sees an old line first must not take the witness for one that fell silent."""
    policy = Policy.parse(f"witness a {COSIGNERS[0].vkey}\nquorum a\n".encode())
    lines = [COSIGNERS[0].cosign(text_of(9), time) for time in (100, 200)]
    whole = note(9) + "".join(lines[each] for each in order).encode()
    for span, time in [({}, 200), ({"not_before": 150}, 200), ({"not_after": 150}, 100)]:
        assert verify_cosigned(whole, policy, log_keys=[LOG.verifier], **span).times == {"a": time}
    with pytest.raises(NotWitnessedError):
        verify_cosigned(whole, policy, log_keys=[LOG.verifier], not_before=101, not_after=199)


@given(st.data())
@settings(max_examples=60)
def test_policy_when_groups_are_drawn_then_more_witnesses_never_satisfy_less(data: st.DataObject) -> None:
    """Any policy that reads: nobody satisfies no quorum, everybody does, and one more witness does no harm."""
    text, free, defined = "", [f"w{n}" for n in range(6)], [f"w{n}" for n in range(6)]
    for n in range(6):
        text += f"witness w{n} {Cosigner(f'w{n}', bytes([n + 1]) * 32).vkey}\n"
    for n in range(data.draw(st.integers(0, 4))):
        members = data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=4, unique=True))
        count = data.draw(st.sampled_from(["any", "all", *map(str, range(1, len(members) + 1))]))
        text += f"group g{n} {count} {' '.join(members)}\n"
        free = [name for name in free if name not in members] + [f"g{n}"]
        defined.append(f"g{n}")
    policy = Policy.parse(f"{text}quorum {data.draw(st.sampled_from(defined))}\n".encode())
    names = data.draw(st.permutations(list(policy.witnesses)))
    verdicts = [policy.satisfied(names[:count]) for count in range(len(names) + 1)]
    assert verdicts == sorted(verdicts) and not verdicts[0] and verdicts[-1]


W0, W1 = COSIGNERS[0].vkey, COSIGNERS[1].vkey
GOOD = {
    "none": "quorum none\n",
    "spaces and comments": f"# c\n\n \t witness  a\t{W0}  https://w.example/ \n   #x\nquorum\ta\n",
    "nested": f"witness a {W0}\nwitness b {W1}\ngroup g any a\ngroup h all g b\nquorum h\n",
    "log": f"log {LOG.vkey} https://ledger.example/\nquorum none\n",
    "octets": f"witness \u8a3c {W0}\nquorum \u8a3c\n",
}
BAD = {
    "no quorum": f"witness a {W0}\n",
    "two quorums": "quorum none\nquorum none\n",
    "quorum before": f"quorum a\nwitness a {W0}\n",
    "group before": f"group g any a\nwitness a {W0}\nquorum g\n",
    "itself": "group g any g\nquorum g\n",
    "twice the name": f"witness a {W0}\nwitness a {W1}\nquorum a\n",
    "twice the key": f"witness a {W0}\nwitness b {W0}\nquorum a\n",
    "key of a log": f"witness a {LOG.vkey}\nquorum a\n",
    "log with a witness's key": f"log {W0}\nquorum none\n",
    "member twice": f"witness a {W0}\ngroup g any a\ngroup h any a\nquorum g\n",
    "member twice in one": f"witness a {W0}\ngroup g 2 a a\nquorum g\n",
    "none as a member": "group g any none\nquorum g\n",
    "none as a name": f"witness none {W0}\nquorum none\n",
    "too many needed": f"witness a {W0}\ngroup g 2 a\nquorum g\n",
    "zero needed": f"witness a {W0}\ngroup g 0 a\nquorum g\n",
    "leading zero": f"witness a {W0}\ngroup g 01 a\nquorum g\n",
    "no member": "group g any\nquorum g\n",
    "unknown word": "quorom none\nquorum none\n",
    "carriage return": "quorum none\r\n",
    "no newline": "quorum none",
    "delete": "quorum none\n#\x7f\n",
}


@pytest.mark.parametrize("case", GOOD)
def test_policy_when_well_formed_then_read(case: str) -> None:
    policy = Policy.parse(GOOD[case].encode())
    assert policy.satisfied(set(policy.witnesses))
    assert policy.satisfied(()) == (policy.quorum == "none")


@pytest.mark.parametrize("case", BAD)
def test_policy_when_malformed_then_format_error(case: str) -> None:
    with pytest.raises(FormatError):
        Policy.parse(BAD[case].encode())


def test_policy_when_too_much_then_limit_error() -> None:
    many = "".join(f"witness w{n} {Cosigner(f'w{n}', n.to_bytes(32, 'big')).vkey}\n" for n in range(1, 66))
    with pytest.raises(LimitError):
        Policy.parse((many + "quorum none\n").encode())


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_policy_and_request_when_any_bytes_then_our_errors_only(data: bytes) -> None:
    for parse in (Policy.parse, Request.parse):
        try:
            parse(data)
        except AzukariError:
            pass
    assert isinstance(judge(data, lambda origin: (), lambda origin: None), Refused)
    try:
        read_answer(Answer(200, data), note(3), [COSIGNERS[0].verifier])
    except AzukariError:
        pass


@given(st.integers(0, 300), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
@settings(max_examples=60)
def test_request_when_encoded_then_read_back(old: int, proof: list[bytes]) -> None:
    asked = Request(old, tuple(proof), note(7))
    assert Request.parse(asked.encode()) == asked


MATRIX = {
    "new log": (request(0, 7), None, 200),
    "grown": (request(7, 300), seen(7), 200),
    "same again": (request(7, 7), seen(7), 200),
    "empty log": (request(0, 0), None, 200),
    "other old size": (request(5, 300), seen(7), 409),
    "first contact": (request(0, 300), seen(7), 409),
    "old beyond new": (Request(9, (), note(7)), seen(9), 400),
    "too many lines": (Request(0, (b"\x00" * 32,) * 64, note(7)), None, 400),
    "proof from nothing": (Request(0, (b"\x00" * 32,), note(7)), None, 422),
    "path missing": (Request(7, (), note(300)), seen(7), 422),
    "rewritten": (request(7, 300, FORKED), seen(7), 422),
    "fork": (request(7, 7, FORKED), seen(7), 422),
    "empty log, other root": (Request(0, (), sign_checkpoint(Checkpoint(ORIGIN, 0, b"\x01" * 32), [LOG])), None, 422),
}


@pytest.mark.parametrize("case", MATRIX)
def test_judge_when_asked_then_the_status_of_the_specification(case: str) -> None:
    asked, known, status = MATRIX[case]
    given_answer = answer(asked, known)
    if status == 200:
        assert isinstance(given_answer, Accepted)
        body = cosign_response(given_answer, COSIGNERS[:1], 1_700_000_000)
        (signature,) = read_answer(Answer(200, body), asked.checkpoint, [COSIGNERS[0].verifier])
        assert signature.name == COSIGNERS[0].name
    else:
        assert isinstance(given_answer, Refused) and given_answer.status == status
        assert (given_answer.fork is not None) == (case == "fork")
    if status == 409:
        assert isinstance(given_answer, Refused)
        assert stored_size(Answer(409, given_answer.body)) == 7 and given_answer.content_type == "text/x.tlog.size"


def test_judge_when_the_log_or_its_key_is_unknown_then_404_and_403() -> None:
    other = Signer(ORIGIN, b"\x08" * 32)
    for keys, status in [((), 404), ((other.verifier,), 403)]:
        given_answer = answer(request(0, 7), keys=keys)
        assert isinstance(given_answer, Refused) and given_answer.status == status
    broken = bytearray(request(0, 7).encode())
    broken[-5] ^= 1
    given_answer = judge(bytes(broken), lambda origin: (LOG.verifier,), lambda origin: None)
    assert isinstance(given_answer, Refused) and given_answer.status in (400, 403)


def test_read_answer_when_another_checkpoint_or_nobody_signed_then_signature_error() -> None:
    accepted = answer(request(0, 7))
    assert isinstance(accepted, Accepted)
    body = cosign_response(accepted, COSIGNERS[:1], 5)
    for answered, known in [(note(8), COSIGNERS[0]), (note(7), COSIGNERS[1])]:
        with pytest.raises(SignatureError):
            read_answer(Answer(200, body), answered, [known.verifier])


def test_read_answer_when_the_log_signed_it_itself_then_signature_error() -> None:
    known = [LOG.verifier, COSIGNERS[0].verifier]
    with pytest.raises(SignatureError):
        read_answer(Answer(200, LOG.sign(text_of(7)).encode()), note(7), known)


@pytest.mark.parametrize("body", [b"", b"7", b"77", b"07\n", b"7\n\n", b"7\r\n", b"-7\n", b"%d\n" % 2**63, b"\xff\n"])
def test_stored_size_when_it_is_no_line_with_a_size_then_format_error(body: bytes) -> None:
    with pytest.raises(FormatError):
        stored_size(Answer(409, body))


def test_request_when_malformed_then_400_whatever_the_witness_has_seen() -> None:
    short = Request(7, (bytes(31),), note(9))
    with pytest.raises(FormatError):
        Request.parse(short.encode())
    given_answer = answer(short, seen(7))
    assert isinstance(given_answer, Refused) and given_answer.status == 400
    with pytest.raises(LimitError):
        Request.parse(b"x" * (LIMITS.request_bytes + 1))


def text_of(size: int) -> str:
    return Checkpoint(ORIGIN, size, Tree(LEAVES[:size]).root).encode()


def test_read_answer_when_a_witness_adds_text_of_its_own_then_format_error() -> None:
    """Its line is good over the longer text, and would spoil the checkpoint for everybody who knows the witness."""
    liar = COSIGNERS[0]
    body = "x\n\n" + liar.cosign(text_of(7) + "\nx\n", 5)
    open_note((text_of(7) + "\n" + body).encode(), [liar.verifier])  # else it would be refused for another reason
    with pytest.raises(FormatError):
        read_answer(Answer(200, body.encode()), note(7), [liar.verifier])
    with pytest.raises(FormatError):
        add_signatures(note(7), [body])


LINES = st.lists(st.sampled_from(["", "x", "\u2014 a b"]), max_size=4).map(
    lambda lines: "".join(f"{x}\n" for x in lines)
)


@given(LINES, LINES)
@settings(max_examples=150)
def test_read_answer_when_it_takes_a_line_then_the_checkpoint_opens_with_it(before: str, signed: str) -> None:
    """Whatever a witness puts before its line, and whatever text it signs."""
    known = COSIGNERS[0].verifier
    whole = f"{text_of(7)}\n{before}"
    for text in (text_of(7), whole[: whole.rfind("\n\n") + 1], text_of(7) + signed):
        body = before + COSIGNERS[0].cosign(text, 5)
        try:
            taken = read_answer(Answer(200, body.encode()), note(7), [known])
        except (FormatError, SignatureError):
            continue
        assert open_note(add_signatures(note(7), [line.line for line in taken]), [known]).verified == taken


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2**63 - 1)), min_size=1, max_size=6))
@settings(max_examples=60)
def test_signatures_when_added_in_any_order_then_each_key_stands_once_with_its_newest_time(
    times: list[tuple[int, int]],
) -> None:
    whole = note(7)
    for who, time in times:
        whole = add_signatures(whole, [COSIGNERS[who].cosign(text_of(7), time)])
    assert whole == add_signatures(note(7), [COSIGNERS[who].cosign(text_of(7), time) for who, time in times])
    opened = open_note(whole, [LOG.verifier, *(each.verifier for each in COSIGNERS)])
    newest = {COSIGNERS[who].name: max(time for other, time in times if other == who) for who, _ in times}
    assert {line.name: cosignature_time(line) for line in opened.verified if line.name != ORIGIN} == newest


def test_signatures_when_of_another_type_then_the_first_stays() -> None:
    later = Signature("pq.example", b"abcd", bytes(2428)).line
    whole = add_signatures(note(7), [later])
    assert add_signatures(whole, [LOG.sign(text_of(7)), later]) == whole
    for bad in ("", "\ud800", "text\n"):
        with pytest.raises(FormatError):
            add_signatures(note(7), [bad])


@given(st.integers(0, 2**32))
@settings(max_examples=40)
def test_witness_when_a_log_forks_at_random_then_it_never_cosigns_two_histories(seed: int) -> None:
    """The state machine: whatever is submitted, all that was accepted lies on one history."""
    draw = random.Random(seed)
    state, accepted = None, [Seen(0, EMPTY_ROOT)]
    histories = [LEAVES[:40], FORKED[:40]]
    for _ in range(30):
        leaves = draw.choice(histories)
        new = draw.randrange(41)
        old = draw.choice([state.size if state else 0, draw.randrange(41)])
        path = tuple(Tree(leaves[:new]).consistency_path(old)) if old <= new else ()
        given_answer = answer(Request(old, path, note(new, leaves)), state)
        if isinstance(given_answer, Accepted):
            state = Seen(given_answer.checkpoint.size, given_answer.checkpoint.root)
            accepted.append(state)
    one = next(h for h in histories if Tree(h[: accepted[-1].size]).root == accepted[-1].root)
    for older, newer in pairwise(accepted):
        path = Tree(one[: newer.size]).consistency_path(older.size)
        verify_consistency(older.size, older.root, newer.size, newer.root, path)


def test_key_change_when_encoded_then_read_back_and_followed_in_order() -> None:
    keys = [Signer(ORIGIN, bytes([n]) * 32) for n in (1, 5, 6)]
    changes = [
        KeyChange(ORIGIN, new.vkey, old.verifier.key_id.hex(), "2026-12-31").encode() for old, new in pairwise(keys)
    ]
    assert KeyChange.parse(changes[0]).key == keys[1].vkey
    assert keys_after(keys[0].vkey, changes) == [key.vkey for key in keys]
    with pytest.raises(FormatError):
        keys_after(keys[0].vkey, changes[::-1])
    for bad in [
        (ORIGIN, COSIGNERS[0].vkey, "00000000", "2026-12-31"),
        ("ledger.example/other", keys[1].vkey, "00000000", "2026-12-31"),
        (ORIGIN, Cosigner(ORIGIN, b"\x05" * 32).vkey, "00000000", "2026-12-31"),
        (ORIGIN, keys[1].vkey, "0000000", "2026-12-31"),
        (ORIGIN, keys[1].vkey, "00 00 00 00", "2026-12-31"),
        (ORIGIN, keys[1].vkey, "0000000A", "2026-12-31"),
        (ORIGIN, keys[1].vkey, keys[1].verifier.key_id.hex(), "2026-12-31"),
        (ORIGIN, keys[1].vkey, "00000000", ""),
        (ORIGIN, keys[1].vkey, "00000000", "2026-2-1"),
    ]:
        with pytest.raises(FormatError):
            KeyChange(*bad)


def test_key_change_when_a_former_key_comes_back_then_format_error() -> None:
    """Whoever stole the key that was replaced must not have it reinstated."""
    newer = Signer(ORIGIN, b"\x05" * 32)
    there = KeyChange(ORIGIN, newer.vkey, LOG.verifier.key_id.hex(), "2026-12-31").encode()
    back = KeyChange(ORIGIN, LOG.vkey, newer.verifier.key_id.hex(), "2026-12-31").encode()
    with pytest.raises(FormatError):
        keys_after(LOG.vkey, [there, back])
