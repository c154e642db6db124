"""When somebody else has to agree: the settings, a person's limits, and what is far from a person's habits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.access.limits import Allowed
from dashboard.deletions.approvals.rules import Asked, Rules, reasons
from dashboard.deletions.approvals.usual import FEW, LEAST, Habit, unusual

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ANYBODY, NONE = Allowed(), Rules()


def why(asked: Asked, allowed: Allowed = ANYBODY, rules: Rules = NONE) -> list[str]:
    return reasons(asked, allowed, rules, now=NOW)


def test_without_limits_and_rules_nobody_has_to_agree() -> None:
    assert why(Asked(size=1_000_000, newest=NOW, models={"wan": 1}, spent=1_000_000)) == []


def test_above_the_number_of_the_settings_somebody_has_to_agree() -> None:
    above = Rules(above=1000)
    assert why(Asked(size=1000), rules=above) == []
    assert why(Asked(size=1001), rules=above) == ["It has 1,001 tasks. Above 1,000 somebody else has to agree."]
    assert why(Asked(size=1), rules=Rules(above=0)) == ["It has 1 task. Above 0 somebody else has to agree."]


def test_above_a_persons_own_limit_somebody_has_to_agree() -> None:
    allowed = Allowed(most_tasks=20)
    assert why(Asked(size=20), allowed) == []
    assert why(Asked(size=21), allowed) == ["It has 21 tasks. Its requester may delete 20 at once without asking."]


def test_a_day_counts_what_was_deleted_before() -> None:
    allowed = Allowed(most_daily=100)
    assert why(Asked(size=40, spent=60), allowed) == []
    [sentence] = why(Asked(size=41, spent=60), allowed)
    assert sentence == "With it, its requester deletes 101 tasks within 24 hours, and may delete 100 without asking."


@pytest.mark.parametrize(("age", "number"), [(timedelta(hours=23), 1), (timedelta(hours=24), 0), (None, 0)])
def test_what_is_younger_than_a_day(age: timedelta | None, number: int) -> None:
    newest = NOW - age if age is not None else None
    found = why(Asked(size=1, newest=newest), rules=Rules(words=["young"]))
    assert found == ["It holds tasks that were made within the last 24 hours."] * number


def test_what_somebody_else_added() -> None:
    assert why(Asked(size=9, added_by_others=2)) == []
    rules = Rules(words=["others"])
    assert why(Asked(size=9), rules=rules) == []
    assert why(Asked(size=9, added_by_others=2), rules=rules) == ["It holds 2 tasks that somebody else added."]


def test_a_model_by_its_exact_name_also_where_its_number_is_not_known() -> None:
    rules = Rules(words=["model:wan", "model:seedance v2"])
    assert why(Asked(size=9, models={"Wan": 9, "wan2": 1}), rules=rules) == []
    assert why(Asked(size=9, models={"wan": 1, "seedance v2": 0}), rules=rules) == [
        "It holds 1 task of the model wan.",
        "It holds tasks of the model seedance v2.",
    ]


@pytest.mark.parametrize(
    ("rules", "allowed", "judged"),
    [
        (NONE, ANYBODY, False),
        (NONE, Allowed(only_kinds=("image",)), False),
        (Rules(above=0), ANYBODY, True),
        (Rules(words=["unusual"]), ANYBODY, True),
        (NONE, Allowed(most_daily=9), True),
    ],
)
def test_habits_are_judged_where_there_is_any_limit(rules: Rules, allowed: Allowed, judged: bool) -> None:
    assert rules.judges_habits(allowed) == judged


def habit(size: int = 100, *, images: int | None = None, hour: float = 12, models: tuple[str, ...] = ("wan",)) -> Habit:
    share = {model: size // len(models) for model in models}
    at = NOW.replace(hour=0) + timedelta(hours=hour)
    return Habit(size=size, images=size if images is None else images, at=at, models=share)


def test_what_is_like_the_others_is_usual() -> None:
    assert unusual(habit(), [habit()] * LEAST) == []


def test_there_is_no_habit_before_a_few_deletions_and_a_few_tasks_are_never_unusual() -> None:
    odd = habit(5000, images=0, hour=3, models=("new",))
    assert unusual(odd, [habit()] * (LEAST - 1)) == []
    assert unusual(habit(FEW, images=0, hour=3, models=("new",)), [habit()] * LEAST) == []
    assert len(unusual(odd, [habit()] * LEAST)) == 4


def test_a_size_far_above_the_middle_and_the_largest() -> None:
    past = [habit(size) for size in (10, 20, 30, 40, 400)]
    assert unusual(habit(800), past) == []
    assert unusual(habit(801), past) == [
        "It is far larger than the last 5 deletions of the same person: half of them had 30 tasks or fewer, "
        "the largest 400."
    ]
    assert unusual(habit(300), [habit(30)] * 5) == []


def test_a_time_of_day_far_from_all_others_over_midnight_too() -> None:
    past = [habit(hour=23)] * 5
    assert unusual(habit(hour=3), past) == []
    assert unusual(habit(hour=3.5), past) == [
        "It is 03:30 UTC, and the last 5 deletions of the same person were all more than 4 hours away from that."
    ]


def test_a_kind_that_was_hardly_ever_deleted() -> None:
    past = [habit(images=95)] * 5
    assert unusual(habit(images=51), past) == []
    assert unusual(habit(images=50), past) == [
        "At least half of it are videos, and the last 5 deletions of the same person held hardly any."
    ]
    assert unusual(habit(images=50), [habit(images=94)] * 5) == []


def test_models_that_none_of_the_others_held() -> None:
    past = [habit(models=("wan", "seedream"))] * 5
    assert unusual(habit(models=("wan", "old", "new")), past) == [
        "At least half of it is of models that none of the last 5 deletions of the same person held: old, new."
    ]
    assert unusual(habit(models=("wan", "seedream", "new")), past) == []
    # Of an unknown one nobody can say that it is new.
    assert unusual(habit(models=("",)), past) == []
