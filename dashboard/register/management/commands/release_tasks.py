from __future__ import annotations

from typing import Any

from dashboard.access.permissions import RELEASE_HOLDS
from dashboard.calls import clock
from dashboard.pages.foreign import plain
from dashboard.register.command_line.holding import IN_BACKGROUND, HoldingCommand, words
from dashboard.register.holding import releasing, showing
from dashboard.register.holding.asking import By
from dashboard.register.models import Selection


class Command(HoldingCommand):
    help = "Releases tasks from all of their holds. docs/commands.md has the exit codes."
    permission = RELEASE_HOLDS
    name = "release_tasks"

    def carry_out(self, selection: Selection, by: By, options: dict[str, Any]) -> dict[str, object]:
        number = releasing.number_held(selection)
        if number:
            self.talk.write(f"Release {words(number)}?")
            for hold, count in showing.on(releasing.rows_of(selection)):
                self.talk.write(f"  {count:,} held by {plain(hold.by)}: {plain(hold.reason)}")
            self.ask(number)
        release = releasing.release_selected(
            selection=selection, holds=[], seen=number, by=by, reason=options["reason"], now=clock.now()
        )
        done = release.moved_at is None
        told = f"Released {words(number)}." if done else f"{words(number)} are being released. {IN_BACKGROUND}"
        self.talk.write(told)
        return {"id": str(release.uuid), "tasks": number, "done": done}
