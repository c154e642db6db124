import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("register", "0002_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="AllowedHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255, unique=True)),
                ("allowed_by", models.CharField(max_length=150)),
                ("allowed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("call_at", models.DateTimeField(null=True)),
                ("wake_at", models.DateTimeField(null=True)),
                ("newest", models.BigIntegerField(null=True)),
                ("oldest", models.BigIntegerField(null=True)),
                ("walked_at", models.DateTimeField(null=True)),
                ("swept", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField(default=0)),
                ("source", models.CharField(max_length=16)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("stored", "Stored"),
                            ("failed", "Failed"),
                            ("forgotten", "Forgotten"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_yet", "Not fetched yet"),
                            ("no_file", "No result file is known"),
                            ("not_allowed", "Pictures from this host are not shown"),
                            ("not_public", "Its address is not a public one"),
                            ("gone", "Gone at the source"),
                            ("refused", "Its host does not give it"),
                            ("no_answer", "Its host does not answer"),
                            ("too_slow", "Its host is too slow"),
                            ("too_large", "Too large to be shown"),
                            ("not_a_picture", "Not a picture"),
                            ("undecodable", "Could not be decoded"),
                            ("forgotten", "This picture was forgotten"),
                            ("expired", "No longer kept"),
                            ("none_kept", "No picture was kept"),
                        ],
                        max_length=13,
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=255)),
                ("token", models.CharField(blank=True, max_length=32)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("duration", models.FloatField(null=True)),
                ("frames", models.PositiveSmallIntegerField(null=True)),
                ("film", models.CharField(blank=True, max_length=4)),
                ("original", models.BigIntegerField(null=True)),
                ("urgent", models.SmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "task",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pictures",
                        to="register.trackedtask",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["urgent", "due_at"], name="picture_due"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("task", "number"), name="picture_once")],
            },
        ),
    ]
