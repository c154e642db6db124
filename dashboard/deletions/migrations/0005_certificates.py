from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("deletions", "0004_decision")]

    operations = [
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("leaves", models.PositiveIntegerField()),
                ("salts", models.BinaryField()),
                ("blocks", models.BinaryField()),
                ("issued_at", models.DateTimeField(null=True)),
                ("signed", models.TextField(blank=True)),
                ("signature", models.CharField(blank=True, max_length=128)),
                ("key", models.CharField(blank=True, max_length=16)),
                (
                    "deletion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="certificates",
                        to="deletions.deletion",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "indexes": [
                    models.Index(condition=models.Q(("issued_at", None)), fields=["id"], name="certificate_to_issue")
                ],
                "constraints": [models.UniqueConstraint(fields=("deletion", "number"), name="certificate_number")],
            },
        ),
        # Deletions that ended before are closed once more, with the root of a certificate.
        migrations.RunSQL(
            "UPDATE deletions_deletion SET closed_at = NULL WHERE closed_at IS NOT NULL", migrations.RunSQL.noop
        ),
    ]
