"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class LeavesConfig(AppConfig):
    """葉。 The app ``leaves``."""

    name = "azukari.web.leaves"
    label = "leaves"
