"""Hard limits of the ledger room, in one place and with units.

An input beyond a limit that is a choice of ours is a ``LimitError``; one beyond a limit that the format
itself draws (tree size, path length) is a ``FormatError``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """上限。 What the ledger room accepts, in bytes or counts."""

    note_bytes: int = 1_000_000
    """Bytes of one signed note. C2SP signed-note asks for at least 16 signatures of up to 5 kB each."""

    signatures: int = 100
    """Signature lines of one note (count). C2SP signed-note demands at least 16."""

    extra_bytes: int = 65_536
    """Bytes of the unauthenticated extra data of one tlog-proof, before base64."""

    proof_bytes: int = 1_100_000
    """Bytes of one tlog-proof: its checkpoint note, the extra data in base64 and 63 path lines."""

    entry_bytes: int = 65_535
    """Bytes of one entry; the uint16 length of tlog-tiles entry bundles draws this line."""

    tree_size: int = 2**63 - 1
    """Entries of one log (count); a signed 64-bit integer in every known implementation."""

    path_hashes: int = 63
    """Hashes of one inclusion path (count): the height of a tree of `tree_size` leaves."""

    policy_bytes: int = 262_144
    """Bytes of one witness policy."""

    policy_lines: int = 64
    """Logs, witnesses and groups (count of each) of one policy. C2SP tlog-policy recommends at least 32."""

    request_bytes: int = 1_010_000
    """Bytes of one add-checkpoint request: its note, 63 proof lines and the line of the old size."""

    cached_tiles: int = 4_096
    """Expanded tiles kept by one `TileReader` (count); one takes about 16 kB, so all those of a million entries 64 MB."""

    cached_nodes: int = 8_192
    """Hashes between tiles kept by one `TileReader` (count); one takes about 200 bytes."""


LIMITS = Limits()
