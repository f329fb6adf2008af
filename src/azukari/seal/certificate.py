"""The certificate that a re-entrustment is permitted, made and verified offline (docs/spec/permission.md).

`PermissionEntry` and `StatusEntry` are ledger entries without names; a certificate is both with their proofs and the
names. The steps of `verify_certificate` carry the numbers of the specification. Source of the rule: Number Act
(番号法) art. 10(1) and (2), PPC Q&A Q3-8-2: who takes the work checks that the first entruster permitted it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from azukari.errors import (
    ExpiredError,
    ForeignCertificateError,
    FormatError,
    Language,
    LimitError,
    ProofError,
    RevokedError,
    StaleError,
)
from azukari.fields.kinds import Field, Kind
from azukari.ledger.checkpoint import Checkpoint
from azukari.ledger.entry import canonical, parse_canonical
from azukari.seal.logged import (
    Logged,
    OpenValue,
    as_text,
    committed,
    ed25519,
    ledger_key,
    logged_value,
    opening_values,
    read_logged,
    read_opening,
    require,
    require_committed,
    require_hex,
    require_included,
    require_members,
    require_one_view,
    signed,
)
from azukari.seal.manifest import MAX_FIELDS, SMALL_BAND, SMALL_COUNT

PERMISSION: Final = "azukari/permission/v1"
STATUS: Final = "azukari/permission-status/v1"
CERTIFICATE: Final = "azukari/certificate/v1"
SUFFIX: Final = ".azp"
# Limits, here and nowhere else; an entry lists at most MAX_FIELDS fields.
MAX_CERTIFICATE: Final = 65_536  # bytes
FRESH_DAYS: Final = 31  # days after the day a certificate speaks of, on which it is relied on
AHEAD_DAYS: Final = 1  # days by which that day may be ahead of the reader's
# Commitments of a permission, by label: names of one line, then texts.
NAMES: Final = ("asker", "body", "party")
TEXTS: Final = ("evidence", "purpose", "safeguards")
LABELS: Final = tuple(sorted(NAMES + TEXTS))

_MEMBERS: Final = ("permission", "body", "entrustment", "child", "asker", "party", "vkey", "country", "starts_on",
                   "expires_on", "decided", "renews")  # fmt: skip
_IDENTIFIERS: Final = _MEMBERS[:6]
_COUNTRY: Final = re.compile("[A-Z]{2}")


class Mode(StrEnum):
    """許諾の方式。 Whether one re-entrustment that is about to happen is permitted, or named candidates beforehand."""

    NOW = "now"
    ADVANCE = "advance"

    def label(self, language: Language) -> str:
        """What people read."""
        ja, en = _MODE_LABELS[self]
        return ja if language == "ja" else en


class Reporting(StrEnum):
    """再委託の状況の報告。 How often the asking party reports on re-entrustment; only permission in advance asks for it."""

    NONE = ""
    EACH_USE = "each-use"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"

    def label(self, language: Language) -> str:
        """What people read."""
        ja, en = _REPORTING_LABELS[self]
        return ja if language == "ja" else en


class State(StrEnum):
    """許諾の状態。 What a status entry says."""

    IN_FORCE = "in-force"
    REVOKED = "revoked"


_MODE_LABELS: Final = {Mode.NOW: ("個別の許諾", "for this case"), Mode.ADVANCE: ("あらかじめの許諾", "in advance")}
_REPORTING_LABELS: Final = {
    Reporting.NONE: ("なし", "none"),
    Reporting.EACH_USE: ("再委託の都度", "on each re-entrustment"),
    Reporting.MONTHLY: ("毎月", "monthly"),
    Reporting.QUARTERLY: ("四半期ごと", "quarterly"),
    Reporting.YEARLY: ("毎年", "yearly"),
}


@dataclass(frozen=True)
class PermissionEntry:
    """許諾（台帳の記載）。 What everybody may know of a permission: no name, no purpose, but commitments to them.

    Identifiers are 16 random bytes as hex; ``renews`` is one or empty. ``entrustment`` is that of the asking party,
    ``child`` the re-entrustment that this opens to ``party``, whose verifier key (Ed25519) is ``vkey``. ``country``: two
    letters, where the data will be handled. ``fields`` as `permitted_fields` gives them. ``people``: the largest
    number of them, None below ten. Days are ISO, ``starts_on`` and ``expires_on`` both included. ``commitments`` maps
    each of LABELS to 32 bytes as hex. Anything else raises FormatError.
    """

    permission: str
    body: str
    entrustment: str
    child: str
    asker: str
    party: str
    vkey: str
    country: str
    fields: tuple[Field, ...]
    people: int | None
    starts_on: str
    expires_on: str
    decided: str
    mode: Mode
    report: Reporting
    renews: str
    commitments: dict[str, str]

    def __post_init__(self) -> None:
        for name in (*_IDENTIFIERS, *(["renews"] if self.renews else [])):
            require_hex(getattr(self, name), 16)
        ed25519(self.vkey)
        require(_COUNTRY.fullmatch(self.country) is not None, "country")
        require(0 < len(self.fields) <= MAX_FIELDS and self.fields == permitted_fields(self.fields), "fields")
        require(self.people is None or SMALL_COUNT <= self.people < 2**63, "people")
        last = _day(self.expires_on)
        require(_day(self.starts_on) <= last and _day(self.decided) <= last, "period")
        require((self.mode is Mode.NOW) == (self.report is Reporting.NONE), "report")
        require(set(self.commitments) == set(LABELS), "commitments")
        for text in self.commitments.values():
            require_hex(text, 32)

    def encode(self) -> bytes:
        """The canonical bytes: the ledger entry."""
        return canonical(
            {
                "type": PERMISSION,
                **{name: getattr(self, name) for name in _MEMBERS},
                "fields": [str(field) for field in self.fields],
                "people": SMALL_BAND if self.people is None else self.people,
                "mode": self.mode.value,
                "report": self.report.value,
                "commitments": self.commitments,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> PermissionEntry:
        """Read an entry strictly: exactly the known members, each of its form. Raises FormatError."""
        value = _object(data, PERMISSION)
        try:
            entry = cls(
                **{name: as_text(value[name]) for name in _MEMBERS},
                fields=tuple(Field.parse(as_text(text)) for text in value["fields"]),
                people=None if value["people"] == SMALL_BAND else _count(value["people"]),
                mode=Mode(value["mode"]),
                report=Reporting(value["report"]),
                commitments={label: as_text(text) for label, text in value["commitments"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FormatError("permission") from error
        require(entry.encode() == data, "permission")
        return entry


@dataclass(frozen=True)
class StatusEntry:
    """許諾の状態（台帳の記載）。 On ``day`` (ISO) this permission was in force, or it was revoked. Raises FormatError."""

    permission: str
    state: State
    day: str

    def __post_init__(self) -> None:
        require_hex(self.permission, 16)
        _day(self.day)

    def encode(self) -> bytes:
        """The canonical bytes: the ledger entry."""
        return canonical({"type": STATUS, "permission": self.permission, "state": self.state.value, "day": self.day})

    @classmethod
    def parse(cls, data: bytes) -> StatusEntry:
        """Read an entry strictly. Raises FormatError."""
        value = _object(data, STATUS)
        try:
            entry = cls(as_text(value["permission"]), State(value["state"]), as_text(value["day"]))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError("status") from error
        require(entry.encode() == data, "status")
        return entry


@dataclass(frozen=True)
class StatusProof:
    """状態の証明。 A status entry, its index in the ledger, and its tlog-proof under the checkpoint of the permission."""

    entry: bytes
    index: int
    proof: bytes


@dataclass(frozen=True, repr=False)
class Certificate:
    """許諾書。 A permission that holds as of ``as_of`` (ISO day), with the names and texts that its commitments hide.

    ``as_of`` is the day of the status entry, whose index is ``status_index``; without one (None) it is the day of the
    decision. ``vkey``: the ledger's key, the pinned one if there is one. ``origin`` and ``tree_size``: of the checkpoint.
    """

    permission: PermissionEntry
    entry_bytes: bytes
    index: int
    body_name: str
    asker_name: str
    party_name: str
    purpose: str
    safeguards: str
    evidence: str
    as_of: str
    status_index: int | None
    vkey: str
    origin: str
    tree_size: int

    def sentence(self, language: Language) -> str:
        """The verdict for people: in force as of a day, and never more than that."""
        return f"{self.as_of} 現在で有効な許諾です。" if language == "ja" else f"In force as of {self.as_of}."


def permitted_fields(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Fields as a permission lists them: ascending by their text, none twice, no row reference (it is azukari's own)."""
    return tuple(sorted({field for field in fields if field.kind is not Kind.REFERENCE}, key=str))


