"""The ledger: an append-only Merkle log whose every statement a stranger can check offline.

Implements docs/spec/ledger.md: RFC 6962 / RFC 9162 trees with SHA-256, C2SP signed-note 1.0.0,
tlog-checkpoint 1.0.0, tlog-tiles 0.1.0 and tlog-proof@v1. Never opens a file, a socket or a database, never
reads a clock or draws randomness, never judges what an entry says, and never decides what is logged;
`verify_*`, `open_*` and `check_*` raise and return no verdict.
"""

from .bundles import BUNDLE_ENTRIES, encode_bundle, parse_bundle
from .check import ReadBundle, check_tiles
from .checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from .limits import LIMITS, Limits
from .note import Note, Signature, Signer, Verifier, open_note, parse_note, sign_note
from .proof import Proof, encode_proof, parse_proof, verify_proof
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

__all__ = [
    "BUNDLE_ENTRIES",
    "EMPTY_ROOT",
    "LIMITS",
    "TILE_WIDTH",
    "Checkpoint",
    "Limits",
    "Note",
    "Proof",
    "ReadBundle",
    "ReadTile",
    "Signature",
    "Signer",
    "TileName",
    "TileReader",
    "TileRow",
    "Tree",
    "Verifier",
    "bundle_path",
    "check_tiles",
    "consistency_path",
    "encode_bundle",
    "encode_proof",
    "inclusion_path",
    "leaf_hash",
    "new_tiles",
    "node_hash",
    "open_checkpoint",
    "open_note",
    "parse_bundle",
    "parse_note",
    "parse_path",
    "parse_proof",
    "root_of",
    "sign_checkpoint",
    "sign_note",
    "tile_path",
    "tile_widths",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
]
