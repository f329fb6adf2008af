"""pgaudit lines of a PostgreSQL log, as views of people's records inside a body (docs/spec/use.md, Sources 6).

pgaudit's README, Format: AUDIT: type,statement id,substatement id,class,command,object type,object name,statement,parameters.
"""

from __future__ import annotations

import csv
import hmac
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, Self

from azukari.errors import FormatError
from azukari.ledger.entry import canonical, parse_canonical
from azukari.uses.mapping import MAX_BYTES
from azukari.uses.reasons import Reason, UnusableError
from azukari.uses.use import MEMBERS, Raw

TYPE: Final = "azukari/use-log/v1"
LINE_CHARS: Final = 65_536  # of one entry with its continuation lines
_ACTS: Final = {"SELECT": "view", "INSERT": "register", "UPDATE": "change", "DELETE": "delete", "COPY": "export"}
_WRITTEN: Final = {"%m": "time", "%t": "time", "%u": "user", "%d": "database", "%a": "application"}
_PARTS: Final = {
    "time": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z]{1,5}",
    "user": r"[^\s,@]*",
    "database": r"[^\s,@]*",
    "application": r"[^,]*",
}
_OTHER: Final = r"[^\s,]*"  # an escape that we do not read
_AUDIT: Final = r"LOG:\s+AUDIT:\s(?P<audit>.*)\Z"


@dataclass(frozen=True)
class Watched:
    """見ている表。 ``parameter``: which parameter of a statement (from 1) is the local id; ``fields``: what the table holds."""

    parameter: int
    fields: str = ""


@dataclass(frozen=True)
class LogMapping:
    """監査ログの読み方。 ``prefix``: the server's log_line_prefix; ``tables``: those that hold people; ``constants`` as of a table's mapping."""

    source: str
    prefix: str
    tables: Mapping[str, Watched]
    constants: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The canonical bytes."""
        tables = {name: asdict(watched) for name, watched in self.tables.items()}
        value = {"type": TYPE, "source": self.source, "prefix": self.prefix, "tables": tables}
        return canonical(value | {"constants": dict(self.constants)})

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a mapping strictly. FormatError."""
        if len(data) > MAX_BYTES:
            raise FormatError("a mapping has at most 65,536 bytes")
        value = parse_canonical(data, TYPE)
        try:
            tables = {name: Watched(**watched) for name, watched in value["tables"].items()}
            read = cls(value["source"], value["prefix"], tables, value["constants"])
            sound = read.encode() == data and not set(read.constants) - MEMBERS
            _pattern(read.prefix)
        except (KeyError, TypeError, AttributeError) as error:
            raise FormatError("mapping") from error
        if not sound or any(type(one.parameter) is not int or one.parameter < 1 for one in tables.values()):
            raise FormatError("mapping")
        return read


def entries(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Log entries with the number of their first line: a line that begins with a tab goes on with the one before."""
    first, held = 0, ""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if line.startswith("\t") and held:
            held = f"{held}\n{text[1:]}"[: LINE_CHARS + 1]
            continue
        if held:
            yield first, held
        first, held = number, text[: LINE_CHARS + 1]
    if held:
        yield first, held


def members_of(entry: str, mapping: LogMapping, key: bytes) -> Raw | None:
    """What one log entry tells; None where it is no audit line, or not about a table that holds people.

    UnusableError for a line about such a table that does not say whom it is about.
    """
    found = _pattern(mapping.prefix).match(entry)
    if found is None:
        if "AUDIT:" in entry:
            raise UnusableError(Reason.NOT_READABLE)
        return None
    if len(entry) > LINE_CHARS:
        raise UnusableError(Reason.TOO_LONG)
    columns = _columns(found["audit"])
    watched = mapping.tables.get(columns[6])
    if watched is None:
        return None
    told = found.groupdict()
    return {
        "source": mapping.source,
        "id": hmac.digest(key, entry.encode(), "sha256").hex(),
        "subject": _parameter(columns[8], watched.parameter),
        "time": told.get("time") or "",
        "act": _ACTS.get(columns[4], columns[4]),
        "role": told.get("user") or "",
        "system": told.get("application") or told.get("database") or "",
        "fields": watched.fields,
        **mapping.constants,
    }


def _pattern(prefix: str) -> re.Pattern[str]:
    """The prefix as an expression; each escape once by name."""
    parts, named = [], set[str]()
    for piece in re.split("(%[a-zA-Z%])", prefix):
        name = _WRITTEN.get(piece, "")
        if piece.startswith("%") and piece != "%%":
            parts.append(f"(?P<{name}>{_PARTS[name]})" if name and name not in named else _OTHER)
            named.add(name)
        else:
            parts.append(re.escape("%" if piece == "%%" else piece))
    return re.compile("".join(parts) + _AUDIT, re.DOTALL)


def _columns(audit: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(audit, newline=""), strict=False))
    if len(rows) != 1 or len(rows[0]) < 9:
        raise UnusableError(Reason.NOT_READABLE)
    return rows[0]


def _parameter(text: str, number: int) -> str:
    """The statement's parameter of this number, from 1; they are CSV themselves."""
    rows = (
        list(csv.reader(io.StringIO(text, newline=""), strict=False)) if text not in ("<none>", "<not logged>") else []
    )
    if len(rows) != 1 or len(rows[0]) < number:
        raise UnusableError(Reason.NOBODY, "subject")
    return rows[0][number - 1]
