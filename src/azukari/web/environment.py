"""Typed readers of the environment: a missing or wrong variable is an OptionError that names it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from azukari.errors import OptionError
from azukari.stores.keys import read_secret_option


def folder(environ: Mapping[str, str], name: str) -> Path:
    """An absolute path to a folder; OptionError if it is not set or relative. It need not exist yet."""
    value = environ.get(name, "")
    if not value:
        raise OptionError(f"{name} is not set")
    path = Path(value)
    if not path.is_absolute():
        raise OptionError(f"{name} is not an absolute path")
    return path


def words(environ: Mapping[str, str], name: str) -> list[str]:
    """A list separated by commas; empty if the variable is not set."""
    return [word.strip() for word in environ.get(name, "").split(",") if word.strip()]


def secret(environ: Mapping[str, str], name: str) -> str:
    """A secret from NAME or from the file in NAME_FILE; empty if neither is set (Django then refuses to use it)."""
    value = read_secret_option(environ, name)
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        raise OptionError(f"{name} is not UTF-8") from None
