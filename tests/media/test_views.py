from __future__ import annotations

import re

import pytest
from django.template import Context, Template

from dashboard.audit.models import AuditEvent
from dashboard.media import jobs, storing, views
from dashboard.media.models import AllowedHost, Picture, Reason, State
from dashboard.register.models import TrackedTask
from tests.conftest import Person
from tests.factories import TrackedTaskFactory
from tests.pages.strict import lacking

pytestmark = pytest.mark.django_db
TOKEN = "0123456789abcdef" * 2
URL = "https://cdn.example.com/a.png"
FILM = bytes(range(256)) * 12_000


def stored(**values: object) -> TrackedTask:
    task = TrackedTaskFactory(urls=[URL])
    Picture.objects.create(task=task, state=State.STORED, token=TOKEN, **values)
    for name, content in {"64.webp": b"tiny", "320.webp": b"small", "large.webp": b"large", "film.mp4": FILM}.items():
        storing.store().put(TOKEN, name, content)
    return task


def body(response: object) -> bytes:
    return b"".join(response)  # type: ignore[arg-type, call-overload]


def test_a_picture_is_served_to_be_kept_and_as_nothing_else(viewer: Person) -> None:
    stored()
    response = viewer.get(f"/media/{TOKEN}/64.webp")
    assert (response.status_code, body(response)) == (200, b"tiny")
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert lacking(response.headers, kept=True) == set()
    assert "sandbox" in response.headers["Content-Security-Policy"].split("; ")
    assert body(viewer.head(f"/media/{TOKEN}/64.webp")) == b""


