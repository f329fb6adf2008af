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
        "created_at": "none",
        "created_by": "pseudonym",
    }

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="+")
    login = models.CharField(max_length=150, unique=True)
    name = models.TextField()
    role = models.CharField(max_length=20, choices=Role.choices)
    party = models.UUIDField(null=True)  # of a contractor: the firm; a plain key, parties live above this app
    is_active = models.BooleanField(default=True)
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
