"""The buttons of a deletion: whose they are, when they are there, and what they answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.deletions.models import State
from tests.deletions.conftest import drafted, url_of
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ACTIONS = ["confirm", "keep", "undo", "pause", "resume", "stop", "retry", "check", "delete-kept"]


def test_a_late_undo_answers_409(operator, tasks) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    response = operator.post(url_of("undo", draft))
    assert response.status_code == 409
    assert "Too late to undo" in response.content.decode()


def test_a_second_undo_says_what_became_of_it(settings, operator, tasks) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert operator.post(url_of("undo", draft)).status_code == 303
    response = operator.post(url_of("undo", draft))
    assert response.status_code == 409
    assert "This deletion was undone already. Every task is kept." in response.content.decode()


def test_an_undo_in_time_keeps_all(settings, operator, tasks) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert "Undo" in operator.get(draft.get_absolute_url()).content.decode()
    assert operator.post(url_of("undo", draft)).status_code == 303
    draft.refresh_from_db()
    assert (draft.state, draft.kept) == (State.CANCELLED, 3)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_a_post_of_an_operator(viewer, stranger, operator, htmx, action) -> None:
    deletion = DeletionFactory()
    url = url_of(action, deletion)
    assert operator.get(url).status_code == 405
    assert viewer.post(url).status_code == 403
    assert viewer.post(url, headers=htmx).status_code == 403
    assert stranger.post(url).url.startswith("/login/?next=")
    assert "HX-Redirect" in stranger.post(url, headers=htmx)
    assert operator.post(url, {"reason": "a"}).status_code in {409, 422}
    assert operator.post(url_of(action, DeletionFactory.build())).status_code == 404


def test_a_viewer_may_look_but_finds_no_controls(viewer) -> None:
    deletion = DeletionFactory(running=True, total=5, waiting=5)
    page = viewer.get(deletion.get_absolute_url()).content.decode()
    assert "Pause" not in page
    assert "Stop the rest" not in page


@pytest.mark.parametrize(
    ("state", "there", "absent"),
    [
        (State.SCHEDULED, ["Undo"], ["Pause", "Resume"]),
        (State.RUNNING, ["Pause", "Stop the rest"], ["Undo", "Resume"]),
        (State.PAUSED, ["Resume", "Stop the rest", "Paused by olga."], ["Undo"]),
        (State.FINISHED, ["Retry 2 refused", "Check 1 unknown"], ["Undo", "Stop the rest"]),
        (State.CANCELLED, [], ["Undo", "Pause", "Resume", "Stop the rest", "Retry", "Check"]),
    ],
)
def test_the_controls_are_those_of_the_state(operator, state, there, absent) -> None:
    numbers = {"total": 3, "refused": 2, "unknown": 1} if state == State.FINISHED else {"total": 3, "waiting": 3}
    if state == State.CANCELLED:
        numbers = {"total": 3, "kept": 3}
    later = timezone.now() + timedelta(seconds=60)
    reason = "Paused by olga." if state == State.PAUSED else ""
    deletion = DeletionFactory(state=state, actor=operator.user, starts_at=later, paused_reason=reason, **numbers)
    page = operator.get(deletion.get_absolute_url()).content.decode()
    for words in there:
        assert words in page
    for words in absent:
        assert f">{words}</button>" not in page


def test_provider_words_are_shown_as_text(operator) -> None:
    deletion = DeletionFactory(total=1, refused=1)
    task = TrackedTaskFactory(task_id="<script>1</script>", last_message="<script>2</script>")
    DeletionItemFactory(deletion=deletion, tracked=task, outcome="refused", message="<script>3</script>")
    assert "<script>3" not in operator.get(deletion.get_absolute_url()).content.decode()
    assert "<script>1" not in operator.get(deletion.get_absolute_url()).content.decode()


def test_the_admin_shows_deletions_read_only(administrator) -> None:
    deletion = DeletionFactory(total=1, deleted=1)
    page = reverse("admin:deletions_deletion_change", args=[deletion.pk])
    assert administrator.get(reverse("admin:deletions_deletion_changelist")).status_code == 200
    assert administrator.get(page).status_code == 200
    assert administrator.post(page, {"reason": "other"}).status_code == 403
    assert administrator.get(reverse("admin:deletions_deletion_add")).status_code == 403
