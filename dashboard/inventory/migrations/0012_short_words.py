from __future__ import annotations

from django.db import migrations

from dashboard.inventory import prompt_index


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        prompt_index.create(schema_editor.connection)


class Migration(migrations.Migration):
    """PostgreSQL's index finds one and two letters of ASCII as well. A pass over the register."""

    dependencies = [("inventory", "0011_fold_prompts")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
