"""What `hold_tasks` and `release_tasks` have in common: a frozen set of tasks, its number confirmed."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from dashboard.access.acting import acting
from dashboard.access.acting import add_argument as add_person
from dashboard.access.zones import zone_of
from dashboard.checks import CheckedCommand
from dashboard.register.command_line import choosing, confirming
from dashboard.register.holding import asking
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import Selection

IN_BACKGROUND = "It goes on in the background. The page Holds shows how far it is."


def words(number: int) -> str:
    return f"{number:,} task{'' if number == 1 else 's'}"


class HoldingCommand(ABC, CheckedCommand):
    permission: str
    name: str
    """In the log, where the address of a browser stands, it is `manage.py <name>`."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        choosing.add_arguments(parser)
        parser.add_argument("--reason", required=True, help="stays with the tasks, for everybody to read")
        add_person(parser)
        confirming.add_argument(parser)
        parser.add_argument("--json", action="store_true", help="one object on standard output, sentences on the other")

    def handle(self, *args: Any, username: str, yes: bool, **options: Any) -> None:
        person = acting(username, self.permission)
        confirming.require_terminal(yes=yes)
        self.yes, self.talk = yes, self.stderr if options["json"] else self.stdout
        with timezone.override(zone_of(person)):
            chosen = choosing.choose(user=person, options=options, held=True)
            selection = asking.frozen(chosen.selection)
            choosing.forget(chosen)
            for note in chosen.notes:
                self.talk.write(note)
            try:
                told = self.carry_out(selection, By(user=person, address=f"manage.py {self.name}"), options)
            # Ctrl-C at the question, too, leaves no frozen set behind.
            except BaseException as error:
                Selection.objects.filter(pk=selection.pk).delete()
                if isinstance(error, Invalid | Refused):
                    raise CommandError(str(error)) from error
                raise
        if options["json"]:
            self.stdout.write(json.dumps({**told, "unknown_ids": chosen.unknown}, ensure_ascii=False))

    @abstractmethod
    def carry_out(self, selection: Selection, by: By, options: dict[str, Any]) -> dict[str, object]:
        """Does it, and returns what the JSON tells."""

    def ask(self, number: int) -> None:
        """Raises CommandError if a person does not confirm the number."""
        if wrong := confirming.wrongly_typed(number, yes=self.yes, say=self.talk.write):
            raise CommandError(f"{wrong} Nothing was changed.", returncode=confirming.NOT_CONFIRMED)
