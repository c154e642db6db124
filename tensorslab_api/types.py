"""What is sent to and read from the provider. All frozen, all keyword-only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TaskKind(StrEnum):
    """The two services. A task is known by its kind and its id together."""

    IMAGE = "image"
    VIDEO = "video"


class TaskStatus(StrEnum):
    """How far a generation has come. Says nothing about whether the task still exists."""

    UNKNOWN = "unknown"
    """The provider named none, or a number it does not document."""
    QUEUED = "queued"
    PROCESSING = "processing"
    UPLOADING = "uploading"
    """Videos only."""
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class TaskInfo:
    """One task as a look-up describes it (`ImageInfoData`, `VideoInfoData`).

    The provider promises no field, so each may be empty or None. Texts hold no NUL and no lone surrogate, and are no
    longer than `texts` says.
    """

    kind: TaskKind
    task_id: str
    """The id that was asked for."""
    status: TaskStatus = TaskStatus.UNKNOWN
    model: str = ""
    """`category` of an image, `source` of a video; at most 100 characters."""
    prompt: str = ""
    urls: tuple[str, ...] = ()
    """Results, as sent: not checked to be http or https. Too long ones are left out, and so is what is too many."""
    width: int | None = None
    height: int | None = None
    """Pixels; images only."""
    duration: float | None = None
    """Seconds; videos only."""
    created_raw: str = ""
    """`starttime` of an image, which names no zone; at most 64 characters. Videos have none."""
    error: str = ""
    """Why the generation failed."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An HTTP response, whatever it says. `verdict` decides what it means."""

    http_status: int
    well_formed: bool
    """The body is a JSON object with an integer `code` and a text `msg`, repeats no key at any depth, and is not about
    another task than asked for."""
    code: int | None = None
    """None when the body is not well-formed."""
    message: str = ""
    """The provider's `msg`: at most 2,000 characters, no NUL, no lone surrogate. For people; never branch on it."""
    retry_after: float | None = None
    """Seconds from now in `Retry-After`, given as a number or a date; may be absurd. None when absent or unreadable."""


@dataclass(frozen=True, kw_only=True)
class DeleteReply(Reply):
    """The answer to a delete: one `status` for the whole list."""

    status: str | None = None
    """`data.status`: documented are Success and Failed."""


@dataclass(frozen=True, kw_only=True)
class LookUpReply(Reply):
    """The answer to a look-up of one task."""

    task_id: str
    """The id that was asked for."""
    info: TaskInfo | None = None
    """None unless `data` says something of a task beside its id."""
