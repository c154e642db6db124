"""What people do with their views."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.register import saved_views
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.models import SavedView, StarredView
from dashboard.register.saved_views import keeping
from tests.factories import UserFactory
from tests.register.saved_views.conftest import names, save

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(action__startswith="view.").order_by("sequence")
    return [(event.action, event.actor) for event in events]


def visible(person: User) -> set[str]:
    return {view.name for view in saved_views.visible(person).filter(shipped=False)}


def test_four_views_come_with_the_dashboard_and_can_be_read(olga: User) -> None:
    shipped = [view for view in saved_views.visible(olga) if view.shipped]
    assert {view.name: saved_views.filter_of(view).words for view in shipped} == {
        "Failed, older than 30 days": "Status: Failed · Created until: older than 30 days",
        "Largest models": "Largest models: the 3 with the most tasks",
        "Never finished": "Status: Not finished · Created until: older than 1 day",
        "Not seen for a week": "Not seen since: 7 days ago",
    }
    assert {view.owner_words for view in shipped} == {"built in"}


def test_ones_own_view_is_seen_by_nobody_else_and_not_told(olga: User, paul: User) -> None:
    save(olga, "Films")
    assert (visible(olga), visible(paul), told()) == ({"Films"}, set(), [])
    assert (names(olga), names(paul)) == (["Films"], [])


def test_a_shared_view_is_everybodys_and_what_becomes_of_it_is_told(olga: User, paul: User) -> None:
    view = save(olga, "Films", shared=True)
    by, now = By(user=olga), timezone.now()
    keeping.star(view=view, user=paul, now=now)
    assert (visible(paul), names(paul)) == ({"Films"}, ["Films"])
    keeping.update(view=view, query="kind=video&status=failed&view=table", by=by, now=now)
    keeping.rename(view=view, name="Failed films", shared=True, by=by, now=now)
    assert names(paul) == ["Failed films"]
    keeping.rename(view=view, name="Failed films", shared=False, by=by, now=now)
    # It leaves the rails of others, and not of its owner.
    assert (names(paul), names(olga)) == ([], ["Failed films"])
    # Nor does it take up room there that nobody could free.
    assert not StarredView.objects.filter(user=paul).exists()
    keeping.rename(view=view, name="Failed films", shared=True, by=by, now=now)
    keeping.delete(view=view, by=by)
    assert (visible(olga), names(olga)) == (set(), [])
    expected = ["view.shared", "view.changed", "view.changed", "view.unshared", "view.shared", "view.deleted"]
    assert told() == [(action, "olga") for action in expected]


def test_only_its_owner_changes_a_view(olga: User, paul: User) -> None:
    view = save(olga, "Films", shared=True)
    by, now = By(user=paul), timezone.now()
    for act in (
        lambda: keeping.update(view=view, query="", by=by, now=now),
        lambda: keeping.rename(view=view, name="Mine", shared=True, by=by, now=now),
        lambda: keeping.delete(view=view, by=by),
    ):
        with pytest.raises(Refused, match="Only its owner can change this view"):
            act()
    view.refresh_from_db()
    assert (view.name, view.query) == ("Films", "kind=video&view=table")


@pytest.mark.parametrize("role", ["operator", "administrator"])
def test_a_view_whose_owner_is_gone_stays_and_is_an_administrators(olga: User, paul: User, role: str) -> None:
    view = save(olga, "Films", shared=True)
    keeping.star(view=view, user=paul, now=timezone.now())
    olga.delete()
    view.refresh_from_db()
    assert (names(paul), view.owner_words) == (["Films"], "somebody without an account now")
    assert keeping.may_change(view, UserFactory(role=role)) == (role == "administrator")


@pytest.mark.parametrize("name", ["Films", " FILMS ", "ｆｉｌｍｓ"])
def test_a_name_that_is_taken_is_refused(olga: User, paul: User, name: str) -> None:
    save(olga, "Films", shared=True)
    for person in (olga, paul):
        with pytest.raises(Invalid, match="There is a view called .* already"):
            save(person, name)
    assert SavedView.objects.filter(shipped=False).count() == 1


def test_two_people_may_use_one_name_until_one_of_them_shares_it(olga: User, paul: User) -> None:
    save(olga, "Films")
    view = save(paul, "Films")
    keeping.rename(view=view, name="Films", shared=True, by=By(user=paul), now=timezone.now())
    other = SavedView.objects.get(owner=olga)
    # Both are in the rail of who saw one of them first.
    with pytest.raises(Invalid, match="already"):
        keeping.rename(view=other, name="Films", shared=True, by=By(user=olga), now=timezone.now())
    assert saved_views.named("films", person=olga) == other
    assert saved_views.named("films", person=UserFactory()) == view
    assert saved_views.named("nothing", person=olga) is None


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Give the view a name."),
        (" \u200b ", "Give the view a name."),
        ("a\0b", "Give the view a name."),
        ("x" * 81, "The name has 81 characters. Use at most 80."),
    ],
)
def test_it_needs_a_name(olga: User, name: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        save(olga, name)
    assert refused.value.errors == {"name": sentence}


def test_there_is_an_end_to_views_and_to_the_rail(olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 3)
    monkeypatch.setattr(saved_views, "MOST_STARRED", 2)
    views = [save(olga, f"View {number}") for number in range(3)]
    assert names(olga) == ["View 0", "View 1"]
    with pytest.raises(Refused, match="There are 2 views beside your pages"):
        keeping.star(view=views[2], user=olga, now=timezone.now())
    keeping.unstar(view=views[0], user=olga)
    keeping.star(view=views[2], user=olga, now=timezone.now())
    assert names(olga) == ["View 1", "View 2"]
    with pytest.raises(Invalid, match="You have 3 views"):
        save(olga, "One more")
