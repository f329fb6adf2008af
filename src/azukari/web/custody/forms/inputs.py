"""Inputs that several forms share: days, and fields by kind and role."""

from __future__ import annotations

from typing import Any

from django import forms

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.web.ui.words import language, say


def days(**named: Any) -> forms.DateField:
    """A day, chosen in the browser's own calendar."""
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **named)


def fields_input(choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    """The fields that may leave, each with a box to tick."""
    return forms.MultipleChoiceField(
        choices=choices, widget=forms.CheckboxSelectMultiple, label=say("渡してよい項目", "Fields that may leave")
    )


def field_choices(fields: tuple[Field, ...] | None = None) -> list[tuple[str, str]]:
    """``kind/role`` and its label: those given, else every kind for the person, the spouse and two dependants."""
    roles = ("person", "spouse", "dependant-1", "dependant-2")
    known = fields or tuple(Field(kind, role) for role in roles for kind in Kind if kind is not REFERENCE.kind)
    return [(str(field), field.label(language())) for field in known]
