from django.db import migrations


class Migration(migrations.Migration):
    """The database holds hashes of session keys from now on: sessions that are known by their keys end."""

    dependencies = [("access", "0002_groups"), ("sessions", "0001_initial")]

    operations = [migrations.RunSQL("DELETE FROM django_session", migrations.RunSQL.noop)]
