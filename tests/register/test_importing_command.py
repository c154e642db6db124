from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from dashboard.audit.models import AuditEvent
from dashboard.register.management.commands.import_tasks import INTERRUPTED
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory
from tests.statements import before, raising

pytestmark = pytest.mark.django_db
STORES = 'INSERT INTO "?register_trackedtask'


def test_it_prints_what_it_did(tmp_path: Path, capsys):
    TrackedTaskFactory(kind="image", task_id="known")
    file = tmp_path / "tasks.csv"
    file.write_text("kind,task_id\nimage,known\nimage,new\nvideo,new\n")
    call_command("import_tasks", str(file))
    assert capsys.readouterr().out == "2 added, 1 updated, 0 rejected\n"
    event = AuditEvent.objects.get(action="tasks.imported")
    assert (event.actor, event.subject) == ("manage.py import_tasks", "tasks.csv")
    assert (event.detail["added"], event.detail["updated"], event.detail["rejected"]) == (2, 1, 0)


def test_a_rejected_row_is_named_and_the_good_ones_stay(tmp_path: Path, capsys):
    file = tmp_path / "tasks.csv"
    file.write_bytes(b"kind,task_id,seed\nimage,a,1\naudio,b,1\nimage,\xe9,1\nimage,c,1\n")
    with pytest.raises(SystemExit) as left:
        call_command("import_tasks", str(file))
    assert left.value.code == 1
    printed = capsys.readouterr()
    assert printed.err == (f"{file}:3: The kind is “audio”. Use image or video.\n{file}:4: Line 4 is not UTF-8.\n")
    assert printed.out == f"{file}: Ignored: column seed.\n2 added, 0 updated, 2 rejected\n"
    assert set(TrackedTask.objects.values_list("task_id", flat=True)) == {"a", "c"}


def test_it_reads_every_format_at_once(tmp_path: Path, capsys):
    folder = tmp_path / ".tensorslab_tasks"
    folder.mkdir()
    record = {"format": "tensorslab.task@1", "kind": "image", "task_id": "record", "created_at": "2026-01-30T12:00:00Z"}
    (folder / "record.json").write_text(json.dumps(record))
    (folder / "unsent.json").write_text(json.dumps(record | {"task_id": None}))
    (folder / ".late.json.tmp").write_text("{")
    (tmp_path / "tasks.jsonl").write_text('{"kind": "video", "task_id": "line"}\n')
    (tmp_path / "urls.yaml").write_text("mapped_0.png: https://example.com/0.png\n")
    (tmp_path / "tasks.csv").write_text("kind,task_id\nimage,cell\n")
    call_command("import_tasks", *(str(path) for path in sorted(tmp_path.iterdir())))
    assert "4 added, 0 updated, 0 rejected" in capsys.readouterr().out
    assert set(TrackedTask.objects.values_list("kind", "task_id")) == {
        ("image", "record"),
        ("video", "line"),
        ("image", "mapped"),
        ("image", "cell"),
    }


def test_a_bad_record_of_a_folder_is_named_by_its_file(tmp_path: Path, capsys):
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(SystemExit):
        call_command("import_tasks", str(tmp_path))
    assert capsys.readouterr().err == f"{tmp_path}/bad.json:1: The line is not JSON at column 2.\n"


def test_ids_alone_take_the_kind_of_the_option(tmp_path: Path, capsys):
    file = tmp_path / "ids.txt"
    file.write_text("abcd_1\nabcd_2\n")
    call_command("import_tasks", str(file), "--kind", "video")
    assert TrackedTask.objects.filter(kind="video").count() == 2


def test_a_missing_file_is_named_and_the_others_are_read(tmp_path: Path, capsys):
    good = tmp_path / "tasks.csv"
    good.write_text("kind,task_id\nimage,a\n")
    with pytest.raises(SystemExit) as left:
        call_command("import_tasks", str(tmp_path / "nowhere.csv"), str(good))
    assert left.value.code == 1
    printed = capsys.readouterr()
    assert printed.err == f"{tmp_path}/nowhere.csv can't be read: No such file or directory.\n"
    assert printed.out == "1 added, 0 updated, 0 rejected\n"


def test_a_packed_file_is_told_by_its_content(tmp_path: Path, capsys):
    (tmp_path / "tasks.csv").write_bytes(gzip.compress(b"kind,task_id\nimage,a\naudio,b\n"))
    with pytest.raises(SystemExit):
        call_command("import_tasks", str(tmp_path / "tasks.csv"))
    printed = capsys.readouterr()
    assert printed.err == f"{tmp_path}/tasks.csv:3: The kind is “audio”. Use image or video.\n"
    assert printed.out == "1 added, 0 updated, 1 rejected\n"


def test_what_was_stored_before_it_was_interrupted_stays_and_is_passed_over(tmp_path: Path, capsys, monkeypatch):
    file = tmp_path / "tasks.csv"
    file.write_text("kind,task_id\n" + "".join(f"image,t{number}\n" for number in range(100)))
    monkeypatch.setattr("dashboard.register.importing.repeats.CHUNK", 30)
    with before(STORES, raising(KeyboardInterrupt), number=3), pytest.raises(SystemExit) as left:
        call_command("import_tasks", str(file))
    assert left.value.code == INTERRUPTED
    assert capsys.readouterr().out == "60 added, 0 updated, 0 rejected\n"
    assert AuditEvent.objects.get(action="tasks.imported").detail["interrupted"] is True
    assert TrackedTask.objects.count() == 60
    call_command("import_tasks", str(file))
    assert capsys.readouterr().out == "40 added, 60 updated, 0 rejected\n"


def test_problems_are_told_as_they_come_and_not_kept(tmp_path: Path, capsys, monkeypatch):
    file = tmp_path / "tasks.csv"
    file.write_text("kind,task_id\naudio,a\naudio,b\nimage,c\n")
    monkeypatch.setattr("dashboard.register.importing.repeats.CHUNK", 1)
    told: list[str] = []

    def note() -> None:
        told.append(capsys.readouterr().err)

    with before(STORES, note, number=None), pytest.raises(SystemExit):
        call_command("import_tasks", str(file))
    assert [line.count("The kind is") for line in told] == [0, 1, 1]
