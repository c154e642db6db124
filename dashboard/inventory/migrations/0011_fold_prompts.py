from __future__ import annotations

from django.db import migrations

from dashboard.inventory import prompt_index


def drop(apps, schema_editor):
    """What came before asks to be made anew by `manage.py index_prompts`."""
    prompt_index.drop(schema_editor.connection)


class Migration(migrations.Migration):
    """What folded prompts here once is done by the next one, which has to do so again."""

    dependencies = [("inventory", "0010_sample_of_an_import")]

    operations = [migrations.RunPython(migrations.RunPython.noop, drop)]
