"""Witness policies as in C2SP tlog-policy: which logs and witnesses are known, and how many must have cosigned.

A policy is bytes: names are compared octet by octet and mean nothing outside of the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from azukari.errors import FormatError, LimitError, NotWitnessedError

from .checkpoint import Checkpoint, open_checkpoint
from .cosignature import BLOB_BYTES, cosignature_time
from .limits import LIMITS
from .note import COSIGNATURE, ED25519, Signature, Verifier, open_note, parse_note

NONE: Final = "none"
_OCTETS: Final = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_COUNT: Final = re.compile(r"[1-9][0-9]{0,8}")
_SPACES: Final = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """証人。 A witness under its name in the policy, with its key and where it is asked (None: by carried files)."""

    name: str
    verifier: Verifier
    url: str | None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """証人の組。 Satisfied when at least ``needed`` of its members (witnesses or groups) are."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """証人の定め。 Known logs and witnesses, groups of them, and the name that must be satisfied (or ``none``)."""

    logs: tuple[Verifier, ...]
    witnesses: Mapping[str, PolicyWitness]
    groups: Mapping[str, PolicyGroup]
    quorum: str

    @classmethod
    def parse(cls, data: bytes) -> Policy:
        """Read a policy file. FormatError for what C2SP tlog-policy does not allow, LimitError for too much of it."""
        if len(data) > LIMITS.policy_bytes:
            raise LimitError(f"a policy is larger than {LIMITS.policy_bytes} bytes")
        if not _OCTETS.fullmatch(data) or not data.endswith(b"\n"):
            raise FormatError("a policy holds a forbidden octet, or does not end with a newline")
        reader = _Reader()
        for line in data.decode("utf-8", "surrogateescape").split("\n"):
            words = [word for word in _SPACES.split(line) if word]
            if words and not words[0].startswith("#"):
                reader.read(words)
        return reader.policy()

    def satisfied(self, names: Collection[str]) -> bool:
        """Whether the witnesses of these names make up the quorum."""
        return self.quorum == NONE or self._holds(self.quorum, names)

    def _holds(self, name: str, names: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in names
        return sum(self._holds(member, names) for member in group.members) >= group.needed


@dataclass(frozen=True, slots=True)
class Cosigned:
    """連署されたチェックポイント。 The checkpoint, and when (POSIX seconds) each witness cosigned it last in the span."""

    checkpoint: Checkpoint
    times: Mapping[str, int]


def verify_cosigned(
    note: bytes,
    policy: Policy,
    *,
    origin: str | None = None,
    log_keys: Iterable[Verifier] = (),
    not_before: int | None = None,
    not_after: int | None = None,
) -> Cosigned:
    """Verify a checkpoint note against a policy.

    1. It opens as a checkpoint of a log of the policy, or of ``origin`` under ``log_keys`` (FormatError,
    SignatureError, ProofError, LimitError). 2. No line of a known witness fails (SignatureError). 3. The witnesses
    whose time lies within ``not_before`` .. ``not_after`` (POSIX seconds) make up the quorum (NotWitnessedError).
    """
    keys = [*policy.logs, *log_keys]
    name = origin if origin is not None else parse_note(note)[0].partition("\n")[0]
    witnesses = {(w.verifier.name, w.verifier.key_id): w for w in policy.witnesses.values()}
    checkpoint = open_checkpoint(note, name, keys)  # 1
    open_note(note, [*keys, *(w.verifier for w in witnesses.values())])  # 2: every line of a known witness verifies
    times: dict[str, int] = {}
    for signature in parse_note(note)[1]:  # a witness may stand there twice, and its older line says no less
        witness = witnesses.get((signature.name, signature.key_id))
        time = _time_within(signature, not_before, not_after)
        if witness and time is not None:
            times[witness.name] = max(time, times.get(witness.name, time))
    if not policy.satisfied(times):  # 3
        raise NotWitnessedError
    return Cosigned(checkpoint, times)


def _time_within(signature: Signature, not_before: int | None, not_after: int | None) -> int | None:
    """The time of a cosignature if it lies in the span; None for others, and for signatures that tell none."""
    if len(signature.blob) != BLOB_BYTES:
        return None
    time = cosignature_time(signature)
    late = not_before is None or not_before <= time
    return time if late and (not_after is None or time <= not_after) else None


class _Reader:
    """方針の読み手。 Takes a policy line by line; names must be defined before they are used."""

    def __init__(self) -> None:
        self._logs: list[Verifier] = []
        self._witnesses: dict[str, PolicyWitness] = {}
        self._groups: dict[str, PolicyGroup] = {}
        self._grouped: set[str] = set()
        self._quorum: str | None = None

    def read(self, words: list[str]) -> None:
        """One line that is not empty and no comment."""
        handler = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._set_quorum}
        if words[0] not in handler:
            raise FormatError("a line of a policy starts with an unknown word")
        handler[words[0]](words[1:])

    def policy(self) -> Policy:
        """What was read; FormatError without a quorum line."""
        if self._quorum is None:
            raise FormatError("a policy has no quorum line")
        return Policy(tuple(self._logs), self._witnesses, self._groups, self._quorum)

    def _log(self, words: list[str]) -> None:
        if len(words) not in (1, 2):
            raise FormatError("a log line is not: log <vkey> [<url>]")
        self._logs.append(_new_key(words[0], ED25519, self._logs))
        _limit(self._logs)

    def _witness(self, words: list[str]) -> None:
        if len(words) not in (2, 3):
            raise FormatError("a witness line is not: witness <name> <vkey> [<url>]")
        name = self._new_name(words[0])
        key = _new_key(words[1], COSIGNATURE, [witness.verifier for witness in self._witnesses.values()])
        self._witnesses[name] = PolicyWitness(name, key, words[2] if len(words) == 3 else None)
        _limit(self._witnesses)

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise FormatError("a group line is not: group <name> <k|any|all> <name>...")
        name, count, *members = words
        self._new_name(name)
        for member in members:
            if member not in self._witnesses and member not in self._groups:
                raise FormatError("a group names a member that is not defined before it")
            if member in self._grouped:
                raise FormatError("a name is a member of groups more than once")
            self._grouped.add(member)
        self._groups[name] = PolicyGroup(_needed(count, len(members)), tuple(members))
        _limit(self._groups)

    def _set_quorum(self, words: list[str]) -> None:
        if len(words) != 1 or self._quorum is not None:
            raise FormatError("a policy has not exactly one line: quorum <name>")
        if words[0] != NONE and words[0] not in self._witnesses and words[0] not in self._groups:
            raise FormatError("the quorum names what is not defined before it")
        self._quorum = words[0]

    def _new_name(self, name: str) -> str:
        if name == NONE or name in self._witnesses or name in self._groups:
            raise FormatError("a name of a policy is defined twice, or is none")
        return name


def _new_key(vkey: str, kind: int, known: Iterable[Verifier]) -> Verifier:
    key = Verifier.parse(vkey)
    if key.kind != kind:
        raise FormatError("a key of a policy is of another type than its line asks for")
    if any(key.public == other.public for other in known):
        raise FormatError("a policy names one public key twice")
    return key


def _needed(count: str, members: int) -> int:
    if count in ("any", "all"):
        return 1 if count == "any" else members
    if not _COUNT.fullmatch(count) or int(count) > members:
        raise FormatError("a group asks for no number of its members")
    return int(count)


def _limit(found: Collection[object]) -> None:
    if len(found) > LIMITS.policy_lines:
        raise LimitError(f"a policy has more than {LIMITS.policy_lines} logs, witnesses or groups")
