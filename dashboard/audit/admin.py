from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString

from dashboard.audit.models import AuditEvent
from dashboard.pages import foreign

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


TEXTS = (models.CharField, models.TextField, models.JSONField, models.ForeignKey)


@cache
def _in_its_box(name: str) -> Callable[[models.Model], SafeString]:
    """A column whose text others may have written, displayed in isolation from the page."""

    @admin.display(description=name.replace("_", " "))
    def shown(row: models.Model) -> SafeString:
        value = getattr(row, name)
        choice = getattr(row, f"get_{name}_display", None)
        text = choice() if choice else value
        return foreign.shown(json.dumps(text, ensure_ascii=False) if isinstance(text, dict | list) else text or "-")

    return shown


class KeyedAdmin(ModelAdmin):
    """Finds a row by its key even if the address has an empty `_to_field`, for which Django's method fails."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)


class ReadOnlyAdmin(KeyedAdmin):
    """For records that people may not edit. A person who may look at them in the product may open them here."""

    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._shown(name) for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [self._shown(field.name) for field in self.opts.fields if field.editable]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def _shown(self, name: Any) -> Any:
        texts = {field.name for field in self.opts.fields if isinstance(field, TEXTS)}
        return _in_its_box(name) if name in texts else name

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("access.look")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("access.look")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["sequence", "at", "actor", "address", "action", "subject"]
