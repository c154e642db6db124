"""Words are found alike on both databases, by the index and by reading: held against a search in plain Python."""

from __future__ import annotations

from string import ascii_lowercase
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from dashboard.database import proposals
from dashboard.database.folding import fold
from dashboard.register import walking
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.listing import Address, page
from dashboard.register.models import TrackedTask
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
@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
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
    monkeypatch.setattr(proposals, "FEW", few)
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


@pytest.mark.parametrize("few", [0, 1000])
def test_as_many_words_as_an_address_takes(few: int, monkeypatch) -> None:
    """SQLite takes an expression of depth 1,000: a text with a blank behind each letter met an error."""
    monkeypatch.setattr(proposals, "FEW", few)
    words = [ascii_lowercase[number % 26] for number in range(500)]
    for prompt in (ascii_lowercase, ascii_lowercase[:-1], "8"):
        TrackedTaskFactory(prompt=prompt)
    filter = Filter.from_query(QueryDict(urlencode({"q": " ".join(words), "kind": "image"})))
    rows = page(Address(filter=filter)).rows
    assert [row.prompt for row in rows] == [ascii_lowercase]
    assert count(filter).number == filter.queryset().count() == 1
