"""What a start prepares. Each step does nothing if its work is done already."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from dashboard.audit import chain
from dashboard.operations.preflight import NotReady
from dashboard.register.models import TrackedTask


@dataclass(frozen=True, kw_only=True)
class SignIn:
    username: str
    password: str = ""
    """Empty if it is not known, or if it came from `ADMIN_PASSWORD`."""


def ensure_administrator() -> SignIn:
    existing = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
    if known := existing.filter(username=settings.ADMIN_USERNAME).first() or existing.first():
        return SignIn(username=known.username)
    if User.objects.filter(username=settings.ADMIN_USERNAME).exists():
        raise NotReady(f"“{settings.ADMIN_USERNAME}” is no active administrator. Set ADMIN_USERNAME to a new name.")
    try:
        if settings.ADMIN_PASSWORD:
            validate_password(settings.ADMIN_PASSWORD, User(username=settings.ADMIN_USERNAME))
    except ValidationError as weak:
        raise NotReady(f"ADMIN_PASSWORD is too weak: {' '.join(weak.messages)}") from weak
    password = settings.ADMIN_PASSWORD or secrets.token_urlsafe(12)
    with transaction.atomic():
        User.objects.create_superuser(settings.ADMIN_USERNAME, password=password)
        chain.append(actor="", action="person.created", subject=settings.ADMIN_USERNAME, detail={"administrator": True})
    return SignIn(username=settings.ADMIN_USERNAME, password="" if settings.ADMIN_PASSWORD else password)


def ensure_sample_register() -> None:
    if settings.SANDBOX and not settings.READ_ONLY and settings.SAMPLE_TASKS and not TrackedTask.objects.exists():
        call_command("sample_tasks", count=settings.SAMPLE_TASKS)
