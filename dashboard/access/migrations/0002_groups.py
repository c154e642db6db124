from django.db import migrations

from dashboard.access.roles import create_roles, delete_roles


def create(apps, schema_editor):
    create_roles(apps)


def delete(apps, schema_editor):
    delete_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create, delete)]
