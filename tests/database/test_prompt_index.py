"""The index of the prompts holds what the register holds, whoever writes, and proposes what a search looks for."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.database import prompt_index, prompt_reading
from dashboard.register.checks import triggers_are_in_place
from dashboard.register.filters.filter import Filter
from dashboard.register.models import IndexedPrompt, TrackedTask
from dashboard.register.search import predicate
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db

FOLLOWERS = ["", "x", "9", "é", "狐", "\u20e3", "😀", "\x01", *" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]


def found(q: str) -> set[str]:
    return {task.task_id for task in Filter(q=q).queryset()}


def test_the_index_keeps_in_step() -> None:
    task = TrackedTaskFactory(task_id="one", prompt="a red fox")
    assert found("fox") == {"one"}
    TrackedTask.objects.filter(pk=task.pk).update(prompt="a grey owl")
    assert (found("fox"), found("owl")) == (set(), {"one"})
    TrackedTask.objects.bulk_create(
        [
            TrackedTaskFactory.build(task_id="one", prompt="a teapot"),
            TrackedTaskFactory.build(task_id="two", prompt="a fox"),
        ],
        update_conflicts=True,
        unique_fields=["kind", "task_id"],
        update_fields=["prompt"],
    )
    assert (found("owl"), found("teapot"), found("fox")) == (set(), {"one"}, {"two"})
    TrackedTask.objects.filter(task_id="two").delete()
    assert found("fox") == set()
    assert IndexedPrompt.objects.count() == TrackedTask.objects.count()


def test_a_missing_trigger_is_an_error_and_can_be_put_back() -> None:
    assert triggers_are_in_place(databases=["default"]) == []
    prompt_index.drop_triggers(connection)
    TrackedTaskFactory(task_id="one", prompt="a red fox")
    assert "register.E001" in {problem.id for problem in triggers_are_in_place(databases=["default"])}
    assert found("fox") == set()
    call_command("index_prompts", verbosity=0)
    assert triggers_are_in_place(databases=["default"]) == []
    assert found("fox") == {"one"}


def test_long_prompts_are_read_in_portions(monkeypatch) -> None:
    """The pieces of 450 long ones took 3 GB, and more than PostgreSQL takes in a value."""
    monkeypatch.setattr(prompt_reading, "PORTION", 25)
    for prompt in ("狐" * 20, "fox 狸" * 4, "犬" * 20, "猫"):
        TrackedTaskFactory(prompt=prompt)
    with CaptureQueriesContext(connection) as asked:
        prompt_reading.keep_up()
    written = [query for query in asked.captured_queries if f"INTO {prompt_reading.TABLE}" in query["sql"]]
    assert len(written) == 2
    assert [len(found(q)) for q in ("狐", "狸", "犬", "猫")] == [1, 1, 1, 1]


@pytest.mark.postgres
def test_without_trigrams_it_warns_and_still_finds() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {prompt_index.INDEX}")
    TrackedTaskFactory(task_id="one", prompt="a red fox")
    assert [problem.id for problem in triggers_are_in_place(databases=["default"])] == ["register.W002"]
    assert found("fox") == {"one"}


@pytest.mark.parametrize("follower", FOLLOWERS, ids=ascii)
def test_an_index_proposes_short_words_whatever_follows_them(follower: str) -> None:
    found_in = TrackedTaskFactory(task_id="one", prompt=f"a lens in 8k{follower}").pk
    TrackedTaskFactory(task_id="two", prompt="a lens")
    prompt_reading.keep_up()
    assert predicate.candidates("8k", limit=5) == [found_in]
    assert predicate.candidates("8", limit=5) == [found_in]


@pytest.mark.parametrize("prompt", ["a fox", "a fox in 狐", "a fox\x01", "jazz"])
@pytest.mark.parametrize("q", ["a", "z", "fo", "x", "狐", "in"])
def test_an_index_proposes_what_has_a_short_word(q: str, prompt: str) -> None:
    pk = TrackedTaskFactory(task_id="one", prompt=prompt).pk
    prompt_reading.keep_up()
    assert q not in prompt or predicate.candidates(q, limit=5) == [pk]


def test_an_index_that_is_made_anew_holds_what_was_written_without_it() -> None:
    prompt_index.drop(connection)
    try:
        tasks = {"old_1": "A FOX in 8K", "old_2": "Straße bei 狐狸", "old_3": "nothing of it"}
        TrackedTask.objects.bulk_create(
            [TrackedTaskFactory.build(task_id=task_id, prompt=prompt) for task_id, prompt in tasks.items()]
        )
    finally:
        prompt_index.create(connection)
    assert prompt_index.missing(connection) == []
    assert {q: found(q) for q in ("fox", "8k", "STRASSE", "狐")} == {
        "fox": {"old_1"},
        "8k": {"old_1"},
        "STRASSE": {"old_2"},
        "狐": {"old_2"},
    }
