from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from dashboard.database.folding import fold

SHIPPED = {
    "Failed, older than 30 days": "status=failed&created_before=-30d&view=table",
    # A day is long for a generation: what was asked for just now is not among them.
    "Never finished": "status=unfinished&created_before=-1d&view=table",
    "Largest models": "largest=3&view=table",
    "Not seen for a week": "seen_before=-7d&view=table",
}


def ship(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    views = apps.get_model("register", "SavedView").objects
    for name, query in SHIPPED.items():
        views.get_or_create(folded=fold(name), shared=True, defaults={"name": name, "query": query, "shipped": True})


def take_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("register", "SavedView").objects.filter(shipped=True).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0011_saved_views"),
    ]

    operations = [migrations.RunPython(ship, take_back)]
