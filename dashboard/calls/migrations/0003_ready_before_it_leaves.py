from django.db import migrations, models


class Migration(migrations.Migration):
    """A call may be ready before it leaves; what has a lease is in hand, whichever of the two it is."""

    dependencies = [("calls", "0002_written_down_when_it_leaves")]

    operations = [
        migrations.AlterField(
            "providercall",
            "state",
            models.CharField(
                choices=[
                    ("ready", "Ready"),
                    ("open", "Open"),
                    ("answered", "Answered"),
                    ("lost", "Lost"),
                    ("not_sent", "Not Sent"),
                ],
                max_length=8,
            ),
        ),
        migrations.RemoveIndex("providercall", "call_in_hand"),
        migrations.AddIndex(
            "providercall",
            models.Index(fields=["lease_until"], condition=models.Q(lease_until__isnull=False), name="call_in_hand"),
        ),
    ]
