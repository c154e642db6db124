"""Two approvers who press at the same instant, each on a connection of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from dashboard.audit.models import AuditEvent
from dashboard.deletions.models import Deletion, State
from tests.conftest import Person
from tests.deletions.conftest import Confirm, url_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(settings, confirm: Confirm, images) -> Deletion:
    settings.DELETION_APPROVAL_ABOVE = 2
    settings.DELETION_GRACE_SECONDS = 60
    return confirm(images(3))


def pressed(deletion: Deletion, person: Person, both_have_read: threading.Barrier) -> tuple[int, str]:
    """The answer to Approve, by one who waits for the other as soon as the page has read that it is still to decide."""
    waited: list[int] = []

    def meet(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if not waited and 'FROM "deletions_deletion"' in sql:
            waited.append(both_have_read.wait())
        return found

    shown = {"fingerprint": deletion.fingerprint, "count": deletion.size}
    try:
        with connection.execute_wrapper(meet):
            answer = person.post(url_of("approve", deletion), shown)
    finally:
        connection.close()
    assert waited
    return answer.status_code, answer.content.decode()


def test_of_two_at_the_same_instant_one_approves_and_the_other_learns_who(asked: Deletion) -> None:
    people = {name: Person.signed_in(UserFactory(username=name, role="approver")) for name in ("anna", "berit")}
    both_have_read = threading.Barrier(2, timeout=20)
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda person: pressed(asked, person, both_have_read), people.values())
        answers = dict(zip(people, both, strict=True))

    asked.refresh_from_db()
    first = asked.decider_name
    [other] = people.keys() - {first}
    assert (asked.state, asked.decision, asked.decider) == (State.SCHEDULED, "approved", people[first].user)
    assert {name: status for name, (status, _) in answers.items()} == {first: 303, other: 409}
    assert f"Approved by {first} on " in answers[other][1]
    entries = AuditEvent.objects.filter(action="deletion.approved", subject=str(asked.uuid))
    assert list(entries.values_list("actor", flat=True)) == [first]
