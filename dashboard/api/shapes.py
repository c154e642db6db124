"""What is sent and answered, as the schema has it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StrictBool, StrictStr, Tag

from dashboard.calls.models import Kind
from dashboard.deletions.actions.confirming import LONGEST_REASON
from dashboard.register.filters.filter import LONGEST as LONGEST_FILTER
from dashboard.register.models import Presence, Status

MOST_TASKS, MOST_IDS = 1000, 10_000
Words = Annotated[StrictStr, Field(pattern=r"^[^\x00]*$")]
"""No database has a NUL in a text."""


def _number(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise ValueError("This is no number")
    return value


Whole = Annotated[int, BeforeValidator(_number)]
"""As JSON has it: 5.0 is one, and “5” is none."""
FINGERPRINT = r"^[0-9a-f]{64}$"


class Given(BaseModel):
    """What is sent to us. Not Ninja's class, which takes any Python object for one with these attributes."""

    model_config = ConfigDict(extra="forbid")


class SentTask(BaseModel):
    """One task: kind and task_id, and any of the others. What is not given, or null, stays as it is.

    Values are read as those of a file: a number may be a text, and names may be those of TensorsLab's answers. So the
    schema asks for no types; what can't be used is told in `problems`, and the other tasks are stored.
    """

    model_config = ConfigDict(extra="allow")

    kind: Any = Field(None, examples=["image"], description="image or video")
    task_id: Any = Field(None, examples=["abcd_1234567890"], description="As TensorsLab gave it")
    status: Any = Field(None, examples=["completed"], description=", ".join(Status.values))
    model: Any = Field(None, examples=["seedream-4"])
    prompt: Any = Field(None, examples=["A fox in the snow"])
    url: Any = Field(None, examples=[["https://cdn.example.com/1.webp"]], description="One address, or a list")
    created_at: Any = Field(
        None, examples=["2026-01-30T12:00:00Z"], description="ISO 8601; without an offset in the person's time zone"
    )
    width: Any = Field(None, examples=[1024], description="Pixels")
    height: Any = Field(None, examples=[768], description="Pixels")
    duration: Any = Field(None, examples=[5], description="Seconds; videos only")
    error: Any = Field(None, description="Why the generation failed")


class SentTasks(Given):
    tasks: list[SentTask] = Field(max_length=MOST_TASKS)


class TaskProblem(Schema):
    index: int = Field(description="The place in `tasks`, from 0")
    problem: str
    stored: bool = Field(description="True if the task is stored all the same, with a text cut")


class Taken(Schema):
    added: int
    updated: int
    unchanged: int
    problems: list[TaskProblem]


class Task(Schema):
    kind: Kind
    task_id: str
    status: Status
    presence: Presence
    outcome: str = Field(description="Of its last deletion; empty if there was none")
    message: str = Field(description="What was said about that")
    model: str
    prompt: str
    urls: list[str]
    width: int | None
    height: int | None
    duration: float | None
    error: str
    created_at: datetime | None
    created_raw: str = Field(description="The time as it was given, where it had no offset")
    added_at: datetime
    added_by: str
    checked_at: datetime | None = Field(description="When TensorsLab was last asked about it")
    deleted_at: datetime | None
    held_by: str
    held_reason: str
    starred: bool
    last_deletion: UUID | None


class Tasks(Schema):
    tasks: list[Task]
    next: str | None = Field(description="The `cursor` of the next page; null on the last")


class Named(Given):
    kind: Kind
    task_id: Words = Field(min_length=1, max_length=255)


class _Asked(Given):
    reason: Words = Field(min_length=1, max_length=LONGEST_REASON, description="It stays in the history")


class OfFilter(_Asked):
    filter: Words = Field(
        max_length=LONGEST_FILTER,
        examples=["kind=image&status=failed"],
        description="A query string with the filters of the page Tasks. What matches now is written down.",
    )
    everything: StrictBool = Field(
        False, description="Needed where the filter narrows nothing, so that no slip deletes the whole register"
    )


class OfIds(_Asked):
    ids: list[Named] = Field(min_length=1, max_length=MOST_IDS)


FORMS = BY_FILTER, BY_IDS = "by filter", "by ids"


def _form(value: Any) -> str:
    return BY_IDS if isinstance(value, OfIds) or (isinstance(value, dict) and "ids" in value) else BY_FILTER


AskedFor = Annotated[
    Annotated[OfFilter, Tag(BY_FILTER)] | Annotated[OfIds, Tag(BY_IDS)],
    Discriminator(_form),
]


class Confirmed(Given):
    fingerprint: StrictStr = Field(pattern=FINGERPRINT, description="Of the draft, as it was answered")
    count: Whole = Field(ge=1, le=1_000_000_000, description="The number of tasks that it deletes, as it was answered")


class Counted(Schema):
    name: str
    tasks: int


class Facts(Schema):
    """Of the tasks that it deletes."""

    images: int
    videos: int
    statuses: list[Counted]
    models: list[Counted] = Field(description="The largest")
    oldest: datetime | None
    newest: datetime | None
    unknown_time: int
    skipped: list[Counted] = Field(description="Why tasks are skipped, and how many")


class Approval(Schema):
    asked_at: datetime
    reasons: list[str]
    decision: str | None
    decided_at: datetime | None
    by: str | None
    declined_reason: str | None


class Deletion(Schema):
    id: UUID
    state: Literal[
        "freezing",
        "draft",
        "awaiting_approval",
        "scheduled",
        "running",
        "paused",
        "finished",
        "discarded",
        "cancelled",
    ] = Field(description="freezing: a large draft is being written down, so it can't be confirmed yet")
    total: int
    skipped: int
    count: int = Field(description="total − skipped: what it deletes, and what is sent to confirm it")
    fingerprint: str = Field(description="Empty while it is freezing")
    counts: dict[str, int] = Field(description="By outcome; they add up to the total")
    reason: str
    filter: str
    host: str = Field(description="Where its calls go")
    requested_by: str
    created_at: datetime
    confirmed_at: datetime | None
    starts_at: datetime | None = Field(description="Until then it can be undone")
    finished_at: datetime | None
    paused_reason: str
    approval: Approval | None
    facts: Facts
    page: str = Field(description="The path of its page")


class Drafted(Deletion):
    unknown: list[Named] = Field(default_factory=list, description="Ids that the register does not have")
    starred_left_out: int = Field(0, description="Starred tasks that match, and are in no deletion by filter")
    skipped_tasks: list[SkippedTask] = Field(default_factory=list, description="The first 100, each with why")


class SkippedTask(Schema):
    kind: Kind
    task_id: str
    why: str


class Item(Schema):
    kind: Kind
    task_id: str
    outcome: str
    code: int | None
    message: str
    attempts: int
    sent_at: datetime | None
    settled_at: datetime | None
    verified: str | None
    evidence: str | None
    seen_at: datetime | None


class Report(Schema):
    """The main parts; `docs/deleting.md` and `docs/evidence.md` tell of all."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    state: str
    host: str
    requested_by: str
    requested_at: datetime
    reason: str
    fingerprint: str
    items: list[Item]
    calls: list[dict[str, Any]]
    total: int
    counts: dict[str, int]


class Deletions(Schema):
    deletions: list[Deletion]
    next: str | None = Field(description="The `cursor` of the next page; null on the last")


Drafted.model_rebuild()
