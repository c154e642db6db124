from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction

from dashboard.audit import chain


class Command(changepassword.Command):
    help = "Changes a person's password, and tells the audit log."

    def handle(self, *args: Any, **options: Any) -> str | None:
        told = super().handle(*args, **options)
        with transaction.atomic():
            # Django's own command takes the name of who runs it where none is given.
            name = options["username"] or getpass.getuser()
            chain.append(actor="", action="user.password_changed", subject=name, detail={"by": "manage.py"})
        return told
