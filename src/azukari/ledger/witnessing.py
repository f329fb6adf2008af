"""The add-checkpoint exchange of C2SP tlog-witness: its bytes, and the judgement of a witness, without any network.

Statuses are those of the specification's main branch since 2026-07: another root at the size that was seen is 422.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from azukari.errors import FormatError, LimitError, ProofError, SignatureError

from .checkpoint import Checkpoint, open_checkpoint, parse_decimal
from .cosignature import BLOB_BYTES, Cosigner, cosignature_time
from .limits import LIMITS
from .note import COSIGNATURE, Signature, Verifier, from_base64, open_note, parse_note, to_base64
from .tree import EMPTY_ROOT, check_hashes, verify_consistency

SIZE_TYPE: Final = "text/x.tlog.size"
TEXT_TYPE: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """連署の依頼。 The size that the witness cosigned last, the consistency path from it, and the checkpoint note."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The body of an add-checkpoint request, which can also be carried as a file."""
        lines = [f"old {self.old_size}", *map(to_base64, self.proof)]
        return "".join(f"{line}\n" for line in lines).encode("ascii") + b"\n" + self.checkpoint

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """Read a body, verifying nothing. FormatError for malformed bytes, LimitError for too many."""
        if len(body) > LIMITS.request_bytes:
            raise LimitError(f"a request is larger than {LIMITS.request_bytes} bytes")
        head, blank, note = body.partition(b"\n\n")
        if not blank or not head.isascii():
            raise FormatError("a request has no empty line before its checkpoint")
        first, *steps = head.decode("ascii").split("\n")
        if not first.startswith("old "):
            raise FormatError("a request does not start with the old size")
        if len(steps) > LIMITS.path_hashes:
            raise FormatError(f"a request has more than {LIMITS.path_hashes} proof lines")
        proof = tuple(map(from_base64, steps))
        check_hashes(proof)
        parse_note(note)
        return cls(parse_decimal(first.removeprefix("old ")), proof, note)


@dataclass(frozen=True, slots=True)
class Seen:
    """証人の見た状態。 Size and root (32 bytes) of the last checkpoint of a log that this witness cosigned."""

    size: int
    root: bytes


