"""Why work of a worker failed: the word that its job kept, in words again."""

from __future__ import annotations

from azukari.web.jobs.actions.queue import INTERRUPTED
from azukari.web.ui import verdicts
from azukari.web.ui.words import language, pick


def sentence(word: str) -> str:
    """Nothing where nothing failed."""
    if word == INTERRUPTED:
        return pick("作業が 3 回中断しました。もう一度お試しください。", "It was interrupted three times. Try again.")
    if not word:
        return ""
    said = verdicts.sentence(word, "", language())
    return (
        pick("処理に失敗しました。", "Something failed.") if said == word else said
    )  # no verdict: an error in azukari
