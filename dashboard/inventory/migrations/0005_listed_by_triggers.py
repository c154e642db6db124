from django.db import migrations, models

from dashboard.inventory import listed, prompt_index

INDEXES = [
    models.Index(fields=["listed", "created_at", "id"], name="task_by_time"),
    models.Index(fields=["listed", "kind", "created_at", "id"], name="task_by_kind"),
    models.Index(fields=["listed", "status", "created_at", "id"], name="task_by_status"),
    models.Index(fields=["listed", "kind", "status", "created_at", "id"], name="task_by_kind_status"),
    models.Index(fields=["listed", "presence", "created_at", "id"], name="task_by_presence"),
    models.Index(fields=["listed", "model", "created_at", "id", "kind", "status"], name="task_by_model"),
]


def restore_prompts(apps, schema_editor):
    # SQLite drops their triggers with the table that it rebuilds.
    if schema_editor.connection.vendor == "sqlite":
        prompt_index.create(schema_editor.connection)


def create(apps, schema_editor):
    restore_prompts(apps, schema_editor)
    listed.create(schema_editor.connection)


def drop(apps, schema_editor):
    listed.drop(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_index_prompts")]

    operations = [
        # Backwards it runs last.
        migrations.RunPython(migrations.RunPython.noop, restore_prompts),
        *(migrations.RemoveIndex("trackedtask", index.name) for index in INDEXES),
        migrations.RemoveField("trackedtask", "listed"),
        migrations.AddField("trackedtask", "listed", models.SmallIntegerField(default=1, db_default=1, editable=False)),
        migrations.RunPython(create, drop),
        *(migrations.AddIndex("trackedtask", index) for index in INDEXES),
    ]
