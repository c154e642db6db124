"""The admin pages of people and groups. Each change is written to the audit log in the same transaction."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.socialaccount.admin import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from dashboard.access import lifetimes, usernames
from dashboard.access.requests import client_address
from dashboard.audit import chain
from dashboard.audit.admin import KeyedAdmin
from dashboard.pages import foreign, moments

admin.site.unregister(User)
admin.site.unregister(Group)
# Of these our own pages change rows, and write to the log, or nobody does.
admin.site.unregister([Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken])
admin.site.site_header = admin.site.site_title = "TensorsLab tasks: people and groups"
admin.site.index_title = "People and groups"

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    UserAdmin = auth_admin.UserAdmin[User]
    GroupAdmin = admin.ModelAdmin[Group]
else:
    ModelAdmin = admin.ModelAdmin
    GroupAdmin = auth_admin.GroupAdmin
    UserAdmin = auth_admin.UserAdmin


class AuditedAdmin(KeyedAdmin):
    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        entry = super().log_addition(request, obj, message)
        self._append(request, "added", str(obj), _standing(obj))
        return entry

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> LogEntry:
        entry = super().log_change(request, obj, message)
        self._append(request, "changed", str(obj), {"changed": _changed(message), **_standing(obj)})
        return entry

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        name = str(obj)
        with transaction.atomic():
            super().delete_model(request, obj)
            self._append(request, "deleted", name, {})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        names = sorted(map(str, queryset))
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            for name in names:
                self._append(request, "deleted", name, {})

    def _append(self, request: HttpRequest, verb: str, name: str, detail: dict[str, Any]) -> None:
        with transaction.atomic():
            chain.append(
                actor=request.user.get_username(),
                address=client_address(request),
                action=f"{self.opts.model_name}.{verb}",
                subject=name,
                detail=detail,
            )


CONFIRMED_GOES_ON = "What they have confirmed goes on: Undo, Pause or Stop the rest are on its page."


class NewPersonForm(auth_admin.UserAdmin.add_form):  # type: ignore[misc]
    def clean_username(self) -> Any:
        name = super().clean_username()
        usernames.check(name or "")
        return name


class RankedAdmin(AuditedAdmin):
    """Only an administrator may give rights that they lack themselves, or change an account that has such rights."""

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _outranks(obj, request)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _outranks(obj, request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_manytomany(db_field, request, **options)
        if field is not None and field.queryset is not None and not _is_administrator(request):
            own = _permissions_of(request.user)
            if db_field.name == "groups":
                beyond = Permission.objects.exclude(pk__in=own)
                field.queryset = field.queryset.exclude(permissions__in=beyond)
            else:
                field.queryset = field.queryset.filter(pk__in=own)
        return field


@admin.register(User)
class PersonAdmin(RankedAdmin, UserAdmin):
    add_form = NewPersonForm

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        # The audit log names people by username: a new owner of a name would seem to have done what its old owner did.
        fields = [*super().get_readonly_fields(request, obj), *(["username"] if obj else [])]
        return fields if _is_administrator(request) else [*fields, "is_superuser"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **options)
        if isinstance(db_field, models.DateTimeField) and field is not None:
            field.help_text = f"In the time zone {moments.zone_name()}."
        return field

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and not obj.is_active and "is_active" in form.changed_data:
            lifetimes.end_all(obj.pk)
            messages.info(request, f"{obj} is signed out everywhere. {CONFIRMED_GOES_ON}")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        # Django saves the password and writes its log in two transactions.
        with transaction.atomic() if request.method == "POST" else nullcontext():
            return super().user_change_password(request, id, form_url)


class RoleForm(forms.ModelForm[Group]):
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if foreign.is_blank(name):
            raise ValidationError("There is nothing to see in this name.")
        return name


@admin.register(Group)
class RoleAdmin(RankedAdmin, GroupAdmin):
    form = RoleForm


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


def _outranks(obj: models.Model | None, request: HttpRequest) -> bool:
    """Whether `obj`, a person or group, has a right that the asking person lacks. Inactive accounts count as active."""
    if obj is None or _is_administrator(request):
        return False
    more = _permissions_of(obj).exclude(pk__in=_permissions_of(request.user))
    return (isinstance(obj, User) and obj.is_superuser) or more.exists()


def _permissions_of(obj: Any) -> QuerySet[Permission]:
    if isinstance(obj, Group):
        return obj.permissions.all()
    return Permission.objects.filter(Q(user=obj.pk) | Q(group__user=obj.pk)).distinct()


def _standing(obj: models.Model) -> dict[str, Any]:
    if isinstance(obj, User):
        return {
            "id": obj.pk,
            "groups": sorted(obj.groups.values_list("name", flat=True)),
            "permissions": sorted(obj.user_permissions.values_list("codename", flat=True)),
            "active": obj.is_active,
            "staff": obj.is_staff,
            "superuser": obj.is_superuser,
        }
    if isinstance(obj, Group):
        return {"id": obj.pk, "permissions": sorted(obj.permissions.values_list("codename", flat=True))}
    return {}


def _changed(message: Any) -> list[str]:
    """The names of the changed fields in Django's change message."""
    if not isinstance(message, list):
        return [str(message)] if message else []
    return sorted({str(field) for part in message for field in part.get("changed", {}).get("fields", [])})
