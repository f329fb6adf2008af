# ruff: noqa: RUF012 - class attributes as Django writes them
import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("custody", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("title", models.TextField()),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Specimen",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("commit", models.CharField(max_length=64)),
                ("entry_index", models.BigIntegerField()),
                ("rows", models.BigIntegerField()),
                ("logged_at", models.DateTimeField()),
                ("logged_by", models.UUIDField()),
                ("wrapped_opening", models.BinaryField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.case"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Disclosure",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("channels", models.JSONField()),
                ("entry_index", models.BigIntegerField()),
                ("disclosed_at", models.DateTimeField()),
                ("disclosed_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
                (
                    "hand_over",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.handover"
                    ),
                ),
                (
                    "specimen",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="incidents.specimen"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="specimen",
            constraint=models.UniqueConstraint(fields=("body", "entry_index"), name="specimen_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="specimen",
            constraint=models.CheckConstraint(
                condition=models.Q(("commit__regex", "\\A[0-9a-f]{64}\\Z")), name="specimen_commit_hex"
            ),
        ),
        migrations.AddConstraint(
            model_name="specimen",
            constraint=models.CheckConstraint(condition=models.Q(("rows__gt", 0)), name="specimen_has_rows"),
        ),
        migrations.AddConstraint(
            model_name="disclosure",
            constraint=models.UniqueConstraint(fields=("body", "entry_index"), name="disclosure_entry_once"),
        ),
    ]
