from django.db import migrations
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Subquery


def fill(apps, schema_editor):
    """One pass over all items. A draft without facts would say nothing true, and lives for an hour only."""
    Deletion = apps.get_model("deletions", "Deletion")
    items = apps.get_model("deletions", "DeletionItem").objects.filter(deletion=OuterRef("pk"))
    one = items.order_by().values("deletion")

    def found(what):
        return Subquery(one.annotate(found=what).values("found"))

    with_items = Deletion.objects.filter(Exists(items))
    with_items.update(
        images=found(Count("pk", filter=Q(kind="image"))),
        videos=found(Count("pk", filter=Q(kind="video"))),
        first_item=found(Min("pk")),
        last_item=found(Max("pk")),
    )
    Deletion.objects.filter(state="draft").update(state="discarded")


class Migration(migrations.Migration):
    dependencies = [("deletions", "0004_facts_and_freezing")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
