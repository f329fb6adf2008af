"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    """本人。 The app ``subjects``."""

    name = "azukari.web.subjects"
    label = "subjects"
