"""A rule's life over ten days: drafts, three consents, by itself, the cap, two unusual sets, and its end."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from dashboard.deletions.models import Deletion
from dashboard.rules.models import Run
from dashboard.rules.standing import ACCOUNT_CLOSED
from tests.rules.conftest import Life, told

pytestmark = pytest.mark.django_db

BY_HAND, BY_ITSELF = Run.State.DRAFTED, Run.State.BY_ITSELF
NUMBER = "It was confirmed by hand {} of 3 times under its present terms."
UNANNOUNCED = "It was not announced a day before."
DAYS = [
    # day, tasks that grow old enough, what comes unforeseen, announced, what was done, why it waited
    (1, 5, 0, None, BY_HAND, [NUMBER.format(0), UNANNOUNCED]),
    (2, 6, 0, None, BY_HAND, [NUMBER.format(1), UNANNOUNCED]),
    (3, 4, 0, None, BY_HAND, [NUMBER.format(2), UNANNOUNCED]),
    (4, 5, 1, 5, BY_ITSELF, []),
    (5, 60, 0, 60, BY_HAND, ["It has 60 tasks. By itself it may delete 50 a day."]),
    (6, 3, 0, 3, BY_ITSELF, []),
    (7, 5, 40, 5, BY_HAND, ["It has 45 tasks, far from the 5 that were announced."]),
    (
        8,
        30,
        0,
        30,
        BY_HAND,
        ["At least half of it is of models that none of the last 7 deletions of this rule held: new."],
    ),
    (9, 4, 0, 4, BY_ITSELF, []),
]


def test_ten_days(life: Life) -> None:
    for number, there, *_ in DAYS:
        life.failed(there, day=number, model="new" if number == 8 else "zimage")
    life.failed(5, day=10)
    for number, there, coming, announced, done, why in DAYS:
        ahead = Run.objects.filter(state=Run.State.ANNOUNCED).first()
        assert (number, ahead.announced if ahead else None) == (number, announced)
        assert len(ahead.pictures if ahead else []) == min(announced or 0, 24)
        life.failed(coming, day=number)
        life.tick(at=life.day(number, minutes=1))
        run = life.run
        assert (number, run.state, run.why) == (number, done, why)
        assert (run.matched, run.announced, life.draft().size) == (there + coming, announced, there + coming)
        assert life.draft().by_itself == (done == BY_ITSELF)
        assert (life.draft().confirmed_at is None) == (done == BY_HAND)
        life.tick(at=life.day(number, hours=1))
        if done == BY_HAND:
            life.confirm()
            life.tick()
        life.done()
    assert Run.objects.filter(state=Run.State.ANNOUNCED).exists()

    # On the tenth day its owner's account is closed, two hours before the run.
    User.objects.filter(pk=life.owner.pk).update(is_active=False)
    life.tick(at=life.day(10, minutes=1))

    rule = life.again()
    assert (rule.stopped, rule.next_at, rule.state_words) == (ACCOUNT_CLOSED, None, "Stopped")
    last = Run.objects.latest("due_at")
    assert (last.due_at, last.state, last.why) == (life.day(10), Run.State.NOT_MADE, [ACCOUNT_CLOSED])
    assert Deletion.objects.filter(rule=rule.uuid).count() == 9
    assert Deletion.objects.filter(rule=rule.uuid, by_itself=True).count() == 3
    assert told()[0] == "rule.made"
    assert told()[-1] == "rule.stopped"
    assert told().count("rule.announced") == 7
    assert told().count("rule.ran") == 9
