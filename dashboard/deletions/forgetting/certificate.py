"""The certificate of a forgetting: what was erased, signed like a deletion's (`docs/forgetting.md`)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from dashboard.audit import chain, heads, signing
from dashboard.deletions.certificates.content import committed, entry_of, key, named
from dashboard.deletions.certificates.facts import rfc3339
from dashboard.deletions.forgetting import marks
from dashboard.deletions.models import Forgetting

FORMAT = "tensorslab-forgetting/1"
ASKED, ERASED = "task.forgotten", "task.words_erased"
PEOPLE = {"requested_by": (ASKED, "actor"), "reason": (ASKED, "reason")}
KINDS = ("prompts", "addresses", "errors", "pictures", "messages", "reasons", "entries")
"""What is counted: `entries` are those of the audit log."""


def issue(forgetting: Forgetting, *, now: datetime) -> None:
    """Ends it: tells the log, and signs what the log says."""
    signing.introduce()
    fingerprint, kinds = marks.fingerprint(forgetting)
    with transaction.atomic():
        row = Forgetting.objects.select_for_update().filter(pk=forgetting.pk, phase=Forgetting.Phase.REASONS).first()
        if row is None:
            return
        row.erased = {name: row.erased.get(name, 0) for name in KINDS}
        told = {"tasks": sum(kinds.values()), "fingerprint": fingerprint, "erased": row.erased}
        chain.append(actor="", action=ERASED, subject=str(row.uuid), detail=told)
        row.phase, row.moved_at, row.through, row.finished_at = Forgetting.Phase.DONE, None, 0, now
        row.signed = _text_of(row, fingerprint=fingerprint, kinds=kinds, now=now)
        row.signature = signing.sign(row.signed)
        row.save()


def _text_of(row: Forgetting, *, fingerprint: str, kinds: dict[str, int], now: datetime) -> str:
    asked, erased = entry_of(row, ASKED), entry_of(row, ERASED)
    whole = {
        "format": FORMAT,
        "forgetting": str(row.uuid),
        "issued_at": rfc3339(now),
        "software": settings.VERSION,
        "asked_at": rfc3339(row.asked_at),
        "tasks": {"total": sum(kinds.values()), "images": kinds["image"], "videos": kinds["video"]},
        "fingerprint": fingerprint,
        "erased": row.erased,
        "people": {name: committed(asked, field) for name, (_, field) in PEOPLE.items()},
        "log": {
            "beginning": heads.beginning(),
            "asked": named(asked),
            "erased": named(erased),
            "head": named(heads.newest()),
        },
        "key": key(),
    }
    return chain.canonical(whole)
