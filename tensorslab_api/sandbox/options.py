"""How the sandbox behaves where the documents say nothing, and how it fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Self

from tensorslab_api.sandbox.faults import Fault
from tensorslab_api.sandbox.values import Read, flag, listed, mapping, number, share, text, texts, whole


class Mode(StrEnum):
    """What happens to a list that contains an id which can't be deleted."""

    ALL_OR_NOTHING = "all_or_nothing"
    PARTIAL = "partial"
    """Deletes the others, and answers Failed."""
    LENIENT = "lenient"
    """Deletes the others, and answers Success."""


class AlreadyGone(StrEnum):
    """Whether an id that is gone, or never existed, spoils a list."""

    FAILURE = "failure"
    SUCCESS = "success"


class Failure(StrEnum):
    """How a failed delete is answered."""

    CODE = "code"
    """HTTP 200, code 9999, `Failed`."""
    STATUS = "status"
    """HTTP 200, code 1000, `Failed`."""
    HTTP = "http"
    """HTTP 400, code 9999."""


class Missing(StrEnum):
    """How a look-up answers that there is no such task. The last two are not in the documents."""

    HTTP = "http"
    """HTTP 404, code 9999."""
    CODE = "code"
    """HTTP 200, code 9999."""
    BAD_REQUEST = "bad_request"
    """HTTP 400, code 9999."""
    NULL_DATA = "null_data"
    """HTTP 200, code 1000, and `data` is null."""


class Echo(StrEnum):
    """The letter case of `data.taskid` in a look-up's answer."""

    SAME = "same"
    UPPER = "upper"
    LOWER = "lower"


@dataclass(frozen=True, kw_only=True)
class Options:
    """All options can be changed while the sandbox runs."""

    latency: float = 0.0
    """Seconds from request to answer; the work is done halfway."""
    look_up_latency: float = 0.0
    """Seconds from request to answer of look-ups; 0 takes `latency`."""
    mode: Mode = Mode.ALL_OR_NOTHING
    already_gone: AlreadyGone = AlreadyGone.SUCCESS
    failure: Failure = Failure.CODE
    missing: Missing = Missing.HTTP
    missing_words: str = "Task does not exist"
    """`{id}` in it becomes the requested id."""
    echo: Echo = Echo.SAME
    refuse: Mapping[str, str] = field(default_factory=dict)
    """Ids that are refused, each with a message."""
    refuse_suffix: Mapping[str, str] = field(default_factory=dict)
    """Endings of ids that are refused, each with a message."""
    spared: frozenset[str] = frozenset()
    """Ids that are answered with Success and not deleted."""
    cut_at: int = 0
    """Only the first so many ids of each list are deleted, whatever the answer says; 0 for all."""
    first_half: bool = False
    """Only the first half of each list is deleted, rounded up, whatever the answer says."""
    lost_shard: int = 0
    """Ids in this shard (`in_shard`) are not deleted, whatever the answer says; 0 for none."""
    rollback_after: float = 0.0
    """Seconds after which a delete is undone; 0 for never."""
    rollback_share: float = 1.0
    """The share of deletes that are undone: 0.5 means every second one from the first on; other shares are random."""
    late_seconds: float = 8.0
    """Seconds by which a fault that is `late` delays the work."""
    unknown: frozenset[str] = frozenset()
    """Ids that never existed, of either kind."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """`image_status` or `task_status` by id."""
    api_key: str = ""
    """The only accepted key; empty accepts any."""
    foreign_keys: frozenset[str] = frozenset()
    """Keys of another account, accepted besides `api_key`: nothing exists under them."""
    maintenance: str = ""
    """While it is set, every documented call fails with this message, whatever its key or body, and nothing is done."""
    replica_lag: float = 0.0
    """Seconds by which look-ups see deletions and revivals late."""
    replica_lacks: int = 0
    """Look-ups do not find the ids in this shard (`in_shard`), deletes do; 0 for none."""
    faults: tuple[Fault, ...] = ()
    """Random faults, at `fault_rate` of all calls, drawn with `seed`."""
    fault_rate: float = 0.0
    seed: int = 0
    retry_after: str = "2"
    """`Retry-After` of 429 and 503; empty sends none."""
    hang_seconds: float = 60.0
    media_latency: float = 0.0
    """Seconds from question to answer at the host of the result files."""
    media_dead: frozenset[str] = frozenset()
    """Ids whose files are gone."""
    media_dead_shard: int = 0
    """So are those of the ids in this shard (`in_shard`); 0 for none."""
    media_stays: bool = False
    """Whether the file of a deleted task stays."""

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The options with some of them changed, given as in JSON. Raises ValueError if a value is wrong."""
        known = {option.name for option in fields(self)}
        if unknown := set(changes) - known:
            raise ValueError(f"There is no option {', '.join(sorted(unknown))}.")
        return replace(self, **{name: READERS[name](name, value) for name, value in changes.items()})


def choice(choices: type[StrEnum]) -> Read:
    """Reads one word of a `StrEnum`."""
    return lambda name, value: choices(value)


def faults(name: str, value: Any) -> tuple[Fault, ...]:
    """Reads faults, or the words for them."""
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
    "media_latency": number(HOUR),
    "media_dead": texts,
    "media_dead_shard": whole,
    "media_stays": flag,
}
