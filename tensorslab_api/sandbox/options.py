"""How the sandbox behaves where the documents say nothing, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self

from tensorslab_api.sandbox.faults import Fault
from tensorslab_api.sandbox.values import Read, flag, listed, mapping, number, share, text, texts, whole


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
    """How a look-up tells that there is no such task. The last two leave the documents."""

    HTTP = "http"
    """HTTP 404, code 9999."""
    CODE = "code"
    """HTTP 200, code 9999."""
    BAD_REQUEST = "bad_request"
    """HTTP 400, code 9999."""
    NULL_DATA = "null_data"
    """HTTP 200, code 1000, and `data` is null."""


class Echo(StrEnum):
    """In which letter case a look-up gives `data.taskid` back."""

    SAME = "same"
    UPPER = "upper"
    LOWER = "lower"


@dataclass(frozen=True, kw_only=True)
class Options:
    """All of it can be changed while the sandbox runs."""

    latency: float = 0.0
    """Seconds from question to answer; the work is done halfway."""
    look_up_latency: float = 0.0
    """The same for look-ups alone; 0 takes `latency`."""
    mode: Mode = Mode.ALL_OR_NOTHING
    already_gone: AlreadyGone = AlreadyGone.SUCCESS
    failure: Failure = Failure.CODE
    missing: Missing = Missing.HTTP
    missing_words: str = "Task does not exist"
    """`{id}` in it becomes the id that was asked for."""
    echo: Echo = Echo.SAME
    refuse: Mapping[str, str] = field(default_factory=dict)
    """Ids it will not delete, each with the words it says."""
    refuse_suffix: Mapping[str, str] = field(default_factory=dict)
    """The same for every id that ends so."""
    spared: frozenset[str] = frozenset()
    """Ids it says it deleted, and did not."""
    cut_at: int = 0
    """Of each list only the first so many ids are deleted, whatever it says; 0 for all."""
    first_half: bool = False
    """Of each list only the first half is deleted, whatever it says. Half of one id is one id, half of three is two."""
    lost_shard: int = 0
    """Ids in this shard (`in_shard`) are not deleted, whatever it says; 0 for none."""
    rollback_after: float = 0.0
    """Seconds after which what a delete did is undone; 0 for never."""
    rollback_share: float = 1.0
    """Of how many deletes that did something: 0.5 takes every other one, the first included; else the dice decide."""
    late_seconds: float = 8.0
    """How much later a fault that is `late` does the work."""
    unknown: frozenset[str] = frozenset()
    """Ids that never existed, of either kind."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """`image_status` or `task_status` by id."""
    api_key: str = ""
    """The only key it takes; empty takes any."""
    foreign_keys: frozenset[str] = frozenset()
    """Keys of another account, taken beside `api_key`: nothing exists under them."""
    maintenance: str = ""
    """While it is set, every documented call fails with these words, whatever its key or body, and nothing is done."""
    replica_lag: float = 0.0
    """Seconds by which look-ups see deletions and revivals later than they happen."""
    replica_lacks: int = 0
    """Look-ups do not find the ids in this shard (`in_shard`), deletes do; 0 for none."""
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
        return replace(self, **{name: READERS[name](name, value) for name, value in changes.items()})


def choice(choices: type[StrEnum]) -> Read:
    """Reads one of these words."""
    return lambda name, value: choices(value)


def faults(name: str, value: Any) -> tuple[Fault, ...]:
    """Faults, or the words for them."""
    return tuple(fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in listed(name, value))


HOUR, MONTH = 3600, 31 * 24 * 3600
READERS: dict[str, Read] = {
    "latency": number(HOUR),
    "look_up_latency": number(HOUR),
    "mode": choice(Mode),
    "already_gone": choice(AlreadyGone),
    "failure": choice(Failure),
    "missing": choice(Missing),
    "missing_words": text,
    "echo": choice(Echo),
    "refuse": mapping(text),
    "refuse_suffix": mapping(text),
    "spared": texts,
    "cut_at": whole,
    "first_half": flag,
    "lost_shard": whole,
    "rollback_after": number(MONTH),
    "rollback_share": share,
    "late_seconds": number(MONTH),
    "unknown": texts,
    "statuses": mapping(whole),
    "api_key": text,
    "foreign_keys": texts,
    "maintenance": text,
    "replica_lag": number(MONTH),
    "replica_lacks": whole,
    "faults": faults,
    "fault_rate": share,
    "seed": whole,
    "retry_after": text,
    "hang_seconds": number(HOUR),
}
