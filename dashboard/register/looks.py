"""How a person wants the list to look. It is kept with their profile, and says nothing about which tasks are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models

from dashboard.access.models import Profile


class View(models.TextChoices):
    TABLE = "table", "Table"
    GALLERY = "gallery", "Gallery"


class Size(models.TextChoices):
    SMALL = "S"
    MEDIUM = "M"
    LARGE = "L"


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"


class Column(models.TextChoices):
    """Those that can be left out. The id and the presence can't: what a box ticks, and why it can't be ticked."""

    PREVIEW = "thumb", "Preview"
    KIND = "kind", "Kind"
    STATUS = "status", "Status"
    MODEL = "model", "Model"
    PROMPT = "prompt", "Prompt"
    CREATED = "created", "Created"


PAGE_SIZES = (25, 50, 100, 200)


@dataclass(frozen=True, kw_only=True)
class Looks:
    view: str = View.TABLE
    size: str = Size.MEDIUM
    density: str = Density.COMFORTABLE
    hidden: tuple[str, ...] = ()
    chosen_page_size: int | None = None

    @classmethod
    def of(cls, person: User, *, view: str = "") -> Self:
        """As they chose, but for the view that an address asks for."""
        profile = _profile(person)
        return cls(
            view=view or profile.task_view or View.TABLE,
            size=profile.card_size or Size.MEDIUM,
            density=profile.density or Density.COMFORTABLE,
            hidden=tuple(profile.hidden_columns.split()),
            chosen_page_size=profile.page_size,
        )

    @property
    def is_gallery(self) -> bool:
        return self.view == View.GALLERY

    @property
    def page_size(self) -> int:
        return self.chosen_page_size or settings.TASKS_PER_PAGE

    @property
    def hides(self) -> str:
        return " ".join(self.hidden)


def keep(person: User, **chosen: Any) -> None:
    """Writes only what changes; most visits change nothing."""
    profile = _profile(person)
    changed = {name: value for name, value in chosen.items() if getattr(profile, name) != value}
    if not changed:
        return
    Profile.objects.update_or_create(user=person, defaults=changed)
    for name, value in changed.items():
        setattr(profile, name, value)


def _profile(person: User) -> Profile:
    return getattr(person, "profile", None) or Profile(user=person)
