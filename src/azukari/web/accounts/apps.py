"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """職員。 The app ``accounts``."""

    name = "azukari.web.accounts"
    label = "accounts"
