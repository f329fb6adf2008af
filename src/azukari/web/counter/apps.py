"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class CounterConfig(AppConfig):
    """窓口。 The app ``counter``."""

    name = "azukari.web.counter"
    label = "counter"
