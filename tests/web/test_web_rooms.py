"""Every field has a data class, every foreign key and import follows the arrows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import azukari.web

CLASSES = {"personal", "pseudonym", "public", "secret", "none"}
LAYERS: list[set[str]] = [  # the apps, from the lowest; those of one layer do not know one another
    {"ui", "sequencer", "jobs", "crossing"},
    {"accounts"},
    {"keyring"},
    {"subjects"},
    {"leaves"},
    {"enrolment", "citizens"},
    {"custody", "counter"},
    {"incidents", "trail"},
]
BELOW: dict[str, set[str]] = {
    label: set().union(*LAYERS[:number]) for number, layer in enumerate(LAYERS) for label in sorted(layer)
}
SHOWN = {"queries", "actions", "rules"}
SHOWN_TOO = {  # what a room is for, beside its register
    ("jobs", "uploads"), ("jobs", "worker"), ("accounts", "bearer"), ("subjects", "local_ids"), ("subjects", "lists"),
    ("subjects", "cells"), ("leaves", "people"), ("crossing", "arriving"), ("crossing", "outgoing"),
    ("crossing", "inbox"), ("accounts", "codes"), ("sequencer", "hold"), ("leaves", "blocks"),
    ("accounts", "tokens"), ("accounts", "visitors"),
}  # fmt: skip
WITHOUT_A_REGISTER = {"ui"}
WEB = Path(azukari.web.__file__).parent


def models() -> Iterator[type]:
    from django.apps import apps

    for app in apps.get_app_configs():
        if app.name.startswith("azukari."):
            assert app.label in BELOW, "an app that stands in no layer"
            yield from app.get_models(include_auto_created=True)


@pytest.mark.usefixtures("open_office")
def test_fields_when_discovered_then_each_has_one_known_data_class() -> None:
    found = list(models())
    assert len(found) > 30
    for model in found:
        names = {field.name for field in model._meta.local_concrete_fields}  # type: ignore[attr-defined]
        classes = model.__dict__.get("data_classes", {})
        assert set(classes) == names, model
        assert set(classes.values()) <= CLASSES, model


@pytest.mark.usefixtures("open_office")
def test_fields_when_wrapped_or_binary_secrets_then_they_are_classed_secret() -> None:
    for model in models():
        for name, data_class in model.__dict__["data_classes"].items():
            if name.startswith("wrapped_") or name.endswith("_opening") or name == "password":
                assert data_class == "secret", (model, name)


@pytest.mark.usefixtures("open_office")
def test_foreign_keys_when_walked_then_they_point_down() -> None:
    for model in models():
        own = model._meta.app_label  # type: ignore[attr-defined]
        for field in model._meta.get_fields():  # type: ignore[attr-defined]
            if field.is_relation and not field.auto_created:
                assert field.related_model._meta.app_label in BELOW[own] | {own}, (model, field)


@pytest.mark.usefixtures("open_office")
def test_models_when_discovered_then_none_has_logic_in_save_or_signals() -> None:
    from django.db.models import Model, signals

    for model in models():
        assert not {"save", "delete", "clean"} & set(model.__dict__), model
        assert issubclass(model, Model)
        for signal in (signals.pre_save, signals.post_save, signals.pre_delete, signals.post_delete):
            assert not signal.has_listeners(model), model


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("app", BELOW)
def test_imports_when_walked_then_apps_look_down_and_never_at_models(app: str) -> None:
    for path in (WEB / app).rglob("*.py"):
        for name in imports(path):
            parts = name.split(".")
            if parts[:2] != ["azukari", "web"] or parts[2] not in BELOW or parts[2] == app:
                continue
            assert parts[2] in BELOW[app], (path, name)
            shown = parts[3] in SHOWN or (parts[2], parts[3]) in SHOWN_TOO or parts[2] in WITHOUT_A_REGISTER
            assert shown, (path, name)


@pytest.mark.parametrize("app", sorted(app for app in BELOW if (WEB / app / "actions").is_dir()))
def test_actions_when_public_then_keyword_only_with_by_and_at(app: str) -> None:
    for path in (WEB / app / "actions").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                names = [argument.arg for argument in node.args.kwonlyargs]
                defaults = dict(zip(names, node.args.kw_defaults, strict=True))
                assert not node.args.args, (path, node.name)
                assert defaults["by"] is None, (path, node.name)
                assert defaults["at"] is None, (path, node.name)


@pytest.mark.parametrize("path", sorted((WEB.parent / "stores").glob("*.py")), ids=lambda path: path.name)
def test_stores_when_walked_then_no_django_and_nothing_posix_only(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] not in {"django", "fcntl", "pwd", "grp", "resource"}
        assert not name.startswith("azukari.web")
