"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class CitizensConfig(AppConfig):
    """足あとを見る人。 The app ``citizens``."""

    name = "azukari.web.citizens"
    label = "citizens"
