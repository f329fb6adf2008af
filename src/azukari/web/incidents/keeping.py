"""The specimens the office keeps, sealed under its key; the register holds commitments only."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.stores.files import creating, remove, replacing
from azukari.stores.keys import KeyEncryptionKey, wrapped_under
from azukari.trace.specimen import SpecimenFile
from azukari.web import office
from azukari.web.incidents.models import Specimen


def opening_purpose(specimen_id: UUID) -> str:
    """What the opening of a specimen's commitment is wrapped for."""
    return f"specimen/{specimen_id}/opening"


def keep(specimen_id: UUID, file: SpecimenFile, kek: KeyEncryptionKey) -> None:
    """Write the specimen, encrypted. Raises StorageError."""
    with creating(_place(specimen_id)) as out:
        out.write(kek.wrap(file.encode(), _purpose(specimen_id)))


def kept(specimen_id: UUID, kek: KeyEncryptionKey) -> SpecimenFile:
    """The specimen as it was logged. Raises NotFoundError, KeyFileError."""
    try:
        sealed = _place(specimen_id).read_bytes()
    except OSError as error:
        raise NotFoundError("the specimen is not kept in this office") from error
    return SpecimenFile.parse(kek.unwrap(sealed, _purpose(specimen_id)))


def move(specimen_id: UUID, kek: KeyEncryptionKey) -> bool:
    """Wrap a kept specimen anew under ``kek``, the file whole at any time; False if that was done, or none is kept.

    Raises StorageError, KeyFileError.
    """
    try:
        sealed = _place(specimen_id).read_bytes()
    except OSError:
        return False
    if wrapped_under(sealed) == kek.key_id:
        return False
    with replacing(_place(specimen_id)) as out:
        out.write(kek.wrap(kek.unwrap(sealed, _purpose(specimen_id)), _purpose(specimen_id)))
    return True


def forget_unlogged(specimen_id: UUID) -> None:
    """Take back a kept specimen whose entry was not logged; one that is logged stays. Raises StorageError."""
    if not Specimen.objects.filter(id=specimen_id).exists():
        remove(_place(specimen_id))


def _place(specimen_id: UUID) -> Path:
    return office.folder() / "index" / f"{specimen_id}.specimen"


def _purpose(specimen_id: UUID) -> str:
    return f"specimen/{specimen_id}/rows"
