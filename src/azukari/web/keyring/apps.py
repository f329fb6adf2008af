"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class KeyringConfig(AppConfig):
    """鍵束。 The app ``keyring``."""

    name = "azukari.web.keyring"
    label = "keyring"
