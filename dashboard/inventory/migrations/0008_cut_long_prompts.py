from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Left, Length

from dashboard.calls.texts import LONGEST_PROMPT


def cut(apps, schema_editor):
    """As what comes from now on is cut. One pass over the register; the text index follows by its triggers."""
    tasks = apps.get_model("inventory", "TrackedTask").objects.using(schema_editor.connection.alias)
    too_long = tasks.alias(length=Length("prompt")).filter(length__gt=LONGEST_PROMPT)
    too_long.update(prompt=Concat(Left("prompt", LONGEST_PROMPT - 1), Value("…")))


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_rows_that_were_cut")]

    operations = [migrations.RunPython(cut, migrations.RunPython.noop)]
