"""Requests of people run inside `asked`, which writes to the audit log who asked, and from where."""

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
    """The deletion's state does not allow the request. The text is for the person who asked."""


class NotYet(Refused):
    """The request will be possible in a moment."""


@dataclass(frozen=True, kw_only=True)
class By:
    user: User
    address: str = ""
    token: str = ""
    """The name of the token with which a program asks for them; empty for the person's own press."""


@dataclass(kw_only=True)
class Asking:
    by: By
    entries: list[dict[str, object]] = field(default_factory=list)
    """Entries for the audit log."""

    def lock(self, deletion: Deletion) -> tuple[Account, Deletion]:
        """Locks the account and the deletion, in this order as everywhere, and returns their current rows."""
        return accounts.locked(), self.lock_alone(deletion)

    def lock_alone(self, deletion: Deletion) -> Deletion:
        """Locks the deletion only, if the account does not change: a step of freezing locks its draft for seconds, and
        all sending would wait for the account meanwhile."""
        return Deletion.objects.select_for_update().get(pk=deletion.pk)

    def record(self, action: str, deletion: Deletion, **detail: object) -> None:
        who = {"actor": self.by.user.get_username(), "address": self.by.address}
        if self.by.token:
            detail["token"] = self.by.token
        self.entries.append({**who, "action": action, "subject": str(deletion.uuid), "detail": detail})

    def record_consequence(self, deletion: Deletion, action: str, detail: dict[str, object]) -> None:
        """Adds an entry that followed from the request, in no person's name."""
        self.entries.append({"actor": "", "action": action, "subject": str(deletion.uuid), "detail": detail})


@contextmanager
def asked(by: By) -> Iterator[Asking]:
    """Carries out one request in one transaction.

    1. The rows are locked (`Asking.lock`). A new draft needs no lock, since no other process knows it yet.
    2. The step is done if the state allows it; otherwise it raises `Refused`, and nothing has changed.
    3. The audit log is written last, because all other writers of the log wait from there until the commit.
    """
    with transaction.atomic():
        asking = Asking(by=by)
        yield asking
        for entry in asking.entries:
            chain.append(**entry)  # type: ignore[arg-type]