def commitments_of(values: Mapping[str, OpenValue]) -> dict[str, str]:
    """The commitments of a permission: label to 32 bytes as hex. Raises FormatError unless the labels are LABELS."""
    require(set(values) == set(LABELS), "openings")
    return {label: committed(label, one) for label, one in values.items()}


def make_certificate(
    entry_bytes: bytes,
    index: int,
    openings: Mapping[str, OpenValue],
    proof: bytes,
    status: StatusProof | None = None,
) -> bytes:
    """Put a certificate together, and check of it what depends on no day: steps 1 to 5.

    Both proofs are tlog-proofs under one checkpoint; their extra line is the ledger's verifier key. A revoked permission
    gets a certificate too, which then says so. Raises as `verify_certificate`, but for steps 6 to 9.
    """
    said = status and logged_value(status.entry, status.index, status.proof)
    members = {"type": CERTIFICATE, "openings": opening_values(openings), "status": said}
    data = canonical(members | logged_value(entry_bytes, index, proof))
    _proven(data, None)
    return data


def verify_certificate(
    data: bytes, *, today: date, vkey: str | None = None, party_vkey: str | None = None
) -> Certificate:
    """Steps 1 to 9: what is permitted, and that it is in force as of a day. Needs no key and no connection.

    ``today``: the reader's day in Japan. ``vkey`` pins the ledger's verifier key; without it the one named in the proof is
    used, and the caller has to tell people that it must be compared. ``party_vkey``: the reader's own key, which the
    certificate must name. Raises FormatError, LimitError, SignatureError, ProofError, CommitmentError,
    ForeignCertificateError, RevokedError, ExpiredError, StaleError.
    """
    file, checkpoint = _proven(data, vkey)  # steps 1 to 5
    permission = file.permission
    if party_vkey is not None and ed25519(party_vkey).vkey != permission.vkey:  # step 6
        raise ForeignCertificateError
    if file.state is State.REVOKED:  # step 7
        raise RevokedError(file.as_of)
    if not _day(permission.starts_on) <= today <= _day(permission.expires_on):  # step 8
        raise ExpiredError(f"{permission.starts_on} - {permission.expires_on}")
    _require_fresh(file.as_of, today)  # step 9
    return Certificate(
        permission=permission,
        entry_bytes=file.logged.entry,
        index=file.logged.proof.index,
        **{f"{label}_name": file.openings[label].value for label in NAMES},
        **{label: file.openings[label].value for label in TEXTS},
        as_of=file.as_of,
        status_index=file.logged_status.proof.index if file.logged_status else None,
        vkey=vkey or ledger_key(file.logged.proof).vkey,
        origin=checkpoint.origin,
        tree_size=checkpoint.size,
    )


