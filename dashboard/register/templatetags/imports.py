from __future__ import annotations

from django import template

from dashboard.register.importing.cells.columns import listed

register = template.Library()


@register.filter
def columns(names: list[str]) -> str:
    """“columns kind, task_id”."""
    return listed(names) if names else "nothing"
