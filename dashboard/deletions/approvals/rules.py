"""Why somebody else has to agree to a deletion: what the settings, and its requester's limits, say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.access.limits import Allowed

DAY = timedelta(days=1)
YOUNG, OTHERS, UNUSUAL, MODEL = "young", "others", "unusual", "model:"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for, without its items."""

    size: int
    newest: datetime | None = None
    """When the newest of its tasks was made; None if that is known of none."""
    models: Mapping[str, int] = field(default_factory=dict)
    """How many tasks each has; 0 where that is not known."""
    added_by_others: int = 0
    """Tasks that somebody else imported. Whose import was a command's nobody knows: these don't count."""
    overridden: int = 0
    """Held tasks that go despite that."""
    spent: int = 0
    """Tasks of the same person's deletions of the last 24 hours."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    above: int | None = None
    words: Sequence[str] = ()
    """Of DELETION_APPROVAL_RULES."""

    def judges_habits(self, allowed: Allowed) -> bool:
        """Where nobody asks for a second person, a habit asks for none either."""
        limits = (self.above, allowed.most_tasks, allowed.most_daily)
        return bool(self.words) or any(limit is not None for limit in limits)


def reasons(asked: Asked, allowed: Allowed, rules: Rules, *, now: datetime) -> list[str]:
    """A sentence for each, for its requester and for approvers alike; none where nobody has to agree."""
    return [*_of_holds(asked), *_of_size(asked, allowed, rules), *_of_content(asked, rules, now=now)]


def _of_holds(asked: Asked) -> list[str]:
    """Whatever the settings say."""
    held = f"{_tasks(asked.overridden)} that {'is' if asked.overridden == 1 else 'are'} held"
    return [f"It deletes {held}."] if asked.overridden else []


def _of_size(asked: Asked, allowed: Allowed, rules: Rules) -> list[str]:
    found, size = [], asked.size
    if rules.above is not None and size > rules.above:
        found.append(f"It has {_tasks(size)}. Above {rules.above:,} somebody else has to agree.")
    if allowed.most_tasks is not None and size > allowed.most_tasks:
        found.append(f"It has {_tasks(size)}. Its requester may delete {allowed.most_tasks:,} at once without asking.")
    if allowed.most_daily is not None and asked.spent + size > allowed.most_daily:
        found.append(
            f"With it, its requester deletes {_tasks(asked.spent + size)} within 24 hours, and may delete "
            f"{allowed.most_daily:,} without asking."
        )
    return found


def _of_content(asked: Asked, rules: Rules, *, now: datetime) -> list[str]:
    found = []
    if YOUNG in rules.words and asked.newest is not None and asked.newest > now - DAY:
        found.append("It holds tasks that were made within the last 24 hours.")
    if OTHERS in rules.words and asked.added_by_others:
        found.append(f"It holds {_tasks(asked.added_by_others)} that somebody else added.")
    for model in (word.removeprefix(MODEL) for word in rules.words if word.startswith(MODEL)):
        if model in asked.models:
            number = asked.models[model]
            found.append(f"It holds {_tasks(number) if number else 'tasks'} of the model {model}.")
    return found


def _tasks(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"
