"""Django's name for this room."""

from __future__ import annotations

from django.apps import AppConfig


class SequencerConfig(AppConfig):
    """台帳。 The app ``sequencer``."""

    name = "azukari.web.sequencer"
    label = "sequencer"
