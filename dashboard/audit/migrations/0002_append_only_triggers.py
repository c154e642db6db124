from django.db import migrations

from dashboard.database import append_only


def create(apps, schema_editor):
    append_only.create(schema_editor.connection)


def drop(apps, schema_editor):
    append_only.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
