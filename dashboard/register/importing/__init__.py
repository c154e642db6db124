"""Imports tasks: `reading` turns any format into entries, `storing` writes them, and other rooms call `batches`."""

from dashboard.register.importing.batches import AlreadyApplied, Nothing, Taken, apply, check, sha256, take_in
from dashboard.register.importing.jobs import wake

__all__ = ["AlreadyApplied", "Nothing", "Taken", "apply", "check", "sha256", "take_in", "wake"]
