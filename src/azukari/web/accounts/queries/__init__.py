"""Reading bodies and people, as small frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from django.http import HttpRequest

from azukari.errors import NotFoundError
from azukari.web.accounts.models import Body, ExternalIdentity, Invitation, SignInProvider, Token, User
from azukari.web.accounts.rules import Role
from azukari.web.accounts.tokens import digest_of
from azukari.web.ui.words import pick

_ROLES_EN = {
    Role.OFFICER: "privacy officer",
    Role.APPROVER: "approver",
    Role.AUDITOR: "auditor",
    Role.CONTRACTOR: "contractor",
    Role.ADMINISTRATOR: "administrator",
}


@dataclass(frozen=True)
class BodyInfo:
    """公的機関。 A body and its public keys; empty text where there is none yet."""

    id: UUID
    name: str
    name_en: str
    recipient: str
    vkey: str
    key_id: str


@dataclass(frozen=True)
class Person:
    """利用者。 Login and name are personal data and not in the ``repr``."""

    id: UUID
    body: UUID
    login: str = field(repr=False)
    name: str = field(repr=False)
    role: str
    is_active: bool
    party: UUID | None = None  # of a contractor

    @property
    def role_label(self) -> str:
        """What people read."""
        return role_label(self.role)


@dataclass(frozen=True)
class ProviderInfo:
    """ログインの提供元。 ``only``: the people of the body sign in through it alone."""

    id: UUID
    body: UUID
    label: str
    issuer: str
    client_id: str
    method: str
    algorithm: str
    wrapped_secret: bytes = field(repr=False)
    public_jwk: dict[str, str]
    only: bool


@dataclass(frozen=True)
class TokenInfo:
    """アクセストークン。 Without the token: nobody has that but its person. ``label`` is theirs and not in the ``repr``."""

    id: UUID
    label: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    in_force: bool


def body(body_id: UUID) -> BodyInfo:
    """The body of this id, or NotFoundError."""
    row = Body.objects.filter(id=body_id).first()
    if row is None:
        raise NotFoundError("there is no such body")
    return _body(row)


def bodies() -> list[BodyInfo]:
    """All bodies of the office, oldest first."""
    return [_body(row) for row in Body.objects.order_by("created_at", "id")]


def person(login: str) -> Person:
    """The person with this login, or NotFoundError (which does not repeat the login)."""
    return _person(User.objects.filter(login=login).first())


def person_by_id(person_id: UUID) -> Person:
    """The person of this id, or NotFoundError."""
    return _person(User.objects.filter(id=person_id).first())


def names(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these people, by id; who is not there is left out."""
    return dict(User.objects.filter(id__in=set(person_ids)).values_list("id", "name"))


def people(body_id: UUID, *, active_only: bool = True) -> list[Person]:
    """The people of a body, by login."""
    found = User.objects.filter(body_id=body_id).order_by("login")
    return [_person(row) for row in (found.filter(is_active=True) if active_only else found)]


@dataclass(frozen=True)
class Invited:
    """招待の写し。 The newest invitation of a person, as it crosses to another face: the hash of the code, never the code."""

    code_hash: str = field(repr=False)
    invited_at: datetime
    expires_at: datetime


def contractors(body_id: UUID) -> list[Person]:
    """The people of the firms of a body, those who were let go too, by login."""
    found = User.objects.filter(body_id=body_id, role=Role.CONTRACTOR).order_by("login")
    return [_person(row) for row in found]


def members(body_id: UUID, party_id: UUID) -> list[Person]:
    """The people of one firm of a body, those who were let go too, by login."""
    return [person for person in contractors(body_id) if person.party == party_id]


def invitations(person_ids: Iterable[UUID]) -> dict[UUID, Invited]:
    """The newest invitation of each of these people that was ever invited."""
    found = Invitation.objects.filter(person_id__in=list(person_ids))
    return {row.person_id: Invited(row.code_hash, row.created_at, row.expires_at) for row in found}


def acting(request: HttpRequest) -> Person:
    """Who acts: the signed-in person of a request that the gate has let through."""
    return _person(cast(User, request.user))


def providers() -> list[ProviderInfo]:
    """Of all bodies that have one, by label: what the sign-in page offers."""
    return [_provider(row) for row in SignInProvider.objects.order_by("label", "id")]


def provider(provider_id: UUID) -> ProviderInfo:
    """The provider of this id, or NotFoundError."""
    return _provider(SignInProvider.objects.filter(id=provider_id).first())


def provider_of(body_id: UUID) -> ProviderInfo:
    """The provider of a body, or NotFoundError."""
    return _provider(SignInProvider.objects.filter(body_id=body_id).first())


def provider_purpose(provider_id: UUID) -> str:
    """What the secret of a provider is wrapped for."""
    return f"sign-in-provider/{provider_id}/secret"


def provider_only(body_id: UUID) -> bool:
    """Whether the people of a body sign in through its provider alone."""
    return SignInProvider.objects.filter(body_id=body_id, only=True).exists()


def is_linked(person_id: UUID, issuer: str) -> bool:
    """Whether a person has an account of this provider."""
    return ExternalIdentity.objects.filter(person_id=person_id, issuer=issuer).exists()


def person_linked(body_id: UUID, issuer: str, subject: str) -> Person:
    """The active person of this body whom an account of its provider signs in, or NotFoundError.

    A contractor is none: the inside face is for the body's own people.
    """
    found = ExternalIdentity.objects.filter(
        issuer=issuer, subject=subject, body_id=body_id, person__body_id=body_id, person__is_active=True
    )
    row = found.exclude(person__role=Role.CONTRACTOR).select_related("person").first()
    return _person(None if row is None else row.person)


def bearer(token: str, at: datetime) -> User | None:
    """The active person as whom a program acts that shows this token; None if it is unknown, late or ended."""
    found = Token.objects.select_related("person").filter(
        digest=digest_of(token), revoked_at__isnull=True, expires_at__gt=at, person__is_active=True
    )
    row = found.first()
    return row.person if row else None


def tokens(person_id: UUID, at: datetime) -> list[TokenInfo]:
    """The tokens of a person, newest first."""
    found = Token.objects.filter(person_id=person_id).order_by("-created_at", "id")
    return [_token(row, at) for row in found]


def role_label(role: str) -> str:
    """What people read, in the language of the page."""
    ja, en = Role(role).label, _ROLES_EN[Role(role)]
    return pick(str(ja), en)


def _body(row: Body) -> BodyInfo:
    return BodyInfo(row.id, row.name, row.name_en, row.recipient, row.vkey, row.key_id)


def _provider(row: SignInProvider | None) -> ProviderInfo:
    if row is None:
        raise NotFoundError("there is no sign-in provider")
    return ProviderInfo(
        row.id,
        row.body_id,
        row.label,
        row.issuer,
        row.client_id,
        row.method,
        row.algorithm,
        bytes(row.wrapped_secret),
        dict(row.public_jwk),
        row.only,
    )


def _token(row: Token, at: datetime) -> TokenInfo:
    in_force = row.revoked_at is None and at < row.expires_at
    return TokenInfo(row.id, row.label, row.created_at, row.expires_at, row.revoked_at, in_force)


def _person(row: User | None) -> Person:
    if row is None:
        raise NotFoundError("there is no such person")
    return Person(row.id, row.body_id, row.login, row.name, row.role, row.is_active, row.party)
