from __future__ import annotations

from django.db import migrations, models


class AddColumn(migrations.AddField):
    """Django would write the whole table anew on SQLite, a million rows, and without its triggers."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        kind = field.db_type(schema_editor.connection)
        schema_editor.execute(f"ALTER TABLE {model._meta.db_table} ADD COLUMN {field.column} {kind}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(f"ALTER TABLE {model._meta.db_table} DROP COLUMN {self.name}")


class Migration(migrations.Migration):
    dependencies = [("register", "0007_forgotten")]

    operations = [AddColumn("trackedtask", "overridden_for", models.UUIDField(null=True))]
