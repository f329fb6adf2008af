"""Bodies and people. A person of the office is a user; people concerned (本人) are elsewhere."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q


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


class Role(models.TextChoices):
    """役割。 What a person may do; one role per account."""

    OFFICER = "officer", "個人情報保護担当"
    APPROVER = "approver", "承認者"
    AUDITOR = "auditor", "監査担当"
    CONTRACTOR = "contractor", "委託先"
    ADMINISTRATOR = "administrator", "管理者"


class User(AbstractBaseUser):
    """利用者。 Somebody who works in the office or for a party, under a login."""

    data_classes: ClassVar[dict[str, str]] = {
        "id": "pseudonym",
        "body": "public",
        "login": "personal",
        "name": "personal",
        "role": "none",
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
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "login"

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(condition=~Q(login=""), name="user_has_a_login"),
        )
