"""What happens to a copy before it turns up as a leaked specimen: each event a pure function on a frame.

Every function returns a new frame and leaves the given one as it was. Randomness is the numpy Generator
that is handed in. No event makes a number that passes the check digit out of one that does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from azukari.errors import ColumnError, OptionError
from azukari.fields.kinds import Kind
from azukari.fields.numbers import is_individual_number
from azukari.fields.spelling import bearing, presentation, read, spell

_SPACES = re.compile(r"\s+")  # every Unicode space, U+3000 among them
_NOT_DIGITS = r"[^0-9０-９]+"


def pick_rows(frame: pl.DataFrame, k: int, rng: np.random.Generator, adjacent: bool = False) -> pl.DataFrame:
    """抜き取り。 ``k`` rows in the order of the copy: a few records shown to prove that more are held.

    Not adjacent: no two are neighbours in the copy, each such choice equally likely (records looked up one
    by one). Adjacent: one block of rows, the photograph of a screen or a page of print.
    Raises OptionError if the copy has no such rows.
    """
    free = len(frame) - k + 1  # where a block may start; also what remains once the gaps are closed
    if k < 0 or free < (1 if adjacent else k):
        raise OptionError("more rows than the copy can give")
    if adjacent:
        return frame.slice(int(rng.integers(free)), k)
    return frame[np.sort(rng.choice(free, k, replace=False)) + np.arange(k)]


def keep_columns(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """列の間引き。 Only these columns, in this order: a list for sale holds what the buyer asked for.

    Raises ColumnError if one is not there or named twice.
    """
    _check(frame, columns)
    return frame.select(columns)


def shuffle_rows(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """並べ替え(無作為)。 The leaker destroys the row order on purpose, or a database returned any order."""
    return frame[rng.permutation(len(frame))]


def sort_by(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """並べ替え。 Sorted by the code points of one column, ties as they stood: a spreadsheet's sort button.

    Raises ColumnError if the column is not there.
    """
    _check(frame, [column])
    return frame.sort(column, maintain_order=True)


def mix_rows(frames: Sequence[pl.DataFrame], rng: np.random.Generator) -> pl.DataFrame:
    """混合。 The rows of several copies in one file, in random order: colluding recipients, or a data broker
    who joins what he bought.

    Raises ColumnError unless all have the same columns, OptionError if there is none.
    """
    if not frames:
        raise OptionError("no frames")
    if any(frame.schema != frames[0].schema for frame in frames):
        raise ColumnError("frames with different columns")
    return shuffle_rows(pl.concat(frames), rng)


def typing_errors(frame: pl.DataFrame, columns: Sequence[str], rate: float, rng: np.random.Generator) -> pl.DataFrame:
    """打ち間違い。 Each filled cell of ``columns`` gets one error with probability ``rate`` (0 to 1):
    somebody keyed the sample in from a photograph or a print.

    An error is one character replaced by another of the same column, dropped, doubled, or exchanged with its
    neighbour, with equal chance; what changes nothing, empties the cell or makes a number pass the check
    digit is drawn again. Raises OptionError for a rate outside 0 to 1, ColumnError as ``keep_columns``.
    """
    if not 0 <= rate <= 1:
        raise OptionError("a rate outside 0 to 1")
    _check(frame, columns)
    return frame.with_columns(_mistyped(frame[column], rate, rng) for column in columns)


def nfkc(frame: pl.DataFrame) -> pl.DataFrame:
    """NFKC正規化。 All text in Unicode normal form KC: an import into a database or search engine that folds
    full-width digits, letters and spaces."""
    return _mapped(frame, lambda text: unicodedata.normalize("NFKC", text))


def strip_spaces(frame: pl.DataFrame) -> pl.DataFrame:
    """空白の除去。 No space of any width left in any text: a column cleaned before it was sold or matched."""
    return _mapped(frame, lambda text: _SPACES.sub("", text))


def digits_only(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """数字のみ。 Only the digits of these columns: telephone numbers fed to a dialler or a messaging service.

    Raises ColumnError as ``keep_columns``.
    """
    _check(frame, columns)
    return frame.with_columns(pl.col(column).str.replace_all(_NOT_DIGITS, "") for column in columns)


def _check(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    if len(set(columns)) < len(columns) or not set(columns) <= set(frame.columns):
        raise ColumnError()


def _mapped(frame: pl.DataFrame, change: Callable[[str], str]) -> pl.DataFrame:
    """``change`` on every text cell; columns of other types and missing cells stay."""
    return frame.with_columns(
        pl.Series(name, [text if text is None else change(text) for text in frame[name]], dtype=pl.String)
        for name, dtype in frame.schema.items()
        if dtype == pl.String
    )


def _mistyped(cells: pl.Series, rate: float, rng: np.random.Generator) -> pl.Series:
    texts: list[str | None] = cells.to_list()
    alphabet = sorted({character for text in texts if text for character in text})
    for row in np.flatnonzero(rng.random(len(texts)) < rate):
        text = texts[row]
        if text and len(alphabet) > 1:
            texts[row] = _one_error(text, alphabet, rng)
    return pl.Series(cells.name, texts, dtype=pl.String)


def _one_error(text: str, alphabet: Sequence[str], rng: np.random.Generator) -> str:
    """Ends: replacing by another character of the alphabet always makes a new text of the same length."""
    while True:
        place = int(rng.integers(len(text)))
        wrong = _ERRORS[int(rng.integers(4))](text, place, alphabet[int(rng.integers(len(alphabet)))])
        if wrong not in ("", text) and not is_individual_number(wrong):
            return wrong


_ERRORS: tuple[Callable[[str, int, str], str], ...] = (
    lambda text, place, other: text[:place] + other + text[place + 1 :],
    lambda text, place, other: text[:place] + text[place + 1 :],
    lambda text, place, other: text[: place + 1] + text[place:],
    lambda text, place, other: text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
)


def flip_slots(
    frame: pl.DataFrame,
    source: pl.DataFrame,
    columns: Mapping[str, Kind],
    rate: float,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """書き癖。 Each spelling slot that a cell bears takes another form with probability ``rate`` (0 to 1):
    somebody keyed the sample in and wrote addresses and gaps as they were used to.

    ``source`` holds the same rows as the body has them, because a shortened spelling does not say how the
    long one goes. Raises OptionError for a rate outside 0 to 1, ColumnError as ``keep_columns``.
    """
    if not 0 <= rate <= 1 or len(frame) != len(source):
        raise OptionError("a rate outside 0 to 1, or other rows")
    _check(frame, list(columns))
    return frame.with_columns(
        pl.Series(
            header,
            [_flipped(kind, *cells, rate, rng) for cells in zip(frame[header], source[header], strict=True)],
            dtype=pl.String,
        )
        for header, kind in columns.items()
    )


def _flipped(kind: Kind, cell: str, long: str, rate: float, rng: np.random.Generator) -> str:
    states = read(kind, cell)
    forms = {
        slot.name: (states[slot.name] + int(rng.integers(1, slot.forms))) % slot.forms
        if rng.random() < rate
        else states[slot.name]
        for slot in bearing(kind, long)
        if slot.name in states
    }
    return spell(kind, long, forms) if presentation(kind, cell) == presentation(kind, long) else cell
