"""Forgetting a frozen set that one person chose: at once, or by a job where it is large."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from dashboard.audit import chain
from dashboard.database import append_only, locks
from dashboard.deletions.forgetting import jobs, marks, steps
from dashboard.deletions.models import Forgetting
from dashboard.pages import numbers
from dashboard.register import selecting
from dashboard.register.holding import asking
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import Selection

AT_ONCE = 1000
"""The most tasks that are forgotten while the person waits."""
ASKED = "task.forgotten"
STAYS = "It stays in the audit log."
NONE = "There is nothing to forget: none of these tasks is left."
UNPROTECTED = "The audit log is not protected, so it may have been changed. See manage.py verify_audit."
TWICE = "This was asked for by an earlier press."


def press(*, selection: Selection, by: By, reason: str, typed: str, now: datetime) -> Forgetting:
    """Raises `Invalid`, or `Refused` where an earlier press did it."""
    if errors := _errors(selection.count, reason=reason, typed=typed):
        raise Invalid(errors)
    if append_only.wrong(connection):
        raise Refused(UNPROTECTED)
    about = {"by": by.name, "reason": reason.strip(), "asked_at": now, "moved_at": now, "tasks": selection.count}
    large = selection.count > AT_ONCE
    try:
        with transaction.atomic():
            forgetting = Forgetting.objects.create(**about, made_of=selection.uuid, selection=selection)
            if large:
                jobs.go_on.enqueue(str(forgetting.uuid))
            else:
                marks.mark(forgetting, asking.tasks_of(selection))
                forgetting.through = selecting.last_task()
                forgetting.save(update_fields=["through"])
            _record(forgetting, by=by, fingerprint="" if large else marks.fingerprint(forgetting)[0])
    except IntegrityError:
        if Forgetting.objects.filter(made_of=selection.uuid).exists():
            raise Refused(TWICE) from None
        raise
    if not large:
        _do_at_once(forgetting, now=now)
    return forgetting


def is_typed_needed(number: int) -> bool:
    return number > settings.DELETION_TYPED_ABOVE


def _errors(number: int, *, reason: str, typed: str) -> dict[str, str]:
    errors = asking.reason_errors(reason, stays=STAYS)
    if is_typed_needed(number) and (wrong := numbers.not_typed(typed, number=number)):
        errors["typed"] = wrong
    return errors or ({} if number else {"": NONE})


def _record(forgetting: Forgetting, *, by: By, fingerprint: str) -> None:
    """Tells the log, as the last statement of its transaction: how many, and no word of any."""
    detail: dict[str, object] = {"tasks": forgetting.tasks, "reason": forgetting.reason}
    if fingerprint:
        detail["fingerprint"] = fingerprint
    chain.append(actor=by.name, address=by.address, action=ASKED, subject=str(forgetting.uuid), detail=detail)


def _do_at_once(forgetting: Forgetting, *, now: datetime) -> None:
    """If this process dies here, or waits too long for others, the job does it (`jobs.wake_stuck`)."""
    try:
        while steps.step(forgetting, now=now):
            pass
    except OperationalError as error:
        if not locks.waited_too_long(error):
            raise
