"""Which tasks `delete_tasks` is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.database.folding import fold
from dashboard.deletions.command_line.exits import Exit
from dashboard.deletions.models import Deletion
from dashboard.register.models import SavedView, Selection, Star, TrackedTask
from tests.deletions.command_line.conftest import only
from tests.deletions.conftest import outcomes
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Images = Callable[[int], list[TrackedTask]]


@pytest.mark.parametrize("query", ["", "?", "presence=present", "held=no&starred=no", "sort=created"])
def test_everything_has_to_be_asked_for(command, images: Images, query: str) -> None:
    images(2)
    ended = command("--filter", query)
    assert ended.code == Exit.REFUSED
    assert "--everything" in ended.err
    assert not Deletion.objects.exists()
    assert command("--filter", query, "--everything").code == Exit.DONE
    assert only().size == 2


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--filter", "kind=audio"], Exit.REFUSED, "audio"),
        (["--filter", "colour=red"], Exit.REFUSED, "colour"),
        (["--filter", "kind=image&selected=1&selection=x"], Exit.REFUSED, "Leave selected and selection out."),
        (["--filter", "kind=video"], Exit.NOTHING, "No task matches. Filter: Kind: Video"),
        (["--ids", "/nowhere/ids"], Exit.REFUSED, "can't be read: No such file"),
        (["--view", "None"], Exit.REFUSED, "There is no view called “None”"),
    ],
)
def test_bad_input_has_its_sentence(command, images: Images, words: list[str], code: int, sentence: str) -> None:
    images(2)
    ended = command(*words)
    assert (ended.code, sentence in ended.err) == (code, True), ended
    assert not Deletion.objects.exists()
    assert not Selection.objects.exists()


def test_stars_are_left_out_of_a_filter(command, images: Images, olga: User) -> None:
    first, _ = images(2)
    Star.objects.create(task=first, by="olga", starred_at=timezone.now())
    ended = command("--filter", "kind=image")
    assert "1 is starred and left out." in ended.out
    assert only().size == 1


def test_a_view_means_its_filter(command, images: Images, olga: User) -> None:
    images(2)
    TrackedTaskFactory(status="failed")
    about = {"folded": fold("Broken ones"), "name": "Broken ones"}
    SavedView.objects.create(**about, owner=UserFactory(), query="kind=image")
    SavedView.objects.create(**about, owner=olga, query="status=failed&sort=created&view=gallery")
    ended = command("--view", " broken ONES ")
    assert ended.code == Exit.DONE
    assert "Filter: Status: Failed" in ended.out
    assert only().size == 1


def test_a_view_of_everything_is_refused_and_one_that_can_t_be_read(command, images: Images, olga: User) -> None:
    images(2)
    SavedView.objects.create(name="All", folded=fold("All"), owner=olga, query="sort=created")
    SavedView.objects.create(name="Old", folded=fold("Old"), owner=olga, query="colour=red")
    assert "--everything" in command("--view", "All").err
    assert "colour" in command("--view", "Old").err
    assert not Deletion.objects.exists()


def test_ids_come_from_a_file(command, images: Images, tmp_path: Path) -> None:
    one, two, _ = images(3)
    held = TrackedTaskFactory(held=True)
    file = tmp_path / "ids"
    file.write_text(f"{one.task_id}\n{two.task_id}\n{held.task_id}\nnever_seen\n")
    ended = command("--ids", str(file), "--json")
    assert ended.code == Exit.DONE
    assert ended.data["unknown_ids"] == ["never_seen"]
    assert "1 can't be chosen: held." in ended.err
    assert set(outcomes(only())) == {one.task_id, two.task_id}


def test_ids_of_both_kinds_need_the_kind(command, tmp_path: Path) -> None:
    TrackedTaskFactory(task_id="same")
    TrackedTaskFactory(task_id="same", kind="video")
    file = tmp_path / "ids"
    file.write_text("same\n")
    ended = command("--ids", str(file))
    assert (ended.code, "--kind" in ended.err) == (Exit.REFUSED, True)
    assert not Selection.objects.exists()
    assert command("--ids", str(file), "--kind", "video").code == Exit.DONE
    assert only().items.get().kind == "video"


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"", Exit.REFUSED, "There is no id."),
        (b"never_seen", Exit.NOTHING, "None of these ids can be chosen."),
        (b"\xff\xfe\x00", Exit.REFUSED, "is not UTF-8 text."),
        (b"x" * (8 * 1024 * 1024 + 1), Exit.REFUSED, "is larger than"),
    ],
)
def test_a_bad_file_has_its_sentence(command, tmp_path: Path, content: bytes, code: int, sentence: str) -> None:
    file = tmp_path / "ids"
    file.write_bytes(content)
    ended = command("--ids", str(file))
    assert (ended.code, sentence in ended.err) == (code, True)
