"""The proof of a consignment, made and verified offline (docs/spec/consignment.md, The proof).

What everybody may know of a hand-over that is no table stands in the ledger; a proof is that entry with its place there, as
many of the values that it hides as somebody chose to show, the recipient's receipt, and the entry that called it void. The steps of
`verify_consignment_proof` carry the numbers of the specification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from azukari.errors import CommitmentError, ForeignReceiptError, Language, LimitError, ProofError
from azukari.ledger.checkpoint import Checkpoint
from azukari.ledger.entry import canonical, parse_canonical
from azukari.seal.consignment import LABELS, REASON, ConsignmentEntry, VoidEntry, verify_receipt
from azukari.seal.logged import (
    Logged,
    OpenValue,
    as_text,
    decoded,
    ed25519,
    ledger_key,
    logged_value,
    opening_values,
    read_logged,
    read_opening,
    require,
    require_committed,
    require_included,
    require_members,
    require_one_view,
    signed,
)
from azukari.seal.manifest import SMALL_COUNT

PROOF: Final = "azukari/consignment-proof/v1"
SUFFIX: Final = ".azd"
MAX_PROOF: Final = 262_144  # bytes
COUNTS: Final = ("people", "units")
_COUNT: Final = re.compile("[1-9][0-9]{0,18}")


@dataclass(frozen=True, repr=False)
class Voiding:
    """取消しの証明。 The bytes of the void entry, its index, its tlog-proof; the reason, if it is to be shown."""

    entry: bytes
    index: int
    proof: bytes
    reason: OpenValue | None = None


@dataclass(frozen=True, repr=False)
class ProvenConsignment:
    """現物の受渡しの証明。 What a proof shows of a consignment; whatever it does not open stays hidden.

    ``opened``: the values by label. ``signed_on``: the ISO day of the recipient's receipt, None without one. ``voided_on``: the
    ISO day on which it was called void, None if the proof says nothing of that; ``reason`` empty where it stays hidden.
    ``vkey``: the ledger's key, the pinned one if there is one. ``origin`` and ``tree_size``: of the checkpoint.
    """

    entry: ConsignmentEntry
    entry_bytes: bytes
    index: int
    opened: dict[str, str]
    signed_on: str | None
    voided_on: str | None
    reason: str
    vkey: str
    origin: str
    tree_size: int

    def sentence(self, language: Language) -> str:
        """The verdict for people: whose word it is, and whether it was taken back."""
        ja = ["相手の署名がある受渡しです。" if self.signed_on else "機関の記載だけで、相手の署名はありません。"]
        en = [
            "The recipient signed for it." if self.signed_on else "The body's word alone: the recipient has not signed."
        ]
        if self.voided_on:
            ja.append(f"{self.voided_on} に取り消されています。")
            en.append(f"It was called void on {self.voided_on}.")
        return "".join(ja) if language == "ja" else " ".join(en)


def make_consignment_proof(
    entry_bytes: bytes,
    index: int,
    proof: bytes,
    openings: Mapping[str, OpenValue],
    receipt: bytes | None = None,
    void: Voiding | None = None,
) -> bytes:
    """Put a proof together, and check all of it. ``openings``: of those of LABELS that are to be shown.

    Both proofs are tlog-proofs under one checkpoint; their extra line is the ledger's verifier key. Raises as
    `verify_consignment_proof`.
    """
    data = canonical(
        {
            "type": PROOF,
            "openings": opening_values(openings),
            "receipt": None if receipt is None else decoded(receipt),
            "void": void and _void_value(void),
        }
        | logged_value(entry_bytes, index, proof)
    )
    verify_consignment_proof(data)
    return data


def verify_consignment_proof(
    data: bytes, *, vkey: str | None = None, party_vkey: str | None = None
) -> ProvenConsignment:
    """Steps 1 to 7: what changed hands, as far as it is shown. Needs no key and no connection.

    ``vkey`` pins the ledger's verifier key; without it the one named in the proof is used, and the caller has to tell people that it
    must be compared. ``party_vkey``: the reader's own key, which the entry must name. Raises FormatError, LimitError,
    SignatureError, ProofError, CommitmentError, ForeignReceiptError.
    """
    file = _read(data)  # step 1
    _require_one_view(file)  # step 2
    checkpoint = signed(file.logged.proof, vkey)  # step 3
    require_included([file.logged, *([file.logged_void] if file.logged_void else [])], checkpoint)  # step 4
    _require_opened(file)  # step 5
    day = None if file.receipt is None else verify_receipt(file.receipt, file.logged.entry)  # step 6
    if party_vkey is not None and ed25519(party_vkey).vkey != file.entry.recipient:  # step 7
        raise ForeignReceiptError("another party's consignment")
    return _proven(file, day, vkey, checkpoint)


@dataclass(frozen=True)
class _File:
    """A proof of the right form, of which nothing is proven yet."""

    entry: ConsignmentEntry
    logged: Logged
    openings: dict[str, OpenValue]
    receipt: bytes | None
    void: VoidEntry | None
    logged_void: Logged | None
    reason: OpenValue | None


def _proven(file: _File, day: str | None, vkey: str | None, checkpoint: Checkpoint) -> ProvenConsignment:
    return ProvenConsignment(
        entry=file.entry,
        entry_bytes=file.logged.entry,
        index=file.logged.proof.index,
        opened={label: one.value for label, one in file.openings.items()},
        signed_on=day,
        voided_on=file.void.day if file.void else None,
        reason=file.reason.value if file.reason else "",
        vkey=vkey or ledger_key(file.logged.proof).vkey,
        origin=checkpoint.origin,
        tree_size=checkpoint.size,
    )


def _void_value(void: Voiding) -> dict[str, Any]:
    reason = None if void.reason is None else opening_values({REASON: void.reason})[REASON]
    return {REASON: reason} | logged_value(void.entry, void.index, void.proof)


def _read(data: bytes) -> _File:
    """Step 1."""
    if len(data) > MAX_PROOF:
        raise LimitError(f"a proof of more than {MAX_PROOF} bytes")
    value = parse_canonical(data, PROOF)
    require_members(value, "entry", "index", "openings", "proof", "receipt", "type", "void")
    logged = read_logged(value)
    entry = ConsignmentEntry.parse(logged.entry)
    receipt = None if value["receipt"] is None else as_text(value["receipt"]).encode()
    openings = _openings(value["openings"])
    if value["void"] is None:
        return _File(entry, logged, openings, receipt, None, None, None)
    require_members(value["void"], "entry", "index", "proof", REASON)
    logged_void = read_logged(value["void"])
    reason = None if value["void"][REASON] is None else read_opening(value["void"][REASON])
    require(reason is None or reason.value != "", "an empty reason")
    return _File(entry, logged, openings, receipt, VoidEntry.parse(logged_void.entry), logged_void, reason)


def _openings(value: Any) -> dict[str, OpenValue]:
    require(isinstance(value, dict) and set(value) <= set(LABELS), "openings")
    found = {label: read_opening(one) for label, one in value.items()}
    for label, one in found.items():
        require(label == "note" or one.value != "", f"{label} is empty")
        require(label != "party" or "\n" not in one.value, "a name of two lines")
        require(label not in COUNTS or _COUNT.fullmatch(one.value) is not None, f"{label} is no count")
    return found


def _require_one_view(file: _File) -> None:
    """Step 2: a void entry from another branch of a forked ledger could disown what was handed over."""
    if file.void is None or file.logged_void is None:
        return
    if file.void.consignment != file.entry.consignment:
        raise ProofError("another consignment was called void")
    require_one_view(file.logged.proof, file.logged_void.proof)


def _require_opened(file: _File) -> None:
    """Step 5. A count is hidden only below ten; from there on, the entry itself says it."""
    require_committed(file.openings, file.entry.commitments)
    for label in set(COUNTS) & set(file.openings):
        opened, said = int(file.openings[label].value), getattr(file.entry, label)
        if (None if opened < SMALL_COUNT else opened) != said:
            raise CommitmentError(f"{label} is not what the entry says")
    if file.void is not None and file.reason is not None:
        require_committed({REASON: file.reason}, {REASON: file.void.reason})
