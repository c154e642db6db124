"""Filters of the list under a name; `models` offers these beside its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LONGEST_NAME = 80


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, person: User) -> Self:
        return self.filter(Q(owner=person) | Q(shared=True))


class SavedView(models.Model):
    """A filter with its order and look. Ages in it count from the moment at which somebody looks."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=LONGEST_NAME)
    folded = models.TextField(editable=False)
    """The name as names are compared (`dashboard/database/folding.py`)."""
    owner: models.ForeignKey[User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="saved_views"
    )
    """Null of those that came with the dashboard, and of those whose owner has no account any more."""
    shipped = models.BooleanField(default=False)
    shared = models.BooleanField(default=False)
    query = models.CharField(max_length=2000, blank=True)
    """The query string of the list, with days and ages as its owner wrote them."""
    changed_at = models.DateTimeField(default=timezone.now)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "folded"], name="view_name_once_of_each"),
            models.UniqueConstraint(fields=["folded"], condition=Q(shared=True), name="view_name_once_shared"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The list as it shows it."""
        return f"{reverse('task-list')}?saved={self.uuid}" + (f"&{self.query}" if self.query else "")

    @property
    def owner_words(self) -> str:
        if self.owner is not None:
            return self.owner.get_username()
        return "built in" if self.shipped else "somebody without an account now"


class StarredView(models.Model):
    """That a person has a view in their rail."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="starred_views"
    )
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="stars")
    starred_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "view"], name="view_starred_once_by_each")]

    def __str__(self) -> str:
        return f"{self.view_id} by {self.user_id}"
