from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations, models

from dashboard.audit import triggers

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def protect(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite has just rebuilt the table, without its triggers."""
    triggers.create(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only_triggers"),
    ]

    operations = [
        migrations.AddField(
            model_name="auditevent",
            name="commitments",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="auditevent",
            name="salts",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.RunPython(protect, protect),
    ]
