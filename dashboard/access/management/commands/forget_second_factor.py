from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from dashboard.access.signing_in import factors
from dashboard.checks import CheckedCommand


class Command(CheckedCommand):
    help = "Takes all second factors from a person who lost them, signs them out everywhere, and tells the audit log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> str:
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"There is no account “{name}”.")
        if not factors.of(person):
            raise CommandError(f"“{name}” has no second factor.")
        factors.forget(person=person, actor="", how="manage.py")
        return f"“{name}” is signed out, and has no second factor now. The password alone signs in until one is set up."
