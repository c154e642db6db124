from __future__ import annotations

from django.contrib import admin

from dashboard.audit.admin import ReadOnlyAdmin
from dashboard.deletions.models import Deletion


@admin.register(Deletion)
class DeletionAdmin(ReadOnlyAdmin):
    list_display = ["code", "state", "actor_name", "confirmed_at", "total", "deleted", "refused", "unknown", "reason"]
    list_filter = ["state"]
