"""Pictures and films as a person sees them: fetched by a real worker, decoded, and shown from our own origin alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.media.models import Reason
from tests.browser.conftest import Launch
from tests.browser.product import Product

Open = Callable[..., Page]

HOSTILE = {
    "bomb": ("as=bomb", Reason.TOO_LARGE),
    "half": ("as=half", Reason.UNDECODABLE),
    "html": ("as=html", Reason.NOT_A_PICTURE),
    "svg": ("as=svg", Reason.NOT_A_PICTURE),
    "endless": ("as=endless", Reason.TOO_LARGE),
    "dead": ("dead=410", Reason.GONE),
    "loopback": ("to=http://127.0.0.1:1/", Reason.NOT_ALLOWED),
    "metadata": ("to=http://169.254.169.254/latest/", Reason.NOT_ALLOWED),
}
FORMATS = ("png", "jpg", "webp", "avif")


@pytest.fixture(scope="module")
def gallery(launch: Launch) -> Iterator[Product]:
    """A register of pictures in every format, two films, and what is hostile."""
    with launch(SAMPLE_TASKS="0") as product:
        host = f"http://127.0.0.1:{product.media_port}"
        rows = [f"image,{ending},completed,{host}/image/{ending}.{ending}" for ending in FORMATS]
        rows += [f"video,film{number},completed,{host}/video/film{number}.mp4" for number in range(2)]
        rows += [f"image,{name},completed,{host}/image/{name}.png?{how}" for name, (how, _) in HOSTILE.items()]
        rows += ["image,elsewhere,completed,https://pictures.invalid/a.png"]
        file = product.folder / "tasks.csv"
        file.write_text("\n".join(["kind,task_id,status,url", *rows]), encoding="utf-8")
        product.manage("import_tasks", str(file))
        yield product


def test_pictures_come_by_themselves_and_from_nowhere_else(gallery: Product, open_page: Open) -> None:
    page = open_page(gallery)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/tasks/")
    table = page.get_by_role("table", name="Tasks")
    before = table.bounding_box()
    expect(table.locator("img")).to_have_count(len(FORMATS) + 2, timeout=60_000)
    for picture in table.locator("img").all():
        expect(picture).to_have_js_property("complete", True)
        assert (
            picture.evaluate("image => image.naturalWidth") == 64
            or picture.evaluate("image => image.naturalHeight") == 64
        )
    # Nothing moved, and the page asks no more.
    assert table.bounding_box() == before
    expect(page.locator("#pictures-poll[data-poll]")).to_have_count(0, timeout=60_000)
    assert [url for url in asked if not url.startswith(gallery.url)] == []


@pytest.mark.parametrize("name", [*HOSTILE, "elsewhere"])
def test_what_is_hostile_leaves_a_quiet_placeholder_that_says_why(gallery: Product, open_page: Open, name: str) -> None:
    page = open_page(gallery, at=f"/tasks/image/{name}/")
    reason = HOSTILE[name][1] if name in HOSTILE else Reason.NOT_ALLOWED
    previews = page.get_by_role("region", name="Previews")
    expect(previews).to_contain_text(reason.label, timeout=60_000)
    assert previews.locator("img, video").count() == 0


def test_a_picture_is_there_as_large_as_it_is(gallery: Product, open_page: Open) -> None:
    page = open_page(gallery, at="/tasks/image/avif/")
    picture = page.get_by_role("region", name="Previews").locator("img")
    expect(picture).to_be_visible(timeout=60_000)
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 700


def test_a_film_plays_and_can_be_skipped_through(gallery: Product, open_page: Open) -> None:
    page = open_page(gallery, at="/tasks/video/film0/")
    film = page.get_by_role("region", name="Previews").locator("video")
    expect(film).to_be_visible(timeout=60_000)
    expect(film).to_have_js_property("duration", 5)
    film.evaluate("film => { film.muted = true; film.currentTime = 4; return film.play(); }")
    expect(film).to_have_js_property("ended", True)
    assert film.evaluate("film => film.error") is None


def test_an_administrator_decides_on_a_host_and_an_operator_forgets(gallery: Product, open_page: Open) -> None:
    page = open_page(gallery, at="/tasks/image/elsewhere/")
    page.get_by_role("button", name="Show pictures from this host").click()
    stop = page.get_by_role("button", name="Stop fetching from pictures.invalid")
    expect(stop).to_be_visible()
    stop.click()
    expect(page.get_by_role("button", name="Show pictures from this host")).to_be_visible()
    page.goto("/tasks/video/film1/")
    expect(page.locator("video")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Forget this picture").click()
    expect(page.get_by_text(Reason.FORGOTTEN.label)).to_be_visible()
    page.goto("/audit/")
    for action in ("media.host_allowed", "media.host_disallowed", "picture.forgotten"):
        expect(page.get_by_role("cell", name=re.compile(action)).first).to_be_visible()


def test_without_javascript_pictures_are_there_too(gallery: Product, open_page: Open) -> None:
    page = open_page(gallery, script=False)

    def there() -> int:
        page.goto("/tasks/?kind=image&q=png")
        return page.get_by_role("table", name="Tasks").locator("img").count()

    for _ in range(600):
        if there():
            break
        page.wait_for_timeout(100)
    assert there()
