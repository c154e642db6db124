"""Save view, the line above the list, the page of the views and the rail."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.http import HttpResponse

from dashboard.access.models import Profile
from dashboard.register import counting
from dashboard.register.models import SavedView
from dashboard.register.saved_views import counts, starred
from tests.conftest import Person
from tests.factories import TrackedTaskFactory
from tests.register.saved_views.conftest import names, save

pytestmark = pytest.mark.django_db
RAIL = "/tasks/views/rail/"
NEW = "/tasks/views/new/?status=failed&created_before=-30d"


def page(response: HttpResponse) -> str:
    return " ".join(re.sub(r"[\u2068\u2069]|</?bdi[^>]*>", "", response.content.decode()).split())


def bar(person: Person, address: str) -> str:
    """What stands above the list, without its tags."""
    found = re.search(r'<p class="saved-bar".*?</p>', page(person.get(address)))
    return " ".join(re.sub("<[^>]*>", " ", found[0]).split()) if found else ""


def saved(person: Person, name: str = "Old failures", address: str = NEW, **said: str) -> SavedView:
    response = person.post(address, {"name": name, **said})
    assert response.status_code == 303, page(response)
    return SavedView.objects.get(name=name)


def test_the_list_leads_to_save_view_with_its_filters(operator: Person) -> None:
    TrackedTaskFactory()
    opener = '<a class="button" href="/tasks/views/new/?status=failed&amp;sort=created&amp;view=table">'
    # Nothing matches today, and that is a view too.
    assert opener in page(operator.get("/tasks/?status=failed&sort=created"))
    form = page(operator.get(NEW))
    assert "Status: Failed · Created until: older than 30 days" in form
    assert '<label for="id_name">Name</label>' in form
    assert "Share with everybody" in form


def test_what_is_saved_is_opened_with_order_and_look(operator: Person, viewer: Person) -> None:
    view = saved(operator, address="/tasks/views/new/?kind=video&sort=created&view=gallery&cursor=a1.1", shared="1")
    assert view.query == "kind=video&sort=created&view=gallery"
    assert view.get_absolute_url() == f"/tasks/?saved={view.uuid}&kind=video&sort=created&view=gallery"
    TrackedTaskFactory(kind="video", task_id="film")
    shown = page(viewer.get(view.get_absolute_url()))
    assert "film" in shown
    assert 'class="gallery"' in shown
    assert bar(viewer, view.get_absolute_url()) == "Old failures"
    # How they like their list is another matter.
    assert not Profile.objects.exists()


def test_an_edited_view_says_so(operator: Person, viewer: Person) -> None:
    view = saved(operator, shared="1")
    address = f"/tasks/?saved={view.uuid}&status=failed&created_before=-30d"
    assert bar(operator, address) == "Old failures"
    edited = f"{address}&kind=video"
    assert bar(operator, edited) == "Old failures · changed · Show as saved · Save changes · Save as a new view"
    assert bar(viewer, edited) == "Old failures · changed · Show as saved · Save as a new view"
    assert bar(operator, f"/tasks/?saved={view.uuid}").startswith("Old failures · changed")
    assert bar(operator, f"{address}&sort=created").startswith("Old failures · changed")
    assert bar(operator, f"{address}&view=gallery").startswith("Old failures · changed")
    # The next page, and only what is selected, are the same view.
    assert bar(operator, f"{address}&cursor=ax.{10**9}") in {"", "Old failures"}


def test_the_view_stays_in_the_address_while_filters_change(operator: Person) -> None:
    view = saved(operator)
    TrackedTaskFactory(status="failed")
    shown = page(operator.get(f"/tasks/?saved={view.uuid}&status=failed"))
    assert f'<input type="hidden" name="saved" value="{view.uuid}"' in shown
    assert f"saved={view.uuid}" in re.search(r'<a class="chip" href="([^"]*)"', shown)[1]


@pytest.mark.once
def test_changes_are_saved_and_the_list_comes_back(operator: Person, viewer: Person) -> None:
    view = saved(operator, shared="1")
    edited = f"saved={view.uuid}&kind=video&view=table"
    address = f"/tasks/views/{view.uuid}/update/?kind=video&view=table"
    assert f'action="{address.replace("&", "&amp;")}"' in page(operator.get(f"/tasks/?{edited}"))
    response = operator.post(address)
    assert (response.status_code, response.url) == (303, f"/tasks/?{edited}")
    assert bar(operator, response.url) == "Old failures"
    # Somebody else has the address from before.
    assert bar(viewer, f"/tasks/?saved={view.uuid}&status=failed&created_before=-30d&view=table").startswith(
        "Old failures · changed · Show as saved"
    )
    assert viewer.post(address).status_code == 409
    assert operator.post(f"/tasks/views/{view.uuid}/update/?colour=red").status_code == 400


@pytest.mark.once
@pytest.mark.parametrize("gone", [True, False])
def test_a_view_that_is_gone_or_is_not_theirs_leaves_its_filters(operator: Person, viewer: Person, gone: bool) -> None:
    uuid = uuid4() if gone else saved(operator).uuid
    TrackedTaskFactory(task_id="video", kind="video")
    TrackedTaskFactory(task_id="image")
    shown = page(viewer.get(f"/tasks/?saved={uuid}&kind=video"))
    assert "The saved view of this address is gone, or is not shared any more." in shown
    assert ">video<" in shown
    assert ">image<" not in shown
    assert viewer.get("/tasks/?saved=nothing").status_code == 400
    for what in ("", "update/", "delete/", "star/"):
        assert viewer.post(f"/tasks/views/{uuid}/{what}").status_code == 404


def test_a_view_with_a_filter_that_is_not_there_any_more_says_so(operator: Person, htmx: dict[str, str]) -> None:
    view = save(operator.user, "Old", "colour=red&view=table")
    assert "There is no filter called “colour”." in page(operator.get("/tasks/views/"))
    response = operator.get(view.get_absolute_url())
    assert response.status_code == 400
    assert "There is no filter called “colour”." in page(response)
    assert '<span class="saved-count"></span>' in page(operator.get(RAIL, headers=htmx))
    assert operator.post(f"/tasks/views/{view.uuid}/", {"name": "Older"}).status_code == 303


@pytest.mark.once
def test_what_can_not_be_saved_says_why(operator: Person) -> None:
    response = operator.post(NEW, {"name": "", "shared": "1"})
    assert response.status_code == 422
    assert "Give the view a name." in page(response)
    assert 'name="shared" value="1" autocomplete="off" checked' in page(response)
    saved(operator)
    assert operator.post(NEW, {"name": "old FAILURES"}).status_code == 422
    assert operator.get("/tasks/views/new/?colour=red").status_code == 400


def test_renamed_unshared_and_deleted(operator: Person, viewer: Person) -> None:
    view = saved(operator, shared="1")
    address = f"/tasks/views/{view.uuid}/"
    assert viewer.get(address).status_code == 403
    assert viewer.post(f"{address}delete/").status_code == 409
    assert "checked" in page(operator.get(address))
    assert operator.post(address, {"name": "Mine"}).status_code == 303
    view.refresh_from_db()
    assert (view.name, view.shared) == ("Mine", False)
    assert operator.post(address, {"name": ""}).status_code == 422
    assert operator.post(f"{address}delete/", follow=True).redirect_chain == [("/tasks/views/", 303)]
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_a_star_puts_a_view_beside_the_pages_and_takes_it_away(viewer: Person) -> None:
    view = SavedView.objects.get(name="Never finished")
    address = f"/tasks/views/{view.uuid}/star/"
    assert viewer.post(address, {"star": "yes"}).status_code == 303
    assert names(viewer.user) == ["Never finished"]
    link = f'href="{view.get_absolute_url()}"'.replace("&", "&amp;")
    # The page of the views shows it; another one asks for it, or knows it by then.
    shown = page(viewer.get("/holds/"))
    assert link not in shown
    assert f'hx-get="{RAIL}"' in shown
    for at in ("/tasks/views/", "/holds/"):
        assert f'id="view-{view.uuid}"' in page(viewer.get(at))
    viewer.post(address, {"star": "no"})
    assert names(viewer.user) == []
    viewer.get("/tasks/views/")
    assert f'hx-get="{RAIL}"' not in page(viewer.get("/holds/"))


@pytest.mark.once
def test_the_rail_counts_up_to_a_cap_and_not_again_within_a_minute(
    operator: Person, htmx: dict[str, str], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    saved(operator, "Films", "/tasks/views/new/?kind=video")
    saved(operator, "Images", "/tasks/views/new/?kind=image")
    TrackedTaskFactory.create_batch(2, kind="video")
    TrackedTaskFactory.create_batch(5, kind="image")
    monkeypatch.setattr(counts, "CAP", 4)
    monkeypatch.setattr(counting, "COUNT_CAP", 4)

    def numbers() -> list[str]:
        return re.findall(r'class="saved-count">([^<]*)</span>', page(operator.get(RAIL, headers=htmx)))

    assert numbers() == ["2", "4+"]
    TrackedTaskFactory(kind="video")
    assert numbers() == ["2", "4+"]
    views = starred(operator.user)
    with django_assert_num_queries(0):
        assert [counts.in_words(view) for view in views] == ["2", "4+"]
    # Only for the page: without htmx it leads to the views.
    assert operator.get(RAIL).status_code == 302


def test_the_rail_tells_which_view_is_open(operator: Person, htmx: dict[str, str]) -> None:
    view = saved(operator)
    shown = page(operator.get(RAIL, headers={**htmx, "HX-Current-URL": f"http://testserver{view.get_absolute_url()}"}))
    assert shown.count('aria-current="page"') == 1
    assert "load" not in shown
    assert 'aria-current="page"' not in page(operator.get(RAIL, headers=htmx))


def test_nothing_is_offered_while_nothing_may_be_changed(operator: Person, settings) -> None:
    view = saved(operator)
    settings.READ_ONLY = True
    assert "Save view" not in page(operator.get("/tasks/"))
    assert bar(operator, f"/tasks/?saved={view.uuid}&kind=video") == "Old failures · changed · Show as saved"
    assert "<form" not in re.search("<table.*</table>", page(operator.get("/tasks/views/")))[0]
