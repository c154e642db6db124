"""The filter of the register: read from the address, never ignored, and put into words for people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property, lru_cache
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, TextChoices, Value
from django.http import QueryDict
from django.utils import timezone

from dashboard.calls.models import Kind
from dashboard.database import prompt_reading
from dashboard.pages import moments
from dashboard.pages.filter_forms import BadFilter
from dashboard.register.filters import largest, model_names, unseen
from dashboard.register.filters.form import TaskFilterForm
from dashboard.register.filters.held import held
from dashboard.register.filters.model_names import Choice
from dashboard.register.filters.pasted import Pasted
from dashboard.register.filters.times import Age, Time, as_text, in_words
from dashboard.register.filters.unfinished import of_status, statuses
from dashboard.register.membership import Within
from dashboard.register.models import (
    LISTED,
    UNFINISHED,
    Held,
    Presence,
    SelectionPress,
    Star,
    Starred,
    Status,
    TaskQuerySet,
    TrackedTask,
)
from dashboard.register.search import predicate
from dashboard.register.search.query import ids

LONGEST = 1900
"""Characters of a filter's query string: it is stored with selections and deletions, moments in place of days."""
ENUMERATED: dict[str, type[TextChoices]] = {
    "kind": Kind,
    "status": Status,
    "presence": Presence,
    "starred": Starred,
    "held": Held,
}
NAMED = {value: str(label) for known in ENUMERATED.values() for value, label in known.choices}
NAMED |= {UNFINISHED: "Not finished", **dict(largest.CHOICES)}


FILTER_NAMES = tuple(name for name in TaskFilterForm.base_fields if name not in {"sort", "saved"})
NOTHING = Q(pk=0)


