from django.db import migrations, models

from dashboard.inventory import prompt_index


def create(apps, schema_editor):
    prompt_index.create(schema_editor.connection)


def drop(apps, schema_editor):
    prompt_index.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_an_index_for_every_filter")]

    operations = [
        migrations.CreateModel(
            name="IndexedPrompt",
            fields=[
                ("rowid", models.BigIntegerField(primary_key=True, serialize=False)),
                ("prompt", models.TextField()),
            ],
            options={"db_table": "inventory_prompts", "managed": False},
        ),
        migrations.RunPython(create, drop),
    ]
