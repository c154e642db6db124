"""Delete the kept ones after all: what Stop or Undo kept, in a new draft."""

from __future__ import annotations

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Refused
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.drafts import freezing
from dashboard.deletions.history.progress import controls
from dashboard.deletions.models import Deletion, State
from tests.deletions.conftest import drafted, outcomes, url_of, work

pytestmark = pytest.mark.django_db(transaction=True)
BUTTON = "Delete the kept 3 after all"


def stopped(deletion: Deletion, user) -> Deletion:
    agenda.begin_due(now=timezone.now())
    actions.stop_rest(deletion=deletion, by=By(user=user), now=timezone.now())
    return work(deletion)


def names(deletion: Deletion) -> list[str]:
    row = Deletion.objects.with_circumstances().get(pk=deletion.pk)
    return [control.name for control in controls(row, now=timezone.now())]


@pytest.mark.once
def test_what_stop_kept_is_drafted_again_with_its_reason(sandbox, olga, confirm, images) -> None:
    deletion = stopped(confirm(images(3)), olga)
    draft = actions.delete_kept(deletion=deletion, by=By(user=olga), now=timezone.now())
    assert (draft.state, draft.size, draft.reason) == (State.DRAFT, 3, "Spring")
    assert (draft.retry_of, draft.retried_outcome) == (deletion, "kept")
    told = AuditEvent.objects.get(action="deletion.drafted", subject=str(draft.uuid))
    assert (told.actor, told.detail["retry_of"], told.detail["outcome"]) == ("olga", str(deletion.uuid), "kept")
    actions.confirm(deletion=draft, by=By(user=olga), reason="Spring", typed="", now=timezone.now())
    assert set(outcomes(work(draft)).values()) == {"deleted"}


def test_it_is_offered_after_stop_until_another_deletion_has_them(sandbox, olga, confirm, images) -> None:
    deletion = confirm(images(3))
    assert BUTTON not in names(deletion)
    assert names(stopped(deletion, olga)) == [BUTTON]
    draft = actions.delete_kept(deletion=deletion, by=By(user=olga), now=timezone.now())
    assert names(deletion) == [BUTTON]
    actions.confirm(deletion=draft, by=By(user=olga), reason="Spring", typed="", now=timezone.now())
    assert names(deletion) == []


@pytest.mark.once
def test_it_is_offered_after_undo_and_each_links_the_other(settings, sandbox, operator, tasks) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = drafted(operator, tasks)
    operator.post(url_of("confirm", deletion), {"reason": "Spring"})
    operator.post(url_of("undo", deletion))
    assert f">{BUTTON}</button>" in operator.get(deletion.get_absolute_url()).content.decode()
    response = operator.post(url_of("delete-kept", deletion))
    draft = Deletion.objects.latest("pk")
    assert (response.status_code, response.url) == (303, draft.get_absolute_url())
    operator.post(url_of("confirm", draft), {"reason": "Spring"})
    pages = [operator.get(one.get_absolute_url()).content.decode() for one in (deletion, draft)]
    assert f'what was kept is deleted by <a href="{draft.get_absolute_url()}"' in pages[0]
    assert f'deletes what was kept by <a href="{deletion.get_absolute_url()}"' in pages[1]


def test_with_htmx_the_dialog_comes_in_place(settings, operator, htmx, tasks) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = drafted(operator, tasks)
    operator.post(url_of("confirm", deletion), {"reason": "Spring"})
    operator.post(url_of("undo", deletion))
    said = operator.post(url_of("delete-kept", deletion), headers=htmx).content.decode()
    assert '<dialog id="dialog"' in said
    assert "Delete 3 tasks?" in said


def test_many_are_drafted_by_a_job(monkeypatch, olga, confirm, images) -> None:
    deletion = stopped(confirm(images(3)), olga)
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    draft = actions.delete_kept(deletion=deletion, by=By(user=olga), now=timezone.now())
    assert (draft.is_being_frozen, freezing.expected(draft)) == (True, 3)
    while freezing.step(draft, now=timezone.now()):
        pass
    draft.refresh_from_db()
    assert (draft.size, draft.is_frozen) == (3, True)


def test_refused_and_kept_ones_are_taken_up_each_by_itself(sandbox, olga, confirm, images) -> None:
    deletion = stopped(confirm(images(3)), olga)
    some = deletion.items.order_by("pk").values_list("pk", flat=True)[:2]
    deletion.items.filter(pk__in=list(some)).update(outcome="refused")
    Deletion.objects.filter(pk=deletion.pk).update(refused=2, kept=1)
    deletion.refresh_from_db()
    retry = actions.retry_refused(deletion=deletion, by=By(user=olga), now=timezone.now())
    actions.confirm(deletion=retry, by=By(user=olga), reason="Spring", typed="", now=timezone.now())
    assert retry.size == 2
    assert names(deletion) == ["Delete the kept 1 after all"]
    assert actions.delete_kept(deletion=deletion, by=By(user=olga), now=timezone.now()).size == 1


@pytest.mark.parametrize("state", ["nothing kept", "running", "scheduled", "being undone"])
def test_there_must_be_something_kept_and_over(settings, sandbox, olga, confirm, images, state: str) -> None:
    settings.DELETION_GRACE_SECONDS = 60 if state == "scheduled" else 0
    deletion = confirm(images(2))
    if state == "nothing kept":
        work(deletion)
    elif state == "running":
        agenda.begin_due(now=timezone.now())
        deletion.items.update(outcome="kept")
    elif state == "being undone":
        first = deletion.items.earliest("pk").pk
        deletion.items.filter(pk=first).update(outcome="kept")
        Deletion.objects.filter(pk=deletion.pk).update(state=State.CANCELLED, kept=1, waiting=1)
    deletion.refresh_from_db()
    with pytest.raises(Refused, match="nothing to delete after all"):
        actions.delete_kept(deletion=deletion, by=By(user=olga), now=timezone.now())
