from __future__ import annotations

from django.db import migrations

from dashboard.inventory import prompt_index


def quicken(apps, schema_editor):
    prompt_index.quicken(schema_editor.connection)


class Migration(migrations.Migration):
    """What is indexed stays as it is; it is written with less work."""

    dependencies = [("inventory", "0012_short_words")]

    operations = [migrations.RunPython(quicken, migrations.RunPython.noop)]
