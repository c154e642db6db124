from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User
from django.http import QueryDict

from dashboard.register import saved_views
from dashboard.register.models import SavedView
from dashboard.rules.cadence import DAYS
from dashboard.rules.making import Terms
from dashboard.rules.models import Rule

FIELDS = ("name", "view", "often", "hour", "reason", "cap")
EVERY_DAY = "daily"
OFTEN = [(EVERY_DAY, "Every day"), *((str(number), f"Every {day}") for number, day in enumerate(DAYS))]
HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]


def terms_of(posted: QueryDict, *, person: User) -> Terms:
    """What was typed; what can't be read is told by `Terms.errors`."""
    often, hour, cap = (posted.get(name, "").strip() for name in ("often", "hour", "cap"))
    known = often in dict(OFTEN)
    return Terms(
        name=posted.get("name", "").strip(),
        view=view_of(posted.get("view", ""), person=person),
        weekday=None if often == EVERY_DAY else int(often) if known else -1,
        hour=_whole(hour),
        reason=posted.get("reason", ""),
        cap=_whole(cap.replace(",", "")),
        by_itself=bool(posted.get("by_itself")),
    )


def said_by(posted: QueryDict) -> dict[str, object]:
    return {**{name: posted.get(name, "") for name in FIELDS}, "by_itself": bool(posted.get("by_itself"))}


def said_of(rule: Rule) -> dict[str, object]:
    """What stands in the fields of a rule that is to be changed."""
    return {
        "name": rule.name,
        "view": str(rule.view.uuid) if rule.view else "",
        "often": EVERY_DAY if rule.weekday is None else str(rule.weekday),
        "hour": str(rule.hour),
        "reason": rule.reason,
        "cap": str(rule.cap),
        "by_itself": rule.by_itself,
    }


def view_of(text: str, *, person: User) -> SavedView | None:
    try:
        return saved_views.visible(person).filter(uuid=UUID(text)).first()
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
