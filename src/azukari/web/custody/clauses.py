"""What a contract with an entrustee has to say: the guideline of the regulator for handling the number by public bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from azukari.errors import Language


@dataclass(frozen=True)
class Clause:
    """契約条項。 One duty that the contract is to lay down; ``key`` never changes."""

    key: str
    ja: str
    en: str

    def label(self, language: Language) -> str:
        """What people read."""
        return self.ja if language == "ja" else self.en


# PPC, Guideline on handling specific personal information (administrative bodies), 第4-2-(1) 委託の取扱い.
CLAUSES: Final = (
    Clause("secrecy", "秘密保持義務", "secrecy"),
    Clause("premises", "事業所内からの持出しの禁止", "nothing leaves the premises"),
    Clause("purpose", "目的外利用の禁止", "no use beyond the purpose"),
    Clause("sub-entrustment", "再委託の条件（最初の委託者の許諾）", "conditions of sub-entrustment"),
    Clause("liability", "漏えい等の際の委託先の責任", "liability for a leak"),
    Clause("return", "契約終了後の返却又は廃棄", "return or destruction at the end"),
    Clause("handlers", "取扱者の明確化", "named handlers"),
    Clause("supervision", "従業者に対する監督・教育", "supervision and education of workers"),
    Clause("reporting", "契約内容の遵守状況の報告", "reports on compliance"),
    Clause("inspection", "委託元による実地の監査・調査", "inspection on site by the entruster"),
)
KEYS: Final = frozenset(clause.key for clause in CLAUSES)
