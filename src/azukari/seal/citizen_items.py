"""What crosses for people who look at their own list outside, and what they ask (docs/spec/crossing.md, section 8).

Nothing here says who anybody is: a citizen is a random id, a login name made of random letters, and the keys of a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from azukari.errors import FormatError
from azukari.seal.items import Item


@dataclass(frozen=True)
class EventItem(Item):
    """受渡しの出来事。 What a leaf of a hand-over commits to, for one role of its rows: ``event``, canonical, names nobody.

    ``source``: the hand-over.
    """

    type: ClassVar[str] = "azukari/crossing-event/v1"
    id: str
    source: str
    event: str


@dataclass(frozen=True)
class CitizenItem(Item):
    """足あとを見る人。 Who may look at which list: keys of all generations, the name on a letter, and the scrypt hash of its code.

    ``is_active`` False is the end: then ``letter``, ``code_hash``, ``issued_at`` and ``expires_at`` are empty and there is no key.
    """

    type: ClassVar[str] = "azukari/crossing-citizen/v1"
    id: str
    is_active: bool
    letter: str = field(repr=False)
    code_hash: str = field(repr=False)
    issued_at: str
    expires_at: str
    keys: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        given = (self.letter, self.code_hash, self.issued_at, self.expires_at, self.keys)
        if any(bool(one) != self.is_active for one in given):
            raise FormatError(f"{self.type}: is_active")


@dataclass(frozen=True)
class BoxItem(Item):
    """一件の箱。 Event and opening of the leaf at ``index``, sealed for the list key of ``citizen`` (base64)."""

    type: ClassVar[str] = "azukari/crossing-box/v1"
    id: str
    citizen: str
    index: int
    sealed: str = field(repr=False)
