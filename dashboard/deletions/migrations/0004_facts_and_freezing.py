import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What grows with a deletion's items is found once, when it is frozen, and large ones are frozen step by step."""

    dependencies = [("deletions", "0003_only_what_is_armed_waits"), ("inventory", "0001_initial")]

    operations = [
        migrations.AddField(
            "deletion",
            "selection",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="inventory.selection",
            ),
        ),
        migrations.AddField("deletion", "freezing_at", models.DateTimeField(null=True)),
        migrations.AddField("deletion", "frozen_through", models.BigIntegerField(default=0)),
        migrations.AddField("deletion", "facts", models.JSONField(default=dict)),
        migrations.AddField("deletion", "images", models.PositiveIntegerField(default=0)),
        migrations.AddField("deletion", "videos", models.PositiveIntegerField(default=0)),
        migrations.AddField("deletion", "first_item", models.BigIntegerField(default=0)),
        migrations.AddField("deletion", "last_item", models.BigIntegerField(default=0)),
    ]
