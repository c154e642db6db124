from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0008_cut_long_prompts"),
    ]

    operations = [
        migrations.AddField(
            model_name="selection",
            name="frozen",
            field=models.CharField(max_length=2000, null=True),
        ),
    ]
