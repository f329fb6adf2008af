"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """漏えい等事案。 The app ``incidents``."""

    name = "azukari.web.incidents"
    label = "incidents"
