"""The product as it is started, with everybody writing at once: web, workers, an import and people."""

from __future__ import annotations

import csv
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.db import connection

from dashboard.calls.models import Worker
from dashboard.register.models import TrackedTask
from tests import oracle
from tests.browser.product import free_port
from tests.deletions.processes import FAST, finished, until

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery staple"
PEOPLE = 3
IMPORTED = 100_000
DELETED = 2_000
STAYING = 50
ENOUGH = 10
"""Visits of each person."""
TROUBLE = re.compile(r"locked|deadlock|Traceback|did not answer", re.IGNORECASE)


class Visitor:
    """Signs in, then looks around and begins a deletion that is not confirmed, over and over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.seen: list[tuple[int, str]] = []

    def stay(self, leave: threading.Event) -> list[tuple[int, str]]:
        self._get("/login/")
        self._post("/login/", username="admin", password=PASSWORD)
        while not leave.is_set():
            page = self._get("/tasks/")
            self._get("/tasks/?q=lighthouse&kind=image")
            self._get("/deletions/")
            ticked = re.findall(r'name="task"\s+value="(\d+)"', page.text)[:5]
            draft = self._post("/deletions/new/", task=ticked, shown=",".join(ticked))
            self._post(draft.url.removeprefix(self.url) + "keep/")
            leave.wait(0.5)
        return self.seen

    def _get(self, path: str) -> requests.Response:
        return self._note(self.session.get(self.url + path, timeout=60))

    def _post(self, path: str, **fields: str | list[str]) -> requests.Response:
        token = {"X-CSRFToken": self.session.cookies["csrftoken"]}
        return self._note(self.session.post(self.url + path, fields, headers=token, timeout=60))

    def _note(self, response: requests.Response) -> requests.Response:
        self.seen.append((response.status_code, response.request.path_url))
        return response


def _csv_of(number: int, file: Path) -> Path:
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["kind", "task_id", "status", "model", "prompt"])
        writer.writerows(
            ["image", f"imported_{n}", "completed", "seedreamv4", f"A lighthouse, {n}"] for n in range(number)
        )
    return file


def test_web_workers_import_and_people_write_at_once(settings, sandbox, start, confirm, images, tmp_path: Path) -> None:
    # Enough for three workers to have their share.
    settings.TENSORSLAB_CONCURRENCY = 24
    doomed = images(DELETED)
    # Newer, so that they fill the first page, where people tick.
    images(STAYING)
    port, folder = free_port(), tmp_path / "var"
    product = start(
        "run", **FAST | {"TENSORSLAB_BATCH_SIZE": "25"}, PORT=str(port), VAR_DIR=str(folder), ADMIN_PASSWORD=PASSWORD
    )
    address = f"http://127.0.0.1:{port}"
    until(lambda: f"{address}/" in (tmp_path / "run.log").read_text())
    leave = threading.Event()
    with ThreadPoolExecutor(PEOPLE) as pool:
        visitors = [Visitor(address) for _ in range(PEOPLE)]
        visits = [pool.submit(visitor.stay, leave) for visitor in visitors]
        try:
            deletion = confirm(doomed)
            tasks = _csv_of(IMPORTED, tmp_path / "tasks.csv")
            # Again on a slow machine, so that each of them has come often while others wrote.
            while not deletion.deleted or min(len(visitor.seen) for visitor in visitors) <= ENOUGH:
                importing = start("import_tasks", str(tasks))
                assert importing.wait(timeout=60) == 0
                until(lambda: finished(deletion))
                assert not any(visit.done() for visit in visits)
        finally:
            leave.set()
    product.terminate()
    assert product.wait(timeout=60) == 0

    for visit in visits:
        seen = visit.result()
        assert [answer for answer in seen if answer[0] != 200] == []
    assert deletion.deleted == DELETED
    assert TrackedTask.objects.filter(task_id__startswith="imported_").count() == IMPORTED
    assert oracle.violations(sandbox.ledger(), ended=True) == []
    logs = [*folder.glob("log/*"), *tmp_path.glob("*.log")]
    trouble = [line for log in logs for line in log.read_text().splitlines() if TROUBLE.search(line)]
    assert trouble == []
    # One that dies is restarted, and then counts twice.
    assert Worker.objects.count() == (1 if connection.vendor == "sqlite" else 3)
