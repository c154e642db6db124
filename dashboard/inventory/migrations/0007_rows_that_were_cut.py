from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0006_import_outlives_person")]

    operations = [
        migrations.AddField("importbatch", "cut", models.PositiveIntegerField(default=0, db_default=0)),
    ]
