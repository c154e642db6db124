from __future__ import annotations

from django import template
from django.contrib.auth.models import User

from dashboard.deletions.actions import leaving
from dashboard.deletions.models import Deletion

register = template.Library()


@register.simple_tag
def deletions_under_way(person: User) -> list[Deletion]:
    return leaving.under_way(person)
