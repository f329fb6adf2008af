"""People get a number, which is their slot in the keystore; keys of before move there at the first opening with the key."""

import django.db.models.deletion
from django.db import migrations, models

# In the order of their random ids, which says nothing of anybody.
NUMBER = """
UPDATE subjects_subject SET number = ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM subjects_subject) AS ranked
WHERE ranked.id = subjects_subject.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_invitation"),
        ("subjects", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Listed",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("count", models.BigIntegerField()),
                (
                    "body",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.body"
                    ),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("count__gt", 0)), name="listed_from_one")],
            },
        ),
        migrations.RemoveConstraint(model_name="subject", name="subject_erased_without_key"),
        migrations.AddField(model_name="subject", name="destroyed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="subject", name="generation", field=models.IntegerField(default=0)),
        migrations.AddField(model_name="subject", name="number", field=models.BigIntegerField(null=True)),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
        migrations.AlterField(model_name="subject", name="number", field=models.BigIntegerField(unique=True)),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(
                condition=models.Q(("wrapped_key__isnull", False)), fields=["number"], name="subject_of_before"
            ),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", False)), fields=["number"], name="subject_erased"
            ),
        ),
        migrations.AddIndex(
            model_name="subject",
            index=models.Index(condition=models.Q(("generation__gt", 0)), fields=["number"], name="subject_rekeyed"),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("destroyed_at", None), ("erased_at", None), ("pseudonym__isnull", False)),
                    models.Q(("erased_at__isnull", False), ("pseudonym", None), ("wrapped_key", None)),
                    _connector="OR",
                ),
                name="subject_erased_without_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="subject",
            constraint=models.CheckConstraint(
                condition=models.Q(("generation__gte", 0), ("number__gt", 0)), name="subject_numbers_in_range"
            ),
        ),
    ]
