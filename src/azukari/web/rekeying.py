"""Move every wrapped secret of the office from one key-encryption key to its successor; killed anywhere, the next run goes on.

What is wrapped says by itself under which key, so that there is no position to keep: a run looks at everything and
moves what is left. Only when a whole pass has found nothing is the old key forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from azukari.errors import StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import wrapped as accounts
from azukari.web.citizens import wrapped as citizens
from azukari.web.crossing import wrapped as crossing
from azukari.web.custody import wrapped as custody
from azukari.web.incidents import wrapped as incidents
from azukari.web.jobs import wrapped as jobs
from azukari.web.keyring import queries as keyring
from azukari.web.keyring import wrapped as roots
from azukari.web.keyring.actions import replacing
from azukari.web.sequencer import wrapped as sequencer
from azukari.web.subjects import wrapped as subjects
from azukari.web.wrapping import Secrets

ALL: Final[tuple[Secrets, ...]] = (
    *roots.WRAPPED,
    *sequencer.WRAPPED,
    *accounts.WRAPPED,
    *jobs.WRAPPED,
    *crossing.WRAPPED,
    *subjects.WRAPPED,
    *citizens.WRAPPED,
    *custody.WRAPPED,
    *incidents.WRAPPED,
)
NOT_WRAPPED: Final[Mapping[str, str]] = {
    "accounts.User.password": "scrypt hash: nothing to unwrap",
    "accounts.Invitation.code_hash": "scrypt hash: nothing to unwrap",
    "enrolment.Enrolment.code_hash": "scrypt hash: nothing to unwrap",
    "citizens.Citizen.code_hash": "scrypt hash: nothing to unwrap",
    "accounts.Token.digest": "SHA-256 of a random token: nothing to unwrap",
    "trail.Source.digest": "SHA-256 of a random token: nothing to unwrap",
    "keyring.ReplacedKey.wrapped_key": "the key that is being replaced, wrapped under its successor; gone at the end",
    "custody.Entrustment.purpose_opening": "opens a commitment to a text that stands beside it",
    "custody.Permission.opening_seed": "opens commitments to texts that stand beside it, and is shown in certificates",
}
"""Fields of class "secret" that no key-encryption key wraps, and why."""
PASSES: Final = 5
Progress = Callable[[int], None]


def rekey(
    *,
    old: KeyEncryptionKey,
    new: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    progress: Progress = lambda moved: None,
) -> int:
    """Make ``new`` the key of the office and move its secrets; returns how many this run has moved.

    Nobody else may have the office open under the old key meanwhile (the caller's lock). Raises KeyFileError (neither
    key is the office's; a secret that does not open, which then stays as it is), StateError (another replacement is not
    at its end; secrets keep coming), StorageError.
    """
    if old.key_id == new.key_id:
        raise StateError("this is the same key")
    replacing.begin(old=old, new=new, by=by, at=at)
    keyring.open_replaced(new)
    moved = 0
    for _ in range(PASSES):
        found = _move_all(new, lambda count, before=moved: progress(before + count))  # type: ignore[misc]
        moved += found
        if not found:
            replacing.finish(by=by, at=at)
            return moved
    raise StateError("somebody else writes under the old key")


def _move_all(new: KeyEncryptionKey, progress: Progress) -> int:
    moved = 0
    for secrets in ALL:
        for rows in secrets.batches():
            with transaction.atomic():
                moved += secrets.move(rows, new)
            progress(moved)
    return moved
