from __future__ import annotations

from django.db import models
from django.db.models import Q

from dashboard.register.models import TrackedTask


class State(models.TextChoices):
    WAITING = "waiting"
    STORED = "stored"
    FAILED = "failed"
    """Its reason says why. It is tried again while `due_at` is set."""
    FORGOTTEN = "forgotten"
    """Somebody had it removed: it is never fetched again."""
    EXPIRED = "expired"
    """Its task was deleted so long ago that the picture went too."""


class Reason(models.TextChoices):
    """Why there is no picture, as pages say it."""

    NOT_YET = "not_yet", "Not fetched yet"
    NO_FILE = "no_file", "No result file is known"
    NOT_ALLOWED = "not_allowed", "Pictures from this host are not shown"
    NOT_PUBLIC = "not_public", "Its address is not a public one"
    GONE = "gone", "Gone at the source"
    REFUSED = "refused", "Its host does not give it"
    NO_ANSWER = "no_answer", "Its host does not answer"
    TOO_SLOW = "too_slow", "Its host is too slow"
    TOO_LARGE = "too_large", "Too large to be shown"
    NOT_A_PICTURE = "not_a_picture", "Not a picture"
    UNDECODABLE = "undecodable", "Could not be decoded"
    FORGOTTEN = "forgotten", "This picture was forgotten"
    EXPIRED = "expired", "No longer kept"
    NONE_KEPT = "none_kept", "No picture was kept"
    """The task is gone: nothing is fetched of it any more."""


PASSING = [Reason.REFUSED, Reason.NO_ANSWER, Reason.TOO_SLOW]
"""What may be otherwise in a while."""


class Picture(models.Model):
    """One result file of a task, and what we made of it.

    waiting → stored | failed;  failed → waiting;  any → forgotten;  stored | failed → expired
    """

    # The unique constraint's index begins with the task.
    task = models.ForeignKey(TrackedTask, on_delete=models.CASCADE, db_index=False, related_name="pictures")
    number = models.PositiveSmallIntegerField(default=0)
    """Which of the task's addresses it is; lists show the first, 0."""
    source = models.CharField(max_length=16)
    """Fingerprint of the address: another address is another file."""
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=13, choices=Reason, blank=True)
    detail = models.CharField(max_length=255, blank=True)
    """The host that a redirect led to and that is not allowed, or the status that was answered."""
    token = models.CharField(max_length=32, blank=True)
    """Made from what was fetched: names the stored files, and their addresses."""
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    duration = models.FloatField(null=True)
    frames = models.PositiveSmallIntegerField(null=True)
    """How many stand side by side in the strip of a film."""
    film = models.CharField(max_length=4, blank=True)
    """`mp4` or `webm`; empty for a picture."""
    original = models.BigIntegerField(null=True)
    """Bytes of the film as it was fetched; null where it was too large to be kept."""
    urgent = models.SmallIntegerField(default=0)
    """1 for what somebody looks at. No boolean, for which SQLite uses no index."""
    due_at = models.DateTimeField(null=True)
    """When it may be fetched next; null when it need not be. Who takes it puts this off, so that nobody else does, and
    it comes up again should that worker die."""
    attempts = models.PositiveSmallIntegerField(default=0)
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="picture_once")]
        indexes = [
            models.Index(fields=["urgent", "due_at"], condition=Q(due_at__isnull=False), name="picture_due"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} {self.number}"


class AllowedHost(models.Model):
    """A host from which an administrator had pictures shown. Those of `MEDIA_HOSTS` have no row."""

    name = models.CharField(max_length=255, unique=True)
    allowed_by = models.CharField(max_length=150)
    allowed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Round(models.Model):
    """How far the background has come. One row, for all workers."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    call_at = models.DateTimeField(null=True)
    """Up to when the calls of the background are spent."""
    wake_at = models.DateTimeField(null=True)
    """Nobody asks for another job before this moment."""
    newest = models.BigIntegerField(null=True)
    oldest = models.BigIntegerField(null=True)
    """Tasks from `oldest` to `newest` have been looked at for pictures; null before the first."""
    walked_at = models.DateTimeField(null=True)
    """When the walk last came to its end."""
    swept = models.BigIntegerField(default=0)
    """The last picture that was looked at for whether it is still to be kept."""

    def __str__(self) -> str:
        return f"{self.oldest}–{self.newest}"
