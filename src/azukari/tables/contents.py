"""What the cells of a column look like: shares of a fixed sample, and the twelve-digit test on every cell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from azukari.fields.dates import parse_date
from azukari.fields.kinds import Kind
from azukari.fields.numbers import plain_digits
from azukari.tables.twelve import twelve_digits

HEAD: Final = 1_000  # cells at the top that are always looked at
SPREAD: Final = 2_000  # further cells, evenly spread over the rest

_PHONE: Final = re.compile(r"(?:\(?0[0-9]{1,4}\)?[- ]?[0-9]{1,4}[- ]?[0-9]{3,4}|\+81[- ]?[0-9][0-9 -]{7,12})")
_NO_DIGIT: Final = re.compile(r"[^0-9]")
_POSTAL: Final = re.compile(r"〒?\s?[0-9]{3}-?[0-9]{4}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_AMOUNT: Final = re.compile(r"[¥\\]?[-+△▲]?(?:[0-9]{1,11}|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?円?")
_ID: Final = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9_/-]{0,29}")
_LETTERS: Final = r"々〆ヶ\u3041-\u3096\u30a1-\u30fc\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NAME: Final = re.compile(rf"(?=.*[{_LETTERS}])[{_LETTERS}\ufe00-\ufe0f\U000e0100-\U000e01ef\s・.、,-]{{2,40}}")
_FOREIGN_NAME: Final = re.compile(r"[A-Za-z\u00c0-\u024f'.-]+(?:[\s,]+[A-Za-z\u00c0-\u024f'.-]+){1,5}")
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fc\s・.=-]{2,60}")
_PLACE: Final = re.compile(r"[都道府県市区町村郡]")
# A place word alone is no address: 中村 and 市川 are people.
_ADDRESS: Final = re.compile(
    r".*[都道府県市区町村郡].*[0-9].*|.*(?:丁目|番地|大字).*|(?:東京都|北海道|京都府|大阪府|..?.?県).*[市区町村郡].*"
    rf"|[{_LETTERS}]+.*[0-9]+-[0-9]+.*",
    re.DOTALL,
)


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).strip()
    return re.sub(r"[‐‑‒–—―−]", "-", text)


def _is_phone(text: str) -> bool:
    digits = _NO_DIGIT.sub("", text.replace("+81", "0", 1))
    return _PHONE.fullmatch(text) is not None and len(digits) in (10, 11)


def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None or _FOREIGN_NAME.fullmatch(text) is not None


def _is_address(text: str) -> bool:
    if len(text) < 4 or "@" in text or parse_date(text) is not None:
        return False
    return _ADDRESS.fullmatch(text) is not None or (len(text) >= 7 and len(_PLACE.findall(text)) >= 2)


_TESTS: Final[Mapping[Kind, Callable[[str], bool]]] = {
    Kind.EMAIL: lambda text: _EMAIL.fullmatch(text) is not None,
    Kind.PHONE: _is_phone,
    Kind.POSTAL_CODE: lambda text: _POSTAL.fullmatch(text) is not None,
    Kind.BIRTH_DATE: lambda text: parse_date(text) is not None,
    Kind.KANA: lambda text: _KANA.fullmatch(text) is not None,
    Kind.NAME: _is_name,
    Kind.ADDRESS: _is_address,
    Kind.AMOUNT: lambda text: _AMOUNT.fullmatch(text) is not None,
    Kind.LOCAL_ID: lambda text: _ID.fullmatch(text) is not None,
}


@dataclass(frozen=True)
class Content:
    """中身の見立て。 Counts over all rows, shares (0 to 1) over the sample; no cell is kept."""

    rows: int
    filled: int  # cells that are not blank
    twelve: int  # cells that are twelve digits
    shares: Mapping[Kind, float]
    distinct: int  # different values in the sample
    sampled: int  # cells of the sample that are not blank
    longest: int  # characters, in the sample

    @property
    def mostly_twelve(self) -> bool:
        """Most cells that are not blank are twelve digits: then it is the individual number."""
        return self.twelve * 2 > self.filled


def contents(frame: pl.DataFrame) -> dict[str, Content]:
    """Look at every column. The twelve-digit test sees every cell, the others the same cells on every run."""
    counts = frame.select(
        (pl.all().str.strip_chars() != "").sum().name.prefix("f:"),
        twelve_digits(pl.all()).sum().name.prefix("t:"),
    ).row(0, named=True)
    sample = _sample(frame)
    return {
        name: _content(frame.height, counts[f"f:{name}"], counts[f"t:{name}"], sample.get_column(name))
        for name in frame.columns
    }


def looks_like_data(cell: str) -> bool:
    """Whether a cell can hardly be a column name: a date, a number, a telephone number, an e-mail address."""
    text = _folded(cell)
    kinds = (Kind.EMAIL, Kind.PHONE, Kind.POSTAL_CODE, Kind.BIRTH_DATE, Kind.AMOUNT)
    return bool(plain_digits(cell)) or any(_TESTS[kind](text) for kind in kinds)


def _sample(frame: pl.DataFrame) -> pl.DataFrame:
    rest = frame.slice(HEAD)
    return pl.concat([frame.head(HEAD), rest.gather_every(max(rest.height // SPREAD, 1))])


def _content(rows: int, filled: int, twelve: int, sample: pl.Series) -> Content:
    cells = [_folded(cell) for cell in sample.to_list() if cell.strip()]
    total = max(len(cells), 1)
    shares = {kind: sum(map(test, cells)) / total for kind, test in _TESTS.items()}
    longest = max(map(len, cells), default=0)
    return Content(rows, filled, twelve, shares, len(set(cells)), len(cells), longest)
