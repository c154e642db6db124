"""Items as table or gallery, tombstones, and rows of the history that follow what is under way."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from dashboard.deletions.models import Deletion
from dashboard.media.models import Reason
from tests.deletions.conftest import drafted, url_of, work
from tests.factories import DeletionFactory, DeletionItemFactory, TrackedTaskFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
def ended(db: None) -> Deletion:
    """Of 60 tasks, two of them refused."""
    deletion: Deletion = DeletionFactory(total=60, deleted=58, refused=2)
    for number in range(60):
        outcome = "refused" if number < 2 else "deleted"
        DeletionItemFactory(deletion=deletion, outcome=outcome, settled_at=timezone.now())
    return Deletion.objects.get(pk=deletion.pk)


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_a_finished_deletion_is_a_contact_sheet_with_who_and_when(operator, ended) -> None:
    page = operator.get(f"{ended.get_absolute_url()}?view=gallery").content.decode()
    assert page.count("set-picture-card") == 50
    assert page.count("picture-card tombstone") == 48
    assert page.count(f"<bdi>{ended.actor_name}</bdi>, <time") == 48
    assert "<table" not in page.split('id="items"')[1].split("</section>")[0]


def test_view_filter_and_page_go_together(operator, ended) -> None:
    first = operator.get(f"{ended.get_absolute_url()}?view=gallery&outcome=deleted")
    assert [item.outcome for item in first.context["items"]] == ["deleted"] * 50
    address = first.context["next_url"]
    assert address.startswith("?view=gallery&outcome=deleted&from=deleted-")
    second = operator.get(f"{ended.get_absolute_url()}{address}")
    assert (len(second.context["items"]), second.content.decode().count("set-picture-card")) == (8, 8)
    back = operator.get(f"{ended.get_absolute_url()}{second.context['previous_url']}")
    assert [item.pk for item in back.context["items"]] == [item.pk for item in first.context["items"]]


def test_the_page_keeps_its_view_when_it_is_asked_for_anew(operator, htmx) -> None:
    deletion = DeletionFactory(running=True, total=1, waiting=1)
    DeletionItemFactory(deletion=deletion, outcome="waiting")
    page = operator.get(f"{deletion.get_absolute_url()}?view=gallery&outcome=waiting").content.decode()
    [asked] = re.findall(r'hx-get="([^"]*part=live[^"]*)"', page)
    live = operator.get(asked.replace("&amp;", "&"), headers=htmx).content.decode()
    assert live.count("set-picture-card") == 1


def test_in_the_table_what_is_gone_is_a_tombstone_too(operator, ended) -> None:
    page = operator.get(ended.get_absolute_url()).content.decode()
    assert page.count("picture-small tombstone") == 48


@pytest.mark.parametrize("query", ["view=film", "outlier=odd", "outcome=gone", "from=deleted", "page=x"])
def test_an_unknown_value_is_refused_with_a_sentence(operator, ended, query: str) -> None:
    response = operator.get(f"{ended.get_absolute_url()}?{query}")
    assert response.status_code == 400
    assert "<table" not in response.content.decode()


def rows(page: str) -> dict[str, str]:
    return dict(re.findall(r'(?s)<tr id="deletion-(\w+)"(.*?)</tr>', page))


def test_only_rows_of_what_is_under_way_ask_for_themselves(operator, ended) -> None:
    running = DeletionFactory(running=True, total=3, waiting=3)
    found = rows(operator.get(reverse("deletion-list")).content.decode())
    assert "hx-trigger" not in found[ended.code]
    assert f'hx-get="{running.get_absolute_url()}?part=row' in found[running.code]
    page = operator.get(f"{reverse('deletion-list')}?task={ended.items.first().task_id}").content.decode()
    assert "part=row" not in page


def test_a_row_comes_anew_when_something_changed_and_asks_no_more_at_the_end(
    sandbox, settings, operator, htmx, tasks
) -> None:
    settings.DELETION_GRACE_SECONDS = 60
    deletion = drafted(operator, tasks)
    operator.post(url_of("confirm", deletion), {"reason": "Spring"})
    address = f"{deletion.get_absolute_url()}?part=row"
    first = operator.get(address, headers=htmx).content.decode()
    [seen] = re.findall(r"seen=([0-9a-f]{16})", first)
    assert "3 waiting" in text(first)
    assert operator.get(f"{address}&seen={seen}", headers=htmx).status_code == 204
    Deletion.objects.filter(pk=deletion.pk).update(starts_at=timezone.now())
    work(deletion)
    last = operator.get(f"{address}&seen={seen}", headers=htmx).content.decode()
    assert ("3 deleted" in text(last), "hx-trigger" in last) == (True, False)
    assert 'id="in-flight"' in last
    deletion.refresh_from_db()
    # Its ending was not looked at by that: a banner would stay.
    assert deletion.opened_at is None


def test_a_picture_that_is_missing_says_why(operator) -> None:
    deletion = DeletionFactory(total=1, kept=1)
    task = TrackedTaskFactory(urls=["https://cdn.example.com/a.png"])
    DeletionItemFactory(deletion=deletion, outcome="kept", tracked=task)
    page = operator.get(f"{deletion.get_absolute_url()}?view=gallery").content.decode()
    assert f'<span class="why">{Reason.NOT_ALLOWED.label}</span>' in page
