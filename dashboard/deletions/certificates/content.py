"""What a certificate says. The format is described in `docs/certificates.md`."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from django.conf import settings

from dashboard.audit import chain, heads, signing
from dashboard.audit.listing import CONFIRMED
from dashboard.audit.models import AuditEvent
from dashboard.deletions.certificates import facts
from dashboard.deletions.certificates.facts import rfc3339
from dashboard.deletions.dispatch.closing import CLOSED
from dashboard.deletions.models import Certificate, Deletion, Forgetting

FORMAT = "tensorslab-certificate/1"
APPROVED = "deletion.approved"
PEOPLE = {
    "requested_by": (CONFIRMED, "actor"),
    "reason": (CONFIRMED, "reason"),
    "approved_by": (APPROVED, "actor"),
}
"""What a certificate says of people, and the field of which entry it is."""


def text_of(certificate: Certificate, deletion: Deletion) -> str:
    """Canonical JSON: sorted keys, no blanks, UTF-8, no floats."""
    entries = {action: entry_of(deletion, action) for action in (CONFIRMED, APPROVED, CLOSED)}
    whole = {
        "format": FORMAT,
        "number": certificate.number,
        "issued_at": rfc3339(certificate.issued_at),
        "software": settings.VERSION,
        "deletion": str(deletion.uuid),
        "host": deletion.host,
        "state": deletion.state,
        "times": _times(deletion),
        "manifest": _manifest(deletion),
        "people": {name: committed(entries[action], field) for name, (action, field) in PEOPLE.items()},
        "approval": _approval(deletion),
        **_rule(deletion),
        "calls": _calls(deletion),
        "outcomes": deletion.counts(),
        "evidence": _evidence(deletion),
        "tree": {"root": certificate.root, "leaves": certificate.leaves},
        "log": _place(entries),
        "previous": _previous(certificate),
        "key": key(),
    }
    return chain.canonical(whole)


def entry_of(of: Deletion | Forgetting, action: str) -> AuditEvent | None:
    return AuditEvent.objects.filter(subject=str(of.uuid), action=action).order_by("-sequence").first()


def key() -> dict[str, str]:
    public_key = signing.public_key()
    return {"id": signing.key_id(public_key), "algorithm": signing.ALGORITHM, "public_key": public_key}


def committed(entry: AuditEvent | None, field: str) -> str | None:
    """The log's own salted hash: the name itself is told beside the signature, as long as the log knows it."""
    commitment: str | None = entry.commitments.get(field) if entry else None
    return commitment


def _times(deletion: Deletion) -> dict[str, str | None]:
    names = ("confirmed_at", "starts_at", "stopped_at", "finished_at", "checked_at")
    return {name: rfc3339(getattr(deletion, name)) for name in names}


def _manifest(deletion: Deletion) -> dict[str, Any]:
    return {
        "total": deletion.total,
        "skipped": deletion.skipped,
        "images": deletion.images,
        "videos": deletion.total - deletion.images,
        "fingerprint": deletion.fingerprint,
        "hash": deletion.manifest_hash,
    }


def _approval(deletion: Deletion) -> dict[str, Any] | None:
    if deletion.approval_asked_at is None:
        return None
    asked_at, decided_at = rfc3339(deletion.approval_asked_at), rfc3339(deletion.decided_at)
    return {"asked_at": asked_at, "decided_at": decided_at, "why": deletion.approval_reasons}


def _rule(deletion: Deletion) -> dict[str, Any]:
    """By what it was drafted, where no person selected its tasks."""
    if not deletion.drafted_by:
        return {}
    return {"rule": {"id": str(deletion.rule) if deletion.rule else None, "by_itself": deletion.by_itself}}


def _calls(deletion: Deletion) -> dict[str, Any]:
    digest, statuses, number = hashlib.sha256(), Counter[str](), 0
    for call in facts.calls(deletion):
        digest.update(f"{chain.canonical(call)}\n".encode())
        statuses[call["status"] or "none"] += 1
        number += 1
    return {"count": number, "by_status": dict(statuses), "hash": digest.hexdigest()}


def _evidence(deletion: Deletion) -> dict[str, Any]:
    # What is already gone or refused is always seen.
    seen = deletion.deleted + deletion.already_gone + deletion.refused - deletion.said
    sampling = facts.sampling(deletion)
    return {
        "said": deletion.said,
        "seen": seen,
        "sampling": sampling and {**sampling, "confidence_percent": 95},
        "inspections": facts.inspections(deletion),
    }


def _place(entries: dict[str, AuditEvent | None]) -> dict[str, Any]:
    head = heads.newest()
    return {
        "beginning": heads.beginning(),
        "confirmed": named(entries[CONFIRMED]),
        "approved": named(entries[APPROVED]),
        "closed": named(entries[CLOSED]),
        "head": named(head),
    }


def named(entry: AuditEvent | heads.Seen | None) -> dict[str, Any] | None:
    return {"sequence": entry.sequence, "hash": entry.hash} if entry else None


def _previous(certificate: Certificate) -> dict[str, Any] | None:
    before = Certificate.objects.issued().filter(deletion=certificate.deletion_id, number__lt=certificate.number).last()
    return {"number": before.number, "sha256": hashlib.sha256(before.signed.encode()).hexdigest()} if before else None
