import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Body",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.TextField()),
                ("name_en", models.TextField(blank=True)),
                ("recipient", models.TextField(blank=True)),
                ("vkey", models.TextField(blank=True)),
                ("key_id", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="body_has_a_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("login", models.CharField(max_length=150, unique=True)),
                ("name", models.TextField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("officer", "個人情報保護担当"),
                            ("approver", "承認者"),
                            ("auditor", "監査担当"),
                            ("contractor", "委託先"),
                            ("administrator", "管理者"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
                ("created_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("role__in", ["officer", "approver", "auditor", "contractor", "administrator"])
                        ),
                        name="user_role_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("login", ""), _negated=True), name="user_has_a_login"),
                ],
            },
        ),
    ]
