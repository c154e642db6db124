"""The files beside docs/deploy.md that systemd and the product read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from django.core.management import get_commands

from dashboard.env import read_env_file
from dashboard.operations import supervision
from tests.browser.product import ROOT, clean_environ

DEPLOY = ROOT / "docs/deploy"
UNITS = ["tasks.service", "tasks-worker@.service"]


def unit(name: str) -> RawConfigParser:
    parser = RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_a_command_of_ours_with_the_file_of_settings(name: str) -> None:
    service = unit(name)["Service"]
    python, script, command = service["ExecStart"].split()
    assert (python, script) == (f"{service['WorkingDirectory']}/.venv/bin/python", "manage.py")
    assert get_commands()[command].startswith("dashboard.")
    assert service["Environment"] == "ENV_FILE=/etc/tasks/tasks.env"
    assert f"VAR_DIR=/var/lib/{service['StateDirectory']}\n" in (DEPLOY / "tasks.env").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_says_nothing_that_systemd_does_not_know(name: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed.")
    text = (DEPLOY / name).read_text(encoding="utf-8")
    # What it would start must be there.
    here = text.replace("/opt/tasks/.venv/bin/python", sys.executable).replace("/opt/tasks", str(ROOT))
    (tmp_path / name).write_text(here, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if name in line]) == (0, [])


@pytest.mark.usefixtures("db")
def test_systemd_waits_until_everything_has_stopped_by_itself(settings) -> None:
    settings.TENSORSLAB_TIMEOUT, settings.SANDBOX = 40.0, True
    programs = RawConfigParser()
    programs.read_string(supervision.configuration())
    patience = {name: programs.getint(name, "stopwaitsecs") for name in programs.sections()[1:]}
    assert unit("tasks.service").getint("Service", "TimeoutStopSec") > sum(patience.values())
    assert unit("tasks-worker@.service").getint("Service", "TimeoutStopSec") > patience["program:worker"]


def test_the_settings_pass_every_check(tmp_path: Path) -> None:
    for number, name in enumerate(["api_key", "secret_key", "audit_key", "certificate_key"]):
        secret = "".join(chr(33 + (number + place) % 90) for place in range(70))
        private(tmp_path / name, secret)
    text = (DEPLOY / "tasks.env").read_text(encoding="utf-8").replace("/var/lib/tasks", str(tmp_path / "var"))
    # Those of several machines too, but for a database that answers nowhere.
    for name in ("SECRET_KEY", "AUDIT_KEY", "CERTIFICATE_KEY"):
        text = text.replace(f"# {name}", name)
    settings = private(tmp_path / "tasks.env", text.replace("/etc/tasks/", f"{tmp_path}/"))
    assert {"SECRET_KEY_FILE", "AUDIT_KEY_FILE", "HTTPS", "TRUSTED_PROXIES"} <= read_env_file(settings).keys()
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=clean_environ() | {"ENV_FILE": str(settings)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in (tmp_path / "var").iterdir()] == []


def private(file: Path, text: str) -> Path:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return file
