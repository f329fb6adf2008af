"""Every model of the office, discovered: data classes, the body that it belongs to, and where its keys point.

Walked in an interpreter of its own, so that the settings of this run stay as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from house import AZUKARI, bare, below, rooms

CLASSES = {"personal", "pseudonym", "public", "secret", "none"}

_WALK = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.web.settings"
import django
django.setup()
from django.apps import apps
found = []
for model in apps.get_models(include_auto_created=True):
    meta = model._meta
    if not model.__module__.startswith("azukari."):
        continue
    found.append({
        "label": meta.label,
        "app": meta.app_label,
        "fields": [field.name for field in meta.local_concrete_fields],
        "classes": model.__dict__.get("data_classes"),
        "bases": [base.__name__ for base in model.__mro__ if base.__module__.startswith("azukari.")][1:],
        "keys": {
            field.name: [field.related_model._meta.label, field.related_model.__module__, field.null]
            for field in meta.get_fields() if field.is_relation and not field.auto_created
        },
        "types": {field.name: type(field).__name__ for field in meta.local_concrete_fields},
    })
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Model:
    """One model as it was found."""

    label: str
    app: str
    fields: list[str]
    classes: dict[str, str] | None
    bases: list[str]
    keys: dict[str, tuple[str, str, bool]]
    types: dict[str, str]


@cache
def models() -> tuple[Model, ...]:
    """The models of our apps; none before there is an office."""
    if "web" not in rooms():
        return ()
    done = bare(_WALK, AZUKARI_OFFICE=str(Path(AZUKARI.anchor, "no-office")))
    assert done.returncode == 0, done.stderr
    return tuple(Model(**model) for model in json.loads(done.stdout.splitlines()[-1]))


def test_models_when_discovered_then_every_app_with_models_was_walked() -> None:
    apps = {path.parent.name for path in AZUKARI.glob("web/*/apps.py")}
    with_models = {app for app in apps if list((AZUKARI / "web" / app).glob("models*"))}
    assert {model.app for model in models()} == with_models


@pytest.mark.parametrize("model", models(), ids=lambda model: model.label)
def test_model_when_discovered_then_each_field_has_one_data_class(model: Model) -> None:
    assert model.classes is not None, "no data_classes"
    assert set(model.classes) == set(model.fields)
    assert set(model.classes.values()) <= CLASSES


@pytest.mark.parametrize("model", models(), ids=lambda model: model.label)
def test_model_when_a_field_is_wrapped_or_a_password_then_it_is_secret(model: Model) -> None:
    for name, data_class in (model.classes or {}).items():
        if name.startswith(("wrapped_", "encrypted_")) or name in ("password", "seed", "private_key"):
            assert data_class == "secret", name


@pytest.mark.parametrize("model", models(), ids=lambda model: model.label)
def test_model_when_discovered_then_it_belongs_to_a_body(model: Model) -> None:
    if model.label == "accounts.Body":
        assert model.types["id"] == "UUIDField"
    elif model.label == "sequencer.Entry":
        # The one table whose rows are counted in millions: its log has the body, and the key leads with the log.
        assert model.keys["log"] == ["sequencer.Log", "azukari.web.sequencer.models.log", False]
    elif "accounts" not in below("web")[model.app]:
        # Bodies live above this app or in it: a plain key, unless it is in it.
        assert "body" in model.keys or model.types.get("body") == "UUIDField"
    else:
        assert model.keys.get("body", ("", "", True))[::2] == ["accounts.Body", False]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.label)
def test_model_when_it_points_to_another_app_then_that_app_is_below(model: Model) -> None:
    for name, (label, module, _) in model.keys.items():
        app = label.partition(".")[0]
        assert module.startswith("azukari."), f"{name} points out of the house, to {label}"
        assert app == model.app or app in below("web")[model.app], f"{name} points up, to {label}"


@pytest.mark.parametrize("model", models(), ids=lambda model: model.label)
def test_model_when_its_fields_are_read_then_none_is_named_after_the_number(model: Model) -> None:
    assert not [name for name in model.fields if "individual_number" in name]


_COVERED = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "azukari.web.settings"
import django
django.setup()
from azukari.web import rekeying
print(json.dumps([[one.label for one in rekeying.ALL], dict(rekeying.NOT_WRAPPED)]))
"""


def test_secrets_when_discovered_then_each_is_moved_to_a_new_key_or_says_why_not() -> None:
    if "web" not in rooms():
        return
    done = bare(_COVERED, AZUKARI_OFFICE=str(Path(AZUKARI.anchor, "no-office")))
    assert done.returncode == 0, done.stderr
    moved, reasons = json.loads(done.stdout.splitlines()[-1])
    secrets = {
        f"{model.label}.{name}"
        for model in models()
        for name, kind in (model.classes or {}).items()
        if kind == "secret"
    }
    assert len(moved) == len(set(moved)) and not set(moved) & set(reasons)
    ours = {label for label in moved if label.split(".")[0] in {model.app for model in models()} and "(" not in label}
    assert secrets == ours | set(reasons), "a new wrapped field is listed in its app's wrapped.py"
    assert all(reasons.values())
