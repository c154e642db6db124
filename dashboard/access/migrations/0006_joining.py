from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from dashboard.access.sessions import SessionStore, columns


def move_sessions(apps, schema_editor):
    """Nobody is signed out by an update. Keys and data are as they were; only the table is another."""
    old = apps.get_model("sessions", "Session").objects.all()
    people = set(apps.get_model("auth", "User").objects.values_list("pk", flat=True))
    store = SessionStore()
    for session in old.filter(expire_date__gt=timezone.now()).iterator():
        known = columns(store.decode(session.session_data))
        if known["user_id"] in people and known["seen_at"]:
            kept = {name: getattr(session, name) for name in ("session_key", "session_data", "expire_date")}
            apps.get_model("access", "OpenSession").objects.create(**kept, **known)
    old.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_people"),
        ("sessions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="invitation",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="profile",
            name="seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="OpenSession",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                ("signed_in_at", models.DateTimeField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("browser", models.CharField(blank=True, max_length=40)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="open_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
            },
        ),
        migrations.RunPython(move_sessions, migrations.RunPython.noop),
    ]
