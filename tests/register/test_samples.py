from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from dashboard.register.models import Presence, TrackedTask
from dashboard.register.samples import add_samples
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_register_is_believable():
    add_samples(count=2000, seed=1, now=NOW)
    tasks = list(TrackedTask.objects.all())
    assert len(tasks) == 2000
    kinds = Counter(task.kind for task in tasks)
    assert 1250 < kinds["image"] < 1550
    statuses = Counter(task.status for task in tasks)
    assert statuses["completed"] > 1600
    assert 180 < statuses["failed"] < 300
    assert 10 < statuses["queued"] + statuses["processing"] + statuses["uploading"] < 120
    assert len({task.prompt for task in tasks}) > 1500
    assert len({task.model for task in tasks}) == 7
    assert all(re.fullmatch("[0-9a-f]{4}_[0-9a-f]{16}", task.task_id) for task in tasks)
    assert {task.presence for task in tasks} == {Presence.PRESENT}


def test_only_some_videos_are_of_unknown_time():
    add_samples(count=1000, seed=1, now=NOW)
    unknown = TrackedTask.objects.filter(created_at=None)
    assert {task.kind for task in unknown} == {"video"}
    assert 1 <= unknown.count() < 40
    known = TrackedTask.objects.exclude(created_at=None).values_list("created_at", flat=True)
    assert all(NOW - timedelta(days=180) <= moment <= NOW for moment in known)


def test_a_handful_is_held():
    add_samples(count=2000, seed=1, now=NOW)
    assert TrackedTask.objects.exclude(held_by="").count() == 3
    assert TrackedTask.objects.exclude(held_reason="").count() == 3


def test_result_files_are_where_the_sandbox_has_them(settings):
    settings.SANDBOX_MEDIA_PORT = 18302
    add_samples(count=200, seed=1, now=NOW)
    endings = Counter()
    for task in TrackedTask.objects.all():
        begin = f"http://127.0.0.1:18302/{task.kind}/{task.task_id}."
        assert [url.rpartition(".")[0] + "." for url in task.urls] == ([begin] if task.status == "completed" else [])
        endings += Counter((task.kind, url.rpartition(".")[2]) for url in task.urls)
    assert set(endings) == {("video", "mp4"), *(("image", ending) for ending in ("png", "jpg", "webp", "avif"))}


def test_the_same_seed_makes_the_same_tasks_on_either_database(settings):
    settings.SANDBOX_MEDIA_PORT = 8002
    add_samples(count=3000, seed=7, now=NOW)
    digest = hashlib.sha256()
    fields = ["kind", "task_id", "status", "model", "prompt", "urls", "width", "height", "duration", "error"]
    for values in TrackedTask.objects.order_by("pk").values_list(*fields, "created_at", "held_reason"):
        digest.update(" ".join(map(str, values)).encode())
    assert digest.hexdigest() == "31426f8afab6961241005b99efd576ad45bbae34fd6125ee967e4df825e9e1df"


def test_another_seed_makes_other_tasks():
    add_samples(count=50, seed=1, now=NOW)
    add_samples(count=50, seed=2, now=NOW)
    assert TrackedTask.objects.values("task_id").distinct().count() == 100


def test_no_task_id_comes_twice_whatever_the_chunks(monkeypatch):
    monkeypatch.setattr("dashboard.register.samples.CHUNK", 700)
    for count in (999, 1, 4000):
        add_samples(count=count, seed=1, now=NOW)
    assert TrackedTask.objects.values("task_id").distinct().count() == 5000


def test_running_it_twice_adds_as_many_again(capsys):
    TrackedTaskFactory()
    call_command("sample_tasks", "--count", "30", "--seed", "5")
    call_command("sample_tasks", "--count", "1", "--seed", "5")
    assert TrackedTask.objects.count() == 32
    assert capsys.readouterr().out == "30 sample tasks added.\n1 sample task added.\n"


def test_it_refuses_a_real_account(settings):
    settings.TENSORSLAB_API_URL = "https://api.tensorslab.com"
    with pytest.raises(SystemExit) as left:
        call_command("sample_tasks", "--count", "3")
    assert left.value.code == (
        "Sample tasks are for the sandbox. TENSORSLAB_API_URL names api.tensorslab.com, so nothing was added."
    )
    assert not TrackedTask.objects.exists()


@pytest.mark.parametrize("count", ["0", "-1", "10000001"])
def test_it_refuses_an_absurd_count(count):
    with pytest.raises(SystemExit, match="Use a number from 1 to 10,000,000."):
        call_command("sample_tasks", f"--count={count}")
