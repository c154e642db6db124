"""Four eyes on the pages: what the dialog says, what an approver sees and presses, and where what waits is seen."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse

from dashboard.access.models import Limits
from dashboard.access.permissions import REFUSALS
from dashboard.audit.models import AuditEvent
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.deletions.conftest import drafted, url_of
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _above_two(settings) -> None:
    settings.DELETION_APPROVAL_ABOVE = 2
    settings.DELETION_GRACE_SECONDS = 60


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def page_of(person: Person, address: str) -> str:
    response = person.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def asked(operator: Person, tasks) -> Deletion:
    draft = drafted(operator, tasks)
    response = operator.post(url_of("confirm", draft), {"reason": "Spring <b>", "asks": "yes"})
    assert (response.status_code, response.url) == (303, draft.get_absolute_url())
    draft.refresh_from_db()
    assert draft.state == State.AWAITING_APPROVAL
    return draft


def shown(deletion: Deletion) -> dict[str, object]:
    return {"fingerprint": deletion.fingerprint, "count": deletion.size}


def test_the_dialog_says_why_somebody_has_to_agree_and_asks(operator, approver, tasks) -> None:
    page = page_of(operator, drafted(operator, tasks).get_absolute_url())
    assert "Somebody else has to agree to this. It has 3 tasks. Above 2 somebody else has to agree." in words(page)
    assert "It waits up to 48 h. It can be approved by anna ." in words(page)
    assert "Ask to delete 3 tasks </button>" in " ".join(page.split())
    assert "Nothing is sent before it is approved, and for 60 s after that." in words(page)
    usual = page_of(operator, drafted(operator, tasks[:2]).get_absolute_url())
    assert "Somebody else has to agree" not in usual
    assert "Delete 2 tasks </button>" in " ".join(usual.split())


def test_the_dialog_says_if_nobody_else_could_approve_it(operator, tasks) -> None:
    page = words(page_of(operator, drafted(operator, tasks).get_absolute_url()))
    assert "Nobody else here may approve it. An administrator can make somebody an approver" in page


@pytest.mark.parametrize("with_htmx", [True, False])
def test_a_button_of_before_the_limit_answers_with_the_new_one(operator, htmx, tasks, settings, with_htmx) -> None:
    draft = drafted(operator, tasks)
    headers = htmx if with_htmx else {}
    response = operator.post(url_of("confirm", draft), {"reason": "Spring", "asks": "no"}, headers=headers)
    assert response.status_code == 409
    assert "Somebody else has to agree to this now." in response.content.decode()
    assert "Ask to delete 3 tasks" in words(response.content.decode())
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


@pytest.mark.once
def test_with_htmx_the_strip_says_what_it_waits_for(operator, htmx, tasks) -> None:
    draft = drafted(operator, tasks)
    response = operator.post(url_of("confirm", draft), {"reason": "Spring", "asks": "yes"}, headers=htmx)
    strip = words(response.content.decode())
    assert "Awaiting approval" in strip
    assert "Nothing is sent before somebody else approves it. It waits until" in strip
    assert "Withdraw" in strip


@pytest.mark.once
def test_an_approver_sees_the_set_and_both_answers_and_others_do_not(asked, operator, approver, viewer) -> None:
    for person, may in ((approver, True), (operator, False), (viewer, False)):
        page = page_of(person, asked.get_absolute_url())
        assert ("Approve 3 tasks" in page, ">Decline</button>" in page) == (may, may)
        assert "It has 3 tasks. Above 2 somebody else has to agree." in page
        assert "Kind and status" in page
        assert "Spring &lt;b&gt;" in page
        assert (">Withdraw</button>" in page) == (person is operator)
        assert all(item.task_id in page for item in asked.items.all())


@pytest.mark.once
def test_a_requester_who_may_approve_gets_no_button(settings, approver, tasks) -> None:
    draft = drafted(approver, tasks)
    approver.post(url_of("confirm", draft), {"reason": "Spring"})
    page = page_of(approver, draft.get_absolute_url())
    assert "Approve 3 tasks" not in page
    assert "Nobody else here may approve it." in page
    draft.refresh_from_db()
    response = approver.post(url_of("approve", draft), shown(draft))
    assert response.status_code == 409
    assert "You asked for this yourself. Somebody else has to approve it." in response.content.decode()


@pytest.mark.once
@pytest.mark.parametrize("with_htmx", [True, False])
def test_approving_schedules_it_and_says_who_agreed(asked, approver, operator, htmx, with_htmx) -> None:
    headers = htmx if with_htmx else {}
    response = approver.post(url_of("approve", asked), shown(asked), headers=headers)
    if with_htmx:
        assert "Approved by anna on" in words(response.content.decode()).replace("<bdi>", "")
    else:
        assert (response.status_code, response.url) == (303, asked.get_absolute_url())
    asked.refresh_from_db()
    assert asked.state == State.SCHEDULED
    event = AuditEvent.objects.get(action="deletion.approved")
    assert (event.actor, event.subject, event.address) == ("anna", str(asked.uuid), "127.0.0.1")
    assert "Approved by anna on" in page_of(operator, asked.get_absolute_url())
    strip = page_of(operator, reverse("deletion-strip"))
    assert "Approved by anna on" in strip
    assert "approved by anna" in words(page_of(operator, reverse("deletion-list")))
    report = operator.get(url_of("report-json", asked))
    approval = json.loads(b"".join(report.streaming_content))["approval"]
    assert (approval["by"], approval["decision"], approval["reasons"]) == ("anna", "approved", asked.approval_reasons)


@pytest.mark.once
@pytest.mark.parametrize("with_htmx", [True, False])
@pytest.mark.parametrize("fields", [{}, {"count": "3"}, {"fingerprint": "a"}])
def test_approving_no_set_is_refused(asked, approver, htmx, with_htmx, fields) -> None:
    response = approver.post(url_of("approve", asked), fields, headers=htmx if with_htmx else {})
    assert response.status_code == 422
    assert "This request names no set of tasks." in response.content.decode()


def test_a_changed_set_answers_409_and_gives_it_up(asked, approver, operator) -> None:
    TrackedTask.objects.filter(pk=asked.items.all()[0].tracked_id).update(held_by="eve", held_reason="Legal")
    response = approver.post(url_of("approve", asked), shown(asked))
    assert response.status_code == 409
    sentence = "Since it was asked for, 1 of its tasks became busy, held or gone."
    assert f"{sentence} It was given up, and nothing is sent." in response.content.decode()
    assert sentence in page_of(operator, asked.get_absolute_url())


@pytest.mark.parametrize("with_htmx", [True, False])
def test_declining_without_a_reason_is_told_at_its_field(asked, approver, htmx, with_htmx) -> None:
    response = approver.post(url_of("decline", asked), {"reason": " "}, headers=htmx if with_htmx else {})
    assert response.status_code == 422
    content = response.content.decode()
    assert "Give a reason of at most 500 characters. Its requester reads it." in content
    assert ('id="decline-error"' in content) != with_htmx


def test_a_decline_stays_in_the_strip_until_its_requester_has_seen_it(asked, approver, operator) -> None:
    approver.post(url_of("decline", asked), {"reason": "Ask <legal> first"})
    strip = page_of(operator, reverse("deletion-strip"))
    assert "Declined" in strip
    assert "Declined by anna on" in strip
    assert "Ask &lt;legal&gt; first" in strip
    assert "Declined by anna" not in page_of(approver, reverse("deletion-strip"))
    # An approver who looks at it has not seen it for its requester.
    page_of(approver, asked.get_absolute_url())
    assert "Declined by anna on" in page_of(operator, reverse("deletion-strip"))
    assert "Declined by anna on" in page_of(operator, asked.get_absolute_url())
    assert "Declined by anna" not in page_of(operator, reverse("deletion-strip"))
    history = words(page_of(operator, reverse("deletion-list")))
    assert "Declined by anna" in history


@pytest.mark.once
@pytest.mark.parametrize("with_htmx", [True, False])
def test_its_requester_withdraws_it(asked, operator, htmx, with_htmx) -> None:
    response = operator.post(url_of("withdraw", asked), headers=htmx if with_htmx else {})
    if with_htmx:
        assert "Withdrawn" in response.content.decode()
    else:
        assert (response.status_code, response.url) == (303, asked.get_absolute_url())
    asked.refresh_from_db()
    assert asked.decision == "withdrawn"
    assert AuditEvent.objects.get(action="deletion.withdrawn").actor == "olga"


def test_another_does_not_withdraw_it(asked, approver) -> None:
    response = approver.post(url_of("withdraw", asked))
    assert response.status_code == 409
    assert "Only who asked for it can withdraw it." in response.content.decode()


@pytest.mark.once
@pytest.mark.parametrize("action", ["approve", "decline", "withdraw"])
def test_each_needs_a_press_a_sign_in_and_the_right(action, asked, approver, operator, viewer, stranger, htmx) -> None:
    url = url_of(action, asked)
    assert approver.get(url).status_code == 405
    assert stranger.post(url).status_code == 302
    assert stranger.post(url, headers=htmx).headers["HX-Redirect"].startswith("/login/")
    person, right = (viewer, "access.delete_tasks") if action == "withdraw" else (operator, "access.approve_deletions")
    response = person.post(url, shown(asked))
    assert response.status_code == 403
    assert REFUSALS[right] in response.content.decode()
    asked.refresh_from_db()
    assert asked.state == State.AWAITING_APPROVAL


def test_the_rail_tells_approvers_how_many_wait_for_them(asked, approver, operator, viewer) -> None:
    rail = page_of(approver, reverse("audit-log"))
    assert '<a href="/deletions/?state=awaiting_approval">1 waits for you</a>' in rail
    for person in (operator, viewer):
        assert "for you" not in page_of(person, reverse("audit-log"))
    # Out of band with a page that asks for itself.
    live = page_of(approver, f"{asked.get_absolute_url()}?part=live")
    assert re.search(r'id="to-approve"[^>]*hx-swap-oob="true"', live)
    approver.post(url_of("decline", asked), {"reason": "No"})
    assert "waits for you" not in page_of(approver, reverse("audit-log"))


def test_what_an_approver_asked_for_does_not_wait_for_them(approver, tasks) -> None:
    approver.post(url_of("confirm", drafted(approver, tasks)), {"reason": "Spring"})
    assert "waits for you" not in page_of(approver, reverse("audit-log"))


def test_the_history_filters_by_state_drafts_and_discarded_too(asked, operator, tasks) -> None:
    draft, discarded = (drafted(operator, [TrackedTaskFactory()]) for _ in range(2))
    operator.post(url_of("keep", discarded))
    codes = {"awaiting_approval": asked, "draft": draft, "discarded": discarded}
    for state, deletion in codes.items():
        page = page_of(operator, f"{reverse('deletion-list')}?state={state}")
        assert re.findall(r'id="deletion-(\w{8})"', page) == [deletion.code]
        cursor = f"{reverse('deletion-list')}?state={state}&cursor=older-{deletion.pk}"
        assert "No deletion matches" in page_of(operator, cursor)
    everything = page_of(operator, reverse("deletion-list"))
    assert re.findall(r'id="deletion-(\w{8})"', everything) == [asked.code]
    assert operator.get(f"{reverse('deletion-list')}?state=waiting").status_code == 400


def test_only_some_kinds_and_models_are_theirs_to_delete(operator) -> None:
    Limits.objects.create(user=operator.user, only_kinds=["image"], only_models=["wan"])
    mine = TrackedTaskFactory(model="wan")
    tasks = [mine, TrackedTaskFactory(video=True), TrackedTaskFactory(), TrackedTaskFactory(model="")]
    draft = drafted(operator, tasks)
    reasons = dict(draft.items.exclude(outcome="waiting").values_list("task_id", "message"))
    assert list(reasons.values()) == [
        "Not yours to delete: videos",
        "Not yours to delete: model seedreamv4",
        "Not yours to delete: model unknown",
    ]
    assert (draft.size, draft.items.get(outcome="waiting").task_id) == (1, mine.task_id)
    assert "not yours to delete: videos" in page_of(operator, draft.get_absolute_url())


def test_limits_that_came_since_the_draft_count_when_it_is_confirmed(operator, tasks) -> None:
    draft = drafted(operator, tasks[:2])
    Limits.objects.create(user=operator.user, only_kinds=["video"])
    response = operator.post(url_of("confirm", draft), {"reason": "Spring"})
    assert response.status_code == 409
    draft.refresh_from_db()
    assert (draft.size, draft.state) == (0, State.DRAFT)


def test_a_limit_of_a_role_asks_too(operator, settings, tasks) -> None:
    settings.DELETION_APPROVAL_ABOVE = None
    Limits.objects.create(group=operator.user.groups.get(), most_tasks=1)
    page = words(page_of(operator, drafted(operator, tasks).get_absolute_url()))
    assert "Its requester may delete 1 at once without asking." in page


def test_what_waits_is_not_removed_from_nor_kept_nor_confirmed_again(asked, operator) -> None:
    item = asked.items.all()[0].pk
    for action, fields in (("remove", {"item": item}), ("keep", {}), ("confirm", {"reason": "Again"})):
        assert operator.post(url_of(action, asked), fields).status_code == 409
    asked.refresh_from_db()
    assert (asked.state, asked.size) == (State.AWAITING_APPROVAL, 3)


def test_several_approvers_are_named(operator, tasks) -> None:
    for name in ("anna", "bob", "carl", "dora"):
        UserFactory(username=name, role="approver")
    page = words(page_of(operator, drafted(operator, tasks).get_absolute_url()))
    assert "It can be approved by anna , bob , carl or another approver" in page
