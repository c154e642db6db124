from __future__ import annotations

from typing import Self
from urllib.parse import quote, urlsplit

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Left, Length
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse

from dashboard.calls.models import Kind
from dashboard.calls.texts import LONGEST_PROMPT, LONGEST_TEXT, MOST_URLS, cut, is_cut
from dashboard.pages.foreign import plain

EXCERPT = 300
"""The most characters of a foreign text in a row."""
LONGEST_URLS = 40_000
"""If all addresses of a task together have more characters, its row does not read them: it shows only one picture."""
IN_ROWS = (
    *("kind", "task_id", "status", "model", "duration", "created_at", "created_raw"),
    *("presence", "last_outcome", "last_message", "held_by", "held_reason"),
)


class TaskQuerySet(models.QuerySet["TrackedTask"]):
    def listed(self) -> Self:
        """Tasks that the register shows by default."""
        return self.filter(listed=1)

    def held(self) -> Self:
        return self.exclude(held_by="")

    def selectable(self) -> Self:
        """Tasks that people can tick."""
        return self.filter(presence=Presence.PRESENT, held_by="")

    def in_rows(self) -> Self:
        """Tasks as a page with many rows reads them: of long texts only the part that a row shows."""
        length = Length(Cast("urls", TextField()))
        few = When(LessThanOrEqual(length, LONGEST_URLS), then=F("urls"))
        urls = Case(few, default=Value([], models.JSONField()), output_field=models.JSONField())
        # One character more tells that there are more.
        starred = Exists(Star.objects.filter(task=OuterRef("pk")))
        return self.only(*IN_ROWS).annotate(
            **{"beginning": Left("prompt", EXCERPT + 1), "few_urls": urls, "starred": starred}
        )


class Status(models.TextChoices):
    UNKNOWN = "unknown", "Unknown"
    QUEUED = "queued", "Queued"
    PROCESSING = "processing", "Processing"
    UPLOADING = "uploading", "Uploading"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


UNFINISHED = "unfinished"
"""What a filter takes besides the statuses: any of those that are not the last."""
NOT_FINISHED = [Status.QUEUED, Status.PROCESSING, Status.UPLOADING]


