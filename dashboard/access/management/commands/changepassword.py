from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import transaction

from dashboard.access import lifetimes
from dashboard.access.read_only import require_writing
from dashboard.audit import chain

TRIES = 3


class Command(changepassword.Command):
    """Django's command asks and saves in one transaction; this one locks nothing while a person types."""

    help = "Changes a person's password, and tells the audit log."

    def handle(self, *args: Any, **options: Any) -> str:
        require_writing()
        name = options["username"] or getpass.getuser()
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"There is no account “{name}”.")
        self.stdout.write(f"Changing the password of “{name}”.")
        person.set_password(self._chosen(person))
        with transaction.atomic():
            person.save(update_fields=["password"])
            lifetimes.end_all(person.pk)
            chain.append(actor="", action="user.password_changed", subject=name, detail={"by": "manage.py"})
        return f"The password of “{name}” is changed."

    def _chosen(self, person: User) -> str:
        """A password that was typed twice in the same way and passes the validators."""
        for _ in range(TRIES):
            password = getpass.getpass("Password: ")
            if password != getpass.getpass("Password (again): "):
                self.stdout.write("These are not the same. Type both again.")
                continue
            try:
                validate_password(password, person)
            except ValidationError as weak:
                self.stderr.write("\n".join(weak.messages))
            else:
                return password
        raise CommandError("The password was not changed.")
