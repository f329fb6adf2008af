# ruff: noqa: RUF012 - class attributes as Django writes them
import uuid

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entrustment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("title", models.TextField()),
                ("purpose", models.TextField()),
                ("purpose_opening", models.BinaryField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("entry_index", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="custody.entrustment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Party",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.TextField()),
                ("country", models.CharField(max_length=2)),
                ("recipient", models.TextField()),
                ("vkey", models.TextField()),
                ("fingerprint", models.TextField()),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "確認待ち"), ("confirmed", "確認済み"), ("revoked", "失効")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("wrapped_challenge", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.UUIDField(null=True)),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("prepared", "準備中"),
                            ("sealed", "封印済み"),
                            ("logged", "台帳に記載済み"),
                            ("released", "引渡し済み"),
                            ("void", "取消し"),
                        ],
                        default="prepared",
                        max_length=10,
                    ),
                ),
                ("fields", models.JSONField()),
                ("rows", models.BigIntegerField()),
                ("wrapped_key", models.BinaryField()),
                ("wrapped_data_key", models.BinaryField()),
                ("entry_index", models.BigIntegerField(null=True)),
                ("entry", models.BinaryField(null=True)),
                ("output_path", models.TextField(null=True)),
                ("expires_on", models.DateField()),
                ("burned_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
                (
                    "entrustment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="custody.entrustment",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="custody.handover",
                    ),
                ),
                (
                    "party",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.party"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="entrustment",
            name="party",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.party"),
        ),
        migrations.CreateModel(
            name="PermittedField",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("field", models.CharField(max_length=60)),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
                (
                    "entrustment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="permitted",
                        to="custody.entrustment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "grade",
                    models.CharField(choices=[("receipted", "受領"), ("opened", "開封")], max_length=10),
                ),
                ("note", models.TextField()),
                ("received_at", models.DateTimeField()),
                ("received_by", models.UUIDField()),
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
            ],
        ),
        migrations.CreateModel(
            name="Return",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("returned", models.BigIntegerField()),
                ("missing", models.BigIntegerField()),
                ("added", models.BigIntegerField()),
                ("changed", models.BigIntegerField()),
                ("returned_at", models.DateTimeField()),
                ("returned_by", models.UUIDField()),
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
            ],
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("table_mac", models.BinaryField()),
                ("wrapped_index_key", models.BinaryField()),
                ("rows", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="handover",
            name="snapshot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="custody.snapshot"
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.UniqueConstraint(fields=("body", "vkey"), name="party_key_once"),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "confirmed", "revoked"])),
                name="party_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(("country__regex", "\\A[A-Z]{2}\\Z")), name="party_country_alpha_2"
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "confirmed"), _negated=True),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                    _connector="OR",
                ),
                name="party_confirmed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="entrustment",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="entrustment_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="entrustment",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length("purpose_opening"), 32),
                name="entrustment_opening_32_bytes",
            ),
        ),
        migrations.AddConstraint(
            model_name="entrustment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("parent__isnull", True),
                    models.Q(("parent", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="entrustment_not_its_own_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="entrustment",
            constraint=models.UniqueConstraint(fields=("body", "entry_index"), name="entrustment_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="permittedfield",
            constraint=models.UniqueConstraint(fields=("entrustment", "field"), name="permitted_field_once"),
        ),
        migrations.AddConstraint(
            model_name="permittedfield",
            constraint=models.CheckConstraint(
                condition=models.Q(("field__contains", "/")), name="permitted_field_kind_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(fields=("hand_over", "grade"), name="receipt_grade_once"),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(("grade__in", ["receipted", "opened"])), name="receipt_grade_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="return",
            constraint=models.CheckConstraint(
                condition=models.Q(("added__gte", 0), ("changed__gte", 0), ("missing__gte", 0), ("returned__gte", 0)),
                name="return_counts_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(fields=("body", "table_mac"), name="snapshot_once"),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.CheckConstraint(condition=models.Q(("rows__gte", 0)), name="snapshot_rows_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length("table_mac"), 32),
                name="snapshot_mac_32_bytes",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["prepared", "sealed", "logged", "released", "void"])),
                name="hand_over_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(condition=models.Q(("rows__gte", 0)), name="hand_over_rows_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["logged", "released"]), _negated=True),
                    models.Q(("entry__isnull", False), ("entry_index__isnull", False)),
                    _connector="OR",
                ),
                name="hand_over_logged_with_entry",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(fields=("body", "entry_index"), name="hand_over_entry_once"),
        ),
    ]
