from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.test import Client

from dashboard.register import walking
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
from dashboard.register.presses import select_all
from tests.conftest import ON_POSTGRESQL, Person
from tests.factories import PASSWORD, AccountFactory, DeletionFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db


def ids(response: HttpResponse) -> list[str]:
    return [task.task_id for task in response.context["page"]["rows"]]


def text(response: HttpResponse) -> str:
    return response.content.decode().replace("&#x27;", "'")


def test_it_lists_newest_first_with_unknown_times_last(viewer: Person) -> None:
    TrackedTaskFactory(task_id="unknown", created_at=None)
    TrackedTaskFactory(task_id="older")
    TrackedTaskFactory(task_id="newer")
    assert ids(viewer.get("/tasks/")) == ["newer", "older", "unknown"]
    assert ids(viewer.get("/tasks/?sort=created")) == ["older", "newer", "unknown"]


def test_who_signs_in_at_the_bare_address_comes_to_it(client: Client, viewer: Person) -> None:
    said = {"username": viewer.user.username, "password": PASSWORD, "next": "/"}
    assert client.post("/login/", said).headers["Location"] == "/tasks/"


def test_its_table_has_the_agreed_names(operator: Person) -> None:
    TrackedTaskFactory(task_id="abcd_1")
    page = text(operator.get("/tasks/"))
    assert re.search(r"<caption[^>]*>Tasks</caption>", page)
    for column in ("Task id", "Kind", "Status", "Presence", "Model", "Prompt", "Created"):
        assert re.search(rf"<th[^>]*>\s*(<a[^>]*>)?\s*{column}", page)
    for label in ("Search", "Kind", "Status", "Presence", "Model", "Created from", "Created until"):
        assert re.search(rf"<label[^>]*>{label}</label>", page)
    assert 'aria-label="Select abcd_1"' in page
    assert "Select all 1 matching" in page


@pytest.mark.parametrize(
    "query",
    [
        "kind=audio",
        "statuss=failed",
        "kind=image&kind=video",
        "created_after=soon",
        "sort=size",
        "cursor=2",
        "selection=2",
    ],
)
def test_what_it_does_not_know_answers_400_with_a_sentence_and_no_table(operator: Person, query: str) -> None:
    TrackedTaskFactory()
    response = operator.get(f"/tasks/?{query}")
    assert response.status_code == 400
    assert response.context["sentence"]
    assert response.context["sentence"] in text(response)
    assert "<table" not in text(response)
    assert "matching" not in text(response)


def test_htmx_gets_the_sentence_beside_the_page(operator: Person, htmx: dict[str, str]) -> None:
    response = operator.get("/tasks/?kind=audio", headers=htmx)
    assert response.status_code == 400
    assert response.headers["HX-Retarget"] == "#notice"
    assert "is not one of image or video." in text(response)
    assert "<html" not in text(response)


def test_markup_in_a_prompt_or_an_id_is_shown_as_text(operator: Person) -> None:
    TrackedTaskFactory(
        task_id="<script>alert(1)</script>",
        prompt="<script>alert(2)</script>",
        model="<b>bold</b>",
        last_outcome="refused",
        last_message="<script>alert(3)</script>",
    )
    page = text(operator.get("/tasks/"))
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert page.count("&lt;script&gt;alert(3)&lt;/script&gt;") >= 1


def test_a_filter_value_is_shown_as_text(operator: Person) -> None:
    for query in ("q=<script>alert(1)</script>", "kind=<script>alert(1)</script>"):
        assert "<script>alert" not in text(operator.get(f"/tasks/?{query}"))


def test_presence_tells_the_last_outcome(viewer: Person) -> None:
    TrackedTaskFactory(last_outcome="refused", last_message="Task is locked")
    assert "Present · Refused: Task is locked" in text(viewer.get("/tasks/"))


def test_it_says_how_many_of_unknown_time_a_day_leaves_out(viewer: Person) -> None:
    TrackedTaskFactory(created_at=datetime(2026, 3, 2, tzinfo=UTC))
    TrackedTaskFactory.create_batch(2, created_at=None)
    response = viewer.get("/tasks/?created_after=2026-03-01")
    assert response.context["left_out"] == 2
    assert response.context["count"].number == 1
    assert "2 tasks of unknown time are left out by the dates" in " ".join(response.content.decode().split())


def test_it_says_so_also_when_nothing_matches(viewer: Person) -> None:
    TrackedTaskFactory(created_at=None)
    page = " ".join(viewer.get("/tasks/?created_after=2026-03-01").content.decode().split())
    assert "No task matches" in page
    assert "1 task of unknown time is left out by the dates" in page


def test_chips_take_one_filter_away_each(viewer: Person) -> None:
    TrackedTaskFactory(prompt="a fox")
    response = viewer.get("/tasks/?q=fox&kind=image&sort=created")
    assert response.context["chips"] == [
        {"label": "Search", "value": "fox", "remove_url": "/tasks/?kind=image&sort=created"},
        {"label": "Kind", "value": "Image", "remove_url": "/tasks/?q=fox&sort=created"},
    ]


