from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as product
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from dashboard.checks import CheckedCommand, database_is_of_this_version, deployment, provider
from dashboard.operations.management.commands.run import Command
from dashboard.operations.preflight import NotReady


def ids(found) -> list[str]:
    assert all(message.hint for message in found)
    return [message.id for message in found]


@pytest.fixture(autouse=True)
def _loopback_names(settings) -> None:
    # Django's test runner adds a name of its own.
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]


def test_the_settings_of_a_fresh_machine_pass(settings) -> None:
    assert ids(provider() + deployment()) == []


@pytest.mark.parametrize(("address", "found"), [("http://api.example.com", 1), ("http://[::1]:1", 0), ("https://a", 0)])
def test_a_key_that_travels_unencrypted_is_a_warning(settings, address: str, found: int) -> None:
    settings.TENSORSLAB_API_URL = address
    assert ids(provider()) == ["dashboard.W002"] * found


def test_an_address_without_a_key_is_a_warning(settings) -> None:
    settings.TENSORSLAB_API_KEY = ""
    assert ids(provider()) == ["dashboard.W003"]


def test_a_public_name_over_plain_http_is_a_warning(settings) -> None:
    settings.ALLOWED_HOSTS = ["tasks.example.com", "localhost"]
    assert ids(deployment()) == ["dashboard.W004"]
    settings.HTTPS = True
    assert ids(deployment()) == []


def test_any_host_over_https_is_a_warning(settings) -> None:
    settings.ALLOWED_HOSTS, settings.HTTPS = ["*"], True
    assert ids(deployment()) == ["dashboard.W007"]


def test_secrets_that_others_can_read_are_a_warning(settings) -> None:
    settings.EXPOSED_SECRETS = [Path("/srv/.env")]
    assert ids(provider()) == ["dashboard.W006"]


def test_debugging_with_a_real_account_is_a_warning(settings) -> None:
    settings.DEBUG = True
    assert ids(deployment()) == ["dashboard.W005"]


@pytest.mark.django_db
def test_a_database_of_an_early_version_gets_a_sentence_and_stays_as_it_is() -> None:
    assert ids(database_is_of_this_version(databases=["default"])) == []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE inventory_trackedtask (id integer)")
    assert ids(database_is_of_this_version(databases=["default"])) == ["dashboard.E008"]
    assert ids(database_is_of_this_version()) == []
    with pytest.raises(NotReady, match="was written by an early version"):
        Command().prepare()
    with pytest.raises(SystemCheckError, match="E008"):
        call_command("migrate", skip_checks=False, verbosity=0)


def test_a_command_of_ours_warns_of_settings_when_it_starts(settings) -> None:
    settings.TENSORSLAB_API_KEY, settings.AUDIT_KEYS, settings.ALLOWED_HOSTS = "", ["short"], ["tasks.example.com"]
    found = run_checks(tags=CheckedCommand.requires_system_checks)
    assert {*ids(found)} == {"dashboard.W003", "audit.W003", "dashboard.W004"}


START = """
import sys, django
django.setup()
from dashboard.checks import CheckedCommand
CheckedCommand().check(tags=CheckedCommand.requires_system_checks)
print("dashboard.urls" in sys.modules)
"""


def test_and_loads_no_address_for_that() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=product.BASE_DIR, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "False"
