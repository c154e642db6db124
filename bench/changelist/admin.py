from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from dashboard.register.models import TrackedTask

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[TrackedTask]
else:
    ModelAdmin = admin.ModelAdmin


@admin.register(TrackedTask)
class TaskAdmin(ModelAdmin):
    # No `list_filter`: like our facets, its menu is not measured. Its addresses filter anyway.
    list_display = ["task_id", "kind", "status", "presence", "model", "prompt", "created_at"]
    search_fields = ["task_id", "prompt"]
    ordering = ["-created_at"]
    list_per_page = 100
