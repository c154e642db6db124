import django.db.models.deletion
from django.db import migrations, models

ACCOUNT = {
    "key": models.CharField(blank=True, default="", max_length=16),
    "doubt": models.TextField(blank=True, default=""),
    "doubted_at": models.DateTimeField(blank=True, null=True),
    "trusted_since": models.DateTimeField(blank=True, null=True),
    "proven_at": models.DateTimeField(blank=True, null=True),
    "accepted_by": models.CharField(blank=True, default="", max_length=150),
}


class Migration(migrations.Migration):
    """Look-ups are believed while controls vouch for them."""

    dependencies = [("calls", "0003_ready_before_it_leaves")]

    operations = [
        *(migrations.AddField("account", name, field, preserve_default=False) for name, field in ACCOUNT.items()),
        migrations.AddField("account", "lag", models.FloatField(default=0)),
        migrations.AddField("providercall", "form", models.CharField(blank=True, max_length=200, null=True)),
        migrations.CreateModel(
            name="Control",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("image", "Image"), ("video", "Video")], max_length=5)),
                ("witness", models.CharField(blank=True, max_length=255)),
                ("witness_at", models.DateTimeField(null=True)),
                ("witness_asked_at", models.DateTimeField(null=True)),
                ("missed", models.JSONField(default=list)),
                ("lost", models.JSONField(default=list)),
                ("exhausted", models.BooleanField(default=False)),
                ("ghost_at", models.DateTimeField(null=True)),
                ("ghost_asked_at", models.DateTimeField(null=True)),
                ("forms", models.JSONField(default=list)),
                ("proven_form", models.CharField(blank=True, db_default="", max_length=200)),
                ("silent_witnesses", models.PositiveIntegerField(default=0)),
                ("silent_ghosts", models.PositiveIntegerField(default=0)),
                ("unsteady_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="controls", to="calls.account"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("account", "kind"), name="control_one_a_kind")],
            },
        ),
    ]
