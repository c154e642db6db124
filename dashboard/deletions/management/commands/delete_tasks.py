from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from dashboard.access.acting import acting
from dashboard.access.acting import add_argument as add_person
from dashboard.access.permissions import DELETE_TASKS
from dashboard.access.zones import zone_of
from dashboard.calls import clock
from dashboard.checks import CheckedCommand
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, Invalid, NotYet, Refused
from dashboard.deletions.approvals import needs
from dashboard.deletions.command_line import telling
from dashboard.deletions.command_line.exits import Exit
from dashboard.deletions.command_line.waiting import GOES_ON, follow
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion
from dashboard.pages.downloads import TooMany
from dashboard.register.command_line import choosing, confirming
from dashboard.register.command_line.choosing import Chosen

NAME = "manage.py delete_tasks"
"""In the log, where the address of a browser stands."""
ON_ITS_PAGE = (
    "For so many tasks somebody has to show that it is them, which a shell can't. It is drafted: confirm it within an "
    "hour on its page, {}."
)
KEPT = "Nothing was confirmed. Every task is kept."


class Command(CheckedCommand):
    help = (
        "Deletes tasks at TensorsLab: what a view, a filter or a list of ids names at this moment, with the same "
        "question, grace, limits and approvals as on the pages. docs/commands.md has the exit codes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choosing.add_arguments(parser)
        parser.add_argument("--reason", required=True, help="stays in the history")
        add_person(parser)
        confirming.add_argument(parser)
        parser.add_argument("--wait", action="store_true", help="until it has ended; Ctrl-C ends only the waiting")
        parser.add_argument("--json", action="store_true", help="one object on standard output, sentences on the other")

    def handle(self, *args: Any, username: str, reason: str, yes: bool, wait: bool, **options: Any) -> None:
        person = acting(username, DELETE_TASKS)
        confirming.require_terminal(yes=yes)
        if wrong := actions.wrong_reason(reason.strip()):
            raise CommandError(wrong)
        self.asks: list[str] = []
        self.talk = self.stderr if options["json"] else self.stdout
        with timezone.override(zone_of(person)):
            chosen = choosing.choose(user=person, options=options)
            deletion = self._draft(chosen, by := By(user=person, address=NAME))
            try:
                code = self._confirm(deletion, by, reason=reason.strip(), yes=yes)
            except KeyboardInterrupt:
                code = self._keep(deletion, by, code=Exit.NOT_CONFIRMED)
            except (Refused, Invalid) as error:
                code = self._keep(deletion, by, why=str(error), code=Exit.REFUSED)
            if code == Exit.DONE:
                code = self._after(deletion, wait=wait)
        if options["json"]:
            told = telling.data(deletion, code=code, asks=self.asks, unknown_ids=chosen.unknown)
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        if code:
            sys.exit(code)

    def _draft(self, chosen: Chosen, by: By) -> Deletion:
        for note in chosen.notes:
            self.talk.write(note)
        try:
            deletion = actions.draft(selection=chosen.selection, by=by, back=chosen.query, now=clock.now())
        except freezing.NothingSelected:
            raise CommandError("No task matches any more.", returncode=Exit.NOTHING) from None
        except TooMany as error:
            raise CommandError(str(error)) from error
        finally:
            choosing.forget(chosen)
        return deletion

    def _freeze(self, deletion: Deletion) -> None:
        """A worker may do it as well: of two that take a step one notices it."""
        told = False
        while deletion.is_being_frozen:
            if not told:
                self.talk.write(f"{telling.words(freezing.expected(deletion))} are being written down.")
                told = True
            if not freezing.step(deletion, now=clock.now()):
                time.sleep(0.1)
            deletion.refresh_from_db()

    def _confirm(self, deletion: Deletion, by: By, *, reason: str, yes: bool) -> Exit:
        """Asks until it is confirmed, or kept. Without a terminal nobody could read new numbers, so it is kept then."""
        while True:
            self._freeze(deletion)
            self.asks = needs.reasons_of(deletion, now=clock.now())
            for line in telling.question(deletion, self.asks):
                self.talk.write(line)
            if not deletion.size:
                return self._keep(deletion, by, code=Exit.NOTHING)
            errors = actions.check_confirmation(deletion, reason=reason, typed=str(deletion.size))
            if errors:
                return self._keep(deletion, by, why=" ".join(errors.values()), code=Exit.REFUSED)
            if actions.is_person_asked(deletion):
                actions.keep_reason(deletion=deletion, by=by, reason=reason, now=clock.now())
                self.talk.write(ON_ITS_PAGE.format(deletion.get_absolute_url()))
                return Exit.SOMEBODY_ELSE
            if wrong := confirming.wrongly_typed(deletion.size, yes=yes, say=self.talk.write):
                return self._keep(deletion, by, why=wrong, code=Exit.NOT_CONFIRMED)
            try:
                actions.confirm(
                    deletion=deletion,
                    by=by,
                    reason=reason,
                    typed=str(deletion.size),
                    seen=deletion.fingerprint,
                    asks=bool(self.asks),
                    now=clock.now(),
                )
                return Exit.DONE
            except (Changed, NotYet) as changed:
                deletion.refresh_from_db()
                if yes:
                    return self._keep(deletion, by, why=str(changed), code=Exit.CHANGED)
                self.talk.write(str(changed))

    def _keep(self, deletion: Deletion, by: By, *, code: Exit, why: str = "") -> Exit:
        self.stderr.write(f"{why} {KEPT}".strip())
        try:
            actions.discard(deletion=deletion, by=by)
        except Refused as refused:
            # Somebody confirmed it on its page meanwhile.
            self.stderr.write(str(refused))
        deletion.refresh_from_db()
        return code

    def _after(self, deletion: Deletion, *, wait: bool) -> Exit:
        deletion.refresh_from_db()
        if wait and not self.asks:
            return follow(deletion, out=self.talk)
        if self.asks:
            self.talk.write(f"Asked for. It waits until somebody else agrees, on {deletion.get_absolute_url()}.")
            return Exit.SOMEBODY_ELSE
        self.talk.write(f"Confirmed. {GOES_ON.format(deletion.get_absolute_url())}")
        return Exit.DONE
