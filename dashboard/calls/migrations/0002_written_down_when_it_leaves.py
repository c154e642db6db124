from django.db import migrations, models


class Migration(migrations.Migration):
    """A call is written down when it leaves; there are no claimed ones any more."""

    dependencies = [("calls", "0001_initial")]

    operations = [
        migrations.RemoveIndex("providercall", "call_in_hand"),
        migrations.RemoveField("providercall", "claimed_at"),
        migrations.AlterField(
            "providercall",
            "state",
            models.CharField(
                choices=[("open", "Open"), ("answered", "Answered"), ("lost", "Lost"), ("not_sent", "Not Sent")],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            "providercall",
            models.Index(condition=models.Q(state="open"), fields=["state"], name="call_in_hand"),
        ),
    ]
