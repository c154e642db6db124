from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory", "0002_imports_in_pieces"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="trackedtask",
            name="task_by_task_id",
        ),
        migrations.RemoveIndex(
            model_name="trackedtask",
            name="task_by_time",
        ),
        migrations.AddField(
            model_name="trackedtask",
            name="listed",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(models.When(presence__in=["present", "deleting"], then=1), default=0),
                output_field=models.SmallIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["task_id"], name="task_by_id", opclasses=["varchar_pattern_ops"]),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["listed", "created_at", "id"], name="task_by_time"),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["listed", "kind", "created_at", "id"], name="task_by_kind"),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["listed", "status", "created_at", "id"], name="task_by_status"),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["listed", "kind", "status", "created_at", "id"], name="task_by_kind_status"),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["listed", "model", "created_at", "id", "kind", "status"], name="task_by_model"),
        ),
        migrations.AddIndex(
            model_name="trackedtask",
            index=models.Index(fields=["listed", "presence", "created_at", "id"], name="task_by_presence"),
        ),
    ]
