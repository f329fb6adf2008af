"""What a column name says: the kind of field and the person it speaks of."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from azukari.fields.kinds import Kind


@dataclass(frozen=True)
class HeaderReading:
    """見出しの読み。 ``kind`` is None if no known word was found; ``other_party`` is somebody without a role."""

    kind: Kind | None
    role: str = "person"
    other_party: bool = False
    positional: bool = False  # "column-3", "項目3": the name says nothing


_SPACES: Final = re.compile(r"[\s_:：*※・()（）\[\]【】「」]+")
_POSITION: Final = re.compile(r"(?:column|col|field|f|c|列|項目|フィールド)-?[0-9]+|[0-9]+")
_SPOUSE: Final = re.compile(r"配偶者の?|妻の?|(?<![工大丈])夫の?|spouse'?s?|wife'?s?|husband'?s?")
_DEPENDANT: Final = re.compile(
    r"(?:控除対象)?(?:被?扶養(?:親族|者|家族)|子ども|子供|子|dependants?|dependents?|child)の?"
    r"-?(?:第|その|no\.?)?([1-9][0-9]?)?(?:人目|番目|'s)?の?"
)
# Somebody the vocabulary has no role for: their fields are nobody's that a manifest could name.
_OTHERS: Final = re.compile(
    r"代理人|世帯主|保護者|後見人|担当|勤務先|事業所|会社|銀行|金融機関|支店|法人|緊急|連絡先氏名|名義人"
    r"|父|母|兄弟|姉妹|agent|guardian|employer|company|bank|emergency"
)
# Identifiers with a law or a purse of their own: no kind fits, so they stay untyped and never leave.
_NO_KIND: Final = re.compile(r"口座|カード|免許|旅券|パスポート|暗証|パスワード|password|passport|licen[cs]e|account")

# In this order; the first that is found decides. Whole words where a short one would be found everywhere.
_KINDS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (Kind.INDIVIDUAL_NUMBER, r"個人番号|マイナンバー|my-?number|individual-?number"),
        (Kind.EMAIL, r"メール|mail"),
        (Kind.POSTAL_CODE, r"郵便|〒|postal|postcode|zip"),
        (Kind.PHONE, r"電話|携帯|^tel|tel$|telephone|phone|mobile|fax|ファックス|ファクス"),
        (Kind.KANA, r"フリガナ|ふりがな|カナ|かな|仮名|読み|ヨミ|kana"),
        (Kind.BIRTH_DATE, r"生年月日|誕生日|出生日|birth|^dob$"),
        (
            Kind.NAME,
            r"氏名|姓名|名前|^姓$|^名$|^氏$|^旧姓$|^name$|full-?name|family-?name|given-?name|surname",
        ),
        (Kind.ADDRESS, r"住所|所在地|居所|居住地|送付先|address"),
        (Kind.FREE_TEXT, r"備考|摘要|メモ|コメント|特記|自由記述|自由記入|note|remark|comment|memo"),
        (Kind.CODE, r"性別|区分|種別|フラグ|有無|該当|続柄|sex|gender|^type$|flag|category"),
        (
            Kind.AMOUNT,
            r"年金額|所得|金額|収入|税額|控除額|支給額|給付額|保険料|amount|income|pension$|yen|額$",
        ),
        (
            Kind.LOCAL_ID,
            r"宛名|整理番号|住民コード|管理番号|受給者番号|年金番号|証書番号|番号$|^id$|-id$|^no\.?$",
        ),
        (Kind.CODE, r"コード|code"),
    )
)


@lru_cache(maxsize=4096)
def read_header(header: str) -> HeaderReading:
    """Read one column name, Japanese or English, whatever its width and spaces. Never raises."""
    name = _SPACES.sub("-", unicodedata.normalize("NFKC", header).casefold()).strip("-")
    if _POSITION.fullmatch(name):
        return HeaderReading(None, positional=True)
    role, rest = _role(name)
    if _NO_KIND.search(rest):
        return HeaderReading(None, role, other_party=True)
    kind = next((kind for kind, pattern in _KINDS if pattern.search(rest)), None)
    return HeaderReading(kind, role, other_party=_OTHERS.search(rest) is not None)


def _role(name: str) -> tuple[str, str]:
    """The role, and the name without the words that said so."""
    if found := _SPOUSE.search(name):
        return "spouse", _cut(name, found)
    if (found := _DEPENDANT.search(name)) and not name.startswith(("電子", "扶養親族等")):
        number = found[1] or _number_at_end(name) or "1"
        rest = _cut(name, found)
        return f"dependant-{number}", rest if found[1] else rest.rstrip("0123456789").rstrip("-")
    return "person", name


def _number_at_end(name: str) -> str:
    found = re.search(r"[^0-9]([1-9][0-9]?)$", name)
    return found[1] if found else ""


def _cut(name: str, found: re.Match[str]) -> str:
    return f"{name[: found.start()]}{name[found.end() :]}".strip("-")
