"""The keys that certificates are signed with."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dashboard.audit import chain, signing
from dashboard.audit.models import AuditEvent
from dashboard.env import generated_secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(settings, tmp_path) -> Path:
    """A generated one, as at the first start."""
    settings.VAR_DIR = tmp_path
    settings.CERTIFICATE_KEY = generated_secret(tmp_path / "certificate_key")
    return tmp_path / "certificate_key"


def rotate() -> str:
    told = io.StringIO()
    call_command("rotate_certificate_key", stdout=told)
    return told.getvalue()


def test_the_log_tells_of_a_key_once(key) -> None:
    for _ in range(2):
        signing.introduce()
    [entry] = AuditEvent.objects.filter(action="certificate.key")
    assert entry.subject == signing.key_id(signing.public_key())
    assert entry.detail["public_key"] == signing.public_key()
    assert chain.verify() is None


def test_after_a_rotation_both_public_keys_are_shown_and_only_the_new_one_signs(key, viewer) -> None:
    before = signing.public_key()
    told = rotate()
    after = signing.public_key()
    assert signing.key_id(after) in told
    assert before != after
    shown = viewer.get("/audit/keys.json").json()["keys"]
    assert [one["public_key"] for one in shown] == [after, before]
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_that_was_given_is_not_exchanged(key, settings) -> None:
    settings.CERTIFICATE_KEY = "given by the environment"
    with pytest.raises(CommandError, match="CERTIFICATE_KEY is set"):
        rotate()
    assert not AuditEvent.objects.exists()


def test_a_key_that_somebody_wrote_into_the_log_is_not_shown(key, settings) -> None:
    keys, settings.AUDIT_KEYS = settings.AUDIT_KEYS, ["another"]
    signing.introduce()
    settings.AUDIT_KEYS = keys
    assert signing.known_keys() == []
