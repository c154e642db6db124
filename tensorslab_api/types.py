"""The data that is sent to and read from the provider. All frozen, all keyword-only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskKind(StrEnum):
    """The two services. A task is identified by its kind and its id together."""

    IMAGE = "image"
    VIDEO = "video"


class TaskStatus(StrEnum):
    """The state of a generation. It does not tell whether the task still exists."""

    UNKNOWN = "unknown"
    """The provider sent none, or an undocumented number."""
    QUEUED = "queued"
    PROCESSING = "processing"
    UPLOADING = "uploading"
    """Videos only."""
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class TaskInfo:
    """One task as a look-up describes it (`ImageInfoData`, `VideoInfoData`).

    The provider guarantees no field, so each may be empty or None. Texts contain no NUL and no lone surrogate, and have
    at most the lengths of `texts`.
    """

    kind: TaskKind
    task_id: str
    """The requested id."""
    status: TaskStatus = TaskStatus.UNKNOWN
    model: str = ""
    """`category` of an image, `source` of a video; at most 100 characters."""
    prompt: str = ""
    urls: tuple[str, ...] = ()
    """Results, as sent: not checked to be http or https. At most `texts.MOST_URLS`, without those that are too long."""
    width: int | None = None
    height: int | None = None
    """Pixels; images only."""
    duration: float | None = None
    """Seconds; videos only."""
    created_raw: str = ""
    """`starttime` of an image, which has no zone; at most 64 characters. Videos have none."""
    error: str = ""
    """Why the generation failed."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Any HTTP response. `verdict` decides what it means."""

    http_status: int
    well_formed: bool
    """A JSON object with an integer `code` and a text `msg`, without repeated keys, and not about another task."""
    code: int | None = None
    """None if the body is not well-formed."""
    message: str = ""
    """The provider's `msg`: at most 2,000 characters, no NUL, no lone surrogate. For people; never branch on it."""
    retry_after: float | None = None
    """Seconds from now in `Retry-After`, given as a number or a date, unchecked. None if absent or unreadable."""


@dataclass(frozen=True, kw_only=True)
class DeleteReply(Reply):
    """The answer to a delete: one `status` for the whole list."""

    status: str | None = None
    """`data.status`: Success and Failed are documented."""


@dataclass(frozen=True, kw_only=True)
class LookUpReply(Reply):
    """The answer to a look-up of one task."""

    task_id: str
    """The requested id."""
    info: TaskInfo | None = None
    """None unless `data` describes a task by more than its id."""
