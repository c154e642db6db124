"""A client that a well-kept generator makes of our schema walks the whole path, as somebody else's program would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.test import Client

from dashboard.deletions.models import Deletion
from dashboard.wsgi import application
from tests.api.program import Program
from tests.deletions.conftest import _fast, just_asked, work
from tests.fuzz.sending import connection_kept
from tests.tensorslab_api.contract import CheckedSandbox

pytestmark = pytest.mark.django_db
_ = _fast
PACKAGE = "generated_tensorslab_client"


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The package, made anew of what is served."""
    schema, settings = tmp_path / "openapi.json", tmp_path / "settings.yml"
    schema.write_bytes(Client().get("/api/openapi.json").content)
    settings.write_text("post_hooks: []\n")
    words = ["generate", "--path", schema, "--config", settings, "--meta", "none", "--fail-on-warning"]
    made = subprocess.run(
        [Path(sys.executable).parent / "openapi-python-client", *words, "--output-path", tmp_path / PACKAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield import_module(PACKAGE)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def test_it_sends_lists_drafts_confirms_and_reads_the_report(
    generated: Any, program: Program, sandbox: CheckedSandbox
) -> None:
    def ask(name: str, *arguments: Any, **named: Any) -> Any:
        module = import_module(f"{PACKAGE}.api.{name}")
        with connection_kept():
            return module.sync(*arguments, client=client, **named)

    models = import_module(f"{PACKAGE}.models")
    client = generated.AuthenticatedClient(
        base_url="http://localhost",
        token=program.token,
        raise_on_unexpected_status=True,
        httpx_args={"transport": httpx.WSGITransport(app=application)},
    )
    sent = models.SentTasks.from_dict(
        {"tasks": [{"kind": "image", "task_id": f"abcd_{number}", "status": "failed"} for number in range(3)]}
    )
    taken = ask("tasks.add_tasks", body=sent, idempotency_key="first")
    assert (taken.added, taken.problems) == (3, [])
    failed = models.ListTasksStatus.FAILED
    page = ask("tasks.list_tasks", status=failed, limit=2)
    rest = ask("tasks.list_tasks", status=failed, cursor=page.next_)
    assert len({task.task_id for task in [*page.tasks, *rest.tasks]}) == 3
    assert ask("tasks.read_task", "image", "abcd_1").status == "failed"
    draft = ask("deletions.draft_deletion", body=models.OfFilter(filter_="status=failed", reason="Spring"))
    assert (draft.state, draft.count, draft.facts.images) == ("draft", 3, 3)
    just_asked()
    told = models.Confirmed(fingerprint=draft.fingerprint, count=draft.count)
    assert ask("deletions.confirm_deletion", draft.id, body=told).state == "scheduled"
    work(Deletion.objects.get(uuid=draft.id))
    found = ask("deletions.read_deletion", draft.id)
    assert (found.state, found.counts.to_dict()["deleted"]) == ("finished", 3)
    report = ask("deletions.read_report", draft.id)
    assert {item.outcome for item in report.items} == {"deleted"}
    assert [row.id for row in ask("deletions.list_deletions").deletions] == [draft.id]
    # A problem is typed too.
    problem = ask("deletions.undo_deletion", draft.id)
    assert (problem.status, problem.type_) == (409, "/api/#wrong-state")
    assert ask("deletions.read_deletion", UUID(int=0)).status == 404
    assert set(sandbox.ledger()["deleted"]["image"]) == {f"abcd_{number}" for number in range(3)}
    assert json.loads(json.dumps(report.to_dict()))["total"] == 3
