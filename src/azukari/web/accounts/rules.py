"""Who may ask for what: one rule on each view, and nothing is answered without one (``accounts.gate``).

::

    @allow(Role.OFFICER, Role.APPROVER, fresh=True)
    def permit(request): ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db.models import TextChoices

V = TypeVar("V", bound=Callable[..., Any])


class Role(TextChoices):
    """役割。 What a person may do; one role per account."""

    OFFICER = "officer", "個人情報保護担当"
    APPROVER = "approver", "承認者"
    AUDITOR = "auditor", "監査担当"
    CONTRACTOR = "contractor", "委託先"
    ADMINISTRATOR = "administrator", "管理者"


STAFF: Final = (Role.OFFICER, Role.APPROVER, Role.AUDITOR)
"""Who reads the register."""


FACES: Final[dict[str, frozenset[str]]] = {
    "ledger": frozenset(),
    "inside": frozenset(Role.values) - {Role.CONTRACTOR.value},
    "outside": frozenset({Role.CONTRACTOR.value}),
}
"""Who has a place on which face (AZUKARI_FACE): staff inside, people of contractors outside, nobody on both."""


@dataclass(frozen=True)
class Rule:
    """規則。 ``roles`` None: also people who are not signed in. ``fresh``: the second factor again, minutes ago.

    ``enrolling``: open to people who have no second factor yet, which nothing else is. ``token``: for programs, which
    come with an access token in every request and never with a session (``accounts.bearer``). ``visiting``: for a person
    who looks at their own list, and for no account (``accounts.visitors``).
    """

    roles: frozenset[str] | None
    fresh: bool = False
    enrolling: bool = False
    token: bool = False
    visiting: bool = False


ANYBODY: Final = Rule(None)
SIGNED_IN: Final = Rule(frozenset(Role.values))
VISITING: Final = Rule(frozenset(), visiting=True)
ENROLLING: Final = Rule(frozenset(Role.values), enrolling=True)


def here() -> frozenset[str]:
    """The roles that have a place on the face of this process."""
    return FACES[settings.FACE]


def anybody(view: V) -> V:
    """Answers also who is not signed in."""
    return ruled(view, ANYBODY)


def signed_in(view: V) -> V:
    """Answers every role."""
    return ruled(view, SIGNED_IN)


def enrolling(view: V) -> V:
    """Answers every role, before there is a second factor too."""
    return ruled(view, ENROLLING)


def visiting(view: V) -> V:
    """Answers whoever looks at their own list outside, and nobody else."""
    return ruled(view, VISITING)


def allow(*roles: Role, fresh: bool = False) -> Callable[[V], V]:
    """Answers these roles; with ``fresh`` only after the second factor was shown again."""
    return lambda view: ruled(view, Rule(frozenset(role.value for role in roles), fresh))


def ruled(view: V, rule: Rule) -> V:
    """The view with its rule."""
    view.rule = rule  # type: ignore[attr-defined]  # what the gate reads; functools.wraps carries it on
    return view
