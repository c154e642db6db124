from __future__ import annotations

from django.db import migrations

from dashboard.database import listed, prompt_index


def create(apps, schema_editor):
    listed.create(schema_editor.connection)
    prompt_index.create(schema_editor.connection)


def drop(apps, schema_editor):
    prompt_index.drop(schema_editor.connection)
    listed.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
