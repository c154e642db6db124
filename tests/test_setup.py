"""`make run` and the files that stand for it, as someone on a fresh machine meets them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.browser.product import ROOT, Product, clean_environ

READY = "  Open      "


def manage(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=clean_environ() | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def make(*words: str, **variables: str) -> str:
    """What a recipe says, with the Python that runs the tests in place of the one it would install."""
    return subprocess.run(
        [
            "make",
            "--silent",
            "--no-print-directory",
            "--old-file=.venv/.development",
            f"BIN={Path(sys.executable).parent}",
            *words,
        ],
        cwd=ROOT,
        env=clean_environ() | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout


def refusal(var: Path, **variables: str) -> str:
    """What `manage.py run` says when it does not start: always one line, never a traceback."""
    done = manage("run", **{"VAR_DIR": str(var), **variables})
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PORT", "80a", "PORT is “80a”. Use a whole number from 1 to 65,535."),
        ("HTTPS", "maybe", "HTTPS is “maybe”. Use on or off."),
        ("DELETION_VERIFY", "some", "DELETION_VERIFY is “some”. Use one of: sample, all, none."),
        ("TENSORSLAB_TIMEOUT", "41", "TENSORSLAB_TIMEOUT is “41”. Use a number of seconds from 0.1 to 40."),
        ("DATABASE_URL", "mysql://a/b", "DATABASE_URL begins with “mysql:”. Use postgres://… or sqlite:///path."),
        ("MEDIA_HOSTS", "cdn", "MEDIA_HOSTS holds “cdn”. Use names of hosts such as cdn.example.com or *.example.com."),
        (
            "SANDBOX_MEDIA_PORT",
            "8001",
            "SANDBOX_PORT and SANDBOX_MEDIA_PORT are both 8001. Set one of them to another.",
        ),
        ("SANDBOX_PORT", "8000", "PORT and SANDBOX_PORT are both 8000. Set one of them to another."),
    ],
)
def test_a_mistyped_variable_stops_the_start(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    assert refusal(tmp_path, **{name: value}) == sentence


def test_a_folder_that_can_not_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file", encoding="utf-8")
    assert "can't be written" in refusal(tmp_path / "var")
    assert "can't be written" in refusal(tmp_path / "var", SECRET_KEY="s" * 50)


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT", "SANDBOX_MEDIA_PORT"])
def test_a_port_in_use_stops_the_start(tmp_path: Path, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert f"Port {port} is in use. Set {variable} to another." in refusal(tmp_path, **{variable: str(port)})


def test_a_database_that_does_not_answer_stops_the_start(tmp_path: Path) -> None:
    product = Product(tmp_path)
    said = refusal(tmp_path, **product.environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/missing/db.sqlite3"})
    assert "The database can't be used: unable to open database file" in said


def test_the_settings_of_a_real_deployment_pass_every_check(tmp_path: Path) -> None:
    production = {
        "SECRET_KEY": "".join(chr(33 + number % 90) for number in range(70)),
        "HTTPS": "on",
        "ALLOWED_HOSTS": "tasks.example.com",
        "TENSORSLAB_API_KEY": "k3y",
        "VAR_DIR": str(tmp_path),
    }
    done = manage("check", "--deploy", "--fail-level", "WARNING", **production)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_mistyped_rule_of_approval_stops_the_start(tmp_path: Path) -> None:
    done = manage("run", **Product(tmp_path, DELETION_APPROVAL_RULES="young,old").environ)
    assert done.returncode == 1
    assert "DELETION_APPROVAL_RULES holds “old”. Use young, others, unusual or model:NAME" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_start_a_restart_and_a_stop_that_leave_no_process(tmp_path: Path) -> None:
    product = Product(tmp_path, SAMPLE_TASKS="30", ADMIN_PASSWORD="")
    with product:
        first = product.output.read_text(encoding="utf-8")
        assert product.processes() >= {product.process.pid}
        assert "It runs already" in refusal(tmp_path, **product.environ)
        assert product.stop(signal.SIGINT) == 0
    assert product.processes() == set()
    assert re.search(r"^  Password  \S{16,}$", first, re.MULTILINE)
    assert "changepassword admin" in first

    with product:
        second = product.output.read_text(encoding="utf-8")
        assert "Password  " not in second
        assert "changepassword admin" in second
    assert product.processes() == set()


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with Product(tmp_path, SAMPLE_TASKS="0") as product:
        (worker,) = workers(product)
        os.kill(worker, signal.SIGKILL)
        end = time.monotonic() + 20
        while not workers(product) - {worker}:
            assert time.monotonic() < end, product.logs()
            time.sleep(0.1)


def test_an_interrupted_make_stops_everything(tmp_path: Path) -> None:
    # The recipe's own form: make runs the command directly and passes no SIGINT on.
    product = Product(tmp_path / "var", SAMPLE_TASKS="0")
    (tmp_path / "Makefile").write_text(f"run:\n\t@{sys.executable} {ROOT / 'manage.py'} run\n", encoding="utf-8")
    log = tmp_path / "log"
    with log.open("w") as output:
        make = subprocess.Popen(["make", "run"], cwd=tmp_path, env=product.environ, stdout=output, stderr=output)
    end = time.monotonic() + 60
    while READY not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < end, log.read_text(encoding="utf-8")
        assert make.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    make.send_signal(signal.SIGINT)
    make.wait(timeout=60)
    assert product.processes() == set()


def test_with_a_key_there_is_no_sandbox_and_another_database(tmp_path: Path) -> None:
    with Product(tmp_path, TENSORSLAB_API_KEY="k3y", TENSORSLAB_API_URL="http://127.0.0.1:9") as product:
        assert not any("sandbox" in line for line in commands(product))
        assert (tmp_path / "register.sqlite3").exists()
        assert not (tmp_path / "sandbox.sqlite3").exists()
        assert "k3y" not in product.output.read_text(encoding="utf-8") + product.logs()


def test_the_requirements_are_pinned_with_hashes_and_name_no_registry() -> None:
    for file in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / file).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9][^\s;]*(?: ;[^\\]*)? ?\\$", text, re.MULTILINE)
        assert len(pins) > 15
        assert all("==" in pin for pin in pins)
        assert len(re.findall(r"\\\n    --hash=sha256:", text)) >= len(pins)
        assert "://" not in text
        # Nor any option, which could name one.
        assert not re.search(r"^-", text, re.MULTILINE)


def test_the_bill_of_materials_lists_every_pin(tmp_path: Path) -> None:
    make("sbom", f"SBOM={tmp_path}/build/sbom.json")
    bill = json.loads((tmp_path / "build/sbom.json").read_text(encoding="utf-8"))
    pins = re.findall(r"^([^\s=]+)==(\S+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "tensorslab-tasks"
    assert sorted((part["name"], part["version"]) for part in bill["components"]) == sorted(pins)


def test_an_audit_goes_on_where_no_registry_can_be_asked() -> None:
    assert make("newer", PIP_NO_INDEX="1") == (
        "No registry can be asked, so it is not known whether there is anything newer than the pins.\n"
    )


def test_every_finding_that_was_triaged_says_which_and_why() -> None:
    files = [file for part in ("dashboard", "tensorslab_api", "bench", "docs") for file in (ROOT / part).rglob("*.py")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines() if "nosec" in line]
    assert len(lines) > 50
    assert [line for line in lines if not re.search(r"  # nosec B\d{3} # \w.{8,}$", line)] == []


def test_every_variable_is_described() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "dashboard/settings.py").read_text(encoding="utf-8")))
    assert "TENSORSLAB_API_KEY" in read
    for file in ("README.md", ".env.example"):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert {name for name in read if name not in text} == set(), file


def commands(product: Product) -> set[str]:
    lines = set()
    for process in product.processes():
        lines.add(Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").replace("\0", " "))
    return lines


def workers(product: Product) -> set[int]:
    found = set()
    for process in product.processes():
        if "manage.py worker" in Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").replace("\0", " "):
            found.add(process)
    return found