@dataclass(frozen=True, kw_only=True)
class Chip:
    label: str
    value: str
    rest: Filter
    """The filter without this part."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    q: str = ""
    kind: str = ""
    status: str = ""
    presence: str = ""
    model: str = ""
    starred: str = ""
    held: str = ""
    created_after: Time | None = None
    created_before: Time | None = None
    largest: str = ""
    """So many models, those with the most tasks; never together with names of models."""
    seen_before: Time | None = None
    by_task_id: bool = False
    """`q` is a task id, or several, and not words of a prompt."""
    within: Within | None = None
    """Of a selection only. It stands beside the filter in an address, and in none that is stored."""
    pasted: Pasted | None = field(default=None, compare=False)
    """The result of looking up the ids that `q` may contain, if that was done."""
    now: datetime = field(default_factory=timezone.now, compare=False)
    """Ages count from this moment, in the rows and in their number."""
    zone: tzinfo = field(default_factory=timezone.get_current_timezone, compare=False)
    """The zone of the filter's days."""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        narrowed = replace(cls._parsed(query), now=timezone.now(), zone=timezone.get_current_timezone())
        if len(narrowed.query_string()) > LONGEST:
            fewer = "Choose fewer models, or search" if narrowed.model else "Search"
            raise BadFilter(f"This filter is too long. {fewer} for fewer words.")
        pieces = ids(narrowed.q)
        # The tasks of one id fit on one page, so only the first page needs to ask.
        if not pieces or (len(pieces) == 1 and query.get("cursor")):
            return narrowed
        pasted = Pasted.of(narrowed.q, narrowed._known(pieces))
        # Of many pasted ids some may never have been imported.
        return narrowed._changed(by_task_id=pasted.mostly_known, pasted=pasted)

    def _known(self, pieces: tuple[str, ...]) -> dict[str, bool]:
        """The texts that are ids of tasks, each with whether one of its tasks passes the other filters."""
        besides = self._changed(by_task_id=True)._besides()
        passes = predicate.case(besides) if besides else Value(True)
        known: dict[str, bool] = {}
        for task_id, fits in TrackedTask.objects.filter(task_id__in=pieces).values_list("task_id", passes):
            known[task_id] = bool(fits) or known.get(task_id, False)
        return known

    @classmethod
    def of_press(cls, press: SelectionPress) -> Self:
        """As it was read when it was pressed: neither later imports nor another day or zone change that."""
        return cls.stored(press.meaning, by_task_id=press.by_task_id, now=timezone.now())

    @classmethod
    def stored(cls, meaning: str, *, by_task_id: bool, now: datetime) -> Self:
        """From a text that was kept; ages in it count from `now`."""
        return replace(cls._parsed(QueryDict(meaning)), by_task_id=by_task_id, now=now, zone=UTC)

    @classmethod
    def _parsed(cls, query: QueryDict) -> Self:
        TaskFilterForm.check_names(query)
        given = {name: query.getlist(name) for name in TaskFilterForm.base_fields if name in query}
        return cls._of(urlencode(given, doseq=True))

    @classmethod
    @lru_cache(maxsize=200)
    def _of(cls, texts: str) -> Self:
        """Cached: for a form reading a filter takes as long as for the database finding its rows."""
        form = TaskFilterForm(QueryDict(texts))
        if not form.is_valid():
            raise BadFilter(form.sentence, wrong=form.errors)
        return cls(**{name: form.cleaned_data[name] for name in FILTER_NAMES})

    def queryset(self) -> TaskQuerySet:
        """The tasks that match, in no order; `walking.py` reads them in order."""
        tasks = self.narrow(TrackedTask.objects.all())
        if not self.prompt_words:
            return tasks
        prompt_reading.keep_up()
        return tasks.filter(predicate.matching(self.prompt_words))

    def among(self, numbers: list[int], *, of: TaskQuerySet | None = None) -> TaskQuerySet:
        """The tasks that match among those that `predicate.candidates` found."""
        tasks = TrackedTask.objects.all() if of is None else of
        # By their numbers only: an index for the other conditions may have a million entries.
        return tasks.filter(predicate.opaque(self.condition()), predicate.found(self.prompt_words), pk__in=numbers)

    def narrow(self, tasks: TaskQuerySet) -> TaskQuerySet:
        return tasks.filter(self.condition())

    def condition(self, *, counted: bool = False) -> Q:
        """All conditions except the words: for rows in order, or only to be counted."""
        rest = (Q(task_id__in=ids(self.q)) if self.by_task_id else Q()) & self._besides()
        if self.seen_before is None:
            return rest
        moment = self._moment(self.seen_before, last=False) or moments.FIRST
        if counted or self.by_task_id:
            return rest & unseen.since(moment)
        return unseen.with_the_rest(moment, rest, presence=self.presence)

    def _besides(self) -> Q:
        """All conditions except `q` and `seen_before`."""
        exact: dict[str, Any] = {name: value for name in ("presence", "kind") if (value := getattr(self, name))}
        if self.presence or not self.by_task_id:
            # Every index begins with this column.
            exact["listed"] = int(not self.presence or self.presence in LISTED)
        within = self.within.condition() if self.within else Q()
        told = of_status(self.status) & self._models() & self._stars() & held(self.held)
        return self._time() & Q(**exact) & told & within

    def _stars(self) -> Q:
        if self.starred == Starred.YES:
            return Q(pk__in=Star.objects.values("task"))
        # One by one, since hardly any is.
        return Q(~Exists(Star.objects.filter(task=OuterRef("pk")))) if self.starred else Q()

    def _models(self) -> Q:
        if not self.model and not self.largest:
            return Q()
        names = self.chosen("model")
        # No index has the tasks of several models in order, so a walk checks each task.
        return predicate.opaque(Q(model__in=names)) if len(names) > 1 else Q(model=names[0]) if names else NOTHING

    @cached_property
    def models(self) -> list[Choice]:
        """The chosen models, including those that no task has."""
        return (
            largest.models(int(self.largest)) if self.largest else model_names.meant(self.model) if self.model else []
        )

    def of_models(self, models: list[Choice]) -> Self:
        narrowed = replace(self, model=model_names.joined(models), largest="")
        narrowed.__dict__["models"] = models
        return narrowed

    def toggled(self, model: Choice) -> Self:
        """The filter with this model added, or removed if it is chosen."""
        others = [one for one in self.models if one.key != model.key]
        return self.of_models(others if len(others) < len(self.models) else [*others, model])

    def chosen(self, name: str) -> list[str]:
        """The values of one field that tasks may have; empty if the field is."""
        if name == "model":
            return [model for choice in self.models for model in choice.names]
        value: str = getattr(self, name)
        return statuses(value) if name == "status" else [value] if value else []

    @property
    def prompt_words(self) -> str:
        """The text that is searched in prompts."""
        return "" if self.by_task_id else self.q

    def left_out(self) -> TaskQuerySet:
        """Tasks that match except for their time, which is unknown."""
        return self.untimed().queryset().filter(created_at=None)

    def untimed(self) -> Self:
        return self._changed(created_after=None, created_before=None)

    @property
    def by_time(self) -> bool:
        return bool(self.created_after or self.created_before)

    def query_string(self) -> str:
        """Canonical: equal filters have equal texts."""
        return urlencode({name: value for name in FILTER_NAMES if (value := self._text(name))})

    def chips(self) -> list[Chip]:
        """The parts that can be removed; each of several models is one."""
        chips: list[Chip] = []
        for name in FILTER_NAMES:
            label = str(TaskFilterForm.base_fields[name].label)
            if name == "model":
                models = [] if self.largest else self.models
                chips += [Chip(label=label, value=one.words, rest=self.toggled(one)) for one in models]
            elif value := getattr(self, name):
                words = NAMED.get(value, value) if isinstance(value, str) else in_words(name, value, self.zone)
                chips.append(Chip(label=label, value=words, rest=self.without(name)))
        return chips

    def frozen(self) -> Self:
        """With moments in place of days and ages, and full names of models: its meaning can't change any more."""
        begin = self.begin if self.created_after else None
        end, seen = self.end if self.created_before else None, self._moment(self.seen_before, last=False)
        frozen = self._changed(created_after=begin, created_before=end, seen_before=seen)
        named = frozen.of_models(self.models) if self.models else frozen
        # The register's spelling of a name may be longer than the one that was typed.
        return named if len(named.query_string()) <= LONGEST else frozen

    @property
    def words(self) -> str:
        return " · ".join(f"{chip.label}: {chip.value}" for chip in self.chips()) or "All tasks"

    def without(self, name: str) -> Self:
        empty = type(self).__dataclass_fields__[name].default
        return self._changed(**{name: empty}, **({"by_task_id": False, "pasted": None} if name == "q" else {}))

    def given(self, name: str, value: Any) -> Self:
        return self._changed(**{name: value})

    def _changed(self, **values: Any) -> Self:
        """A copy that reuses `models`, which took a query, if they are unchanged."""
        changed = replace(self, **values)
        if not {"model", "largest"} & {*values} and "models" in self.__dict__:
            changed.__dict__["models"] = self.models
        return changed

    def _text(self, name: str) -> str:
        value = getattr(self, name)
        return value if isinstance(value, str) else as_text(value)

    def covers(self, moment: datetime | None) -> bool:
        """Whether this moment passes the filter's times."""
        return not self.by_time or (moment is not None and self.begin <= moment <= self.end)

    @property
    def begin(self) -> datetime:
        return self._moment(self.created_after, last=False) or moments.FIRST

    @property
    def end(self) -> datetime:
        return self._moment(self.created_before, last=True) or moments.LAST

    def _moment(self, time: Time | None, *, last: bool) -> datetime | None:
        if isinstance(time, Age):
            return time.before(self.now, self.zone)
        if time is None or isinstance(time, datetime):
            return time
        return moments.end_of(time, self.zone) if last else moments.begin_of(time, self.zone)

    def _time(self) -> Q:
        begin = Q(created_at__gte=self.begin) if self.created_after else Q()
        return begin & Q(created_at__lte=self.end) if self.created_before else begin
