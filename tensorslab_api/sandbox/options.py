"""How the sandbox behaves where the documents say nothing, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self


class Mode(StrEnum):
    """What becomes of a list that holds an id it can't delete."""

    ALL_OR_NOTHING = "all_or_nothing"
    PARTIAL = "partial"
    """Deletes the others, and says Failed."""
    LENIENT = "lenient"
    """Deletes the others, and says Success."""


class AlreadyGone(StrEnum):
    """Whether an id that is gone, or never was, spoils a list."""

    FAILURE = "failure"
    SUCCESS = "success"


class Failure(StrEnum):
    """How a failed delete is told."""

    CODE = "code"
    """HTTP 200, code 9999, `Failed`."""
    STATUS = "status"
    """HTTP 200, code 1000, `Failed`."""
    HTTP = "http"
    """HTTP 400, code 9999."""


class Missing(StrEnum):
    """How a look-up tells that there is no such task."""

    HTTP = "http"
    """HTTP 404, code 9999."""
    CODE = "code"
    """HTTP 200, code 9999."""


class Trouble(StrEnum):
    """What can go wrong with one call."""

    BUSY = "429"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NO_CREDITS = "9000"
    BROKEN = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    RESET = "reset"
    HANG = "hang"
    """Nothing comes, and the connection stays open."""
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


@dataclass(frozen=True)
class Fault:
    """One trouble, before or after the work was done. Written `trouble[:before|after][:delete|look_up]`."""

    trouble: Trouble
    after: bool = False
    operation: str = ""
    """Empty for both operations."""

    @classmethod
    def parse(cls, word: str) -> Self:
        """Raises ValueError when `word` is none."""
        name, *rest = str(word).split(":")
        if len(set(rest)) != len(rest) or set(rest) - {"before", "after", "delete", "look_up"}:
            raise ValueError(f"“{word}” is no fault. Write reset, 500:after or 429:before:delete.")
        operation = next((part for part in rest if part in {"delete", "look_up"}), "")
        return cls(Trouble(name), after="after" in rest, operation=operation)


@dataclass(frozen=True, kw_only=True)
class Options:
    """All of it can be changed while the sandbox runs."""

    latency: float = 0.0
    """Seconds from question to answer; the work is done halfway."""
    mode: Mode = Mode.ALL_OR_NOTHING
    already_gone: AlreadyGone = AlreadyGone.SUCCESS
    failure: Failure = Failure.CODE
    missing: Missing = Missing.HTTP
    refuse: Mapping[str, str] = field(default_factory=dict)
    """Ids it will not delete, each with the words it says."""
    refuse_suffix: Mapping[str, str] = field(default_factory=dict)
    """The same for every id that ends so."""
    spared: frozenset[str] = frozenset()
    """Ids it says it deleted, and did not."""
    unknown: frozenset[str] = frozenset()
    """Ids that never existed."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """`image_status` or `task_status` by id."""
    api_key: str = ""
    """The only key it takes; empty takes any."""
    faults: tuple[Fault, ...] = ()
    """What strikes at random, at `fault_rate` of all calls, drawn with `seed`."""
    fault_rate: float = 0.0
    seed: int = 0
    retry_after: str = "2"
    """What 429 and 503 send; empty sends none."""
    hang_seconds: float = 60.0

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The options with some of them changed, given as JSON would. Raises ValueError when one is mistyped."""
        known = {option.name for option in fields(self)}
        if unknown := set(changes) - known:
            raise ValueError(f"There is no option {', '.join(sorted(unknown))}.")
        return replace(self, **{name: read(name, value) for name, value in changes.items()})


CHOICES = {"mode": Mode, "already_gone": AlreadyGone, "failure": Failure, "missing": Missing}


def read(name: str, value: Any) -> Any:
    """One option's value from JSON."""
    if name in CHOICES:
        return CHOICES[name](value)
    if name in {"latency", "fault_rate", "hang_seconds"}:
        seconds = float(value)
        if not 0 <= seconds <= 3600:
            raise ValueError(f"{name} is {value}. Use a number from 0 to 3,600.")
        return seconds
    if name == "faults":
        return tuple(fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in value)
    if name in {"refuse", "refuse_suffix", "statuses"}:
        return dict(value)
    if name in {"spared", "unknown"}:
        return frozenset(value)
    return int(value) if name == "seed" else str(value)
