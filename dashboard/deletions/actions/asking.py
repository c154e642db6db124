"""What a person asks of a deletion goes through `asked`, which tells the log who asked, and from where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction

from dashboard.audit import chain
from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.deletions.models import Deletion


class Refused(Exception):
    """The request can't be carried out as things stand. The text is for the person who asked."""


class NotYet(Refused):
    """It can be in a moment."""


@dataclass(frozen=True, kw_only=True)
class By:
    """Who asks, and from where."""

    user: User
    address: str = ""


@dataclass(kw_only=True)
class Asking:
    """One request, inside its transaction."""

    by: By
    entries: list[dict[str, object]] = field(default_factory=list)
    """What the log is to be told."""

    def lock(self, deletion: Deletion) -> tuple[Account, Deletion]:
        """The account and the deletion as they are now. In this order, as everywhere."""
        return accounts.locked(), self.lock_alone(deletion)

    def lock_alone(self, deletion: Deletion) -> Deletion:
        """Where nothing of the account is changed: a step of freezing has its draft for seconds, and all that is sent
        would wait for the account meanwhile."""
        return Deletion.objects.select_for_update().get(pk=deletion.pk)

    def record(self, action: str, deletion: Deletion, **detail: object) -> None:
        """That this person did it."""
        who = {"actor": self.by.user.get_username(), "address": self.by.address}
        self.entries.append({**who, "action": action, "subject": str(deletion.uuid), "detail": detail})

    def record_consequence(self, deletion: Deletion, action: str, detail: dict[str, object]) -> None:
        """What followed from it, in nobody's name."""
        self.entries.append({"actor": "", "action": action, "subject": str(deletion.uuid), "detail": detail})


@contextmanager
def asked(by: By) -> Iterator[Asking]:
    """One request in one transaction.

    1. What it is about is locked (`Asking.lock`). What is drafted anew is known to nobody else yet.
    2. The step is done, if the state that is found now allows it; else it raises `Refused`, and nothing has happened.
    3. The log is told, last: everybody else who writes to it waits for the commit from there on.
    """
    with transaction.atomic():
        asking = Asking(by=by)
        yield asking
        for entry in asking.entries:
            chain.append(**entry)  # type: ignore[arg-type]
