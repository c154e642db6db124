from __future__ import annotations

from django.db import migrations

from dashboard.inventory import prompt_index


def create(apps, schema_editor):
    prompt_index.create(schema_editor.connection)


class Migration(migrations.Migration):
    """Prompts are folded by Python, and no more by each database in its own way; PostgreSQL's index finds one and two
    letters of ASCII, and knows times to minutes. A pass over the register."""

    dependencies = [("inventory", "0011_fold_prompts")]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
