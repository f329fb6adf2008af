"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """作業。 The app ``jobs``."""

    name = "azukari.web.jobs"
    label = "jobs"
