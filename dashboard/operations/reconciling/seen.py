"""The values of a deletion's items that are compared, found in one pass and in constant memory."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from dataclasses import dataclass

from dashboard.deletions.drafts.fingerprint import as_ended, as_frozen, lines
from dashboard.deletions.models import GONE, Deletion, Outcome
from dashboard.operations.reconciling.past import Past

SECRET = secrets.token_bytes(32)
"""Random for each process, so that no forged items can have the same sum."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    items: int
    manifest: str
    counts: Counter[str]
    carried: int
    """The sum over all items, each as often as its number of calls says."""
    gone_uncarried: int
    """Items that are called gone without a call."""
    skipped_carried: int
    """Items that are called skipped with a call."""
    otherwise: int
    """Items whose outcome is not that of their last correction."""
    outcomes: dict[int, str]
    """The hash over their outcomes at each closing; 0 is now."""


def seen(deletion: Deletion, past: Past) -> Seen:
    manifest, counts = hashlib.sha256(), Counter[str]()
    # Closings after the last change have the present outcomes.
    hashes = {0: hashlib.sha256()} | {closing: hashlib.sha256() for closing in past.known() if closing < past.last}
    items = carried = gone_uncarried = skipped_carried = otherwise = 0
    for some in lines(deletion):
        manifest.update(as_frozen(some))
        for closing, digest in hashes.items():
            digest.update(as_ended(past.at(closing, some) if closing else some))
        counts.update([line.outcome for line in some])
        carried += sum(line.attempts * summand(line.kind, line.task_id) for line in some if line.attempts)
        gone_uncarried += sum(line.outcome in GONE and not line.attempts for line in some)
        skipped_carried += sum(line.outcome == Outcome.SKIPPED and line.attempts > 0 for line in some)
        if past.last_told:
            otherwise += sum(past.last_told.get((one.kind, one.task_id), one.outcome) != one.outcome for one in some)
        items += len(some)
    return Seen(
        items=items,
        manifest=manifest.hexdigest(),
        counts=counts,
        carried=carried,
        gone_uncarried=gone_uncarried,
        skipped_carried=skipped_carried,
        otherwise=otherwise,
        outcomes={at: hashes.get(at, hashes[0]).hexdigest() for at in [0, *past.known()]},
    )


def summand(kind: str, task_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{kind} {task_id}".encode(), key=SECRET, digest_size=16).digest())
