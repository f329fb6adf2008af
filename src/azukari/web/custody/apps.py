"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class CustodyConfig(AppConfig):
    """預かり簿。 The app ``custody``."""

    name = "azukari.web.custody"
    label = "custody"
