"""Bodies and people. A person of the office is a user; people concerned (本人) are elsewhere."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from azukari.web.accounts.rules import Role


class Body(models.Model):
    """公的機関。 A public body; its public keys and key id are those of its office."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "public",
        "name": "public",
        "name_en": "public",
        "recipient": "public",
        "vkey": "public",
        "key_id": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    wall_column: ClassVar[str] = "id"
    wall_door: ClassVar[str] = "sign-in"  # its name stands on every page, that of a refusal too

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.TextField()
    name_en = models.TextField(blank=True)
    recipient = models.TextField(blank=True)  # age public key: what is sealed back to the body
    vkey = models.TextField(blank=True)  # verifier key of what the body signs beside its log
    key_id = models.TextField(blank=True)  # names the key-encryption key that wraps this body's secrets
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="body_has_a_name"),)


class User(AbstractBaseUser):
    """利用者。 Somebody who works in the office or for a party, under a login."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "body": "public",
        "login": "personal",
        "name": "personal",
        "role": "none",
        "party": "public",
        "is_active": "none",
        "password": "secret",
        "last_login": "personal",
        "wrapped_mail": "secret",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    wall_door: ClassVar[str] = "sign-in"  # found by login, before it is known whose it is

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    login = models.CharField(max_length=150, unique=True)
    name = models.TextField()
    role = models.CharField(max_length=20, choices=Role.choices)
    party = models.UUIDField(null=True)  # of a contractor: the firm; a plain key, parties live above this app
    is_active = models.BooleanField(default=True)
    wrapped_mail = models.BinaryField(null=True)  # where an officer wants reminders
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "login"

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(condition=~Q(login=""), name="user_has_a_login"),
            models.CheckConstraint(
                condition=Q(role="contractor", party__isnull=False) | ~Q(role="contractor") & Q(party__isnull=True),
                name="user_of_a_party_or_of_the_body",
            ),
        )


class Invitation(models.Model):
    """招待。 The one way to a first sign-in: a code, given by hand, that is good once and for some days.

    Only the code's scrypt hash is kept. ``tries`` counts wrong codes; too many end the invitation.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "person": "pseudonym",
        "code_hash": "secret",
        "tries": "none",
        "expires_at": "none",
        "used_at": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    wall_door: ClassVar[str] = "sign-in"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    code_hash = models.TextField()
    tries = models.IntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(tries__gte=0), name="invitation_tries_not_negative"),)


class Consent(models.Model):
    """招待への同意。 That somebody whom nobody invites alone is to be invited: who asked, and who consented or refused.

    Never deleted, and no field of it is changed once it is decided: the person invited must be able to see it.
    """

    class Way(models.TextChoices):
        """招待の道。 Two people; the machine's command line; or the inside, of what an outside office shows."""

        TWO = "two", "二人で"
        MACHINE = "machine", "機械の上で"
        INSIDE = "inside", "庁内から"

    class Status(models.TextChoices):
        """状態。 Only what was asked is decided, and once."""

        ASKED = "asked", "同意待ち"
        GIVEN = "given", "同意"
        REFUSED = "refused", "不同意"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "person": "pseudonym",
        "way": "none",
        "status": "none",
        "decided_by": "pseudonym",
        "decided_at": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    way = models.CharField(max_length=8, choices=Way.choices)
    status = models.CharField(max_length=8, choices=Status.choices)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(way__in=["two", "machine", "inside"]) & Q(status__in=["asked", "given", "refused"]),
                name="consent_kinds_known",
            ),
            models.CheckConstraint(
                condition=Q(status="asked", decided_by__isnull=True, decided_at__isnull=True)
                | ~Q(status="asked") & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="consent_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="given", way="two") | ~Q(decided_by=models.F("created_by")),
                name="consent_given_by_another",
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(status="asked"), name="consent_asked_once"),
        )


class SignInProvider(models.Model):
    """ログインの提供元。 The OpenID provider of a body; it stands for the password, never for the second factor.

    ``wrapped_secret`` is a PEM private key (``private_key_jwt``) or a client secret (``client_secret_basic``).
    """

    class Method(models.TextChoices):
        """提供元への名乗り方。 How the office shows the provider who it is."""

        KEY = "private_key_jwt", "鍵で署名"
        SECRET = "client_secret_basic", "共有の秘密"

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "label": "public",
        "issuer": "public",
        "client_id": "public",
        "method": "none",
        "algorithm": "none",
        "wrapped_secret": "secret",
        "public_jwk": "public",
        "only": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "sign-in"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.OneToOneField(Body, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=60)
    issuer = models.TextField()
    client_id = models.TextField()
    method = models.CharField(max_length=20, choices=Method.choices)
    algorithm = models.CharField(max_length=8, blank=True)  # of the key; empty without one
    wrapped_secret = models.BinaryField()
    public_jwk = models.JSONField(default=dict)
    only = models.BooleanField(default=False)  # passwords and passkeys open nothing by themselves
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(method__in=["private_key_jwt", "client_secret_basic"]), name="provider_method_known"
            ),
            models.CheckConstraint(
                condition=~Q(issuer="") & ~Q(client_id="") & ~Q(label=""), name="provider_names_itself"
            ),
        )


class ExternalIdentity(models.Model):
    """提供元のアカウント。 Issuer and subject of a provider's account, and the one person whom it signs in.

    Made by that person alone: after a fresh second factor, or with an invitation; never by comparing names.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "person": "pseudonym",
        "issuer": "public",
        "subject": "personal",
        "created_at": "none",
        "created_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "sign-in"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    issuer = models.TextField()
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_once"),
            models.UniqueConstraint(fields=["person", "issuer"], name="external_identity_one_per_person"),
            models.CheckConstraint(condition=~Q(issuer="") & ~Q(subject=""), name="external_identity_names_somebody"),
        )


class Token(models.Model):
    """アクセストークン。 What a program shows instead of a session; it acts as its person until it ends.

    Only the SHA-256 of the token is kept: 256 random bits need no slow hash.
    """

    data_classes: ClassVar[dict[str, str]] = {
        "id": "none",
        "body": "public",
        "person": "pseudonym",
        "label": "personal",
        "digest": "secret",
        "expires_at": "none",
        "revoked_at": "none",
        "created_at": "none",
        "created_by": "pseudonym",
    }
    wall_door: ClassVar[str] = "sign-in"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    label = models.TextField()
    digest = models.BinaryField(unique=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(label=""), name="token_has_a_label"),)
