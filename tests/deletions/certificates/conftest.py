"""Deletions that have ended, and files about them as people download them."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from dashboard.deletions.certificates import issuing
from dashboard.deletions.dispatch.closing import Closer
from dashboard.deletions.models import Deletion
from tests.conftest import Person
from tests.deletions.conftest import drafted, url_of, work

SCRIPT = Path(__file__).parents[3] / "docs" / "verify.py"


def close() -> None:
    """What a worker does each second with what has ended."""
    Closer().tick(now=timezone.now())
    issuing.issue_due(now=timezone.now())


@pytest.fixture
def ended(sandbox, operator, images) -> Callable[..., Deletion]:
    """`ended(3)`: a deletion of so many that has ended, with its certificate."""

    def ended(number: int) -> Deletion:
        draft = drafted(operator, images(number))
        operator.post(url_of("confirm", draft), {"reason": "Spring"})
        deletion = work(draft)
        close()
        deletion.refresh_from_db()
        return deletion

    return ended


@dataclass(kw_only=True)
class Files:
    """What somebody downloaded of a deletion, and may alter."""

    folder: Path
    certificate: dict[str, Any]
    receipt: dict[str, Any]
    keys: dict[str, Any]
    report: str
    log: list[str]

    def write(self, name: str, content: Any) -> Path:
        file = self.folder / name
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return file

    def verify(self, *, of: str = "certificate", **options: Path) -> tuple[int, str]:
        """What the script says of them as they are now."""
        keys = self.write("keys.json", self.keys)
        command = [sys.executable, str(SCRIPT), str(self.write(f"{of}.json", getattr(self, of))), "--keys", str(keys)]
        command += ["--log", str(self.write("log.jsonl", "\n".join(self.log) + "\n"))]
        if of == "certificate" and self.report:
            command += ["--report", str(self.write("report.json", self.report))]
        for name, file in options.items():
            command += [f"--{name.replace('_', '-')}", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


def content(person: Person, address: str) -> str:
    response = person.get(address)
    assert response.status_code == 200, response.content
    return b"".join(response).decode()


def downloaded(person: Person, deletion: Deletion, *, folder: Path) -> Files:
    item = deletion.items.order_by("pk")[1]
    receipt = f"{url_of('receipt', deletion)}?kind={item.kind}&task_id={item.task_id}"
    log = folder / "exported.jsonl"
    call_command("verify_audit", export=log, stdout=io.StringIO())
    return Files(
        folder=folder,
        certificate=json.loads(content(person, url_of("certificate-json", deletion))),
        receipt=json.loads(content(person, receipt)),
        keys=json.loads(content(person, "/audit/keys.json")),
        report=content(person, url_of("report-json", deletion)),
        log=log.read_text(encoding="utf-8").splitlines(),
    )


DOWNLOADED: list[Files] = []
"""Once for all tests of the script: it reads files alone."""


@pytest.fixture
def files(tmp_path, request) -> Files:
    if not DOWNLOADED:
        deletion, person = request.getfixturevalue("ended")(3), request.getfixturevalue("operator")
        DOWNLOADED.append(downloaded(person, deletion, folder=tmp_path))
    return replace(copy.deepcopy(DOWNLOADED[0]), folder=tmp_path)
