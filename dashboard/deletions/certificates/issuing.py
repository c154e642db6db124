"""Issues certificates: signs what a deletion's closing entry is about.

1. A closing makes the tree, whose root its entry holds (`dispatch/closing.py`).
2. The next tick writes the text and signs it. A process that dies between them leaves the rest to the next tick.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from dashboard.audit import signing
from dashboard.deletions.certificates import content
from dashboard.deletions.models import Certificate, Deletion

AT_ONCE = 20
"""In one tick."""


def issue_due(*, now: datetime) -> None:
    due = Certificate.objects.filter(issued_at=None, deletion__closed_at__isnull=False).order_by("pk")
    keys = list(due.values_list("pk", "deletion_id")[:AT_ONCE])
    if keys:
        signing.introduce()
    for pk, deletion in keys:
        with transaction.atomic():
            # Nothing of it changes while it is read.
            closed = Deletion.objects.select_for_update().filter(pk=deletion, closed_at__isnull=False).first()
            certificate = Certificate.objects.filter(pk=pk, issued_at=None).first()
            if closed and certificate:
                _issue(certificate, closed, now=now)


def _issue(certificate: Certificate, deletion: Deletion, *, now: datetime) -> None:
    certificate.issued_at = now
    certificate.signed = content.text_of(certificate, deletion)
    certificate.signature = signing.sign(certificate.signed)
    certificate.key = signing.key_id(signing.public_key())
    certificate.save(update_fields=["issued_at", "signed", "signature", "key"])
