from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from dashboard.access.permissions import HOLD_TASKS
from dashboard.calls import clock
from dashboard.register.command_line.holding import IN_BACKGROUND, HoldingCommand, words
from dashboard.register.holding import asking, placing
from dashboard.register.holding.asking import By
from dashboard.register.models import Selection


class Command(HoldingCommand):
    help = "Holds tasks: nobody can have a held task deleted. docs/commands.md has the exit codes."
    permission = HOLD_TASKS
    name = "hold_tasks"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--until", default="", metavar="YYYY-MM-DD", help="the last day; without it they stay held")

    def carry_out(self, selection: Selection, by: By, options: dict[str, Any]) -> dict[str, object]:
        reason, now = options["reason"], clock.now()
        wrong = asking.reason_errors(reason, stays=placing.STAYS)
        until = asking.until_of(options["until"].strip(), now=now, besides=wrong)
        if number := asking.holdable(selection):
            if skipped := selection.count - number:
                self.talk.write(f"{skipped:,} of {selection.count:,} can't be held: they are deleted or missing.")
            self.talk.write(f"Hold {words(number)}?")
            self.ask(number)
        hold = placing.place(selection=selection, by=by, reason=reason, until=until, now=clock.now())
        if hold.is_being_placed:
            self.talk.write(f"{words(hold.expected)} are being put on hold. {IN_BACKGROUND}")
        else:
            self.talk.write(f"Held {words(hold.placed)}.")
        return {
            "id": str(hold.uuid),
            "url": hold.get_absolute_url(),
            "tasks": hold.placed or hold.expected,
            "done": not hold.is_being_placed,
            "until": hold.until and hold.until.isoformat(),
        }
