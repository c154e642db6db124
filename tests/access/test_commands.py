"""People made, and passwords changed, from the command line: the audit log tells of it, or nothing was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from dashboard.audit.models import AuditEvent
from tests.factories import PASSWORD, UserFactory
from tests.statements import before, raising

NEW = "aX9-long-enough"


class Terminal:
    """Where somebody types; it notes what was locked meanwhile."""

    def __init__(self, *typed: str) -> None:
        self.typed: Iterator[str] = iter(typed)
        self.locked: list[bool] = []

    def isatty(self) -> bool:
        return True

    def ask(self, *args: object, **kwargs: object) -> str:
        self.locked.append(connection.in_atomic_block)
        return next(self.typed)


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Terminal]:
    def typing(*typed: str) -> Terminal:
        terminal = Terminal(*typed)
        monkeypatch.setattr("builtins.input", terminal.ask)
        monkeypatch.setattr("getpass.getpass", terminal.ask)
        return terminal

    return typing


@pytest.fixture
def full() -> Iterator[None]:
    """A log that takes no entry."""
    with before('INSERT INTO "?audit_auditevent', raising(OSError("disk full"))):
        yield


def told() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("sequence").values_list("action", "subject"))


@pytest.mark.django_db(transaction=True)
def test_an_administrator_is_made_and_nothing_is_locked_while_somebody_types(typing) -> None:
    terminal = typing("root", "root@example.com", NEW, NEW)
    call_command("createsuperuser", stdin=terminal)
    assert terminal.locked == [False] * 4
    root = User.objects.get(username="root", is_superuser=True, is_staff=True)
    assert root.check_password(NEW)
    assert told() == [("user.added", "root")]
    assert AuditEvent.objects.get().detail == {"id": root.pk, "superuser": True, "by": "manage.py"}


@pytest.mark.django_db
def test_no_administrator_is_made_of_whom_the_log_does_not_tell(typing, full) -> None:
    with pytest.raises(OSError, match="disk full"):
        call_command("createsuperuser", stdin=typing("root", "", NEW, NEW))
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_name_that_is_taken_is_refused(typing) -> None:
    UserFactory(username="root")
    with pytest.raises(CommandError, match="already taken"):
        call_command("createsuperuser", username="root", email="", interactive=False)
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_a_password_is_changed_and_nothing_is_locked_while_somebody_types(typing, capsys) -> None:
    olga = UserFactory(username="olga")
    terminal = typing(NEW, "another", "short", "short", NEW, NEW)
    call_command("changepassword", "olga")
    assert terminal.locked == [False] * 6
    printed = capsys.readouterr()
    assert "These are not the same. Type both again." in printed.out
    assert "This password is too short." in printed.err
    olga.refresh_from_db()
    assert olga.check_password(NEW)
    assert told() == [("user.password_changed", "olga")]


@pytest.mark.django_db
def test_no_password_is_changed_of_which_the_log_does_not_tell(typing, full) -> None:
    olga = UserFactory(username="olga")
    typing(NEW, NEW)
    with pytest.raises(OSError, match="disk full"):
        call_command("changepassword", "olga")
    olga.refresh_from_db()
    assert olga.check_password(PASSWORD)


@pytest.mark.django_db
def test_a_password_that_is_too_weak_thrice_or_of_nobody_is_not_changed(typing) -> None:
    olga = UserFactory(username="olga")
    typing(*["short"] * 6)
    with pytest.raises(CommandError, match="was not changed"):
        call_command("changepassword", "olga")
    with pytest.raises(CommandError, match="There is no account “nobody”"):
        call_command("changepassword", "nobody")
    olga.refresh_from_db()
    assert olga.check_password(PASSWORD)
    assert told() == []
