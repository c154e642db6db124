from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from django.contrib.auth.models import Group, User


class Role(models.Model):
    """Has no table: it only declares the permissions of the roles, which are groups (`roles.py`)."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("look", "Can look at tasks, deletions and the audit log"),
            ("delete_tasks", "Can delete tasks"),
            ("import_tasks", "Can import tasks"),
            ("allow_hosts", "Can choose the hosts whose pictures are shown"),
            ("approve_deletions", "Can approve deletions that others ask for"),
            ("hold_tasks", "Can hold tasks"),
            ("release_holds", "Can release holds"),
            ("manage_people", "Can add people, and change roles and limits"),
            ("forget_tasks", "Can erase prompts, pictures and reasons of tasks"),
        ]

    def __str__(self) -> str:
        return "role"


class Profile(models.Model):
    """A person's own settings. The row is made with their first choice."""

    user: models.OneToOneField[User] = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="profile"
    )
    time_zone = models.CharField(max_length=64, blank=True)
    """Empty for `TIME_ZONE`."""
    task_view = models.CharField(max_length=7, blank=True)
    card_size = models.CharField(max_length=1, blank=True)
    density = models.CharField(max_length=11, blank=True)
    hidden_columns = models.CharField(max_length=100, blank=True)
    """Names with blanks between them. What stands from `task_view` on is the register's: see `register/looks.py`."""
    page_size = models.PositiveSmallIntegerField(null=True)
    """Null for `TASKS_PER_PAGE`."""
    seen_at = models.DateTimeField(null=True)
    """When they last did something, within ten minutes (`lifetimes.NOTED_EVERY`)."""

    def __str__(self) -> str:
        return str(self.user_id)


class Limits(models.Model):
    """What a person, or everybody of a role, may delete without asking, and may delete at all (`limits.py`)."""

    user: models.OneToOneField[User | None] = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="limits"
    )
    group: models.OneToOneField[Group | None] = models.OneToOneField(
        "auth.Group", null=True, on_delete=models.CASCADE, related_name="limits"
    )
    most_tasks = models.PositiveIntegerField(null=True)
    """Tasks in one deletion; a larger one needs approval. Null for no limit."""
    most_daily = models.PositiveIntegerField(null=True)
    """Tasks in 24 hours; what goes beyond needs approval. Null for no limit."""
    only_kinds = models.JSONField(default=list)
    only_models = models.JSONField(default=list)
    """The only kinds and models that may be deleted; empty for all."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, group__isnull=False) | Q(user__isnull=False, group=None),
                name="limits_of_a_person_or_a_role",
            )
        ]

    def __str__(self) -> str:
        return f"limits of {self.user_id or self.group_id}"


class OpenSession(AbstractBaseSession):
    """A session, with columns for what pages and `lifetimes` ask of it. `sessions.py` writes it."""

    user: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="open_sessions"
    )
    """Null before the sign-in."""
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=40, blank=True)
    """In words: “Firefox on Linux”."""

    def __str__(self) -> str:
        return f"session of {self.user_id}"


class Invitation(models.Model):
    """The one-time link with which a person chooses a password. A new link replaces the one before it."""

    user: models.OneToOneField[User] = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="invitation"
    )
    digest = models.CharField(max_length=64, unique=True)
    """The link itself is nowhere in the database."""
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation of {self.user_id}"


class Token(models.Model):
    """With this a program asks in a person's name (`tokens/`)."""

    user: models.ForeignKey[User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens"
    )
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    """The token itself is nowhere in the database."""
    beginning = models.CharField(max_length=10)
    """Its first letters, by which people know it again."""
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """Within a minute."""
    revoked_at = models.DateTimeField(null=True)
    minute = models.BigIntegerField(default=0)
    """In which it last asked, since the epoch."""
    calls = models.PositiveIntegerField(default=0)
    """Of that minute; processes take some at a time (`tokens/pace.py`)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], condition=Q(revoked_at=None), name="token_name_once")
        ]

    def __str__(self) -> str:
        return f"{self.beginning}… of {self.user_id}"


class Answered(models.Model):
    """A call that had an `Idempotency-Key`, with its answer, for when the same call comes again (`tokens/again.py`)."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, db_index=False, related_name="answered")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    """Of what was asked."""
    asked_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    """Null while it is being answered."""
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="answered_once")]
        indexes = [models.Index(fields=["asked_at"], name="answered_by_time")]

    def __str__(self) -> str:
        return f"{self.key} of {self.token_id}"


class SignInAttempt(models.Model):
    """One try of a password. `throttle` counts these and deletes old ones."""

    name = models.CharField(max_length=40)
    """A keyed hash of the name."""
    network = models.CharField(max_length=50, blank=True)
    at = models.DateTimeField()
    succeeded = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["network", "at"], name="attempt_by_network"),
            models.Index(fields=["name", "at"], name="attempt_by_name"),
            models.Index(fields=["at"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.network} at {self.at}"
