"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """足あと。 The app ``trail``."""

    name = "azukari.web.trail"
    label = "trail"
