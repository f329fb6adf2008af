"""An office is one directory: its database and its folders. Opened here, once per process or repointed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from uuid import UUID

import django
from django.apps import apps
from django.conf import settings

from azukari.errors import NotFoundError, StateError, StorageError

DATABASE: Final = "office.sqlite3"
FOLDERS: Final = ("spool", "packages", "index", "ledger")
ITSELF: Final = UUID(int=0)
"""``by=`` of what no person does: setting up, timers."""


def create(office_dir: Path) -> None:
    """Make the directory (mode 0700) with its folders and an empty register, and start it.

    StateError if there is an office already, StorageError if the disk refuses.
    """
    office_dir = office_dir.resolve()
    if (office_dir / DATABASE).exists():
        raise StateError("there is an office in this directory already")
    _make_folders(office_dir)
    _point_to(office_dir)
    migrate()


def start(office_dir: Path) -> None:
    """Open an office: Django is set up once; a second, different office takes the place of the first.

    NotFoundError if there is none in the directory, StateError inside a transaction.
    """
    office_dir = office_dir.resolve()
    if not (office_dir / DATABASE).is_file():
        raise NotFoundError("there is no office in this directory")
    _point_to(office_dir)


def migrate() -> None:
    """Bring the register of the open office to this version's schema."""
    from django.core.management import call_command  # needs the settings

    call_command("migrate", verbosity=0, interactive=False)


def folder() -> Path:
    """The directory of the open office."""
    path: Path = settings.OFFICE
    return path


def _point_to(office_dir: Path) -> None:
    os.environ["AZUKARI_OFFICE"] = str(office_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.web.settings"
    if not apps.ready:
        django.setup()
    elif office_dir != folder():
        _repoint(office_dir)


def _repoint(office_dir: Path) -> None:
    """Only for this thread's connections: a server process has one office for life."""
    from django.db import connections  # needs the settings

    if any(connection.in_atomic_block for connection in connections.all(initialized_only=True)):
        raise StateError("another office cannot be opened inside a transaction")
    connections.close_all()
    connections.settings["default"]["NAME"] = str(office_dir / DATABASE)
    settings.OFFICE = office_dir


def _make_folders(office_dir: Path) -> None:
    try:
        office_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        office_dir.chmod(0o700)
        for name in FOLDERS:
            (office_dir / name).mkdir(mode=0o700, exist_ok=True)
    except OSError:
        raise StorageError("the office directory cannot be made") from None
