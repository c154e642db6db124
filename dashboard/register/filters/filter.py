"""What the register is narrowed to: read from the address, never ignored, and worded for people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property, lru_cache
from typing import Any, Self, cast
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q, TextChoices, Value
from django.http import QueryDict
from django.utils import timezone

from dashboard.calls.models import Kind
from dashboard.database import prompt_reading
from dashboard.pages import moments
from dashboard.pages.filter_forms import BadFilter, DayField
from dashboard.pages.foreign import quoted
from dashboard.register.filters import model_names
from dashboard.register.filters.form import TaskFilterForm
from dashboard.register.filters.model_names import Choice
from dashboard.register.filters.pasted import Pasted
from dashboard.register.filters.times import Age, Time, as_text
from dashboard.register.models import LISTED, Presence, Selection, Status, TaskQuerySet, TrackedTask
from dashboard.register.search import predicate
from dashboard.register.search.query import ids

LONGEST = 1900
"""Characters of a filter's query string: it is stored with selections and deletions, moments in place of days."""
ENUMERATED: dict[str, type[TextChoices]] = {"kind": Kind, "status": Status, "presence": Presence}


def day_from(query: QueryDict) -> date | None:
    """The day that somebody wants to go to, in whatever list."""
    text = query.get("day", "")
    try:
        return cast("date | None", DayField(required=False).clean(text))
    except ValidationError as error:
        raise BadFilter(f"Go to day: {quoted(text)} is not a day. Write it as YYYY-MM-DD.") from error


FILTER_NAMES = tuple(name for name in TaskFilterForm.base_fields if name != "sort")
NOTHING = Q(pk=0)


@dataclass(frozen=True, kw_only=True)
class Chip:
    label: str
    value: str
    rest: Filter
    """What is left without it."""


