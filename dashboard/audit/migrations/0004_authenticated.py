from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

from dashboard.audit import beginnings

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def seal_what_is_plain(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    beginnings.seal()


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0003_commitments"),
    ]

    operations = [
        migrations.RunPython(seal_what_is_plain, migrations.RunPython.noop),
    ]
