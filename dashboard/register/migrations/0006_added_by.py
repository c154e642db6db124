from __future__ import annotations

from django.db import migrations, models

TABLE = "register_trackedtask"
# Django would write the whole table anew on SQLite, a million rows, and without its triggers.
ADD = f"ALTER TABLE {TABLE} ADD COLUMN added_by varchar(150) DEFAULT '' NOT NULL"  # nosec B608 # only names from the code
DROP = f"ALTER TABLE {TABLE} DROP COLUMN added_by"  # nosec B608 # only names from the code


class Migration(migrations.Migration):
    dependencies = [("register", "0005_holds")]

    operations = [
        migrations.RunSQL(
            ADD,
            DROP,
            state_operations=[
                migrations.AddField(
                    model_name="trackedtask",
                    name="added_by",
                    field=models.CharField(blank=True, db_default="", default="", max_length=150),
                )
            ],
        )
    ]
