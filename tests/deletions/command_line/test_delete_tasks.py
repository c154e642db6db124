"""`manage.py delete_tasks`: the same path as on the pages, and an exit code for each ending."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.access.models import Limits
from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.actions import By
from dashboard.deletions.command_line.exits import Exit
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import Selection, TrackedTask
from tests.deletions.command_line.conftest import only
from tests.factories import SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Images = Callable[[int], list[TrackedTask]]


def test_it_asks_what_the_dialog_asks_and_confirms(command, images: Images, olga: User) -> None:
    images(3)
    TrackedTaskFactory(held=True)
    TrackedTaskFactory(status="failed", kind="video")
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.DONE
    deletion = only()
    assert (deletion.state, deletion.size, deletion.skipped, deletion.reason) == (State.SCHEDULED, 3, 1, "Old drafts")
    assert deletion.starts_at is not None
    for said in [
        "Filter: Kind: Image",
        "Delete 3 tasks?",
        "Skipped 1 of 4:\n    1 Held: Legal case 12",
        "Kind and status: Images 3",
        f"Fingerprint: {deletion.fingerprint}",
        f"The deletion goes on. Its page is {deletion.get_absolute_url()}",
    ]:
        assert said in ended.out
    events = AuditEvent.objects.filter(action__startswith="deletion.").order_by("pk")
    assert list(events.values_list("actor", "address", "action")) == [
        ("olga", "manage.py delete_tasks", "deletion.drafted"),
        ("olga", "manage.py delete_tasks", "deletion.confirmed"),
    ]


def test_it_acts_for_the_first_administrator_unless_somebody_is_named(command, images: Images, settings) -> None:
    images(1)
    settings.ADMIN_USERNAME = "root"
    assert "There is no active person named" in command("--filter", "kind=image", username="").err
    UserFactory(username="root", is_superuser=True)
    assert command("--filter", "kind=image", username="").code == 0
    assert Deletion.objects.get().actor_name == "root"


def test_it_leaves_no_selection_behind(command, images: Images, olga: User) -> None:
    mine = SelectionFactory(user=olga, tasks=images(2))
    command("--filter", "kind=image")
    assert list(Selection.objects.filter(user=olga)) == [mine]


def test_the_json_is_one_object(command, images: Images) -> None:
    images(2)
    ended = command("--filter", "kind=image", "--json")
    deletion = only()
    assert ended.data["id"] == str(deletion.uuid)
    assert ended.data["exit"] == 0
    assert ended.data["state"] == "scheduled"
    assert ended.data["size"] == ended.data["total"] == 2
    assert ended.data["fingerprint"] == deletion.fingerprint
    assert "Delete 2 tasks?" in ended.err


@pytest.mark.parametrize("typed", ["", "1", "yes"])
def test_on_a_terminal_the_count_is_typed_or_all_is_kept(command, types, images: Images, typed: str) -> None:
    images(2)
    types(typed)
    ended = command("--filter", "kind=image", yes=False)
    assert ended.code == Exit.NOT_CONFIRMED
    assert "Type 2 to confirm" in ended.err
    assert only().state == State.DISCARDED


def test_the_typed_count_confirms(command, types, images: Images) -> None:
    images(2)
    types("2")
    assert command("--filter", "kind=image", yes=False).code == Exit.DONE
    assert only().state == State.SCHEDULED


def test_without_a_terminal_nothing_begins(command, images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    images(2)
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\n"))
    ended = command("--filter", "kind=image", yes=False)
    assert ended.code == Exit.REFUSED
    assert "say --yes" in ended.err
    assert not Deletion.objects.exists()


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"username": "nobody"}, "There is no active person named “nobody”."),
        ({"username": "viktor"}, "This account may look, but not delete tasks."),
        ({"username": "closed"}, "There is no active person"),
        ({"reason": " "}, "Give a reason."),
        ({"reason": "x" * 501}, "The reason has 501 characters."),
    ],
)
def test_who_may_not_or_says_not_why_is_refused(command, images: Images, about: dict[str, str], sentence: str) -> None:
    UserFactory(username="viktor", role="viewer")
    UserFactory(username="closed", role="operator", is_active=False)
    images(1)
    ended = command("--filter", "kind=image", **about)
    assert ended.code == Exit.REFUSED
    assert sentence in ended.err
    assert not Deletion.objects.exists()


def test_read_only_holds(command, images: Images, settings) -> None:
    settings.READ_ONLY = True
    images(1)
    assert "READ_ONLY is on" in command("--filter", "kind=image").err
    assert not Deletion.objects.exists()


def test_a_missing_key_keeps_all(command, images: Images, settings) -> None:
    settings.TENSORSLAB_API_KEY = ""
    images(1)
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.REFUSED
    assert "key is missing" in ended.err
    assert only().state == State.DISCARDED


def test_limits_hold(command, images: Images, olga: User) -> None:
    Limits.objects.create(user=olga, only_kinds=["video"])
    images(2)
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.NOTHING
    assert "2 Not yours to delete: images" in ended.out
    assert only().state == State.DISCARDED


def test_an_approval_is_asked_for(command, images: Images, settings) -> None:
    settings.DELETION_APPROVAL_ABOVE = 1
    UserFactory(username="anna", role="approver")
    images(2)
    ended = command("--filter", "kind=image", "--wait")
    assert ended.code == Exit.SOMEBODY_ELSE
    assert "Ask to delete 2 tasks?" in ended.out
    assert "Who may: anna." in ended.out
    assert only().state == State.AWAITING_APPROVAL


def test_where_somebody_has_to_show_that_it_is_them_it_is_left_for_its_page(command, images: Images, settings) -> None:
    settings.DELETION_REAUTH_ABOVE = 1
    images(2)
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.SOMEBODY_ELSE
    assert only().get_absolute_url() in ended.out
    assert (only().state, only().reason) == (State.DRAFT, "Old drafts")


def test_a_set_that_changed_meanwhile_is_not_confirmed(command, images: Images, monkeypatch) -> None:
    first, *_ = images(3)
    check = actions.check_confirmation

    def held_meanwhile(*args: object, **options: object) -> dict[str, str]:
        TrackedTask.objects.filter(pk=first.pk).update(held_by="anna", held_reason="Case")
        return check(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "check_confirmation", held_meanwhile)
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.CHANGED
    assert "became busy or held" in ended.err
    assert only().state == State.DISCARDED


def test_what_was_removed_on_its_page_meanwhile_is_not_confirmed(
    command, images: Images, monkeypatch, olga: User
) -> None:
    images(3)
    check = actions.check_confirmation

    def removed_meanwhile(deletion: Deletion, **options: str) -> dict[str, str]:
        if item := deletion.items.filter(outcome="waiting").last():
            actions.remove_item(deletion=deletion, item=item.pk, by=By(user=olga), now=timezone.now())
        return check(deletion, **options)

    monkeypatch.setattr(actions, "check_confirmation", removed_meanwhile)
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.CHANGED
    assert "Tasks were removed" in ended.err
    assert only().state == State.DISCARDED


def test_on_a_terminal_a_set_that_changed_is_asked_about_again(command, types, images: Images, monkeypatch) -> None:
    first, *_ = images(3)
    types("3", "2")
    check = actions.check_confirmation

    def held_meanwhile(*args: object, **options: object) -> dict[str, str]:
        TrackedTask.objects.filter(pk=first.pk).update(held_by="anna", held_reason="Case")
        return check(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "check_confirmation", held_meanwhile)
    ended = command("--filter", "kind=image", yes=False)
    assert ended.code == Exit.DONE
    assert (only().state, only().size) == (State.SCHEDULED, 2)


def test_a_large_set_is_written_down_without_a_worker(command, images: Images, monkeypatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    monkeypatch.setattr(freezing, "STEP", 2)
    images(5)
    ended = command("--filter", "kind=image")
    assert ended.code == Exit.DONE
    assert "5 tasks are being written down." in ended.out
    assert only().size == 5
