"""Slows down whoever guesses passwords. It counts in the audit log, which every web process shares."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from dashboard.audit.models import AuditEvent

SIGN_IN_FAILED = "user.sign_in_failed"
WINDOW = timedelta(minutes=15)
PER_NAME = 10
"""Failures for one username from one address."""
PER_ADDRESS = 100
"""Failures from one address, whatever the usernames."""


def is_throttled(*, username: str, address: str) -> bool:
    failed = AuditEvent.objects.filter(
        action=SIGN_IN_FAILED, address=address, at__gte=timezone.now() - WINDOW
    ).order_by()
    of_name = failed.filter(subject=username)
    return of_name[:PER_NAME].count() >= PER_NAME or failed[:PER_ADDRESS].count() >= PER_ADDRESS