def test_each_model_has_a_chip(viewer: Person) -> None:
    TrackedTaskFactory(model="zimage")
    response = viewer.get("/tasks/?model=ZIMAGE&model=nope&kind=image")
    assert response.context["chips"][1:] == [
        {"label": "Model", "value": "zimage", "remove_url": "/tasks/?kind=image&model=nope"},
        {"label": "Model", "value": "nope", "remove_url": "/tasks/?kind=image&model=zimage"},
    ]


def test_models_that_no_task_has_are_told(viewer: Person) -> None:
    TrackedTaskFactory(model="zimage")
    page = " ".join(text(viewer.get("/tasks/?model=zimage,nope<b>")).split())
    assert "No task has the model <strong><bdi>nope&lt;b&gt;</bdi></strong>" in page
    assert len(ids(viewer.get("/tasks/?model=zimage,nope"))) == 1
    alone = " ".join(text(viewer.get("/tasks/?model=" + ",".join(f"no{number}" for number in range(15)))).split())
    assert "No task has the models <strong><bdi>no0</bdi></strong>, " in alone
    assert "and 5 more" in alone
    assert "No task matches" in alone
    assert "No task has" not in text(viewer.get("/tasks/?model=zimage"))


def test_a_link_leads_to_the_models_without_a_script(viewer: Person) -> None:
    page = " ".join(text(viewer.get("/tasks/?kind=image")).split())
    assert '<noscript> <a class="choose" href="/tasks/models/?kind=image">' in page


def test_empty_says_which_of_the_two_it_is(viewer: Person) -> None:
    assert viewer.get("/tasks/").context["empty"] == "none_yet"
    TrackedTaskFactory()
    assert viewer.get("/tasks/?kind=video").context["empty"] == "none_match"
    assert viewer.get("/tasks/").context["empty"] == ""


def test_a_page_whose_rows_have_gone_leads_to_the_first(viewer: Person) -> None:
    TrackedTaskFactory()
    response = viewer.get("/tasks/?kind=image&cursor=ax.0")
    assert response.status_code == 302
    assert response.headers["Location"] == "/tasks/?kind=image"


def test_newer_and_older_lead_there_and_back(viewer: Person) -> None:
    TrackedTaskFactory.create_batch(60)
    first = viewer.get("/tasks/?kind=image")
    assert first.context["page"]["newer_url"] == ""
    second = viewer.get(first.context["page"]["older_url"])
    assert len(ids(second)) == 10
    assert second.context["page"]["older_url"] == ""
    assert ids(viewer.get(second.context["page"]["newer_url"])) == ids(first)


def test_a_stranger_is_sent_to_the_sign_in(stranger: Person) -> None:
    assert stranger.get("/tasks/?kind=image").headers["Location"] == "/login/?next=/tasks/%3Fkind%3Dimage"


def test_it_only_answers_get(operator: Person) -> None:
    assert operator.post("/tasks/").status_code == 405


def busy_page(person: Person, rows: int) -> str:
    """A register that fills a list page with everything there is, a deletion in flight included."""
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(rows, prompt="a red fox"))
    TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(rows // 5, prompt="a red fox", created_at=None))
    AccountFactory(host=settings.TENSORSLAB_API_URL)
    DeletionFactory(running=True, actor=person.user, waiting=3, total=3)
    return "q=red+fox"


@pytest.mark.parametrize("rows", [47, 300])
@pytest.mark.parametrize("more", ["", "&created_after=2020-01-01", "&cursor=x"])
@pytest.mark.parametrize(("small", "queries"), [(10**9, 17), (0, 20)])
def test_a_page_costs_a_few_queries_whatever_it_shows(
    operator: Person,
    django_assert_max_num_queries: Callable,
    rows: int,
    more: str,
    small: int,
    queries: int,
    monkeypatch,
) -> None:
    # One is for the pictures, one for the pace of the deletion in flight.
    monkeypatch.setattr(walking, "SMALL", small)
    query = busy_page(operator, rows)
    filter = Filter.from_query(QueryDict(query + more.replace("&cursor=x", "")))
    selection = select_all(user=operator.user, filter=filter)
    if "cursor" in more:
        last_known = TrackedTask.objects.filter(created_at__isnull=False).order_by("-created_at")[rows - 3]
        more = f"&cursor=a{int(last_known.created_at.timestamp() * 1_000_000)}.{last_known.pk}"
    # PostgreSQL is also asked what time it is; outside of tests once a second at most.
    with django_assert_max_num_queries(queries + ON_POSTGRESQL):
        response = operator.get(f"/tasks/?{query}{more}&selection={selection.uuid}")
    assert response.status_code == 200
    assert response.context["selection"] is not None
