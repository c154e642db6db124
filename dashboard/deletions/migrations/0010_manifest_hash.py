from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def discard_drafts(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    """They have no such hash, and what is confirmed needs one. One that is being frozen gets it when it is sealed."""
    drafts = apps.get_model("deletions", "Deletion").objects.filter(state="draft", freezing_at=None)
    drafts.update(state="discarded")


class Migration(migrations.Migration):
    dependencies = [
        ("deletions", "0009_closed_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="deletion",
            name="manifest_hash",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
        migrations.AddField(
            model_name="deletion",
            name="checked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(discard_drafts, migrations.RunPython.noop),
    ]