class Starred(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"


class Held(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"


class Presence(models.TextChoices):
    PRESENT = "present", "Present"
    DELETING = "deleting", "Deleting"
    DELETED = "deleted", "Deleted"
    MISSING = "missing", "Missing"
    """A look-up found it gone, and no deletion of ours did that."""


LISTED = [Presence.PRESENT, Presence.DELETING]
TOLD = {"refused", "unknown"}
"""Outcomes that are shown with the provider's words."""


SEEN_AT = Coalesce("checked_at", "tracked_at")
"""When it was last looked up; of one that never was, when it came into the register."""


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


class TrackedTask(models.Model):
    """One remote generation task. Never hard-deleted: after its deletion the row is its tombstone.

    present → deleting → deleted | present;  present ⇄ missing
    """

    kind = models.CharField(max_length=5, choices=Kind)
    task_id = models.CharField(max_length=255)
    """Opaque, and sent exactly as stored."""
    status = models.CharField(max_length=10, choices=Status, default=Status.UNKNOWN)
    model = models.CharField(max_length=100, blank=True)
    prompt = models.TextField(blank=True)
    urls = models.JSONField(default=list, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration = models.FloatField(null=True)
    """Seconds; videos only."""
    error = models.TextField(blank=True)
    """Why the generation failed, in the provider's words."""
    created_at = models.DateTimeField(null=True)
    created_raw = models.CharField(max_length=64, blank=True)
    """The provider's own text, which has no zone."""
    tracked_at = models.DateTimeField()
    added_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    """Who imported it on the page, when it was new. Empty for what the command or nobody did."""
    checked_at = models.DateTimeField(null=True)
    """When a look-up of it was last answered, and vouched for."""
    asked_at = models.DateTimeField(null=True)
    """When a look-up of it was last begun: for a while nobody else begins one."""
    seen_at = models.DateTimeField(null=True)
    """When a look-up last found it there."""
    gone_at = models.DateTimeField(null=True)
    """When a look-up first found it gone, and no deletion of ours did that; kept when it is found again."""
    presence = models.CharField(max_length=8, choices=Presence, default=Presence.PRESENT)
    listed = models.SmallIntegerField(default=1, db_default=1, editable=False)
    """1 if the register shows it by default, else 0. Triggers write it (`listed.py`), and all indexes of the list begin
    with it. Not a boolean, for which Django writes a bare term that makes SQLite use no index."""
    deleted_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=12, blank=True)
    last_message = models.TextField(blank=True)
    last_deletion = models.UUIDField(null=True)
    held_by = models.CharField(max_length=150, blank=True)
    held_reason = models.CharField(max_length=500, blank=True)
    overridden_for = models.UUIDField(null=True)
    """The deletion that may take it despite the holds of the moment when that was asked for. A new hold ends this."""

    selected = False
    """Set by a page that shows it under a selection."""
    starred = False
    """Set by `in_rows`, and by the page of one task."""
    beginning: str | None = None
    few_urls: list[str] | None = None
    """Set by `in_rows`, in place of the prompt and the urls."""

    objects = TaskQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "task_id"], name="task_once_per_kind")]
        indexes = [
            # On PostgreSQL this class serves equality and prefixes in any collation; SQLite ignores it.
            models.Index(fields=["task_id"], name="task_by_id", opclasses=["varchar_pattern_ops"]),
            # One index for both orders: unknown times are read separately, always last.
            *(
                models.Index(fields=["listed", *names, "created_at", "id"], name=f"task_by_{'_'.join(names) or 'time'}")
                for names in ([], ["kind"], ["status"], ["kind", "status"], ["presence"])
            ),
            # Kind and status come last, so that model and one of them can be counted by the index alone.
            models.Index(fields=["listed", "model", "created_at", "id", "kind", "status"], name="task_by_model"),
            # Hardly any is held, so it costs the others nothing. SQLite uses it where these very words are asked for.
            models.Index(fields=["listed", "created_at", "id"], name="task_held", condition=Q(held_by__gt="")),
            models.Index(
                fields=["listed", "created_at", "id"], name="task_unfinished", condition=Q(status__in=NOT_FINISHED)
            ),
            models.Index("listed", SEEN_AT, name="task_by_seen"),
            # The order in which tasks are looked up (`refreshing/due.py`, which asks in these very words). They name no
            # presence: else SQLite would write both for every task that a confirmation shows as being deleted.
            models.Index(
                fields=["tracked_at", "id"],
                name="task_never_looked_up",
                condition=Q(deleted_at__isnull=True, checked_at__isnull=True),
            ),
            models.Index(
                fields=["checked_at", "id"],
                name="task_looked_up",
                condition=Q(deleted_at__isnull=True, checked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.task_id}"

    def get_absolute_url(self) -> str:
        return reverse("task-list") + self.path

    @property
    def path(self) -> str:
        """The path of its page below the list's. `reverse` does not quote slashes, so a browser would resolve `a/../b`.
        It also resolves an id of dots only, quoted or not."""
        if self.task_id in {".", ".."}:
            return f"{self.kind}/?id={self.task_id}"
        return f"{self.kind}/{quote(self.task_id, safe='')}/"

    @property
    def is_ready(self) -> bool:
        """Whether it can be deleted at all."""
        return self.presence == Presence.PRESENT and not self.held_by

    @property
    def is_missing(self) -> bool:
        return self.presence == Presence.MISSING

    @property
    def blocked(self) -> str:
        """Why its box can't be ticked; empty if it can."""
        if self.presence != Presence.PRESENT:
            return "Being deleted" if self.presence == Presence.DELETING else Presence(self.presence).label
        if self.held_by:
            return f"Held: {plain(self.held_reason or 'by ' + self.held_by)}"
        return ""

    @property
    def outcome_words(self) -> str:
        """The last outcome, unless the presence implies it: waiting and sent tasks are being deleted."""
        if self.last_outcome in {"", "waiting", "sent", self.presence}:
            return ""
        words = self.last_outcome.replace("_", " ").capitalize()
        told = plain(cut(self.last_message, EXCERPT)) if self.last_outcome in TOLD else ""
        return f"{words}: {told}" if told else words

    @property
    def presence_words(self) -> str:
        return " · ".join(filter(None, [Presence(self.presence).label, self.outcome_words]))

    @property
    def excerpt(self) -> str:
        return cut(self.prompt if self.beginning is None else self.beginning, EXCERPT)

    @property
    def shown_prompt(self) -> str:
        """The prompt up to its limit, which a row that another program wrote may exceed."""
        return cut(self.prompt, LONGEST_PROMPT)

    @property
    def shown_error(self) -> str:
        return cut(self.error, LONGEST_TEXT)

    @property
    def is_cut(self) -> bool:
        """Whether the stored prompt was cut."""
        return is_cut(self.prompt, LONGEST_PROMPT)

    @property
    def web_urls(self) -> list[str]:
        """The addresses of its result files; other texts among them are left out."""
        urls = self.urls if self.few_urls is None else self.few_urls
        return [url for url in urls[:MOST_URLS] if url.startswith(("http://", "https://")) and _host(url)]


class Star(models.Model):
    """Marks a task that the team wants to keep: “all matching” leaves it out."""

    task = models.OneToOneField(TrackedTask, on_delete=models.CASCADE, primary_key=True)
    by = models.CharField(max_length=150)
    starred_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.task_id} by {self.by}"


class IndexedPrompt(models.Model):
    """A folded prompt, as searches read it (`prompt_index.py`), by the number of its task."""

    rowid = models.BigIntegerField(primary_key=True)
    folded = models.TextField()

    class Meta:
        managed = False
        db_table = "register_prompts"

    def __str__(self) -> str:
        return str(self.rowid)
