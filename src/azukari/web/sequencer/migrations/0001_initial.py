import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Log",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("body", models.UUIDField()),
                ("origin", models.TextField()),
                ("vkey", models.TextField()),
                ("wrapped_key", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("body",), name="log_one_per_body"),
                    models.UniqueConstraint(fields=("origin",), name="log_origin_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("body", models.UUIDField()),
                ("index", models.BigIntegerField()),
                ("data", models.BinaryField()),
                ("leaf_hash", models.BinaryField()),
                ("appended_at", models.DateTimeField()),
                ("appended_by", models.UUIDField()),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sequencer.log"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("log", "index"), name="entry_index_once"),
                    models.CheckConstraint(condition=models.Q(("index__gte", 0)), name="entry_index_from_zero"),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.LessThanOrEqual(
                            django.db.models.functions.text.Length("data"), 65535
                        ),
                        name="entry_at_most_65535_bytes",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            django.db.models.functions.text.Length("leaf_hash"), 32
                        ),
                        name="entry_leaf_hash_32_bytes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignedCheckpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("body", models.UUIDField()),
                ("size", models.BigIntegerField()),
                ("previous_size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("edge", models.BinaryField()),
                ("note", models.BinaryField()),
                ("signed_at", models.DateTimeField()),
                ("signed_by", models.UUIDField()),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sequencer.log"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("log", "size"), name="checkpoint_size_once"),
                    models.UniqueConstraint(fields=("log", "previous_size"), name="checkpoint_one_successor"),
                    models.CheckConstraint(
                        condition=models.Q(("previous_size__gte", -1), ("size__gt", models.F("previous_size"))),
                        name="checkpoint_grows",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length("root"), 32),
                        name="checkpoint_root_32_bytes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("body", models.UUIDField()),
                ("level", models.SmallIntegerField()),
                ("index", models.BigIntegerField()),
                ("data", models.BinaryField()),
                (
                    "log",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="sequencer.log"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("log", "level", "index"), name="tile_place_once"),
                    models.CheckConstraint(
                        condition=models.Q(("index__gte", 0), ("level__gte", -1), ("level__lte", 63)),
                        name="tile_place_in_range",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.GreaterThan(
                            django.db.models.functions.text.Length("data"), 0
                        ),
                        name="tile_not_empty",
                    ),
                ],
            },
        ),
    ]
