"""The cast of the demo and the tests: fictitious bodies, firms and officers, Japanese and English.

No real body, firm or person is meant. The foreign countries are invented too, under codes that ISO 3166-1
leaves to users (XA to XZ), so that no real country is suspected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Party:
    """当事者。 A body or a firm; ``slug`` is ASCII for file names and keys, ``country`` a key of COUNTRIES.

    ``staff`` is the number of people who can work on an entrustment, 0 where that plays no part.
    """

    slug: str
    ja: str
    en: str
    country: str = "JP"
    staff: int = 0


@dataclass(frozen=True)
class Officer:
    """担当者。 Somebody who acts for a party; ``party`` is its slug."""

    slug: str
    ja: str
    kana: str
    en: str
    title_ja: str
    title_en: str
    party: str


COUNTRIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "JP": ("日本", "Japan"),
        "XA": ("蜃気楼共和国", "Republic of Shinkiro"),
        "XB": ("不知火諸島", "Shiranui Islands"),
    }
)
"""Country code to Japanese and English name."""

PENSION_SERVICE = Party("kasumigahama", "霞ヶ浜年金機構", "Kasumigahama Pension Service")
CITY = Party("minasoko", "水底市", "City of Minasoko")
PREFECTURE = Party("asagiri", "朝霧野県", "Asagirino Prefecture")
OVERSIGHT = Party("oversight", "霞ヶ浜預託監視委員会", "Kasumigahama Custody Oversight Board")
BODIES = (PENSION_SERVICE, CITY, PREFECTURE, OVERSIGHT)
"""公的機関: entrusters, and the board that holds the oversight key."""

KEYING = Party("seiran", "青嵐データ入力", "Seiran Data Entry", staff=130)
SYSTEMS = Party("shiraho", "白帆情報処理", "Shiraho Data Processing", staff=60)
PRINTING = Party("wakaba", "若葉印刷発送", "Wakaba Print and Mail", staff=45)
KANA = Party("yamabiko", "山彦カナ照合", "Yamabiko Kana Matching", staff=20)
ABROAD = Party("shinkiro", "蜃気楼入力工房", "Shinkiro Keying Works", country="XA", staff=400)
ISLANDS = Party("shiranui", "不知火事務代行", "Shiranui Back Office", country="XB", staff=80)
FIRMS = (KEYING, SYSTEMS, PRINTING, KANA, ABROAD, ISLANDS)
"""事業者: contractors in Japan, then those to whom work might be passed on abroad."""

PARTIES: Mapping[str, Party] = MappingProxyType({party.slug: party for party in BODIES + FIRMS})
"""Every party by its slug."""

OFFICERS = (
    Officer(
        "kiryu",
        "霧生　澄江",
        "キリュウ　スミエ",
        "Sumie Kiryu",
        "個人情報保護担当",
        "Data protection officer",
        "kasumigahama",
    ),
    Officer(
        "nagisa",
        "渚　泰三",
        "ナギサ　タイゾウ",
        "Taizo Nagisa",
        "情報企画部長",
        "Head of information planning",
        "kasumigahama",
    ),
    Officer(
        "mizukagami",
        "水鏡　文代",
        "ミズカガミ　フミヨ",
        "Fumiyo Mizukagami",
        "個人情報保護担当",
        "Data protection officer",
        "minasoko",
    ),
    Officer(
        "tomoshibi",
        "灯　恵吾",
        "トモシビ　ケイゴ",
        "Keigo Tomoshibi",
        "監視委員",
        "Board member",
        "oversight",
    ),
    Officer(
        "aonagi",
        "青凪　貴志",
        "アオナギ　タカシ",
        "Takashi Aonagi",
        "業務責任者",
        "Manager in charge",
        "seiran",
    ),
    Officer(
        "hogake",
        "帆掛　里子",
        "ホガケ　サトコ",
        "Satoko Hogake",
        "業務責任者",
        "Manager in charge",
        "shiraho",
    ),
)
"""担当者: two of the pension service (releasing a tip takes two), one each of the others."""
