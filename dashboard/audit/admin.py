from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from dashboard.audit.models import AuditEvent

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class KeyedAdmin(ModelAdmin):
    """Finds a row by its key also where the address has an empty `_to_field`, on which Django's own fails."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)


class ReadOnlyAdmin(KeyedAdmin):
    """For records, which change through their own rules alone; open to whoever may look at them in the product."""

    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()

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
