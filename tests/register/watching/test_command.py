from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from dashboard.register.management.commands import watch_folder
from dashboard.register.models import TrackedTask, WatchedFile
from dashboard.register.watching.progress import Progress
from dashboard.register.watching.scanning import Found
from tests.statements import before, raising

pytestmark = pytest.mark.django_db


def record(folder: Path, task_id: str, **values: object) -> None:
    records = folder / ".tensorslab_tasks"
    records.mkdir(exist_ok=True)
    content = {"format": "tensorslab.task@1", "kind": "image", "task_id": task_id, **values}
    (records / f"{task_id}.json").write_text(json.dumps(content))


def looked(monkeypatch: pytest.MonkeyPatch, folder: Path, *acts: object, every: str = "5") -> list[float]:
    """Watches, and does these between two looks; then presses Ctrl-C. Returns the pauses."""
    pauses: list[float] = []
    left = iter(acts)

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        act = next(left, None)
        if act is None:
            raise KeyboardInterrupt
        act()  # type: ignore[operator]

    with monkeypatch.context() as patched:
        patched.setattr(watch_folder.time, "sleep", sleep)
        patched.setattr(watch_folder.time, "time", lambda: 4_000_000_000.0)
        with pytest.raises(SystemExit) as left_with:
            call_command("watch_folder", str(folder), "--every", every)
    assert left_with.value.code == 0
    return pauses


@pytest.mark.once
def test_once_reads_what_is_there(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, "a")
    pauses: list[float] = []
    monkeypatch.setattr(watch_folder.time, "sleep", pauses.append)
    call_command("watch_folder", str(tmp_path), "--once")
    assert capsys.readouterr().out == (
        f"{tmp_path}/.tensorslab_tasks: 1 added, 0 updated, 0 rejected\n1 added, 0 updated, 0 rejected\n"
    )
    # It was written just now, so it is looked at twice.
    assert pauses == [2.0]


@pytest.mark.once
def test_once_says_by_its_exit_code_that_something_is_wrong(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_folder.time, "sleep", lambda seconds: None)
    record(tmp_path, "a", kind="audio")
    with pytest.raises(SystemExit) as left:
        call_command("watch_folder", str(tmp_path), "--once")
    assert left.value.code == 1
    assert "audio" in capsys.readouterr().err


@pytest.mark.once
@pytest.mark.parametrize("words", [["--every", "0"], ["--every", "nan"], ["--every", "1e9"]])
def test_a_wrong_pause_is_told(tmp_path: Path, words: list[str]) -> None:
    with pytest.raises(CommandError, match="--every takes seconds"):
        call_command("watch_folder", str(tmp_path), *words)


@pytest.mark.once
def test_once_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not there, or is no folder"):
        call_command("watch_folder", str(tmp_path / "none"), "--once")


@pytest.mark.once
def test_nothing_is_written_while_the_product_is_read_only(tmp_path: Path, settings) -> None:
    settings.READ_ONLY = True
    with pytest.raises(CommandError, match="READ_ONLY"):
        call_command("watch_folder", str(tmp_path), "--once")


@pytest.mark.once
def test_it_looks_again_and_again(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, "a")
    pauses = looked(monkeypatch, tmp_path, lambda: record(tmp_path, "b"), lambda: None)
    assert pauses == [5.0, 5.0, 5.0]
    assert TrackedTask.objects.count() == 2
    assert capsys.readouterr().out.count("added") == 2


@pytest.mark.once
def test_a_database_that_fails_is_told_once_and_tried_again(
    tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(tmp_path, "a")
    failing = before('INSERT INTO "?register_trackedtask', raising(OperationalError("disk I/O error")), number=1)
    with failing:
        looked(monkeypatch, tmp_path, lambda: None)
    assert capsys.readouterr().err.count("disk I/O error") == 1
    assert TrackedTask.objects.count() == 1


@pytest.mark.once
def test_long_rounds_are_followed_by_long_pauses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 3.0])
    monkeypatch.setattr(watch_folder.time, "monotonic", lambda: next(clock))
    assert looked(monkeypatch, tmp_path) == [27.0]


def test_what_was_read_is_noted_and_forgotten(tmp_path: Path) -> None:
    files = [Found(f"{number}.json", f"stamp {number}", 0.0) for number in range(2500)]
    Progress(tmp_path).note(files)
    Progress(tmp_path).note([files[0]._replace(stamp="other")])
    again = Progress(tmp_path)
    assert not again.is_read(files[0])
    assert all(again.is_read(file) for file in files[1:])
    assert not Progress(tmp_path / "elsewhere").is_read(files[1])
    again.forget_others(files[:1])
    assert WatchedFile.objects.count() == 1
