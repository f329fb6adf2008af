"""Generated cells: addresses, names, phones and readings as clerks write them, and texts made of the same characters."""

from __future__ import annotations

from hypothesis import strategies as st

from azukari.fields.kinds import Kind
from azukari.fields.spelling import FULL_DIGITS, HALF_DIGITS, SLOTS

TO_FULL = str.maketrans(HALF_DIGITS, FULL_DIGITS)
# Everything that the rules look at, and what looks like it: other hyphens, other spaces, other digits.
ALPHABET = "0123459－-０１２９ 　丁目番号室地の三第東京都ヶ浜荘ヅズ髙\u00a0\u2009—ー－‐一٣²①Ａa\n\r\t"
CELLS = st.text(ALPHABET, max_size=24)
# Polars holds Unicode scalar values only; nothing else can be read from a file.
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

_NUMBER = st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True)
_TOWN = st.sampled_from(["東京都霞浜市西町", "霞浜郡大字ヶ原", "京都府三条通", "北", "三番町", "八号線通"])
_TAIL = st.sampled_from(["", "青葉荘", "ハイツ第", " 青葉荘", "　青葉荘", "ヴィラＡ", "（方書）"])


@st.composite
def addresses(draw: st.DrawFn) -> str:
    """An address of a known notation, in one width, with or without a building and a room."""
    town, tail = draw(_TOWN), draw(_TAIL)
    a, b, c = draw(_NUMBER), draw(_NUMBER), draw(_NUMBER)
    notations = (f"{a}丁目{b}番{c}号", f"{a}丁目{b}-{c}", f"{a}-{b}-{c}", f"{a}番{b}号", f"{a}-{b}", f"{a}番地")
    block = draw(st.sampled_from(notations))
    room = draw(st.sampled_from(["", f"{draw(_NUMBER)}号室", f"{draw(_NUMBER)}号", draw(_NUMBER)])) if tail else ""
    text = f"{town}{block}{tail}{room}"
    return text.translate(TO_FULL) if draw(st.booleans()) else text


_PHONES = st.from_regex(r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}|0[0-9]{8,11}|[0-9０-９-]{0,13}", fullmatch=True)
_GAP = st.sampled_from([" ", "\u3000", "", "  ", "\u00a0", "・"])
_FAMILY = st.sampled_from(["髙橋", "高橋", "山﨑", "渡邉", "葛\U000e0100城", "\ue000田", "﨑"])
_GIVEN = st.sampled_from(["ヅヱ子", "一郎", "凜\ufe00", "ｱｷｵ", "か\u3099く"])
NAMES = st.builds(lambda family, gap, given: family + gap + given, _FAMILY, _GAP, _GIVEN)
KANA = st.builds(
    lambda family, gap, given: family + gap + given,
    st.sampled_from(["タカハシ", "ﾀｶﾊｼ", "ミヅノ", "ミズノ", "ハ゛ハ゛", "ﾊﾞﾊﾞ"]),
    _GAP,
    st.sampled_from(["ッャ", "ツヤ", "アキヲ", "アキオ"]),
)
REAL = {Kind.ADDRESS: addresses(), Kind.PHONE: _PHONES, Kind.NAME: NAMES, Kind.KANA: KANA}
SLOTTED = sorted(SLOTS)
KINDS = st.sampled_from(sorted(Kind))


def cells_of(kind: Kind) -> st.SearchStrategy[str]:
    """Cells of a kind: well-formed ones, ones of the same characters, and any text at all."""
    return st.one_of(REAL.get(kind, CELLS), CELLS, ANY)


def forms_of(kind: Kind) -> st.SearchStrategy[dict[str, int]]:
    """A wanted form for every slot of a kind."""
    return st.fixed_dictionaries({slot.name: st.integers(0, slot.forms - 1) for slot in SLOTS[kind]})
