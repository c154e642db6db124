"""`listed` follows the presence, whoever writes it and however."""

from __future__ import annotations

from collections import Counter

import pytest
from django.core.management import call_command
from django.db import connection

from dashboard.calls.models import Kind
from dashboard.database import listed
from dashboard.register.checks import triggers_are_in_place
from dashboard.register.models import LISTED, Presence, TrackedTask
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db


def _agree() -> bool:
    rows = TrackedTask.objects.values_list("presence", "listed")
    return all(shown == (presence in LISTED) for presence, shown in rows)


def test_it_is_right_from_the_first() -> None:
    made = [TrackedTaskFactory.build(kind=Kind.IMAGE, presence=presence) for presence in Presence.values]
    TrackedTask.objects.bulk_create(made)
    TrackedTaskFactory(presence=Presence.DELETED)
    assert Counter(TrackedTask.objects.values_list("listed", flat=True)) == {1: 2, 0: 3}
    assert _agree()


@pytest.mark.parametrize("after", Presence.values)
@pytest.mark.parametrize("before", Presence.values)
def test_it_follows_every_change(before: str, after: str) -> None:
    others = [TrackedTaskFactory(presence=presence) for presence in Presence.values]
    task = TrackedTaskFactory(presence=before)
    TrackedTask.objects.filter(pk=task.pk).update(presence=after)
    assert _agree()
    task.presence = before
    task.save()
    assert _agree()
    assert [TrackedTask.objects.get(pk=other.pk).presence for other in others] == Presence.values


def test_a_presence_that_stays_in_the_list_touches_one_index_alone() -> None:
    """On SQLite: PostgreSQL looks at the values by itself."""
    if connection.vendor != "sqlite":
        pytest.skip("SQLite writes what a statement names, changed or not.")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN UPDATE register_trackedtask SET presence = 'deleting' WHERE id = 1")
        program = [opcode for _, opcode, *_ in cursor.fetchall()]
    # Behind the first halt stands what a trigger would do.
    assert program[: program.index("Halt")].count("IdxInsert") == 1


def test_a_missing_trigger_is_an_error_and_can_be_put_back() -> None:
    assert triggers_are_in_place(databases=["default"]) == []
    listed.drop(connection)
    task = TrackedTaskFactory(presence=Presence.DELETED)
    assert {problem.id for problem in triggers_are_in_place(databases=["default"])} == {"register.E003"}
    assert not _agree()
    call_command("index_prompts", verbosity=0)
    assert triggers_are_in_place(databases=["default"]) == []
    assert _agree()
    TrackedTask.objects.filter(pk=task.pk).update(presence=Presence.PRESENT)
    assert _agree()
