from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.http import QueryDict
from django.utils.http import urlencode

from dashboard.calls.models import Kind
from dashboard.checks import CheckedCommand
from dashboard.deletions.certificates.facts import rfc3339
from dashboard.deletions.history.listing import HistoryFilterForm
from dashboard.deletions.history.report import about
from dashboard.deletions.models import Deletion, Outcome, State
from dashboard.pages.filter_forms import BadFilter
from dashboard.pages.foreign import plain

FILTERS = ("state", "by", "outcome", "kind", "after", "before", "task")
MOST = 10_000


class Command(CheckedCommand):
    help = "Lists deletions, the newest first, filtered as the page Deletions is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--state", choices=State.values)
        parser.add_argument("--by", metavar="USERNAME")
        parser.add_argument("--outcome", choices=Outcome.values, help="that have such a task")
        parser.add_argument("--kind", choices=Kind.values)
        parser.add_argument("--after", metavar="YYYY-MM-DD")
        parser.add_argument("--before", metavar="YYYY-MM-DD")
        parser.add_argument("--task", metavar="ID", help="that had this task")
        parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (50)")
        parser.add_argument("--json", action="store_true", help="one object a line")

    def handle(self, *args: Any, limit: int, **options: Any) -> None:
        if not 1 <= limit <= MOST:
            raise CommandError(f"--limit takes a number from 1 to {MOST:,}.")
        form = HistoryFilterForm(QueryDict(urlencode({name: options[name] for name in FILTERS if options[name]})))
        try:
            form.validate()
        except BadFilter as error:
            raise CommandError(str(error)) from error
        for deletion in form.deletions()[:limit]:
            self.stdout.write(_json(deletion) if options["json"] else _line(deletion))


def _line(deletion: Deletion) -> str:
    at = deletion.confirmed_at or deletion.created_at
    results = ", ".join(f"{row.count:,} {row.label.lower()}" for row in deletion.results()) or "nothing yet"
    parts = [deletion.code, rfc3339(at) or "", deletion.state_words, plain(deletion.actor_name), results]
    return "  ".join([*parts, plain(deletion.reason).replace("\n", " ")])


def _json(deletion: Deletion) -> str:
    told = about(deletion) | {"total": deletion.total, "counts": deletion.counts()}
    return json.dumps(told, ensure_ascii=False)
