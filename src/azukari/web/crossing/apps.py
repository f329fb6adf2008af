"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class CrossingConfig(AppConfig):
    """便。 The app ``crossing``."""

    name = "azukari.web.crossing"
    label = "crossing"