@dataclass(frozen=True, kw_only=True)
class Filter:
    q: str = ""
    kind: str = ""
    status: str = ""
    presence: str = ""
    model: str = ""
    created_after: Time | None = None
    created_before: Time | None = None
    by_task_id: bool = False
    """`q` is a task id, or several, and not words of a prompt."""
    pasted: Pasted | None = field(default=None, compare=False)
    """What became of the ids that may stand in `q`, where that was asked."""
    now: datetime = field(default_factory=timezone.now, compare=False)
    """Ages are counted from here, in the rows as in their number."""
    zone: tzinfo = field(default_factory=timezone.get_current_timezone, compare=False)
    """Whose days they are."""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        narrowed = replace(cls._parsed(query), now=timezone.now(), zone=timezone.get_current_timezone())
        if len(narrowed.query_string()) > LONGEST:
            fewer = "Choose fewer models, or search" if narrowed.model else "Search"
            raise BadFilter(f"This filter is too long. {fewer} for fewer words.")
        pieces = ids(narrowed.q)
        # One id has a single page of tasks: only a first page needs to ask.
        if not pieces or (len(pieces) == 1 and query.get("cursor")):
            return narrowed
        pasted = Pasted.of(narrowed.q, narrowed._known(pieces))
        # Among many that were pasted, some may never have been imported.
        return narrowed._changed(by_task_id=pasted.mostly_known, pasted=pasted)

    def _known(self, pieces: tuple[str, ...]) -> dict[str, bool]:
        """Those of some texts that are ids of tasks, whatever else is asked for, and whether that lets them pass."""
        besides = self._changed(by_task_id=True)._besides()
        passes = predicate.case(besides) if besides else Value(True)
        known: dict[str, bool] = {}
        for task_id, fits in TrackedTask.objects.filter(task_id__in=pieces).values_list("task_id", passes):
            known[task_id] = bool(fits) or known.get(task_id, False)
        return known

    @classmethod
    def of_selection(cls, selection: Selection) -> Self:
        """As it was read when the selection was made: neither later imports nor another day or zone change that."""
        return replace(cls._parsed(QueryDict(selection.meaning)), by_task_id=selection.by_task_id, zone=UTC)

    @classmethod
    def _parsed(cls, query: QueryDict) -> Self:
        TaskFilterForm.check_names(query)
        given = {name: query.getlist(name) for name in TaskFilterForm.base_fields if name in query}
        return cls._of(urlencode(given, doseq=True))

    @classmethod
    @lru_cache(maxsize=200)
    def _of(cls, texts: str) -> Self:
        """A form takes as long to read a filter as the database to find its rows, and says the same every time."""
        form = TaskFilterForm(QueryDict(texts))
        if not form.is_valid():
            raise BadFilter(form.sentence, wrong=form.errors)
        return cls(**{name: form.cleaned_data[name] for name in FILTER_NAMES})

    def queryset(self) -> TaskQuerySet:
        """What matches, in no order; `walking.py` reads it in order."""
        tasks = self.narrow(TrackedTask.objects.all())
        if not self.prompt_words:
            return tasks
        prompt_reading.keep_up()
        return tasks.filter(predicate.matching(self.prompt_words))

    def among(self, numbers: list[int], *, of: TaskQuerySet | None = None) -> TaskQuerySet:
        """What matches of the tasks that `predicate.candidates` found."""
        tasks = TrackedTask.objects.all() if of is None else of
        # By their numbers, and by no index of what else is asked for: of that there may be a million.
        return tasks.filter(predicate.opaque(self.condition()), predicate.found(self.prompt_words), pk__in=numbers)

    def narrow(self, tasks: TaskQuerySet) -> TaskQuerySet:
        return tasks.filter(self.condition())

    def condition(self) -> Q:
        """Everything but words."""
        return (Q(task_id__in=ids(self.q)) if self.by_task_id else Q()) & self._besides()

    def _besides(self) -> Q:
        """Everything but what stands in `q`."""
        exact: dict[str, Any] = {
            name: value for name in ("presence", "kind", "status") if (value := getattr(self, name))
        }
        if self.presence or not self.by_task_id:
            # Every index begins with it.
            exact["listed"] = int(not self.presence or self.presence in LISTED)
        return self._time() & Q(**exact) & self._models()

    def _models(self) -> Q:
        if not self.model:
            return Q()
        names = self.chosen("model")
        # Of several no index has the tasks in order: they are met on a walk.
        return predicate.opaque(Q(model__in=names)) if len(names) > 1 else Q(model=names[0]) if names else NOTHING

    @cached_property
    def models(self) -> list[Choice]:
        """Those that are chosen, whether a task has them or not."""
        return model_names.meant(self.model) if self.model else []

    def of_models(self, models: list[Choice]) -> Self:
        narrowed = replace(self, model=model_names.joined(models))
        narrowed.__dict__["models"] = models
        return narrowed

    def toggled(self, model: Choice) -> Self:
        """With one model more, or less where it is chosen."""
        others = [one for one in self.models if one.key != model.key]
        return self.of_models(others if len(others) < len(self.models) else [*others, model])

    def chosen(self, name: str) -> list[str]:
        """Values of one field that a task may have, where that is filled in."""
        if name == "model":
            return [model for choice in self.models for model in choice.names]
        value: str = getattr(self, name)
        return [value] if value else []

    @property
    def prompt_words(self) -> str:
        """What is looked for in prompts."""
        return "" if self.by_task_id else self.q

    def left_out(self) -> TaskQuerySet:
        """What matches but for its time, which nobody knows."""
        return self.untimed().queryset().filter(created_at=None)

    def untimed(self) -> Self:
        return self._changed(created_after=None, created_before=None)

    @property
    def by_time(self) -> bool:
        return bool(self.created_after or self.created_before)

    def query_string(self) -> str:
        """Canonical: the same filter always has the same text."""
        return urlencode({name: value for name in FILTER_NAMES if (value := self._text(name))})

    def chips(self) -> list[Chip]:
        """What can be taken away: of several models, each by itself."""
        named = {value: label for known in ENUMERATED.values() for value, label in known.choices}
        chips: list[Chip] = []
        for name in FILTER_NAMES:
            label = str(TaskFilterForm.base_fields[name].label)
            if name == "model":
                models = self.models
                chips += [Chip(label=label, value=one.words, rest=self.toggled(one)) for one in models]
            elif value := self._text(name):
                chips.append(Chip(label=label, value=self._words(name, value, named), rest=self.without(name)))
        return chips

    def _words(self, name: str, text: str, named: dict[Any, Any]) -> str:
        value = getattr(self, name)
        if isinstance(value, Age):
            return f"{'newer' if name == 'created_after' else 'older'} than {value.words}"
        if isinstance(value, datetime):
            return moments.in_words(value, "second", zone=self.zone)
        return f"{text} {self.zone}" if isinstance(value, date) else str(named.get(text, text))

    def frozen(self) -> Self:
        """With moments in place of days and ages, and whole names of models: what it means now, whoever reads it and
        when."""
        begin = self.begin if self.created_after else None
        frozen = self._changed(created_after=begin, created_before=self.end if self.created_before else None)
        named = frozen.of_models(self.models)
        # The register may write a name at greater length than somebody typed it.
        return named if len(named.query_string()) <= LONGEST else frozen

    @property
    def words(self) -> str:
        return " · ".join(f"{chip.label}: {chip.value}" for chip in self.chips()) or "All tasks"

    def without(self, name: str) -> Self:
        empty = type(self).__dataclass_fields__[name].default
        return self._changed(**{name: empty}, **({"by_task_id": False, "pasted": None} if name == "q" else {}))

    def given(self, name: str, value: Any) -> Self:
        """With another value of one field."""
        return self._changed(**{name: value})

    def _changed(self, **values: Any) -> Self:
        """What the register was asked about models holds on, while they are the same."""
        changed = replace(self, **values)
        if "model" not in values and "models" in self.__dict__:
            changed.__dict__["models"] = self.models
        return changed

    def _text(self, name: str) -> str:
        value = getattr(self, name)
        return value if isinstance(value, str) else as_text(value)

    def covers(self, moment: datetime | None) -> bool:
        """Whether its times let this one pass."""
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
