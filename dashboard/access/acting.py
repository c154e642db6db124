"""For whom a command acts. The shell's own person is nobody that the log, limits and approvals know."""

from __future__ import annotations

from argparse import ArgumentParser

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError

from dashboard.access.permissions import REFUSALS
from dashboard.access.read_only import require_writing
from dashboard.pages.foreign import quoted

NOBODY = "There is no active person named {}. A command acts for somebody: give the username of one with --as."


def add_argument(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        default=settings.ADMIN_USERNAME,
        dest="username",
        metavar="USERNAME",
        help="for whom it acts (%(default)s)",
    )


def acting(username: str, permission: str) -> User:
    """An active person with this right. Raises CommandError with a sentence, also while nothing may be written."""
    require_writing()
    person = User.objects.filter(username=username, is_active=True).first()
    if person is None:
        raise CommandError(NOBODY.format(quoted(username)))
    if not person.has_perm(permission):
        raise CommandError(REFUSALS[permission])
    return person
