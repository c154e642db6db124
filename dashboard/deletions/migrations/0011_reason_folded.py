from __future__ import annotations

from django.db import migrations, models

from dashboard.folding import fold

AT_ONCE = 1000


def fill(apps, schema_editor):
    deletions = apps.get_model("deletions", "Deletion").objects.using(schema_editor.connection.alias)
    given = deletions.exclude(reason="").only("pk", "reason").order_by("pk")
    last = 0
    while rows := list(given.filter(pk__gt=last)[:AT_ONCE]):
        for row in rows:
            row.reason_folded = fold(row.reason)
        deletions.bulk_update(rows, ["reason_folded"], batch_size=AT_ONCE)
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("deletions", "0010_manifest_hash")]

    operations = [
        migrations.AddField("deletion", "reason_folded", models.TextField(blank=True, default="", editable=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
