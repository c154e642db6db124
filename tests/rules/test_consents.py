"""What counts as a consent of a rule's owner, and what begins the counting anew."""

from __future__ import annotations

import pytest

from dashboard.deletions import actions
from dashboard.deletions.models import Deletion, State
from dashboard.register.holding.asking import By as KeptBy
from dashboard.register.saved_views import keeping
from dashboard.rules import consents, making
from dashboard.rules.models import Run
from tests.rules.conftest import Life, told

pytestmark = pytest.mark.django_db


@pytest.mark.once
@pytest.mark.parametrize("answer", ["kept", "removed from", "undone", "stopped"])
def test_an_answer_that_is_no_full_yes_begins_the_counting_anew(life: Life, answer: str) -> None:
    for number in (1, 2):
        life.failed(2, day=number)
        life.tick(at=life.day(number))
        if number == 1:
            life.confirm()
    assert consents.number(life.again()) == 1
    draft = life.draft()
    if answer == "kept":
        actions.discard(deletion=draft, by=life.by)
    elif answer == "removed from":
        item = draft.items.order_by("pk").values_list("pk", flat=True)[0]
        actions.remove_item(deletion=draft, item=item, by=life.by, now=life.now)
        draft.refresh_from_db()
        life.confirm(draft)
    else:
        said = {"reason": draft.reason, "typed": str(draft.size)}
        actions.confirm(deletion=draft, by=life.by, **said, now=life.now)
        draft.refresh_from_db()
        if answer == "undone":
            actions.undo(deletion=draft, by=life.by, now=life.now)
        else:
            Deletion.objects.filter(pk=draft.pk).update(state=State.RUNNING)
            actions.stop_rest(deletion=draft, by=life.by, now=life.now)
    assert consents.number(life.again()) == 0


@pytest.mark.parametrize("change", ["view", "cadence", "cap", "box"])
def test_a_change_of_its_terms_begins_the_counting_anew(life: Life, change: str) -> None:
    life.to_the_third_consent()
    assert consents.number(life.again()) == 3
    if change == "view":
        query = "status=failed&created_before=-30d&kind=image&view=table"
        keeping.update(view=life.view, query=query, by=KeptBy(user=life.owner), now=life.now)
    else:
        changed = {"cadence": {"hour": 4}, "cap": {"cap": 60}, "box": {"by_itself": False}}[change]
        making.change(rule=life.rule, terms=life.terms(**changed), by=life.by, now=life.now)
    life.tick(at=life.day(4, hours=1))
    assert life.run.state == Run.State.DRAFTED
    assert consents.number(life.again()) == 0
    assert "rule.changed" in told()
    assert not Deletion.objects.filter(by_itself=True).exists()


@pytest.mark.once
def test_a_name_and_a_reason_are_no_terms(life: Life) -> None:
    life.to_the_third_consent()
    terms = life.terms(name="Failed ones", reason="No use")
    making.change(rule=life.rule, terms=terms, by=life.by, now=life.now)
    life.tick(at=life.day(4))
    assert (life.run.state, life.draft().reason, life.draft().rule_name) == (
        Run.State.BY_ITSELF,
        "No use",
        "Failed ones",
    )
