from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User, UserManager
from django.db import transaction

from dashboard.access.read_only import require_writing
from dashboard.audit import chain


class Administrators(UserManager[User]):
    """Creates a person and their entry in the audit log in one transaction."""

    def create_superuser(self, *args: Any, **fields: Any) -> User:
        with transaction.atomic():
            person = super().create_superuser(*args, **fields)
            detail = {"id": person.pk, "superuser": True, "by": "manage.py"}
            chain.append(actor="", action="user.added", subject=person.get_username(), detail=detail)
        return person


class People:
    """Stands for Django's `User` model, with `Administrators` as its manager."""

    def __init__(self) -> None:
        self._default_manager = Administrators()
        self._default_manager.model = User

    def __call__(self, **fields: Any) -> User:
        return User(**fields)

    def __getattr__(self, name: str) -> Any:
        return getattr(User, name)


class Command(createsuperuser.Command):
    help = "Makes an administrator, and tells the audit log."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django's command asks and writes in one transaction, and nothing may be locked while a person types.
        self.UserModel = People()  # type: ignore[assignment]

    def handle(self, *args: Any, **options: Any) -> str | None:
        require_writing()
        return super().handle(*args, **options)
