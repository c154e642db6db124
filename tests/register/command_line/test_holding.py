from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from dashboard.audit.models import AuditEvent
from dashboard.register.command_line.choosing import NOTHING
from dashboard.register.command_line.confirming import NOT_CONFIRMED
from dashboard.register.holding import placing
from dashboard.register.models import Hold, Selection, TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WHY = ["--reason", "Legal case 12", "--yes"]


@pytest.fixture(autouse=True)
def anna(db: None) -> User:
    return UserFactory(username="anna", role="approver")


@pytest.fixture(autouse=True)
def olga(db: None) -> User:
    return UserFactory(username="olga", role="operator")


def hold(*words: str) -> None:
    call_command("hold_tasks", *words, *WHY, "--as", "olga")


def release(*words: str, username: str = "anna") -> None:
    call_command("release_tasks", *words, *WHY, "--as", username)


def held() -> int:
    return TrackedTask.objects.exclude(held_by="").count()


def test_a_filter_is_held_and_released(capsys) -> None:
    TrackedTaskFactory.create_batch(2)
    TrackedTaskFactory(kind="video")
    hold("--filter", "kind=image", "--until", "2999-01-31")
    assert capsys.readouterr().out == "Filter: Kind: Image\nHold 2 tasks?\nHeld 2 tasks.\n"
    placed = Hold.objects.get()
    assert (placed.by, placed.reason, placed.until and placed.until.year) == ("olga", "Legal case 12", 2999)
    release("--filter", "held=yes", "--json")
    printed = capsys.readouterr()
    assert json.loads(printed.out)["tasks"] == 2
    assert "  2 held by olga: Legal case 12" in printed.err
    assert held() == 0
    events = AuditEvent.objects.filter(action__startswith="hold.").order_by("pk")
    assert list(events.values_list("actor", "address", "action")) == [
        ("olga", "manage.py hold_tasks", "hold.placed"),
        ("anna", "manage.py release_tasks", "hold.released"),
    ]
    assert not Selection.objects.exists()


def test_ids_of_held_tasks_count(tmp_path: Path, capsys) -> None:
    tasks = TrackedTaskFactory.create_batch(3)
    file = tmp_path / "ids"
    file.write_text("\n".join(task.task_id for task in tasks[:2]))
    hold("--ids", str(file))
    hold("--ids", str(file))
    assert Hold.objects.count() == 2
    release("--ids", str(file))
    assert held() == 0
    assert "Release 2 tasks?" in capsys.readouterr().out


def test_many_are_held_in_the_background(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(placing, "AT_ONCE", 1)
    TrackedTaskFactory.create_batch(2)
    hold("--filter", "kind=image", "--json")
    assert json.loads(capsys.readouterr().out)["done"] is False
    # The job needs what was frozen.
    assert Selection.objects.get() == Hold.objects.get().selection


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--filter", ""], 1, "--everything"),
        (["--filter", "kind=video"], NOTHING, "No task matches."),
        (["--filter", "kind=image", "--until", "tomorrow"], 1, "is not a day"),
        (["--filter", "kind=image", "--until", "2001-01-01"], 1, "is over"),
        (["--filter", "presence=deleted"], 1, "None of these tasks can be held"),
    ],
)
def test_bad_input_has_its_sentence(words: list[str], code: int, sentence: str) -> None:
    TrackedTaskFactory()
    TrackedTaskFactory(deleted=True)
    with pytest.raises(CommandError, match=sentence) as refused:
        hold(*words)
    assert refused.value.returncode == code
    assert not Hold.objects.exists()
    assert not Selection.objects.exists()


def test_who_may_hold_may_not_release() -> None:
    TrackedTaskFactory(held=True)
    with pytest.raises(CommandError, match="may not release holds"):
        release("--filter", "kind=image", username="olga")


def test_what_is_not_held_can_t_be_released() -> None:
    TrackedTaskFactory()
    with pytest.raises(CommandError, match="There is nothing to release"):
        release("--filter", "kind=image")
    assert not Selection.objects.exists()


def test_a_person_confirms_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    TrackedTaskFactory.create_batch(2)
    monkeypatch.setattr(sys, "stdin", Terminal("1\n2\n"))
    words = ["--filter", "kind=image", "--reason", "Case", "--as", "olga"]
    with pytest.raises(CommandError, match="Type 2 to confirm") as refused:
        call_command("hold_tasks", *words)
    assert refused.value.returncode == NOT_CONFIRMED
    assert held() == 0
    call_command("hold_tasks", *words)
    assert held() == 2


def test_read_only_holds(settings) -> None:
    settings.READ_ONLY = True
    with pytest.raises(CommandError, match="READ_ONLY"):
        hold("--filter", "kind=image")
