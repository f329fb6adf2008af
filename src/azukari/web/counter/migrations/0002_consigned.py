import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_token"),
        ("counter", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Consigned",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("parent", models.UUIDField(null=True)),
                ("medium", models.CharField(max_length=10)),
                ("unit", models.CharField(max_length=10)),
                ("units", models.BigIntegerField()),
                ("people", models.BigIntegerField()),
                ("fields", models.JSONField()),
                ("day", models.DateField()),
                ("recipient", models.TextField(blank=True)),
                ("entry", models.BinaryField()),
                ("proof", models.BinaryField()),
                ("voided_on", models.DateField(null=True)),
                (
                    "receipt",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "未提出"),
                            ("waiting", "便を待っています"),
                            ("exported", "送付済み"),
                            ("accepted", "受理"),
                            ("refused", "不受理"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("shelved_at", models.DateTimeField()),
                ("shelved_by", models.UUIDField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="counter.firm"),
                ),
                (
                    "work",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="counter.work"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["firm", "-shelved_at"], name="consigned_of_firm")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("medium__in", ["paper", "media", "terminal"])), name="consigned_medium"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("people__gt", 0), ("units__gt", 0)), name="consigned_counts_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("receipt__in", ["", "waiting", "exported", "accepted", "refused"])),
                        name="consigned_receipt_known",
                    ),
                ],
            },
        ),
    ]
