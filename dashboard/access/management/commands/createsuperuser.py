from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.db import transaction

from dashboard.audit import chain


class Command(createsuperuser.Command):
    help = "Makes an administrator, and tells the audit log."

    def handle(self, *args: Any, **options: Any) -> str | None:
        newest = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        told = super().handle(*args, **options)
        with transaction.atomic():
            for person in User.objects.filter(pk__gt=newest, is_superuser=True):
                detail = {"id": person.pk, "superuser": True, "by": "manage.py"}
                chain.append(actor="", action="user.added", subject=person.get_username(), detail=detail)
        return told
