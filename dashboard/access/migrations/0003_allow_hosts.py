from django.db import migrations

from dashboard.access.roles import create_roles


def create(apps, schema_editor):
    create_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("access", "0002_groups")]

    operations = [
        migrations.AlterModelOptions(
            name="role",
            options={
                "default_permissions": (),
                "managed": False,
                "permissions": [
                    ("look", "Can look at tasks, deletions and the audit log"),
                    ("delete_tasks", "Can delete tasks"),
                    ("import_tasks", "Can import tasks"),
                    ("allow_hosts", "Can choose the hosts whose pictures are shown"),
                ],
            },
        ),
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
