import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Most of the time that freezing took on PostgreSQL went into looking up rows that are always there."""

    dependencies = [("deletions", "0005_fill_what_is_stored")]

    operations = [
        migrations.AlterField(
            "deletionitem",
            "deletion",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="deletions.deletion",
            ),
        ),
        migrations.AlterField(
            "deletionitem",
            "tracked",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="inventory.trackedtask",
            ),
        ),
    ]
