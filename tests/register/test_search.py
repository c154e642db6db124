"""Words are found alike on both databases, by the index and by reading: held against a search in plain Python."""

from __future__ import annotations

from string import ascii_lowercase
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from dashboard.database import prompt_index, prompt_reading, proposals
from dashboard.database.folding import fold
from dashboard.register import walking
from dashboard.register.checks import what_triggers_keep_is_kept
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address, page
from dashboard.register.models import IndexedPrompt, TrackedTask
from dashboard.register.search import predicate
from dashboard.register.search.query import read
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db

LETTERS = "abAB01%_\\\"'*[]^-?éÉжЖſßẞµμΜ\u0301e狐雪ガｶﾞ😀"
texts = st.text(LETTERS + " \n", max_size=14)
ids = st.text(LETTERS, min_size=1, max_size=8)
queries = st.lists(st.text(LETTERS, min_size=1, max_size=6), min_size=1, max_size=3).map(" ".join)


def naive(q: str, task: TrackedTask) -> bool:
    prefix = read(q).prefix
    begins = len(prefix) >= predicate.PREFIX and task.task_id.startswith(prefix)
    return begins or read(q).fits(fold(task.prompt))


def found(q: str) -> set[str]:
    return {task.task_id for task in Filter(q=q).queryset()}


@given(st.dictionaries(ids, texts, min_size=1, max_size=6), queries, st.data())
@example({"1": "a b"}, "%", None)
@example({"1": "ÉÉÉ"}, "ééé", None)
@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_it_finds_what_a_plain_search_finds(prompts: dict[str, str], q: str, data: st.DataObject | None) -> None:
    TrackedTask.objects.all().delete()
    TrackedTask.objects.bulk_create(
        [TrackedTaskFactory.build(task_id=task_id, prompt=prompt) for task_id, prompt in prompts.items()]
    )
    if data is not None and data.draw(st.booleans()):
        whole = prompts[data.draw(st.sampled_from(sorted(prompts)))]
        q = " ".join(whole.split()[:2]) or q
    wanted = {task.task_id for task in TrackedTask.objects.all() if naive(q, task)}
    assert found(q) == wanted
    assert {task.task_id for task in TrackedTask.objects.filter(predicate.found(q))} == wanted
    assert {task.task_id for task in page(Address(filter=Filter(q=q))).rows} == wanted


@pytest.mark.parametrize(("few", "whole"), [(0, 0), (100, 0), (100, 100)])
@pytest.mark.parametrize("sort", ["-created", "created"])
def test_a_common_word_is_paged_like_a_rare_one(monkeypatch, settings, few: int, whole: int, sort: str) -> None:
    monkeypatch.setattr(walking, "SMALL", 0)
    monkeypatch.setattr(proposals, "few", lambda: few)
    monkeypatch.setattr(walking, "READ_WHOLE", whole)
    settings.TASKS_PER_PAGE = 2
    tasks = [
        TrackedTaskFactory(prompt="a fox", created_at=None) if n % 3 == 0 else TrackedTaskFactory(prompt="a fox")
        for n in range(9)
    ]
    known = sorted((task for task in tasks if task.created_at), key=lambda task: task.created_at)
    unknown = [task for task in tasks if task.created_at is None]
    expected = known + unknown if sort == "created" else known[::-1] + unknown[::-1]
    address: Address | None = Address(filter=Filter(q="fox"), sort=sort)
    seen: list[int] = []
    while address is not None:
        shown = page(address)
        seen += [task.pk for task in shown.rows]
        cursor = shown.newer if sort == "created" else shown.older
        address = address.with_cursor(cursor) if cursor else None
    assert seen == [task.pk for task in expected]


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
    assert what_triggers_keep_is_kept(databases=["default"]) == []
    prompt_index.drop_triggers(connection)
    TrackedTaskFactory(task_id="one", prompt="a red fox")
    assert "register.E001" in {problem.id for problem in what_triggers_keep_is_kept(databases=["default"])}
    assert found("fox") == set()
    call_command("index_prompts", verbosity=0)
    assert what_triggers_keep_is_kept(databases=["default"]) == []
    assert found("fox") == {"one"}


@pytest.mark.parametrize("few", [0, 1000])
def test_as_many_words_as_an_address_takes(few: int, monkeypatch) -> None:
    """SQLite takes an expression of depth 1,000: a text with a blank behind each letter met an error."""
    monkeypatch.setattr(proposals, "few", lambda: few)
    words = [ascii_lowercase[number % 26] for number in range(500)]
    for prompt in (ascii_lowercase, ascii_lowercase[:-1], "8"):
        TrackedTaskFactory(prompt=prompt)
    filter = Filter.from_query(QueryDict(urlencode({"q": " ".join(words), "kind": "image"})))
    rows = page(Address(filter=filter)).rows
    assert [row.prompt for row in rows] == [ascii_lowercase]
    assert count(filter).number == filter.queryset().count() == 1


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
    assert [problem.id for problem in what_triggers_keep_is_kept(databases=["default"])] == ["register.W002"]
    assert found("fox") == {"one"}


FOLLOWERS = ["", "x", "9", "é", "狐", "\u20e3", "😀", "\x01", *" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"]


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


@pytest.mark.django_db(transaction=True)
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
