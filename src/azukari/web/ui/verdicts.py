"""A verdict that came back as its word, in words again."""

from __future__ import annotations

from collections.abc import Iterator

from azukari.errors import AzukariError, Language


def sentence(word: str, detail: str, language: Language) -> str:
    """The sentence of a verdict (docs/exit-codes.md) with its detail; the detail alone for a word of a later version."""
    for kind in _all(AzukariError):
        if kind.word == word:
            return kind(detail).sentence(language)
    return detail or word


def _all(kind: type[AzukariError]) -> Iterator[type[AzukariError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _all(one)
