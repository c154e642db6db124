"""The certificate of forgetting, as `docs/verify.py` checks it, also when somebody altered it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from dashboard.audit import signing
from dashboard.deletions.certificates import issued
from dashboard.deletions.forgetting.certificate import PEOPLE
from dashboard.register.holding.asking import By
from tests.deletions.certificates.conftest import Files
from tests.deletions.forgetting.conftest import press
from tests.factories import TrackedTaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def files(by: By, tmp_path) -> Files:
    forgetting = press(by, TrackedTaskFactory(task_id="b"), TrackedTaskFactory(task_id="a", kind="video"))
    log = tmp_path / "exported.jsonl"
    call_command("verify_audit", export=log, stdout=io.StringIO())
    keys = [{"id": key.id, "public_key": key.public_key} for key in signing.known_keys()]
    certificate = json.loads(issued.as_json(forgetting, issued.opened(forgetting, PEOPLE)))
    lines = log.read_text(encoding="utf-8").splitlines()
    return Files(folder=tmp_path, certificate=certificate, receipt={}, keys={"keys": keys}, report="", log=lines)


def verify(files: Files, **options: Any) -> tuple[int, str]:
    return files.verify(of="certificate", **options)


def test_what_the_product_made_holds(files: Files, settings) -> None:
    tasks = files.write("tasks", "video a\nimage b\n")
    key = files.write("audit_key", "\n".join(settings.AUDIT_KEYS))
    code, told = verify(files, tasks=tasks, audit_key=key)
    assert (code, told.splitlines()[-1]) == (0, "It holds."), told
    assert "requested_by: alice" in told
    assert "2 tasks, 2 prompts" in told


def test_other_tasks_are_found(files: Files) -> None:
    code, told = verify(files, tasks=files.write("tasks", "image a\nimage b\n"))
    assert (code, "their fingerprint is another" in told) == (1, True), told


@pytest.mark.parametrize(
    ("name", "value"), [("fingerprint", "0" * 64), ("erased", {}), ("tasks", {"total": 3}), ("forgetting", "another")]
)
def test_what_was_altered_is_found(files: Files, name: str, value: object) -> None:
    files.certificate["signed"][name] = value
    code, told = verify(files)
    assert (code, "The signature is not that of this text" in told) == (1, True), told


@pytest.mark.parametrize("action", ["task.forgotten", "task.words_erased"])
def test_a_log_that_says_otherwise_is_found(files: Files, action: str) -> None:
    [number] = [place for place, line in enumerate(files.log) if f'"{action}"' in line]
    entry = json.loads(files.log[number])
    entry["subject"] = "another"
    files.log[number] = json.dumps(entry)
    code, told = verify(files)
    assert (code, "is not the one that the certificate names" in told) == (1, True), told


def test_another_person_is_found(files: Files) -> None:
    files.certificate["opened"]["requested_by"]["value"] = "bob"
    code, told = verify(files)
    assert (code, "is not what was signed as “requested_by”" in told) == (1, True), told
