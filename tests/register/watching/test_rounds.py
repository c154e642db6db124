from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.register.models import TrackedTask, WatchedFile
from dashboard.register.watching import rounds, scanning
from dashboard.register.watching.rounds import SETTLE, Watch

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LATER = 4_000_000_000.0
"""A moment at which every file is old."""


class Watching:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.complaints: list[str] = []
        self.begin()

    def begin(self) -> None:
        self.watch = Watch(self.folder, say=self.said.append, complain=self.complaints.append)

    def round(self, now: float = LATER) -> tuple[int, int, int]:
        return tuple(self.watch.round(now=now))  # type: ignore[return-value]

    @property
    def told(self) -> list[str]:
        """What was complained of since the last time."""
        told, self.complaints[:] = [line.removeprefix(f"{self.folder}/") for line in self.complaints], []
        return told


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


def record(folder: Path, task_id: str, *, name: str = "", **values: object) -> Path:
    records = folder / ".tensorslab_tasks"
    records.mkdir(parents=True, exist_ok=True)
    content = {"format": "tensorslab.task@1", "kind": "image", "task_id": task_id, **values}
    file = records / (name or f"{task_id}.json")
    # As the client does it.
    partial = records / f".{file.name}.tmp"
    partial.write_text(json.dumps(content))
    return partial.rename(file)


def ids() -> set[str]:
    return set(TrackedTask.objects.values_list("task_id", flat=True))


def test_records_and_maps_are_imported_wherever_they_lie(watching: Watching) -> None:
    record(watching.folder, "a")
    record(watching.folder / "project", "b")
    output = watching.folder / "project" / "tensorslab_output"
    output.mkdir()
    (output / "urls.yaml").write_text("c_0.png: https://example.com/0.png\n")
    (watching.folder / "notes.json").write_text("{}")
    assert watching.round() == (3, 0, 0)
    assert ids() == {"a", "b", "c"}
    assert watching.told == []
    events = AuditEvent.objects.filter(action="tasks.imported").order_by("pk")
    assert [(event.actor, event.subject) for event in events] == [
        ("manage.py watch_folder", ".tensorslab_tasks/"),
        ("manage.py watch_folder", ".tensorslab_tasks/"),
        ("manage.py watch_folder", "urls.yaml"),
    ]
    assert len({event.detail["sha256"] for event in events}) == 3


def test_a_folder_of_records_can_be_watched_itself(watching: Watching) -> None:
    record(watching.folder, "a")
    inner = Watching(watching.folder / ".tensorslab_tasks")
    assert inner.round() == (1, 0, 0)


def test_what_is_unchanged_is_not_read_again(watching: Watching) -> None:
    record(watching.folder, "a")
    watching.round()
    assert watching.round() == (0, 0, 0)
    watching.begin()
    assert watching.round() == (0, 0, 0)
    assert AuditEvent.objects.count() == 1


