"""Faults of single calls, and when the work of such a call is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Trouble(StrEnum):
    """What can go wrong with one call."""

    BUSY = "429"
    SYSTEM_BUSY = "system_busy"
    """HTTP 200, code 9999: only its message distinguishes it from "no such task"."""
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NO_CREDITS = "9000"
    FAILED = "failed"
    """A failure in the form that `Options.failure` chooses."""
    BROKEN = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    RESET = "reset"
    HANG = "hang"
    """Nothing is sent, and the connection stays open."""
    DRIP = "drip"
    """Headers without end, a few bytes at a time."""
    DRIP_BODY = "drip_body"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    NOT_JSON = "not_json"
    NULL_DATA = "null_data"
    CODE_AS_TEXT = "code_as_text"
    HTML_404 = "html_404"
    REDIRECT = "redirect"
    HUGE = "huge"
    """Two megabytes of body."""
    REPEATED_KEY = "repeated_key"
    """A failure to a parser that takes the first of two equal keys, a success to one that takes the last."""
    PROCESSING = "102"
    """An interim response is sent first."""
    EARLY_HINTS = "103"
    """An interim response is sent first."""
    TWICE = "twice"
    """The answer is written twice, and the connection stays open: the next request would read the copy."""


TRUTHFUL = frozenset({Trouble.PROCESSING, Trouble.EARLY_HINTS, Trouble.TWICE})
"""The honest answer arrives complete. So `103` means `103:after`; `103:before` answers Success and does nothing."""


class When(StrEnum):
    """When the work is done."""

    BEFORE = "before"
    """The trouble comes before the work, which is never done."""
    AFTER = "after"
    """The work is done, then the trouble comes."""
    LATE = "late"
    """The trouble comes at once, and the work is done `Options.late_seconds` later."""


@dataclass(frozen=True)
class Fault:
    """One trouble. Written `trouble[:before|after|late][:delete|look_up]`.

    A look-up has no work to do: its honest answer is the same before, after and late.
    """

    trouble: Trouble
    when: When = When.BEFORE
    operation: str = ""
    """Empty for both operations."""

    @classmethod
    def parse(cls, word: str) -> Self:
        """Parses a fault. Raises ValueError if `word` is none."""
        name, *rest = str(word).split(":")
        moments = [part for part in rest if part in set(When)]
        operations = [part for part in rest if part in {"delete", "look_up"}]
        if len(moments) > 1 or len(operations) > 1 or len(rest) > len(moments) + len(operations):
            raise ValueError(f"“{word}” is no fault. Write reset, 500:after or 429:before:delete.")
        trouble = Trouble(name)
        usual = When.AFTER if trouble in TRUTHFUL else When.BEFORE
        return cls(trouble, When(moments[0]) if moments else usual, operations[0] if operations else "")
