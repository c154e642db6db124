from __future__ import annotations

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from dashboard.audit.admin import ReadOnlyAdmin
from dashboard.deletions.models import Deletion

# The queue's rows are no records of ours, and its admin page calls a job a task.
admin.site.unregister(DBTaskResult)


@admin.register(Deletion)
class DeletionAdmin(ReadOnlyAdmin):
    list_display = ["code", "state", "actor_name", "confirmed_at", "total", "deleted", "refused", "unknown", "reason"]
    list_filter = ["state"]
