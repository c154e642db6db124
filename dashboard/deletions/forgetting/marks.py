"""The marks of forgotten tasks, by press: which they are, for ever."""

from __future__ import annotations

from django.db.models import QuerySet

from dashboard.database import sql
from dashboard.deletions.drafts import fingerprint as fingerprints
from dashboard.deletions.models import Forgetting
from dashboard.register.models import ForgottenTask, TrackedTask

TABLE = ForgottenTask._meta.db_table


def mark(forgetting: Forgetting, tasks: QuerySet[TrackedTask]) -> int:
    found, values = tasks.order_by("pk").values("id").query.sql_with_params()
    return sql.change(
        f"""INSERT INTO {TABLE} (task_id, forgetting) SELECT found.id, %s FROM ({found}) AS found
        WHERE TRUE ON CONFLICT (task_id, forgetting) DO NOTHING""",  # nosec B608 # pieces from the code, values beside them
        forgetting.uuid,
        *values,
    )


def tasks_of(forgetting: Forgetting) -> QuerySet[TrackedTask]:
    return TrackedTask.objects.filter(forgettings__forgetting=forgetting.uuid)


def after(forgetting: Forgetting, task: int, *, limit: int) -> list[int]:
    """The numbers of the next tasks."""
    rows = ForgottenTask.objects.filter(forgetting=forgetting.uuid, task_id__gt=task).order_by("task_id")
    return list(rows.values_list("task_id", flat=True)[:limit])


def fingerprint(forgetting: Forgetting) -> tuple[str, dict[str, int]]:
    """As that of a deletion of these tasks; and the number of each kind."""
    return fingerprints.of_rows(tasks_of(forgetting))
