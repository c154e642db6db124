import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """How each ending is known, what waits to be vouched for, and the looks at a deletion after its end."""

    dependencies = [
        ("calls", "0004_controls"),
        ("deletions", "0006_items_without_foreign_keys"),
        ("inventory", "0005_listed_by_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField(null=True)),
                ("at", models.DateTimeField(null=True)),
                ("everything", models.BooleanField(default=False)),
                ("marked_through", models.BigIntegerField(default=0)),
                ("looked_up", models.PositiveIntegerField(default=0)),
                ("gone", models.PositiveIntegerField(default=0)),
                ("there", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="deletion",
            name="absence_accepted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="alarm_shown_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="canary_done_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="canary_kind",
            field=models.CharField(
                blank=True, choices=[("image", "Image"), ("video", "Video")], db_default="", max_length=5
            ),
        ),
        migrations.AddField(
            model_name="deletion",
            name="canary_through",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletion",
            name="condemned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="condemned_through",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletion",
            name="contradicted",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletion",
            name="doubted_through",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="key",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="deletion",
            name="said",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletion",
            name="sample_gone",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletion",
            name="sample_there",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletion",
            name="topped_up_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="troubled_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletion",
            name="unsaid",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="claim",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="evidence",
            field=models.CharField(choices=[("said", "TensorsLab says"), ("seen", "seen")], max_length=4, null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="first_call",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="gone_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="gone_times",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="inspection",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="lost_call",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="picked",
            field=models.CharField(choices=[("random", "Random"), ("besides", "Besides")], max_length=7, null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="there_from",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="deletionitem",
            name="there_times",
            field=models.SmallIntegerField(null=True),
        ),
        migrations.AddField("deletion", "paused_by_doubt", models.BooleanField(db_default=False, default=False)),
        migrations.AlterField(
            model_name="deletionitem",
            name="if_there",
            field=models.CharField(
                blank=True,
                choices=[
                    ("resend", "Resend"),
                    ("refuse", "Refuse"),
                    ("tell", "Tell"),
                    ("keep", "Keep"),
                    ("other", "Other"),
                ],
                max_length=6,
            ),
        ),
        migrations.AddIndex(
            model_name="deletionitem",
            index=models.Index(condition=models.Q(("claim__isnull", False)), fields=["claim"], name="item_claimed"),
        ),
        migrations.AddField(
            model_name="inspection",
            name="deletion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="inspections", to="deletions.deletion"
            ),
        ),
        migrations.AddIndex(
            model_name="inspection",
            index=models.Index(condition=models.Q(("at__isnull", True)), fields=["due_at"], name="inspection_to_do"),
        ),
    ]
