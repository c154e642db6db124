from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.access.models import Invitation, Limits, Profile
from tests.access.people.test_joining import words
from tests.access.signing_in.people import give_app
from tests.conftest import Person
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def queries(administrator: Person) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert administrator.get("/access/").status_code == 200
    return len(captured)


def test_thirty_people_take_as_many_queries_as_three(administrator: Person) -> None:
    administrator.get("/access/")
    before = queries(administrator)
    for number in range(30):
        person = UserFactory(role=["viewer", "operator", "approver"][number % 3])
        Person.signed_in(person)
        Profile.objects.create(user=person, seen_at=timezone.now())
        Limits.objects.create(user=person, most_tasks=number)
        give_app(person)
        Invitation.objects.create(user=person, digest=str(number), expires_at=timezone.now())
    assert queries(administrator) == before


def test_it_says_who_there_is_and_what_they_may(administrator: Person) -> None:
    olga = UserFactory(username="olga", role="operator")
    Person.signed_in(olga)
    Person.signed_in(olga)
    give_app(olga)
    Profile.objects.create(user=olga, seen_at=timezone.now().replace(year=2026, month=3, day=4))
    UserFactory(username="anna", role="approver")
    shown = words(administrator.get("/access/"))
    assert '<caption class="visually-hidden">People</caption>' in shown
    assert "3, 2 can approve" in shown
    row = shown[shown.index('title="olga"') :]
    row = row[: row.index("</tr>")]
    for part in ("Operator", "4 Mar 2026", "2 open", ">App<", "Change olga"):
        assert part in row


@pytest.mark.parametrize(("hours", "word"), [(1, "Invited"), (-1, "Link expired")])
def test_who_has_not_come_yet_is_invited(administrator: Person, hours: int, word: str) -> None:
    person = User.objects.create_user("li.wei")
    Invitation.objects.create(user=person, digest="0", expires_at=timezone.now() + timedelta(hours=hours))
    assert word in words(administrator.get("/access/"))


def test_a_name_can_not_reorder_what_stands_beside_it(administrator: Person) -> None:
    UserFactory(username="a\u202eb")
    assert "a\u202eb" not in administrator.get("/access/").content.decode()


def test_the_rail_leads_there_only_who_may(administrator: Person, operator: Person) -> None:
    assert 'href="/access/"' in administrator.get("/tasks/").content.decode()
    assert 'href="/access/"' not in operator.get("/tasks/").content.decode()


def test_nobody_else_is_shown_anybody(operator: Person) -> None:
    response = operator.get("/access/")
    assert response.status_code == 403
    assert "People, roles and limits are for an administrator to change." in words(response)
