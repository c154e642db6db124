from __future__ import annotations

from django.db import migrations

from dashboard.inventory import prompt_index


def drop(apps, schema_editor):
    """What came before asks to be made anew by `manage.py index_prompts`."""
    prompt_index.drop(schema_editor.connection)


def create(apps, schema_editor):
    prompt_index.create(schema_editor.connection)


class Migration(migrations.Migration):
    """Prompts are folded by Python, and no more by each database in its own way. A pass over the register."""

    dependencies = [("inventory", "0010_sample_of_an_import")]

    operations = [migrations.RunPython(create, drop)]
