"""The policies of the second wall (``wall``), made from the models after each migration: every table with a body has one.

A row belongs to the body in its column ``body`` (or ``body_id``), or to that of a row that it points to; a table that
has neither is in ``OPEN``, with the reason. A model may say two things more: ``wall_column`` (the body's own table) and
``wall_door``, by which its rows are reached before it is known who asks: ``sign-in`` (accounts: read and changed) or
``ledger`` (what everybody may read, also who signs in).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db import connection, models, transaction

from azukari.errors import StateError
from azukari.web.postgresql import wall

OPEN: Final = {
    "django_migrations": "names of migrations",
    "django_content_type": "names of models",
    "django_session": "no column says whose; a row is found by its random key only, which the browser holds",
    "auth_permission": "Django's own, unused: names of models",
    "auth_group": "Django's own, unused and empty",
    "auth_group_permissions": "Django's own, unused and empty",
}
"""Tables without a policy, and why."""
_WRITTEN_AT: Final = {"": (), "sign-in": (wall.SIGN_IN.door,), "ledger": ()}  # signing in stores a password, a counter
_READ_AT: Final = {"": (), "sign-in": (), "ledger": (wall.LEDGER.door, wall.SIGN_IN.door)}
_BODY_NOW: Final = f"(SELECT nullif(current_setting('{wall.BODY}', true), '')::uuid)"
_DOOR_NOW: Final = f"(SELECT current_setting('{wall.DOOR}', true))"


@dataclass(frozen=True)
class Walled:
    """壁のある表。 ``own``: SQL that is true of the rows ``{row}`` of the body for which the connection acts."""

    table: str
    own: str
    door: str

    def statements(self) -> list[str]:
        """What builds the wall around the table, whether or not there is one already."""
        name = connection.ops.quote_name(self.table)
        rule = f"{_at(wall.ALL.door, *_WRITTEN_AT[self.door])} OR {self.own.format(row=name)}"
        reading = _READ_AT[self.door]
        built = [
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",  # for the owner too, who is who asks
            f"DROP POLICY IF EXISTS azukari_wall ON {name}",
            f"DROP POLICY IF EXISTS azukari_reading ON {name}",
            f"CREATE POLICY azukari_wall ON {name} USING ({rule}) WITH CHECK ({rule})",
        ]
        if reading:
            built.append(f"CREATE POLICY azukari_reading ON {name} FOR SELECT USING ({_at(*reading)})")
        return built


def build() -> None:
    """Build the wall around every table of the open office; on SQLite nothing. All of it or nothing."""
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for one in walled():
            for statement in one.statements():
                cursor.execute(statement)


def require() -> None:
    """StateError unless the wall stands: every table has its policy, and they bind the role that asks."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() != (False,):
            raise StateError("the database role is a superuser or bypasses row-level security; take an ordinary one")
    lacking = {one.table for one in walled()} - standing()
    if lacking:
        raise StateError(f"{len(lacking)} tables have no row-level security: azukari migrate")


def standing() -> set[str]:
    """The tables of the database that have the wall, forced, with its policy."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid "
            "WHERE relrowsecurity AND relforcerowsecurity AND polname = 'azukari_wall' "
            "AND relnamespace = current_schema()::regnamespace"
        )
        return {name for (name,) in cursor.fetchall()}


def walled() -> list[Walled]:
    """The tables of all models that have a wall, each once."""
    found = (_around(model) for model in apps.get_models(include_auto_created=True) if not model._meta.proxy)
    return [one for one in found if one is not None]


def _around(model: type[models.Model]) -> Walled | None:
    column = getattr(model, "wall_column", None) or _body_column(model)
    if column is None:
        return _through(model)
    own = f"{{row}}.{connection.ops.quote_name(column)} = {_BODY_NOW}"
    return Walled(model._meta.db_table, own, getattr(model, "wall_door", ""))


def _body_column(model: type[models.Model]) -> str | None:
    columns: list[Any] = [field for field in model._meta.local_concrete_fields if field.name == "body"]
    return str(columns[0].column) if columns else None


def _through(model: type[models.Model]) -> Walled | None:
    """By the first row that it must point to and that has a wall: whose that is, and its door, hold here too."""
    fields: list[Any] = model._meta.local_concrete_fields  # type: ignore[assignment]  # of foreign keys some are asked
    for field in fields:
        target = field.related_model
        above = None if field.null or target in (None, model) else _around(target)
        if above is not None:
            return Walled(model._meta.db_table, _pointing(field, above), above.door)
    return None


def _pointing(field: Any, above: Walled) -> str:
    """Asked in full, not left to the policy of the table above: what may be read there may not be written here."""
    quoted = connection.ops.quote_name
    table = quoted(above.table)
    ours = f"{{row}}.{quoted(field.column)} = {table}.{quoted(field.target_field.column)}"
    return f"EXISTS (SELECT 1 FROM {table} WHERE {ours} AND {above.own.format(row=table)})"


def _at(*doors: str) -> str:
    named = ", ".join(f"'{door}'" for door in doors)
    return f"{_DOOR_NOW} IN ({named})"
