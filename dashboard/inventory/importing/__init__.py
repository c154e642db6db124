"""Bringing tasks in: `reading` turns any format into entries, `storing` writes them, `batches` is what others call."""

from dashboard.inventory.importing.batches import (
    MOST_ROWS,
    AlreadyApplied,
    Applied,
    Nothing,
    TooManyRows,
    apply,
    check,
    sha256,
    take_in,
)

__all__ = ["MOST_ROWS", "AlreadyApplied", "Applied", "Nothing", "TooManyRows", "apply", "check", "sha256", "take_in"]