NOTHING_SEEN: Final = Seen(0, EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Accepted:
    """連署してよい。 The checkpoint is consistent with all that was seen; store it before the answer is given."""

    checkpoint: Checkpoint
    text: str
    seen: Seen


@dataclass(frozen=True, slots=True)
class Refused:
    """連署しない。 HTTP status, content type and body; ``fork`` where the log has signed two histories."""

    status: int
    reason: str
    content_type: str = TEXT_TYPE
    body: bytes = b""
    fork: tuple[Seen, Checkpoint] | None = None


def judge(
    body: bytes, keys_of: Callable[[str], Sequence[Verifier]], seen_of: Callable[[str], Seen | None]
) -> Accepted | Refused:
    """What a witness answers to an add-checkpoint request (C2SP tlog-witness). Raises nothing.

    1. The body is a request, else 400. 2. Its origin is known, else 404. 3. A trusted key of the log signed it, and
    none fails, else 403; a malformed checkpoint is 400. 4. The old size is at most that of the checkpoint, else 400.
    5. It is the size seen last, else 409 with that size. 6. The checkpoint is consistent with what was seen, else 422.
    ``keys_of`` gives a log's trusted keys (none: unknown), ``seen_of`` what was cosigned last.
    """
    try:
        request = Request.parse(body)  # 1
        text = parse_note(request.checkpoint)[0]
        claimed = Checkpoint.parse(text)
        keys = keys_of(claimed.origin)  # 2
        if not keys:
            return Refused(404, "unknown log")
        checkpoint = open_checkpoint(request.checkpoint, claimed.origin, keys)  # 3
    except SignatureError:
        return Refused(403, "no signature of the log verifies")
    except (FormatError, LimitError):
        return Refused(400, "malformed request")
    except ProofError:
        return Refused(422, "size 0 with another root than the empty one")
    if request.old_size > checkpoint.size:  # 4
        return Refused(400, "the old size is beyond the checkpoint")
    seen = seen_of(checkpoint.origin) or NOTHING_SEEN
    if request.old_size != seen.size:  # 5
        return Refused(409, "another size was seen last", SIZE_TYPE, b"%d\n" % seen.size)
    return _judge_history(request, checkpoint, text, seen)


def _judge_history(request: Request, checkpoint: Checkpoint, text: str, seen: Seen) -> Accepted | Refused:
    """Step 6. A path that does not verify may be a mistake; two roots for one size are a fork."""
    try:
        verify_consistency(seen.size, seen.root, checkpoint.size, checkpoint.root, request.proof)
    except (ProofError, FormatError):
        forked = checkpoint.size == seen.size and checkpoint.root != seen.root
        return Refused(422, "not consistent with what was seen", fork=(seen, checkpoint) if forked else None)
    return Accepted(checkpoint, text, seen)


def cosign_response(accepted: Accepted, cosigners: Iterable[Cosigner], time: int) -> bytes:
    """The body of a 200: one cosignature line for each key of the witness, at ``time`` (POSIX seconds)."""
    return "".join(cosigner.cosign(accepted.text, time) for cosigner in cosigners).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Answer:
    """証人の返答。 HTTP status and body of what a witness answered."""

    status: int
    body: bytes


Ask = Callable[[str, bytes], Answer]
"""Sends a request body to the witness of this submission URL."""


def read_answer(answer: Answer, note: bytes, verifiers: Sequence[Verifier]) -> tuple[Signature, ...]:
    """The cosignatures of known witnesses in a 200, verified over the checkpoint ``note``; others are ignored.

    SignatureError if one of a known key fails or there is none, FormatError for what are no signature lines, or more
    than that: a line that a witness made over other text would spoil the note it is added to.
    """
    text = parse_note(note)[0]
    try:
        opened = open_note(_with_lines(text, answer.body), [key for key in verifiers if key.kind == COSIGNATURE])
    except LimitError:
        raise FormatError("the answer of a witness is too large") from None
    return opened.verified


def stored_size(answer: Answer) -> int:
    """The size that a 409 tells. FormatError."""
    try:
        line = answer.body.decode("ascii")
    except UnicodeDecodeError:
        raise FormatError("the answer of a witness tells no size") from None
    if not line.endswith("\n"):
        raise FormatError("the answer of a witness tells no size")
    return parse_decimal(line[:-1])


def add_signatures(note: bytes, lines: Iterable[str]) -> bytes:
    """The note with more signature lines: of each key one, a cosignature by its newest time, in the order given.

    ``lines`` end with a newline and are not verified here. FormatError, LimitError as ``parse_note``.
    """
    text, present = parse_note(note)
    try:
        given = "".join(lines).encode("utf-8")
    except UnicodeEncodeError:
        raise FormatError("a signature line holds a lone surrogate") from None
    kept: dict[tuple[str, bytes], Signature] = {}
    for each in [*present, *parse_note(_with_lines(text, given))[1]]:
        old = kept.setdefault((each.name, each.key_id), each)
        if _newer(each, old):
            kept[each.name, each.key_id] = each
    return _with_lines(text, "".join(each.line for each in kept.values()).encode("utf-8"))


def _with_lines(text: str, lines: bytes) -> bytes:
    """A note of ``text`` and ``lines``; FormatError if these hold an empty line, so that they would extend the text."""
    note = text.encode("utf-8") + b"\n" + lines
    if parse_note(note)[0] != text:
        raise FormatError("signature lines hold text of their own")
    return note


def _newer(signature: Signature, old: Signature) -> bool:
    """By the times of cosignatures; signatures of other types tell none, and the first one stays."""
    if not len(signature.blob) == len(old.blob) == BLOB_BYTES:
        return False
    return cosignature_time(signature) > cosignature_time(old)