def test_it_is_for_those_who_are_signed_in_and_may_look(stranger: Person, outsider: Person) -> None:
    stored()
    assert stranger.get(f"/media/{TOKEN}/64.webp").status_code == 302
    assert outsider.get(f"/media/{TOKEN}/64.webp").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        *(f"{TOKEN}/strip.webp", f"{TOKEN}/64.png", f"{TOKEN}/film.webm", f"{TOKEN.upper()}/64.webp", "ab/64.webp"),
        *(f"{'f' * 32}/64.webp", f"{TOKEN}/..%2f64.webp", f"..%2f{TOKEN}/64.webp", f"{TOKEN}/64.webp%00", "%2e%2e/x"),
    ],
)
def test_there_is_nothing_else(viewer: Person, path: str) -> None:
    stored()
    assert viewer.get(f"/media/{path}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-", 0, views.PIECE),
        ("bytes=0-1", 0, 2),
        ("bytes=100-199", 100, 200),
        (f"bytes={len(FILM) - 3}-", len(FILM) - 3, len(FILM)),
        ("bytes=-5", len(FILM) - 5, len(FILM)),
        (f"bytes=5-{len(FILM) * 2}", 5, 5 + views.PIECE),
    ],
)
def test_of_a_film_parts_can_be_asked_for(viewer: Person, asked: str, begin: int, end: int) -> None:
    stored(film="mp4")
    response = viewer.get(f"/media/{TOKEN}/film.mp4", headers={"Range": asked})
    assert (response.status_code, body(response)) == (206, FILM[begin:end])
    assert response.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(FILM)}"
    assert response.headers["Content-Length"] == str(end - begin)
    assert response.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("asked", ["", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,5-6", "lines=0-1"])
def test_what_asks_for_no_one_part_gets_the_whole(viewer: Person, asked: str) -> None:
    stored(film="mp4")
    response = viewer.get(f"/media/{TOKEN}/film.mp4", headers={"Range": asked} if asked else {})
    assert (response.status_code, body(response)) == (200, FILM)


@pytest.mark.parametrize("asked", [f"bytes={len(FILM)}-", "bytes=9-5", "bytes=-0"])
def test_a_part_that_is_not_there_is_told_so(viewer: Person, asked: str) -> None:
    stored(film="mp4")
    response = viewer.get(f"/media/{TOKEN}/film.mp4", headers={"Range": asked})
    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{len(FILM)}")


def test_the_list_shows_what_is_there_from_our_own_origin_alone(viewer: Person) -> None:
    stored()
    TrackedTaskFactory(urls=["https://other.example/b.png"])
    page = viewer.get("/tasks/").content.decode()
    assert f'<img src="/media/{TOKEN}/64.webp"' in page
    assert not re.search(r'(src|poster)="https?:', page)
    assert Reason.NOT_ALLOWED.label in page


def test_what_is_yet_to_come_is_asked_for_until_it_has_come(viewer: Person, settings, htmx: dict[str, str]) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    task = TrackedTaskFactory(urls=[URL])
    page = viewer.get("/tasks/").content.decode()
    assert 'data-poll="post"' in page
    assert f'"tasks": "{task.pk}"' in page
    form = page[page.index('id="selection-form"') : page.index("</form>", page.index('id="selection-form"'))]
    assert "pictures-poll" not in form
    asked = {"tasks": str(task.pk), "tries": "0"}
    first = viewer.post("/media/wanted/?seen=1", asked, headers=htmx).content.decode()
    assert (Picture.objects.get().urgent, 'data-poll="post"' in first) == (1, True)
    assert f'id="picture-{task.pk}"' not in first
    Picture.objects.update(state=State.STORED, token=TOKEN, due_at=None)
    last = viewer.post("/media/wanted/?seen=1", asked, headers=htmx).content.decode()
    assert f'id="picture-{task.pk}" hx-swap-oob="true"' in last
    assert "data-poll" not in last
    assert f"/media/{TOKEN}/64.webp" in last


def test_what_comes_is_drawn_as_the_page_shows_it(viewer: Person, settings, htmx: dict[str, str]) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    there, coming = stored(), TrackedTaskFactory(urls=[URL])
    assert '"look": "gallery"' in viewer.get("/tasks/?view=gallery").content.decode()
    asked = {"tasks": f"{there.pk},{coming.pk}", "tries": "0", "look": "gallery"}
    cards = viewer.post("/media/wanted/?seen=1", asked, headers=htmx).content.decode()
    assert f'id="shot-{there.pk}" hx-swap-oob="true"' in cards
    assert '"look": "gallery"' in cards
    assert f"shot-{coming.pk}" not in cards
    # The viewer asks for its one task.
    assert viewer.post("/media/wanted/", asked | {"look": "stage"}, headers=htmx).status_code == 422
    asked = {"tries": "0", "look": "stage"}
    waits = viewer.post("/media/wanted/", asked | {"tasks": coming.pk}, headers=htmx).content.decode()
    assert '"tries": "1"' in waits
    assert "viewer-tools" not in waits
    came = viewer.post("/media/wanted/", asked | {"tasks": there.pk}, headers=htmx).content.decode()
    assert f"/media/{TOKEN}/large.webp" in came
    assert "data-poll" not in came
    assert "Zoom in" in came


@pytest.mark.parametrize(("look", "box"), [("set", "small"), ("set-gallery", "card")])
def test_a_set_asks_for_its_pictures_beside_the_lists(viewer: Person, settings, look: str, box: str) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    there, coming = stored(), TrackedTaskFactory(urls=[URL])
    asked = {"tasks": f"{there.pk},{coming.pk}", "tries": "0", "look": look}
    shown = viewer.post("/media/wanted/?seen=1", asked).content.decode()
    assert f"""hx-swap-oob="outerHTML:[data-waits='{box}-{there.pk}']">""" in shown
    assert f'"tasks": "{coming.pk}", "tries": "1", "look": "{look}"' in shown
    # The list's own poll has that name, and stands behind the dialog.
    assert "pictures-poll" not in shown
    last = viewer.post("/media/wanted/?seen=1", asked | {"tasks": there.pk}).content.decode()
    assert last.lstrip().startswith("<span class")
    assert "data-poll" not in last
    assert f' data-waits="{box}' not in last


def test_a_page_does_not_ask_for_ever(viewer: Person, settings) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    task = TrackedTaskFactory(urls=[URL])
    for tries in ("60", "x", "9999", "-1"):
        response = viewer.post("/media/wanted/", {"tasks": str(task.pk), "tries": tries})
        assert "data-poll" not in response.content.decode()


@pytest.mark.parametrize("tasks", ["x", "1,x", "-1", "9" * 30])
def test_tasks_that_are_none_are_refused(viewer: Person, tasks: str) -> None:
    assert viewer.post("/media/wanted/", {"tasks": tasks}).status_code == 422


def test_the_tasks_page_shows_all_of_its_files(viewer: Person, settings) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    task = stored(width=400, height=300)
    TrackedTask.objects.update(urls=[URL, "https://other.example/b.png", "https://cdn.example.com/c.png"])
    page = viewer.get(task.get_absolute_url()).content.decode()
    assert f'<img src="/media/{TOKEN}/large.webp"' in page
    assert Reason.NOT_ALLOWED.label in page
    assert Reason.NOT_YET.label in page
    assert f'hx-post="/media/panel/{task.pk}/?seen=1"' in page
    assert not [word for word in ("Forget", "Show pictures from this host") if word in page]


def test_a_film_plays_where_it_is_kept(viewer: Person) -> None:
    task = stored(film="mp4", original=5)
    page = viewer.get(task.get_absolute_url()).content.decode()
    assert re.search(rf'<video controls[^>]*poster="/media/{TOKEN}/large.webp"\s+src="/media/{TOKEN}/film.mp4"', page)
    Picture.objects.update(original=None)
    page = viewer.get(task.get_absolute_url()).content.decode()
    assert "<video" not in page
    assert "The film is too large to be kept here" in page


def test_the_panel_asks_for_what_is_missing(viewer: Person, settings, htmx: dict[str, str]) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    task = TrackedTaskFactory(urls=[URL, f"{URL}?2"])
    response = viewer.post(f"/media/panel/{task.pk}/?seen=1", {"tries": "0"}, headers=htmx)
    assert Picture.objects.filter(urgent=1).count() == 2
    assert "data-poll" in response.content.decode()
    response = viewer.post(f"/media/panel/{task.pk}/", {"tries": "60"}, headers=htmx)
    assert "data-poll" not in response.content.decode()
    assert viewer.post(f"/media/panel/{task.pk}/").url == task.get_absolute_url()


def test_an_operator_has_a_picture_forgotten(operator: Person, viewer: Person, htmx: dict[str, str]) -> None:
    task = stored()
    assert "Forget this picture" in operator.get(task.get_absolute_url()).content.decode()
    assert viewer.post(f"/media/forget/{task.pk}/").status_code == 403
    assert Picture.objects.get().state == State.STORED
    response = operator.post(f"/media/forget/{task.pk}/", headers=htmx)
    assert Reason.FORGOTTEN.label in response.content.decode()
    assert "Forget this" not in response.content.decode()
    event = AuditEvent.objects.get()
    assert (event.actor, event.action) == ("olga", "picture.forgotten")
    response = operator.post(f"/media/forget/{task.pk}/")
    assert (response.status_code, response.url) == (303, task.get_absolute_url())


def test_an_administrator_has_a_hosts_pictures_shown(administrator: Person, operator: Person, htmx) -> None:
    task = TrackedTaskFactory(urls=[URL])
    assert "Show pictures from this host" not in operator.get(task.get_absolute_url()).content.decode()
    assert operator.post(f"/media/host/{task.pk}/", {"host": "cdn.example.com"}).status_code == 403
    assert "Show pictures from this host" in administrator.get(task.get_absolute_url()).content.decode()
    page = administrator.post(f"/media/host/{task.pk}/", {"host": "cdn.example.com"}, headers=htmx).content.decode()
    assert Reason.NOT_YET.label in page
    assert Picture.objects.get().urgent == 1
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.subject) == ("alice", "media.host_allowed", "cdn.example.com")
    assert AllowedHost.objects.get().allowed_by == "alice"
    assert "Stop fetching from" in page
    administrator.post(f"/media/host/{task.pk}/", {"host": "cdn.example.com", "allow": "no"})
    assert not AllowedHost.objects.exists()
    assert AuditEvent.objects.filter(action="media.host_disallowed", actor="alice").exists()


@pytest.mark.parametrize("name", ["", "other.example", "*", "169.254.169.254", "CDN.example.com"])
def test_only_a_host_that_the_task_names_can_be_allowed(administrator: Person, name: str) -> None:
    task = TrackedTaskFactory(urls=[URL])
    assert administrator.post(f"/media/host/{task.pk}/", {"host": name}).status_code == 422
    assert not AllowedHost.objects.exists()


def test_an_address_in_numbers_can_be_allowed_and_leads_nowhere(administrator: Person, settings) -> None:
    task = TrackedTaskFactory(urls=["http://127.0.0.1:9/a.png"])
    administrator.post(f"/media/host/{task.pk}/", {"host": "127.0.0.1:9"})
    jobs.portion(may_go_on=lambda: True)
    assert Picture.objects.get().reason == Reason.NOT_PUBLIC


def test_a_card_has_its_picture_its_strip_or_the_reason() -> None:
    template = Template(
        "{% load pictures task_cards %}{% pictures_of tasks as shown %}"
        "{% task_cards tasks shown=shown may_delete=False %}"
    )
    film, other = stored(film="mp4", frames=12), TrackedTaskFactory(urls=[URL], prompt='<b title="x">')
    drawn = template.render(Context({"tasks": [film, other]}))
    assert f'src="/media/{TOKEN}/320.webp"' in drawn
    assert f'data-strip="/media/{TOKEN}/strip.webp" data-frames="12"' in drawn
    assert drawn.count("<img") == 1
    assert Reason.NOT_ALLOWED.label in drawn
    assert "<b " not in drawn
