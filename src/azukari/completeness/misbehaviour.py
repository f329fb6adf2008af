"""The evidence file: what is kept of a report that fails, for others to check again (docs/spec/completeness.md, 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from azukari.errors import AzukariError, LimitError
from azukari.ledger.entry import canonical, parse_canonical

from .reading import count, members, require, text

MISBEHAVIOUR: Final = "azukari/misbehaviour/v1"
SUFFIX: Final = ".azm.json"
MAX_EVIDENCE: Final = 11_000_000  # bytes: a report and a visit, their quotation marks escaped once more
_FIRST_STEP: Final = 2


@dataclass(frozen=True)
class Misbehaviour:
    """不正の証拠。 A report that failed at a step, and what was kept from the visit before (or empty).

    It holds the list keys: it is the person's to show.
    """

    word: str
    kind: str
    step: int
    report: bytes
    visit: bytes

    def __post_init__(self) -> None:
        require(self.step >= _FIRST_STEP and bool(self.word), "step")

    @classmethod
    def of(cls, error: AzukariError, report: bytes, visit: bytes = b"") -> Misbehaviour | None:
        """The evidence that an error of `verify_report` leaves; None for step 1: bytes that anybody can make."""
        step, kind = error.facts.get("step"), error.facts.get("kind", "")
        if not isinstance(step, int) or step < _FIRST_STEP:
            return None
        return cls(error.word, str(kind), step, report, visit)

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.word}-{self.kind}{SUFFIX}" if self.kind else f"{self.word}{SUFFIX}"

    def encode(self) -> bytes:
        """The bytes of the file."""
        texts = {"kind": self.kind, "report": self.report.decode(), "visit": self.visit.decode(), "word": self.word}
        return canonical({"type": MISBEHAVIOUR, "step": self.step, **texts})

    @classmethod
    def parse(cls, data: bytes) -> Misbehaviour:
        """Read what `encode` wrote. Raises FormatError, LimitError."""
        if len(data) > MAX_EVIDENCE:
            raise LimitError(f"an evidence file of more than {MAX_EVIDENCE} bytes")
        value = members(parse_canonical(data, MISBEHAVIOUR), "kind", "report", "step", "type", "visit", "word")
        report, visit = text(value["report"]).encode(), text(value["visit"]).encode()
        return cls(text(value["word"]), text(value["kind"]), count(value["step"]), report, visit)
