"""How many tasks of a draft were made in each month, or where there are many months, in each year."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from django.db.models import Case, Count, IntegerField, Value, When

from dashboard.deletions.models import Deletion, Outcome
from dashboard.pages import moments

MOST = 12


def periods(deletion: Deletion, first: datetime, last: datetime, *, zone: tzinfo) -> list[tuple[str, int]]:
    """Oldest first, and none that is empty. Months are those of the zone; the moments at which they begin are compared,
    since not every database knows zones."""
    labels, begins = _named(moments.local(first, zone).date(), moments.local(last, zone).date(), zone)
    before = [When(tracked__created_at__lt=begin, then=Value(number)) for number, begin in enumerate(begins)]
    period = Case(*before, default=Value(len(begins)), output_field=IntegerField()) if before else Value(0)
    waiting = deletion.items.filter(outcome=Outcome.WAITING, tracked__created_at__isnull=False)
    found = dict(waiting.annotate(period=period).values_list("period").annotate(Count("pk")).order_by())
    return [(label, found[number]) for number, label in enumerate(labels) if number in found]


def _named(first: date, last: date, zone: tzinfo) -> tuple[list[str], list[datetime]]:
    """The name of each, and the moment at which each but the first begins."""
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    if months <= MOST:
        days = [date(first.year + number // 12, number % 12 + 1, 1) for number in _run(first.month - 1, months)]
        labels = [f"{moments.MONTHS[day.month - 1]} {day.year}" for day in days]
    else:
        years = last.year - first.year + 1
        days = [date(year, 1, 1) for year in _run(last.year - min(years, MOST) + 1, min(years, MOST))]
        labels = [str(day.year) for day in days]
        labels[0] += " and before" if years > MOST else ""
    return labels, [moments.begin_of(day, zone) for day in days[1:]]


def _run(first: int, number: int) -> range:
    return range(first, first + number)