@dataclass(frozen=True)
class Said:
    """許諾書の記載。 What a certificate says and proves, whatever the day: the permission, its state, as of which day (ISO)."""

    permission: PermissionEntry
    state: State
    as_of: str


def read_certificate(data: bytes) -> Said:
    """Steps 1 to 5, for whoever keeps certificates: one of a revoked or past permission can be read too.

    Raises FormatError, LimitError, SignatureError, ProofError, CommitmentError.
    """
    file, _ = _proven(data, None)
    return Said(file.permission, file.state, file.as_of)


@dataclass(frozen=True)
class _File:
    """A certificate of the right form, of which nothing is proven yet."""

    permission: PermissionEntry
    logged: Logged
    openings: dict[str, OpenValue]
    status: StatusEntry | None
    logged_status: Logged | None

    @property
    def state(self) -> State:
        return self.status.state if self.status else State.IN_FORCE

    @property
    def as_of(self) -> str:
        return self.status.day if self.status else self.permission.decided


def _proven(data: bytes, vkey: str | None) -> tuple[_File, Checkpoint]:
    file = _read(data)  # step 1
    _require_one_view(file)  # step 2
    checkpoint = signed(file.logged.proof, vkey)  # step 3
    require_included([one for one in (file.logged, file.logged_status) if one is not None], checkpoint)  # step 4
    require_committed(file.openings, file.permission.commitments)  # step 5
    return file, checkpoint


def _read(data: bytes) -> _File:
    """Step 1."""
    if len(data) > MAX_CERTIFICATE:
        raise LimitError(f"a certificate of more than {MAX_CERTIFICATE} bytes")
    value = _object(data, CERTIFICATE)
    require_members(value, "entry", "index", "openings", "proof", "status", "type")
    logged = read_logged(value)
    permission = PermissionEntry.parse(logged.entry)
    openings = _openings(value["openings"], permission.mode)
    if value["status"] is None:
        return _File(permission, logged, openings, None, None)
    require_members(value["status"], "entry", "index", "proof")
    logged_status = read_logged(value["status"])
    status = StatusEntry.parse(logged_status.entry)
    require(_day(permission.decided) <= _day(status.day), "a status of a day before the decision")
    return _File(permission, logged, openings, status, logged_status)


def _openings(value: Any, mode: Mode) -> dict[str, OpenValue]:
    require_members(value, *LABELS)
    found = {label: read_opening(one) for label, one in value.items()}
    for label, one in found.items():
        require(bool(one.value) != (label == "evidence" and mode is Mode.NOW), f"{label} is empty, or should be")
        require(label in TEXTS or "\n" not in one.value, "a name of two lines")
    return found


def _require_one_view(file: _File) -> None:
    """Step 2: a status from another branch of a forked ledger could hide a revocation."""
    if file.status is None or file.logged_status is None:
        return
    if file.status.permission != file.permission.permission:
        raise ProofError("a status of another permission")
    require_one_view(file.logged.proof, file.logged_status.proof)


def _require_fresh(as_of: str, today: date) -> None:
    """Step 9."""
    age = (today - _day(as_of)).days
    require(age >= -AHEAD_DAYS, "a day that has not come yet")
    if age > FRESH_DAYS:
        raise StaleError(as_of)


def _object(data: bytes, kind: str) -> dict[str, Any]:
    try:
        return parse_canonical(data, kind)
    except RecursionError as error:  # from Python 3.13 on, json reads deeper than Python code may recurse
        raise FormatError(kind) from error


def _count(value: Any) -> int:
    if type(value) is not int:
        raise FormatError("count")
    return value


def _day(text: str) -> date:
    """An ISO day; FormatError for anything else, other spellings of ISO 8601 included."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise FormatError("day") from error
    require(day.isoformat() == text, "day")
    return day
