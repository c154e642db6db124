from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission, User
from django.db.models import Q, QuerySet


class RolesBackend(ModelBackend):
    """Reads a person's own permissions and those of their groups in one query; Django's backend takes two.

    The person's profile is read with them, because every page needs it.
    """

    def get_user(self, user_id: Any) -> User | None:
        person = User.objects.select_related("profile").filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None

    def _get_user_permissions(self, user_obj: Any) -> QuerySet[Permission]:
        return Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj)).distinct()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self.get_user_permissions(user_obj, obj)
