"""The ledger: an append-only Merkle log whose every statement a stranger can check offline.

Implements docs/spec/ledger.md: RFC 6962 / RFC 9162 trees with SHA-256, C2SP signed-note 1.0.0,
tlog-checkpoint 1.0.0, tlog-tiles 0.1.0, tlog-proof@v1, tlog-cosignature, tlog-witness and tlog-policy. Never opens
a file, a socket or a database, never reads a clock or draws randomness, never judges what an entry says, and never
decides what is logged; `verify_*`, `open_*` and `check_*` raise and return no verdict.
"""

from .bundles import BUNDLE_ENTRIES, encode_bundle, parse_bundle
from .check import ReadBundle, check_tiles
from .checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from .cosignature import Cosigner, cosignature_time
from .limits import LIMITS, Limits
from .note import Note, Signature, Signer, Verifier, open_note, parse_note, sign_note
from .policy import Cosigned, Policy, PolicyGroup, PolicyWitness, verify_cosigned
from .proof import Proof, encode_proof, parse_proof, verify_proof
from .rotation import KeyChange, keys_after
from .tiles import (
    TILE_WIDTH,
    ReadTile,
    TileName,
    TileReader,
    TileRow,
    bundle_path,
    new_tiles,
    parse_path,
    tile_path,
    tile_widths,
)
from .tree import (
    EMPTY_ROOT,
    Tree,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from .witnessing import (
    Accepted,
    Answer,
    Ask,
    Refused,
    Request,
    Seen,
    add_signatures,
    cosign_response,
    judge,
    read_answer,
    stored_size,
)

__all__ = [
    "BUNDLE_ENTRIES",
    "EMPTY_ROOT",
    "LIMITS",
    "TILE_WIDTH",
    "Accepted",
    "Answer",
    "Ask",
    "Checkpoint",
    "Cosigned",
    "Cosigner",
    "KeyChange",
    "Limits",
    "Note",
    "Policy",
    "PolicyGroup",
    "PolicyWitness",
    "Proof",
    "ReadBundle",
    "ReadTile",
    "Refused",
    "Request",
    "Seen",
    "Signature",
    "Signer",
    "TileName",
    "TileReader",
    "TileRow",
    "Tree",
    "Verifier",
    "add_signatures",
    "bundle_path",
    "check_tiles",
    "consistency_path",
    "cosign_response",
    "cosignature_time",
    "encode_bundle",
    "encode_proof",
    "inclusion_path",
    "judge",
    "keys_after",
    "leaf_hash",
    "new_tiles",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_bundle",
    "parse_note",
    "parse_path",
    "parse_proof",
    "read_answer",
    "root_of",
    "sign_checkpoint",
    "sign_note",
    "stored_size",
    "tile_path",
    "tile_widths",
    "verify_consistency",
    "verify_cosigned",
    "verify_inclusion",
    "verify_proof",
]
