"""The set that a command is about: by a saved view, a filter, or ids in a file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.http import QueryDict

from dashboard.calls.models import Kind
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.foreign import quoted
from dashboard.register import naming, presses, saved_views
from dashboard.register.filters.filter import Filter
from dashboard.register.models import Held, Presence, Selection, Starred
from dashboard.register.selecting import BadSelection

NOTHING = 3
"""The exit code where nothing is left to do."""
EVERYTHING = "This matches every task of the register. If that is meant, say --everything."
OF_A_SELECTION = {"selected", "selection"}
NOT_SELECTED = "This address shows what somebody selected on a page, which no command knows. Leave {} out."
NO_VIEW = "There is no view called {} that is yours or shared."
TWOFOLD = "{:,} of these ids are of an image and of a video. Say which with --kind."
NOT_TEXT = "{} is not UTF-8 text."
TOO_LARGE = "{} is larger than {:,} bytes. Take it in several parts."


@dataclass(kw_only=True)
class Chosen:
    selection: Selection
    query: str = ""
    """The filter, as the list has it in its address; empty for ids."""
    notes: list[str] = field(default_factory=list)
    """What a person should know of it."""
    unknown: list[str] = field(default_factory=list)
    """Ids that no task has."""

    @property
    def number(self) -> int:
        return self.selection.count


def add_arguments(parser: ArgumentParser) -> None:
    by = parser.add_mutually_exclusive_group(required=True)
    by.add_argument("--view", metavar="NAME", help="a saved view, as its name stands in the rail")
    by.add_argument("--filter", metavar="QUERY", help="as in the address of the list: 'kind=image&status=failed'")
    by.add_argument("--ids", metavar="FILE", help="a file with ids, one a line; - reads them from standard input")
    parser.add_argument("--kind", choices=Kind.values, default="", help="of the ids, where both kinds have them")
    parser.add_argument("--everything", action="store_true", help="a filter may match all of the register")


def choose(*, user: User, options: dict[str, Any], held: bool = False) -> Chosen:
    """What the options name, as it is at this moment. `held`: ids of held tasks count as well.

    Raises CommandError; where nothing matches, with the exit code `NOTHING`.
    """
    try:
        if options["ids"] is not None:
            return _by_ids(_text_of(options["ids"]), user=user, kind=options["kind"], held=held)
        filter = _of_view(options["view"], user=user) if options["view"] is not None else filter_of(options["filter"])
        if is_everything(filter) and not options["everything"]:
            raise CommandError(EVERYTHING)
        return _by_filter(filter, user=user)
    except (BadFilter, BadSelection) as error:
        raise CommandError(str(error)) from error


def _of_view(name: str, *, user: User) -> Filter:
    view = saved_views.named(name, person=user)
    if view is None:
        raise CommandError(NO_VIEW.format(quoted(name)))
    return saved_views.filter_of(view)


def filter_of(query: str) -> Filter:
    """Of an address of the list. Raises `BadFilter`, also where more would match than its page showed."""
    parsed = QueryDict(query.removeprefix("?"))
    if names := sorted(OF_A_SELECTION & parsed.keys()):
        raise BadFilter(NOT_SELECTED.format(" and ".join(names)), wrong=names)
    return Filter.from_query(parsed)


def is_everything(filter: Filter) -> bool:
    """Whether it leaves out nothing but what no deletion takes anyway: what is gone, held or starred."""
    besides = filter
    for name, no in (("presence", Presence.PRESENT), ("held", Held.NO), ("starred", Starred.NO)):
        besides = besides.without(name) if getattr(filter, name) == no else besides
    return not besides.query_string()


def _by_filter(filter: Filter, *, user: User) -> Chosen:
    selection = presses.select_all(user=user, filter=filter)
    chosen = Chosen(selection=selection, query=filter.query_string(), notes=[f"Filter: {filter.words}"])
    if starred := selection.starred_out:
        are = "is starred and" if starred == 1 else "are starred and"
        chosen.notes.append(f"{starred:,} {are} left out. With starred=yes they are asked for.")
    if filter.by_time and (left_out := filter.left_out().count()):
        chosen.notes.append(f"{left_out:,} of unknown time are left out.")
    if not selection.count:
        forget(chosen)
        raise CommandError(" ".join(["No task matches.", *chosen.notes]), returncode=NOTHING)
    return chosen


def _by_ids(text: str, *, user: User, kind: str, held: bool) -> Chosen:
    selection, named = naming.select(text, user=user, selection=None, kind=kind, held=held)
    notes = [f"{len(named.unknown):,} ids are not in the register."] if named.unknown else []
    notes += [f"{number:,} can't be chosen: {why}." for why, number in named.why_not]
    notes += [f"{named.starred:,} of these are starred."] if named.starred else []
    if selection is None:
        raise CommandError(" ".join(["None of these ids can be chosen.", *notes]), returncode=NOTHING)
    chosen = Chosen(selection=selection, notes=notes, unknown=named.unknown)
    if named.twofold:
        forget(chosen)
        raise CommandError(TWOFOLD.format(named.twofold))
    return chosen


def forget(chosen: Chosen) -> None:
    """It was made for this command alone: no page should bring it back."""
    Selection.objects.filter(pk=chosen.selection.pk).delete()


def _text_of(name: str) -> str:
    try:
        if name == "-":
            content = sys.stdin.buffer.read(naming.LARGEST + 1)
        else:
            with Path(name).open("rb") as stream:
                content = stream.read(naming.LARGEST + 1)
    except OSError as error:
        raise CommandError(f"{name} can't be read: {error.strerror}.") from error
    if len(content) > naming.LARGEST:
        raise CommandError(TOO_LARGE.format(name, naming.LARGEST))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(NOT_TEXT.format(name)) from error
