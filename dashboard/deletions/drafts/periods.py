"""How many tasks of a draft were made in each month, or where there are many months, in each year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from django.db.models import Case, Expression, Max, Min, Value, When

from dashboard.deletions.models import Deletion, Outcome
from dashboard.pages import moments
from dashboard.register.models import TrackedTask

MOST = 12
FEW = 10_000
"""Of so few tasks the first and the last moment are looked for; of more the register's are taken, at no cost."""
LONG = timedelta(days=36_525)
"""Between the first moment and the last: one of them is a mistake then. So many months are not counted one by one."""


@dataclass(frozen=True, kw_only=True)
class Months:
    """All months of a zone in which some tasks may have been made, the oldest first."""

    days: list[date]
    """The first day of each."""
    begins: list[datetime]
    """The moment at which each but the first begins: moments are compared, since not every database knows zones."""

    @classmethod
    def of(cls, deletion: Deletion, zone: tzinfo) -> Months:
        ends = _ends_of_the_register() if deletion.total > FEW else None
        ends = ends if ends and ends[1] - ends[0] <= LONG else _ends(deletion)
        return cls.between(*ends, zone) if ends else cls(days=[], begins=[])

    @classmethod
    def between(cls, first: datetime, last: datetime, zone: tzinfo) -> Months:
        begin, end = (moments.local(moment, zone).date() for moment in (first, last))
        numbers = range(12 * begin.year + begin.month - 1, 12 * end.year + end.month)
        days = [date(number // 12, number % 12 + 1, 1) for number in numbers]
        if last - first > LONG:
            # Years are told then, and those before the last are one: the first month that is left stands for them.
            days = [day for day in days if day.year >= end.year - MOST]
        return cls(days=days, begins=[moments.begin_of(day, zone) for day in days[1:]])

    def place(self) -> Expression:
        """SQL: which of the months a task's is. An unknown moment is in the last one."""
        return self._among(0, max(len(self.days), 1))

    def _among(self, first: int, behind: int) -> Expression:
        """By halves: in a hundred months it takes seven comparisons."""
        if behind - first == 1:
            return Value(first)
        middle = (first + behind) // 2
        is_before = When(tracked__created_at__lt=self.begins[middle - 1], then=self._among(first, middle))
        return Case(is_before, default=self._among(middle, behind))

    def told(self, numbers: Mapping[int, int]) -> list[tuple[str, int]]:
        """Months, or years, with the numbers of their tasks, by place. Oldest first, none that is empty."""
        found = [(self.days[place], number) for place, number in sorted(numbers.items()) if number]
        if not found:
            return []
        first, last = found[0][0], found[-1][0]
        if 12 * (last.year - first.year) + last.month - first.month < MOST:
            return [(f"{moments.MONTHS[day.month - 1]} {day.year}", number) for day, number in found]
        oldest = last.year - MOST + 1
        years: Counter[int] = Counter()
        for day, number in found:
            years[max(day.year, oldest)] += number
        return [(f"{year} and before" if first.year < year == oldest else str(year), years[year]) for year in years]


def _ends(deletion: Deletion) -> tuple[datetime, datetime] | None:
    waiting = deletion.items.filter(outcome=Outcome.WAITING)
    found = waiting.aggregate(first=Min("tracked__created_at"), last=Max("tracked__created_at"))
    return (found["first"], found["last"]) if found["first"] else None


def _ends_of_the_register() -> tuple[datetime, datetime] | None:
    # Each is one probe of an index, which begins with whether a task is listed.
    known = TrackedTask.objects.filter(created_at__isnull=False).order_by("created_at")
    parts = [known.filter(listed=listed).values_list("created_at", flat=True) for listed in (0, 1)]
    ends = [moment for part in parts for moment in (part.first(), part.last()) if moment]
    return (min(ends), max(ends)) if ends else None
