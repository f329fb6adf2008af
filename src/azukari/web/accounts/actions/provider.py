"""The sign-in provider of a body, and the accounts of it that people link to themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from joserfc.jwk import ECKey, RSAKey

from azukari.errors import NotFoundError, NotPermittedError, OptionError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.stores.remote import require_private
from azukari.web.accounts.models import Body, ExternalIdentity, SignInProvider, User
from azukari.web.accounts.queries import provider_purpose
from azukari.web.accounts.rules import Role

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
_RSA_BITS: Final = 3072
_LENGTH: Final = 2_000  # characters of an issuer, a client id or a secret


@dataclass(frozen=True)
class Settings:
    """提供元の設定。 ``secret`` None: the office makes a key and signs with it under ``algorithm``."""

    label: str
    issuer: str
    client_id: str
    algorithm: str = "RS256"
    secret: str | None = field(default=None, repr=False)
    only: bool = False


def configure(
    *, body_id: UUID, settings: Settings, kek: KeyEncryptionKey, by: UUID, at: datetime, new_key: bool = False
) -> UUID:
    """Set the provider of a body, in the place of any other; returns its id.

    A key is kept where issuer, client and algorithm stay the same, unless ``new_key``. With another issuer the accounts
    that people had linked are gone. OptionError for settings that make no sense, NotFoundError without such a body.
    """
    _require_sense(settings)
    with transaction.atomic():
        if not Body.objects.select_for_update(no_key=True).filter(id=body_id).exists():
            raise NotFoundError("there is no such body")
        row = SignInProvider.objects.filter(body_id=body_id).first()
        if row is not None and row.issuer != settings.issuer:
            ExternalIdentity.objects.filter(body_id=body_id).delete()
        if row is None:
            row = SignInProvider(id=uuid4(), body_id=body_id, created_at=at, created_by=by)
        if new_key or not _keeps(row, settings):
            _give_secret(row, settings, kek)
        row.label, row.issuer, row.client_id, row.only = (
            settings.label, settings.issuer, settings.client_id, settings.only,
        )  # fmt: skip
        row.save()
    return row.id


def remove(*, body_id: UUID, by: UUID, at: datetime) -> None:
    """Take the provider away, its key, and every account that was linked; passwords and passkeys sign in again.

    NotFoundError without one.
    """
    with transaction.atomic():
        removed, _ = SignInProvider.objects.filter(body_id=body_id).delete()
        if not removed:
            raise NotFoundError("there is no sign-in provider")
        ExternalIdentity.objects.filter(body_id=body_id).delete()


def link(*, person_id: UUID, issuer: str, subject: str, by: UUID, at: datetime) -> None:
    """Let this account sign this person in, in the place of an earlier one of theirs.

    NotFoundError without such an active person; NotPermittedError for a contractor's; StateError if the account belongs
    to somebody already, which is not told apart any further.
    """
    try:
        with transaction.atomic():
            person = User.objects.select_for_update(no_key=True).filter(id=person_id, is_active=True).first()
            if person is None:
                raise NotFoundError("there is no such person")
            if person.role == Role.CONTRACTOR:
                raise NotPermittedError("the provider is for the people of the body")
            ExternalIdentity.objects.filter(person=person, issuer=issuer).delete()
            ExternalIdentity.objects.create(
                body_id=person.body_id, person=person, issuer=issuer, subject=subject, created_at=at, created_by=by
            )
    except IntegrityError:
        raise StateError("this account cannot be linked") from None


def unlink(*, person_id: UUID, by: UUID, at: datetime) -> None:
    """No account signs this person in any more. StateError where people sign in through the provider alone."""
    if SignInProvider.objects.filter(body_id__in=User.objects.filter(id=person_id).values("body_id"), only=True):
        raise StateError("the people of this body sign in through the provider alone")
    ExternalIdentity.objects.filter(person_id=person_id).delete()


def _require_sense(settings: Settings) -> None:
    require_private(settings.issuer.rstrip("/") + "/")
    texts = (settings.issuer, settings.client_id, settings.secret or "x")
    if not all(0 < len(text) <= _LENGTH and text.isascii() and text.isprintable() for text in texts):
        raise OptionError("issuer, client and secret are short lines of ASCII")
    if not 0 < len(settings.label.strip()) <= 60:
        raise OptionError("a provider needs a label of at most 60 characters")
    if settings.algorithm not in ALGORITHMS:
        raise OptionError(f"an algorithm is one of {', '.join(ALGORITHMS)}")


def _keeps(row: SignInProvider, settings: Settings) -> bool:
    """Whether the key that is there goes on."""
    same: Any = (row.issuer, row.client_id, row.algorithm, row.method)
    return settings.secret is None and same == (
        settings.issuer, settings.client_id, settings.algorithm, SignInProvider.Method.KEY,
    )  # fmt: skip


def _give_secret(row: SignInProvider, settings: Settings, kek: KeyEncryptionKey) -> None:
    if settings.secret is not None:
        row.method, row.algorithm, row.public_jwk = SignInProvider.Method.SECRET, "", {}
        row.wrapped_secret = kek.wrap(settings.secret.encode(), provider_purpose(row.id))
        return
    elliptic = settings.algorithm == "ES256"
    key = ECKey.generate_key("P-256") if elliptic else RSAKey.generate_key(_RSA_BITS)
    shown = {"kid": key.thumbprint(), "use": "sig", "alg": settings.algorithm}
    row.method, row.algorithm = SignInProvider.Method.KEY, settings.algorithm
    row.public_jwk = key.as_dict(private=False) | shown
    row.wrapped_secret = kek.wrap(key.as_pem(private=True), provider_purpose(row.id))
