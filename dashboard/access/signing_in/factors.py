"""Second factors of a person: an authenticator app, passkeys, and codes for the day when both are lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from cryptography.fernet import InvalidToken
from django.contrib.auth.models import User
from django.db import transaction

from dashboard.access import lifetimes
from dashboard.audit import chain

TOTP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
IN_WORDS = {TOTP: "App", PASSKEY: "Passkey"}
LONGEST_NAME = 60
MOST_PASSKEYS = 20


class Refused(Exception):
    """The text is for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class By:
    person: User
    address: str

    def record(self, action: str, **detail: object) -> None:
        name = self.person.get_username()
        chain.append(actor=name, address=self.address, action=action, subject=name, detail=detail)


def of(person: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=person).order_by("pk"))


def has_one(person: User) -> bool:
    return Authenticator.objects.filter(user=person, type__in=[TOTP, PASSKEY]).exists()


def in_words(*of: User) -> dict[int, str]:
    """Of these people, or of everybody, by the person's number."""
    found: dict[int, set[str]] = {}
    rows = Authenticator.objects.filter(type__in=IN_WORDS)
    for person, kind in (rows.filter(user__in=of) if of else rows).values_list("user", "type"):
        found.setdefault(person, set()).add(IN_WORDS[kind])
    return {person: ", ".join(sorted(words)) for person, words in found.items()}


def codes_left(row: Authenticator) -> int:
    return app_settings.RECOVERY_CODE_COUNT - int(row.data["used_mask"]).bit_count()


def matching(person: User, code: str) -> Authenticator | None:
    """The factor that this code is of, spent. Each code is taken once, also when it is sent twice at a time."""
    with transaction.atomic():
        rows = Authenticator.objects.select_for_update().filter(user=person, type__in=[TOTP, CODES])
        # A code of an app is the usual one.
        for row in sorted(rows, key=lambda row: row.type != TOTP):
            if _accepts(row, code):
                return row
    return None


def _accepts(row: Authenticator, code: str) -> bool:
    try:
        if row.type == CODES:
            return RecoveryCodes(row).validate_code(code)
        counter = counter_of(decrypt(row.data["secret"]), code, after=row.data["last"])
    except InvalidToken:
        # Made under another `SECRET_KEY`.
        return False
    if counter:
        row.data["last"] = counter
        row.save(update_fields=["data"])
    return bool(counter)


def counter_of(secret: str, code: str, *, after: int = 0) -> int:
    """The half minute that an app shows this code in; 0 when in none around now that comes after the given one."""
    for counter in totp.yield_hotp_counters_from_time():
        shown = totp.format_hotp_value(totp.hotp_value(secret, counter))
        if counter > after and compare_user_code(actual=code, expected=shown):
            return counter
    return 0


def add_app(*, by: By, secret: str, counter: int) -> list[str]:
    """Returns the recovery codes if these are their first."""
    with _changing(by.person):
        if Authenticator.objects.filter(user=by.person, type=TOTP).exists():
            raise Refused("An authenticator app is set up already. Remove it first.")
        row = totp.TOTP.activate(by.person, secret).instance
        row.data["last"] = counter
        row.save(update_fields=["data"])
        codes = _first_codes(by.person)
        by.record("user.second_factor_added", kind=TOTP, codes=len(codes))
    return codes


def add_passkey(*, by: By, name: str, credential: dict[str, object]) -> list[str]:
    with _changing(by.person):
        if Authenticator.objects.filter(user=by.person, type=PASSKEY).count() >= MOST_PASSKEYS:
            raise Refused(f"There are {MOST_PASSKEYS} passkeys. Remove one first.")
        data = {"name": name[:LONGEST_NAME], "credential": credential}
        Authenticator.objects.create(user=by.person, type=PASSKEY, data=data)
        codes = _first_codes(by.person)
        by.record("user.second_factor_added", kind=PASSKEY, codes=len(codes))
    return codes


def remove(*, by: By, pk: int, required: bool) -> None:
    with _changing(by.person):
        rows = Authenticator.objects.filter(user=by.person)
        if rows.filter(pk=pk, type__in=[TOTP, PASSKEY]).first() is None:
            raise Refused("It was removed already.")
        is_last = not rows.filter(type__in=[TOTP, PASSKEY]).exclude(pk=pk).exists()
        if is_last and required:
            raise Refused("This account needs a second factor. Add another before you remove this one.")
        removed = rows if is_last else rows.filter(pk=pk)
        kinds = sorted(removed.values_list("type", flat=True))
        removed.delete()
        by.record("user.second_factor_removed", kinds=kinds)


def renew_codes(*, by: By) -> list[str]:
    with _changing(by.person):
        if not has_one(by.person):
            raise Refused("Recovery codes stand in for a second factor. Set one up first.")
        Authenticator.objects.filter(user=by.person, type=CODES).delete()
        codes = _first_codes(by.person)
        by.record("user.recovery_codes_made", codes=len(codes))
    return codes


def forget(*, person: User, actor: str, address: str = "", how: str) -> int:
    """Takes all of them from somebody who lost theirs, and ends their sessions. Returns how many there were."""
    name = person.get_username()
    with _changing(person):
        rows = Authenticator.objects.filter(user=person)
        kinds = sorted(rows.values_list("type", flat=True))
        rows.delete()
        lifetimes.end_all(person.pk)
        detail = {"kinds": kinds, "by": how}
        chain.append(actor=actor, address=address, action="user.second_factor_removed", subject=name, detail=detail)
    return len(kinds)


@contextmanager
def _changing(person: User) -> Iterator[None]:
    """A transaction. Two requests of one person come one after another."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)
        yield


def _first_codes(person: User) -> list[str]:
    if Authenticator.objects.filter(user=person, type=CODES).exists():
        return []
    codes: list[str] = RecoveryCodes.activate(person).generate_codes()
    return codes