def test_what_is_replaced_is_read_again_even_with_the_same_time_and_size(watching: Watching) -> None:
    first = record(watching.folder, "a", generation_status="queued")
    watching.round()
    before = first.stat()
    second = record(watching.folder, "a", generation_status="failed")
    os.utime(second, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert second.stat().st_size == before.st_size
    assert watching.round() == (0, 1, 0)
    assert TrackedTask.objects.get().status == "failed"


def test_another_register_is_filled_anew(watching: Watching) -> None:
    record(watching.folder, "a")
    watching.round()
    TrackedTask.objects.all().delete()
    WatchedFile.objects.all().delete()
    watching.begin()
    assert watching.round() == (1, 0, 0)


def test_a_file_that_is_being_written_waits(watching: Watching) -> None:
    file = record(watching.folder, "a")
    now = file.stat().st_mtime
    file.write_text('{"format": "tensorslab.task@1", "kind": "image", "ta')
    os.utime(file, (now, now))
    assert watching.round(now + SETTLE - 0.1) == (0, 0, 0)
    assert watching.watch.waiting == 1
    record(watching.folder, "a")
    os.utime(file, (now + 1, now + 1))
    assert watching.round(now + SETTLE) == (0, 0, 0)
    assert watching.round(now + 1 + SETTLE) == (1, 0, 0)
    assert watching.told == []


def test_a_file_from_the_future_is_read_when_it_rests(watching: Watching) -> None:
    file = record(watching.folder, "a")
    os.utime(file, (LATER, LATER))
    assert watching.round(1_000_000_000) == (0, 0, 0)
    assert watching.round(1_000_000_000) == (1, 0, 0)


def test_a_file_that_changes_while_it_is_read_is_read_again(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = record(watching.folder, "a")

    def written_meanwhile(mode: int) -> bool:
        with file.open("a") as more:
            more.write(" ")
        return True

    found = scanning.scan(watching.folder)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(rounds, "scan", lambda folder: found)
        meanwhile.setattr(rounds.stat, "S_ISREG", written_meanwhile)
        assert watching.round() == (0, 0, 0)
    assert watching.round() == (1, 0, 0)


def test_a_problem_is_told_once_and_the_rest_is_taken(watching: Watching) -> None:
    record(watching.folder, "a")
    junk = watching.folder / ".tensorslab_tasks" / "junk.json"
    junk.write_bytes(b"\x00\x01junk")
    assert watching.round() == (1, 0, 1)
    [told] = watching.told
    assert told.startswith(".tensorslab_tasks/junk.json:1: ")
    watching.round()
    watching.begin()
    watching.round()
    assert watching.told == []
    junk.unlink()
    record(watching.folder, "b", name="junk.json")
    assert watching.round() == (1, 0, 0)


def test_many_problems_are_counted(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_PROBLEMS", 2)
    for number in range(4):
        record(watching.folder, "a", name=f"{number}.json", kind="audio")
    assert watching.round() == (0, 0, 4)
    assert watching.told[2:] == [".tensorslab_tasks: and 2 problems more."]


def test_what_can_t_be_read_is_told_once_and_read_when_it_can(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(watching.folder, "a")

    def locked(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(rounds.os, "open", locked)
        assert watching.round() == (0, 0, 0)
        watching.round()
    assert watching.told == [".tensorslab_tasks/a.json: It can't be read: Permission denied."]
    assert watching.round() == (1, 0, 0)


def test_links_are_not_followed(watching: Watching, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    record(outside, "a")
    (outside / "urls.yaml").write_text("b_0.png: https://example.com/0.png\n")
    (watching.folder / ".tensorslab_tasks").symlink_to(outside / ".tensorslab_tasks")
    (watching.folder / "urls.yaml").symlink_to(outside / "urls.yaml")
    (watching.folder / "project").symlink_to(outside)
    record(watching.folder / "own", "c")
    (watching.folder / "own" / ".tensorslab_tasks" / "d.json").symlink_to(outside / ".tensorslab_tasks" / "a.json")
    assert watching.round() == (1, 0, 0)
    assert ids() == {"c"}
    assert watching.told == [
        f"{name}: {scanning.LINK}" for name in (".tensorslab_tasks", "own/.tensorslab_tasks/d.json", "urls.yaml")
    ]


def test_pipes_and_giants_are_passed_over(watching: Watching) -> None:
    record(watching.folder, "a")
    records = watching.folder / ".tensorslab_tasks"
    os.mkfifo(records / "pipe.json")
    (records / "folder.json").mkdir()
    with (records / "giant.json").open("wb") as giant:
        giant.truncate(scanning.LARGEST_RECORD + 1)
    assert watching.round() == (1, 0, 0)
    assert [line.partition(": ")[2] for line in watching.told] == [
        "It is no file.",
        scanning.TOO_LARGE.format(10_000_001, 10_000_000),
        "It is no file.",
    ]


def test_a_link_that_takes_a_file_s_place_is_not_followed(
    watching: Watching, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.json"
    secret.write_text('{"kind": "image", "task_id": "secret"}')
    file = record(watching.folder, "a")
    found = scanning.scan(watching.folder)
    file.unlink()
    file.symlink_to(secret)
    monkeypatch.setattr(rounds, "scan", lambda folder: found)
    watching.round()
    assert ids() == set()
    assert len(watching.told) == 1


def test_a_folder_that_vanishes_is_told_once_and_waited_for(watching: Watching, tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    record(folder, "a")
    mounted = Watching(folder)
    mounted.round()
    away = folder.rename(tmp_path / "away")
    for _ in range(2):
        assert mounted.round() == (0, 0, 0)
    assert len(mounted.complaints) == 1
    assert "No such file" in mounted.complaints[0]
    folder.mkdir()
    mounted.round()
    folder.rmdir()
    away.rename(folder)
    record(folder, "b")
    # What was read before is still known.
    assert mounted.round() == (1, 0, 0)
    folder.rename(away)
    mounted.round()
    assert len(mounted.complaints) == 2


def test_what_is_gone_is_forgotten(watching: Watching) -> None:
    file = record(watching.folder, "a")
    record(watching.folder, "b")
    watching.round()
    file.unlink()
    watching.round()
    assert WatchedFile.objects.count() == 1
    watching.begin()
    assert watching.round() == (0, 0, 0)


def test_too_many_are_told_and_the_first_are_taken(watching: Watching, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MOST_ENTRIES", 4)
    for number in range(10):
        record(watching.folder, f"i_{number}")
    assert watching.round() == (3, 0, 0)
    assert watching.told == [f"{watching.folder}: {scanning.TOO_MANY.format(4)}"]
    watching.round()
    assert watching.told == []


def test_folders_in_folders_end_somewhere(watching: Watching) -> None:
    deep = watching.folder.joinpath(*["deeper"] * (scanning.DEEPEST + 1))
    record(deep, "a")
    record(deep.parent, "b")
    record(watching.folder / ".hidden", "c")
    assert watching.round() == (1, 0, 0)
    assert ids() == {"b"}


def test_two_watchers_do_no_harm(watching: Watching) -> None:
    other = Watching(watching.folder)
    record(watching.folder, "a")
    assert watching.round() == (1, 0, 0)
    assert other.round() == (0, 1, 0)
    assert WatchedFile.objects.count() == 1
    assert TrackedTask.objects.count() == 1


def test_odd_names_are_told_in_a_form_that_does_nothing(watching: Watching) -> None:
    record(watching.folder, "a", name="a\n\x1b[31m\udcff.json", kind="audio")
    watching.round()
    [told] = watching.told
    assert "\n" not in told
    assert "\x1b" not in told
    told.encode()


def test_the_same_task_in_two_places_is_no_problem(watching: Watching) -> None:
    record(watching.folder / "one", "a")
    record(watching.folder / "two", "a")
    (watching.folder / "urls.yaml").write_text("a_0.png: https://example.com/0.png\n")
    assert watching.round() == (1, 2, 0)
    assert TrackedTask.objects.get().urls == ["https://example.com/0.png"]
