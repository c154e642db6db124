from __future__ import annotations

from dashboard.audit import heads


def seen() -> heads.Seen | None:
    """The highest head that any process left of this database."""
    own = heads.beginning()
    left = [head for first, head in heads.here().values() if head and first == own]
    return max(left, key=lambda head: head.sequence, default=None)
