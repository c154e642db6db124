from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, url_of, work
from tests.factories import DeletionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_confirming_with_htmx_answers_the_strip_and_the_rows_cells(operator, htmx, tasks) -> None:
    draft = drafted(operator, tasks)
    shown = ",".join(str(task.pk) for task in tasks)
    response = operator.post(url_of("confirm", draft), {"reason": "Spring", "shown": shown}, headers=htmx)
    content = response.content.decode()
    assert response.status_code == 200
    assert response["HX-Retarget"] == "#strip"
    assert "deletion-confirmed" in response["HX-Trigger"]
    assert f"Deletion {draft.code}" in content
    for task in tasks:
        assert f'id="presence-{task.pk}"' in content
    assert content.count("Deleting") >= 3


def test_an_unchanged_strip_answers_204(operator, tasks, htmx) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    Deletion.objects.update(state=State.PAUSED, paused_reason="Paused by olga.")
    shown = {"shown": str(tasks[0].pk)}
    first = operator.get(reverse("deletion-strip"), shown, headers=htmx)
    seen = first.content.decode().split('"seen": "')[1][:16]
    assert operator.get(reverse("deletion-strip"), {**shown, "seen": seen}, headers=htmx).status_code == 204
    TrackedTask.objects.filter(pk=tasks[0].pk).update(presence="deleted")
    assert operator.get(reverse("deletion-strip"), {**shown, "seen": seen}, headers=htmx).status_code == 200


@pytest.mark.once
def test_a_finished_strip_asks_no_more(sandbox, operator, tasks, htmx) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert "every 2s" in operator.get(reverse("deletion-strip"), headers=htmx).content.decode()
    work(draft)
    strip = operator.get(reverse("deletion-strip"), headers=htmx).content.decode()
    assert "every" not in strip
    assert f"Deletion {draft.code}" in strip


@pytest.mark.parametrize(
    ("state", "is_offered"),
    [("draft", True), ("discarded", True), ("cancelled", True), ("running", False), ("finished", False)],
)
def test_what_was_retried_is_not_offered_again(operator, state: str, is_offered: bool) -> None:
    first = DeletionFactory(actor=operator.user, total=2, refused=2, state="finished")
    DeletionFactory(actor=operator.user, retry_of=first, total=2, waiting=2, state=state)
    for page in (reverse("task-list"), first.get_absolute_url()):
        shown = operator.get(page).content.decode()
        assert ("Retry 2 refused" in shown) is is_offered
        assert ("2 were refused and are still there." in shown) is is_offered
        assert ("2 were refused and retried by another deletion." in shown) is not is_offered


def test_what_a_retry_kept_or_never_had_is_offered_again(operator) -> None:
    first = DeletionFactory(actor=operator.user, total=8, refused=8, state="finished")
    DeletionFactory(actor=operator.user, retry_of=first, total=8, deleted=5, kept=2, skipped=1, state="finished")
    for page in (reverse("task-list"), first.get_absolute_url()):
        shown = operator.get(page).content.decode()
        assert "Retry 8 refused" in shown
        assert "8 were refused (5 retried by another deletion)." in shown


@pytest.mark.once
def test_a_page_that_is_opened_shows_no_clean_ending(sandbox, operator, tasks) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert f"Deletion {draft.code}" in operator.get(reverse("task-list")).content.decode()
    work(draft)
    assert f"Deletion {draft.code}" not in operator.get(reverse("task-list")).content.decode()


@pytest.mark.parametrize("ending", ["finished", "cancelled"])
def test_nor_does_it_when_it_asks_anew_which_the_others_do(operator, htmx, ending: str) -> None:
    """Rows that move under the pointer are ticked for others."""

    def opened() -> str:
        return operator.get(reverse("task-list")).content.decode().split('"opened": "')[1].split('"')[0]

    before, ended = opened(), timezone.now() + timedelta(seconds=1)
    deletion = DeletionFactory(actor=operator.user, total=1, deleted=1, state=ending, finished_at=ended)
    assert deletion.code in operator.get(reverse("deletion-strip"), {"opened": before}, headers=htmx).content.decode()
    Deletion.objects.update(finished_at=timezone.now() - timedelta(seconds=1))
    shown = operator.get(reverse("deletion-strip"), {"opened": opened()}, headers=htmx).content.decode()
    assert deletion.code not in shown
    for strange in ("", "x", "9" * 13, "-1"):
        assert operator.get(reverse("deletion-strip"), {"opened": strange}, headers=htmx).status_code == 200


def test_trouble_stays_on_the_list_until_its_requester_opens_it(operator, administrator, htmx) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    deletion = DeletionFactory(actor=operator.user, total=1, refused=1, finished_at=long_ago)
    list_url, strip_url = reverse("task-list"), reverse("deletion-strip")
    assert deletion.code in operator.get(strip_url, headers=htmx).content.decode()
    administrator.get(deletion.get_absolute_url())
    assert deletion.code in operator.get(list_url).content.decode()
    operator.get(deletion.get_absolute_url())
    assert deletion.code not in operator.get(strip_url, headers=htmx).content.decode()


def test_the_strip_makes_a_constant_number_of_queries(operator, htmx, django_assert_max_num_queries) -> None:
    rows = TrackedTaskFactory.create_batch(50)
    DeletionFactory.create_batch(5, actor=operator.user, running=True, total=3, waiting=3)
    shown = ",".join(str(row.pk) for row in rows)
    accounts.current()
    # PostgreSQL is asked for the time, too.
    with django_assert_max_num_queries(6 if connection.vendor == "sqlite" else 7):
        response = operator.get(reverse("deletion-strip"), {"shown": shown}, headers=htmx)
    assert response.content.decode().count('id="presence-') == 50


def test_rows_that_cannot_be_read_do_not_spoil_what_was_done(operator, tasks, htmx) -> None:
    draft = drafted(operator, tasks)
    response = operator.post(url_of("confirm", draft), {"reason": "a", "shown": "abc"}, headers=htmx)
    assert response.status_code == 200
    assert operator.get(reverse("deletion-strip"), {"shown": "abc"}, headers=htmx).status_code == 422


def test_nobody_is_shown_what_another_deletes(operator, tasks, htmx) -> None:
    other = Person.signed_in(UserFactory(username="otto", role="operator"))
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    assert f"Deletion {draft.code}" in operator.get(reverse("deletion-strip"), headers=htmx).content.decode()
    assert f"Deletion {draft.code}" not in other.get(reverse("task-list")).content.decode()


def test_the_strip_says_why_the_account_rests(sandbox, operator, tasks, htmx) -> None:
    draft = drafted(operator, tasks)
    operator.post(url_of("confirm", draft), {"reason": "a"})
    Deletion.objects.update(state=State.RUNNING)
    rest = timezone.now() + timedelta(seconds=40)
    Account.objects.update(rest_until=rest, rest_reason="TensorsLab asks for a pause")
    strip = operator.get(reverse("deletion-strip"), headers=htmx).content.decode()
    assert "TensorsLab asks for a pause. Going on in " in strip


def test_a_deletion_that_ends_before_somebody_is_no_longer_counted_in_flight(operator, htmx) -> None:
    deletion = DeletionFactory(running=True, total=1, waiting=1)
    url = deletion.get_absolute_url()
    before = operator.get(url, {"part": "live"}, headers=htmx).content.decode()
    assert 'hx-swap-oob="true">1<span class="words"> in flight</span></span>' in before
    Deletion.objects.update(state=State.FINISHED, waiting=0, deleted=1)
    after = operator.get(url, {"part": "live"}, headers=htmx).content.decode()
    assert 'hx-swap-oob="true"></span>' in after
