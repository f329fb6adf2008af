"""Japanese and English side by side: whoever writes a sentence writes both, and no screen can lack one."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language

from azukari.errors import Language


def language() -> Language:
    """The language of the page that is being made."""
    return "en" if (get_language() or "ja").startswith("en") else "ja"


def pick(ja: str, en: str) -> str:
    """The sentence in the language of the page."""
    return ja if language() == "ja" else en


say: Any = lazy(pick, str)
"""The same, chosen when it is shown: for labels that are made once."""
