from django.db import migrations, models


class Migration(migrations.Migration):
    """An index in the order of claiming, so that a claim costs the same however much waits."""

    dependencies = [("calls", "0001_initial"), ("deletions", "0001_initial")]

    operations = [
        migrations.AddField("deletion", "refusals_accepted_at", models.DateTimeField(null=True)),
        migrations.RemoveIndex("deletionitem", "item_waiting"),
        migrations.AlterField("deletionitem", "group", models.BigIntegerField(default=0)),
        migrations.AlterField(
            "deletionitem",
            "call",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="items",
                to="calls.providercall",
            ),
        ),
        migrations.AddIndex(
            "deletionitem",
            models.Index(
                fields=["deletion", "-group", "kind", "id"],
                condition=models.Q(outcome="waiting"),
                name="item_waiting",
            ),
        ),
    ]
