"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    """画面。 The app ``ui``."""

    name = "azukari.web.ui"
    label = "ui"
