from django.db import migrations, models


class Migration(migrations.Migration):
    """What may be taken has an index of its own: neither a draft nor what is not open yet is passed over in it."""

    dependencies = [("deletions", "0002_splitting_first_and_refusals")]

    operations = [
        migrations.RemoveIndex("deletionitem", "item_waiting"),
        migrations.AddIndex(
            "deletionitem",
            models.Index(
                fields=["deletion", "-group", "kind", "id"],
                condition=models.Q(outcome="waiting", open=True),
                name="item_waiting",
            ),
        ),
    ]
