"""Write the fingerprint vectors beside this file: ``python vectors/fingerprint/generate.py``.

``what`` is "spell": a cell of a kind and what the sealer delivers for it under a fixed key of the spelling channel
(``tag``: 16 bytes as hex; ``word``: the block of eight words as hex; ``forms``: the coded form of each slot that the
cell bears, by name; ``delivered``: the text). Cases with ``expect`` "success" carry at least one mark; those with
"unchanged" must leave as they came under every key, because no permitted spelling of them exists. ``presentation``
is the normal form in both. ``what`` "distinct": two cells that look alike and must never get one presentation form.
All cells are fictitious.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, bearing, presentation, spell
from azukari.fingerprint.codes import code_words, forms, tags

Case = dict[str, Any]
HERE = Path(__file__).parent
KEYS = [sha256(b"azukari vectors: spelling %d" % number).digest() for number in range(7)]

SPELL = {
    "name": (Kind.NAME, "佐藤　愛", "the gap between family and given name"),
    "name-narrow": (Kind.NAME, "佐藤 愛", "the same name with a narrow gap: the same code"),
    "name-compatibility": (Kind.NAME, "山\ufa11　祐\ufa19", "compatibility ideographs beside a gap stay"),
    "name-variation": (Kind.NAME, "葛\U000e0100城 凜\ufe00", "variation selectors beside a gap stay"),
    "name-private": (Kind.NAME, "\ue000田　\U000f0001子", "private-use characters beside a gap stay"),
    "kana": (Kind.KANA, "ミヅノ　ッャ", "ヅ and small kana stay"),
    "kana-half": (Kind.KANA, "ﾐｽﾞﾉ ｱｲ", "half-width kana stay half-width"),
    "phone": (Kind.PHONE, "090-0123-4567", "hyphens"),
    "phone-land": (Kind.PHONE, "03-1234-5678", "hyphens, leading zero kept"),
    "address-words": (Kind.ADDRESS, "霞浜市西町1丁目2番3号　青葉荘101号室", "every slot but address-ban"),
    "address-full": (
        Kind.ADDRESS,
        "霞浜市西町１丁目２番３号　青葉荘１０１号室",
        "the same in full width: the same code",
    ),
    "address-ban": (Kind.ADDRESS, "霞浜市西町12番3号 青葉荘", "no 丁目"),
    "address-hyphens": (Kind.ADDRESS, "霞浜市西町1-2-3", "hyphens are never made words; only the width is free"),
    "address-private": (Kind.ADDRESS, "\ue123町1丁目2番3号", "a private-use character in the town stays"),
    "address-leading-zero": (Kind.ADDRESS, "霞浜市西町1丁目02番003号", "leading zeros of block numbers stay"),
    "address-iteration": (Kind.ADDRESS, "霞ヶ浜市代々木1丁目2番3号", "ヶ and 々 stay"),
}

UNCHANGED = {
    "name-no-gap": (Kind.NAME, "佐藤愛", "nobody knows where the family name ends"),
    "name-two-gaps": (Kind.NAME, "佐藤 愛 ケイ", "which gap would it be"),
    "name-two-spaces": (Kind.NAME, "佐藤  愛", "two spaces are no single gap"),
    "name-no-break-space": (Kind.NAME, "佐藤\u00a0愛", "no other space is touched"),
    "name-thin-space": (Kind.NAME, "佐藤\u2009愛", "no other space is touched"),
    "name-middle-dot": (Kind.NAME, "ジョン・スミス", "no dot is touched"),
    "name-tall-hashigo": (Kind.NAME, "髙橋", "髙 is not 高"),
    "name-tatsusaki": (Kind.NAME, "山﨑", "﨑 is not 崎"),
    "name-ufa19": (Kind.NAME, "\ufa19", "a compatibility ideograph is not its unified form"),
    "name-ufa10": (Kind.NAME, "\ufa10", "a compatibility ideograph is not its unified form"),
    "name-uf9d0": (Kind.NAME, "\uf9d0", "a compatibility ideograph is not its unified form"),
    "name-ivs": (Kind.NAME, "葛\U000e0100城", "an ideographic variation sequence stays"),
    "name-standard-variation": (Kind.NAME, "凜\ufe00", "a variation selector stays"),
    "name-private-use": (Kind.NAME, "\ue000", "a private-use character stays"),
    "name-private-plane": (Kind.NAME, "\U00100001", "so does one of plane 16"),
    "name-line-break": (Kind.NAME, "佐藤　愛\n", "a cell with a line break is not touched"),
    "name-carriage-return": (Kind.NAME, "佐藤　\r愛", "a cell with a line break is not touched"),
    "name-leading-gap": (Kind.NAME, "　佐藤", "a gap at the edge is no gap"),
    "name-blank": (Kind.NAME, "", "blank stays blank"),
    "name-space": (Kind.NAME, "　", "a cell of a space stays"),
    "kana-dzu": (Kind.KANA, "ミヅノ", "ヅ is not ズ"),
    "kana-zu": (Kind.KANA, "ミズノ", "nor ズ ヅ"),
    "kana-small": (Kind.KANA, "ッャュョァ", "small kana stay small"),
    "kana-half": (Kind.KANA, "ﾊﾞﾝｺﾞｳ", "half-width kana stay half-width"),
    "kana-combining": (Kind.KANA, "か\u3099く", "a combining dakuten is not composed"),
    "kana-free-dakuten": (Kind.KANA, "ハ゛", "a free-standing dakuten is not joined"),
    "kana-long": (Kind.KANA, "オーノ", "ー is no hyphen"),
    "phone-plain": (Kind.PHONE, "09001234567", "hyphens are never put in"),
    "phone-full": (Kind.PHONE, "０９０－０１２３－４５６７", "full-width digits of a phone stay"),
    "phone-brackets": (Kind.PHONE, "090(0123)4567", "brackets stay"),
    "phone-dash": (Kind.PHONE, "090–0123–4567", "a dash is no hyphen"),
    "phone-extension": (Kind.PHONE, "03-1234-5678 内線9", "an extension stays"),
    "phone-no-zero": (Kind.PHONE, "90-0123-4567", "no zero is put in front"),
    "phone-international": (Kind.PHONE, "+81-90-0123-4567", "so does a country code"),
    "phone-twelve-digits": (Kind.PHONE, "123456789012", "in doubt twelve digits are the number"),
    "phone-twelve-hyphens": (Kind.PHONE, "1234-5678-9012", "in doubt twelve digits are the number"),
    "address-mixed-width": (Kind.ADDRESS, "霞浜市西町１-2", "mixed widths could not be restored"),
    "address-no-digits": (Kind.ADDRESS, "霞浜市西町", "nothing to spell"),
    "address-kanji-digits": (Kind.ADDRESS, "霞浜市三番町", "kanji numbers stay"),
    "address-line-break": (Kind.ADDRESS, "霞浜市西町1丁目2番3号\n青葉荘", "a cell with a line break is not touched"),
    "address-circled": (Kind.ADDRESS, "霞浜市西町①", "a circled digit is no digit"),
    "address-arabic": (Kind.ADDRESS, "霞浜市西町٣", "nor is one of another script"),
    "date": (Kind.BIRTH_DATE, "1965-03-02", "dates are never touched"),
    "date-era": (Kind.BIRTH_DATE, "昭和40年 3月 2日", "in no notation"),
    "date-full": (Kind.BIRTH_DATE, "１９６５／３／２", "in no width"),
    "amount": (Kind.AMOUNT, "1,234,567", "amounts are never touched"),
    "amount-leading-zero": (Kind.AMOUNT, "000780900", "leading zeros stay"),
    "amount-negative": (Kind.AMOUNT, "－１００", "in no width"),
    "number": (Kind.INDIVIDUAL_NUMBER, "1234 5678 9018", "nor is any number, spaces or not"),
    "number-hyphens": (Kind.INDIVIDUAL_NUMBER, "1234-5678-9018", "nor with hyphens"),
    "postal-code": (Kind.POSTAL_CODE, "123-4567", "a postal code keeps its hyphen"),
    "local-id": (Kind.LOCAL_ID, "0000 0123", "an identifier keeps its spaces"),
    "code": (Kind.CODE, "A-01 ", "so does a code"),
    "free-text": (Kind.FREE_TEXT, "西町1丁目2番3号　青葉荘 090-0123-4567", "free text is never touched"),
    "email": (Kind.EMAIL, "a-b@example.jp ", "nor is an address of mail"),
}

DISTINCT = {
    "hashigo": (Kind.NAME, "髙橋 愛", "高橋 愛", "髙 and 高"),
    "tatsusaki": (Kind.NAME, "山﨑", "山崎", "﨑 and 崎"),
    "compatibility": (Kind.NAME, "\ufa19", "神", "U+FA19 and 神"),
    "variation": (Kind.NAME, "葛\U000e0100", "葛", "with a variation selector and without"),
    "dzu": (Kind.KANA, "ミヅノ", "ミズノ", "ヅ and ズ"),
    "small-kana": (Kind.KANA, "キヨウコ", "キョウコ", "large and small"),
    "half-kana": (Kind.KANA, "ﾐｽﾞﾉ", "ミズノ", "half and full width"),
    "combining": (Kind.KANA, "か\u3099", "が", "combining and composed dakuten"),
    "no-break-space": (Kind.NAME, "佐藤\u00a0愛", "佐藤 愛", "another space"),
    "phone-digit": (Kind.PHONE, "090-0123-4567", "090-0123-4568", "one digit"),
    "phone-zero": (Kind.PHONE, "03-1234-5678", "3-1234-5678", "a leading zero"),
    "address-numbers": (Kind.ADDRESS, "西町1-2 3", "西町1-23", "a space between two numbers"),
    "address-chome": (Kind.ADDRESS, "西町1丁目23番4号", "西町12丁目3番4号", "where one number ends"),
    "address-long": (Kind.ADDRESS, "西町1ー2", "西町1-2", "ー is no hyphen"),
    "address-glyph": (Kind.ADDRESS, "霞ヶ浜1-2", "霞ケ浜1-2", "ヶ and ケ"),
    "leading-zero": (Kind.ADDRESS, "西町01-2", "西町1-2", "a leading zero"),
    "line-break": (Kind.NAME, "佐藤愛\n", "佐藤愛", "a line break"),
}


def coded(kind: Kind, text: str, key: bytes) -> tuple[bytes, bytes, dict[str, int]]:
    tag = tags(kind, [presentation(kind, text)])
    words = code_words(key, tag)
    return tag, words.astype(">u2").tobytes(), {slot.name: int(forms(words, slot)[0]) for slot in SLOTS[kind]}


def spelled() -> Iterator[tuple[str, Case]]:
    for name, (kind, text, comment) in SPELL.items():
        by_key = []
        for key in KEYS:
            _, block, wanted = coded(kind, text, key)
            borne = {slot.name: wanted[slot.name] for slot in bearing(kind, text)}
            by_key.append(
                {"key": key.hex(), "word": block.hex(), "forms": borne, "delivered": spell(kind, text, wanted)}
            )
        given = {"kind": kind.value, "text": text, "presentation": presentation(kind, text)}
        tag = coded(kind, text, KEYS[0])[0].hex()
        head = {"expect": "success", "comment": comment, "what": "spell"}
        yield f"spell-{name}", {**head, **given, "tag": tag, "copies": by_key}


def unchanged() -> Iterator[tuple[str, Case]]:
    for name, (kind, text, comment) in UNCHANGED.items():
        head = {"expect": "unchanged", "comment": comment, "what": "spell"}
        yield f"unchanged-{name}", {**head, "kind": kind.value, "text": text, "presentation": presentation(kind, text)}


def distinct() -> Iterator[tuple[str, Case]]:
    for name, (kind, one, other, comment) in DISTINCT.items():
        head = {"expect": "distinct", "comment": comment, "what": "distinct"}
        yield f"distinct-{name}", {**head, "kind": kind.value, "one": one, "other": other}


def files() -> dict[str, bytes]:
    """File name -> content of every case."""
    return {
        f"{name}.json": (json.dumps(given, ensure_ascii=True, indent=1) + "\n").encode()
        for group in (spelled, unchanged, distinct)
        for name, given in group()
    }


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    for file_name, content in files().items():
        (HERE / file_name).write_bytes(content)
