"""Hard limits of the witness, in one place and with units; those of a request are `ledger.LIMITS`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """証人の上限。 What a witness accepts and keeps, in bytes, seconds or counts."""

    busy_seconds: float = 5.0
    """Seconds to wait for another process that is writing in the same folder."""

    keys_per_log: int = 16
    """Keys trusted for one origin at a time (count)."""

    forks: int = 256
    """Proven forks kept for one origin (count); later ones are refused all the same."""

    unproven: int = 16
    """Newest checkpoints of one origin kept that came without a valid proof (count)."""


LIMITS = Limits()
