"""Choosing models among those there are, and what is said of ids that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Launch
from tests.browser.gate import catch
from tests.browser.product import Product

Open = Callable[..., Page]

MODELS = ["Flux", "flux", "Foo, Bar", "zimage", ""]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def models(launch: Launch) -> Iterator[Product]:
    rows = [f'image,{number}_{place},"{model}"' for place, model in enumerate(MODELS) for number in range(3)]
    rows += [f"video,v_{number},model-{number:03}" for number in range(40)]
    with launch(SAMPLE_TASKS="0") as product:
        file = product.folder / "models.csv"
        file.write_text("\n".join(["kind,task_id,model", *rows]), encoding="utf-8")
        product.manage("import_tasks", str(file))
        yield product


def _open_models(page: Page, *, script: bool) -> None:
    page.get_by_role("button" if script else "link", name="Choose models").click()
    expect(page.get_by_role("group", name="Models")).to_be_visible()


def _rows(page: Page, number: int) -> None:
    expect(page.get_by_role("table", name="Tasks").locator("tbody tr")).to_have_count(number)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_several_are_chosen_at_once_and_taken_away_one_by_one(
    models: Product, open_page: Open, script: bool, phone: bool
) -> None:
    page = open_page(models, script=script)
    if phone:
        page.set_viewport_size(PHONE)
        page.goto("/tasks/?kind=image")
        if script:
            page.get_by_text("Filters", exact=True).click()
    else:
        page.goto("/tasks/?kind=image")
    _open_models(page, script=script)
    page.get_by_role("checkbox", name=re.compile("^Flux or flux")).check()
    page.get_by_role("checkbox", name=re.compile("^Foo, Bar")).check()
    apply = page.get_by_role("button", name="Apply")
    if script:
        expect(apply).to_be_in_viewport(ratio=1)
    apply.click()
    page.wait_for_url(re.compile(r"/tasks/\?kind=image&model="))
    _rows(page, 9)
    expect(page.get_by_label("Model", exact=True)).to_have_value('Flux, "Foo, Bar"')
    page.get_by_role("link", name="Remove Model: Foo, Bar").click()
    _rows(page, 6)
    expect(page.get_by_label("Model", exact=True)).to_have_value("Flux")


def test_the_field_takes_what_is_typed_as_before(models: Product, open_page: Open, script: bool) -> None:
    page = open_page(models, script=script)
    page.get_by_label("Model").fill("ZIMAGE, nope")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**model=ZIMAGE**")
    _rows(page, 3)
    expect(page.get_by_text("No task has the model nope.")).to_be_visible()


def test_the_keyboard_is_enough_and_what_was_typed_elsewhere_is_kept(models: Product, open_page: Open) -> None:
    page = open_page(models)
    page.get_by_label("Kind").select_option("image")
    page.get_by_role("button", name="Choose models").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name=re.compile(r"^\(none\)"))).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.get_by_role("group", name="Models")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose models")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox", name="Find among these").fill("ZIM")
    expect(page.get_by_role("group", name="Models").get_by_role("checkbox")).to_have_count(2)
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Models")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("^zimage")).press("Space")
    page.get_by_role("button", name="Apply").press("Enter")
    page.wait_for_url(re.compile(r"kind=image&model=%22%22&model=zimage"))
    _rows(page, 6)
    expect(page.get_by_role("main")).to_be_focused()


def test_what_is_typed_between_two_looks_at_the_models_counts(models: Product, open_page: Open) -> None:
    page = open_page(models)
    _open_models(page, script=True)
    page.get_by_role("checkbox", name=re.compile("^Flux or flux 6")).check()
    page.keyboard.press("Escape")
    page.get_by_label("Search").fill("0_1 0_3")
    page.get_by_role("button", name="Choose models").click()
    page.get_by_role("checkbox", name="zimage 1").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile(r"q=0_1(\+|%20)0_3&model=zimage$"))
    _rows(page, 1)


def test_models_that_could_not_be_asked_for_are_asked_for_again(models: Product, open_page: Open) -> None:
    page = open_page(models)
    catch(page, re.compile("/tasks/models/"), lambda route: route.fulfill(status=503, body="-"))
    page.get_by_role("button", name="Choose models").click()
    expect(page.locator("#notice")).to_contain_text("503")
    expect(page.locator("#models")).to_be_hidden()
    page.unroute(re.compile("/tasks/models/"))
    _open_models(page, script=True)
    expect(page.locator("#notice")).to_be_empty()


def test_a_field_under_which_no_models_can_be_counted_is_marked(models: Product, open_page: Open) -> None:
    page = open_page(models)
    page.get_by_label("Created from", exact=True).fill("soon")
    page.get_by_role("button", name="Choose models").click()
    expect(page.locator("#notice")).to_contain_text("Created from: “soon” is not a day.")
    expect(page.get_by_label("Created from", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#models")).to_be_hidden()


def test_facets_add_a_model_and_take_it_away(models: Product, open_page: Open) -> None:
    page = open_page(models, at="/tasks/?kind=image&model=zimage")
    facets = page.locator("#facets")
    facets.get_by_role("link", name="Flux or flux 6").click()
    _rows(page, 9)
    expect(facets.get_by_role("link", name="zimage 3")).to_have_attribute("aria-current", "true")
    facets.get_by_role("link", name="zimage 3").click()
    _rows(page, 6)
    expect(facets.get_by_role("link", name="zimage 3")).not_to_have_attribute("aria-current", "true")
    page.goto("/tasks/")
    facets.get_by_role("button", name="All…").click()
    expect(page.get_by_role("group", name="Models")).to_be_visible()


def test_on_a_phone_models_open_from_below_folded_filters(models: Product, open_page: Open) -> None:
    page = open_page(models)
    page.set_viewport_size(PHONE)
    page.goto("/tasks/?model=nope")
    page.get_by_role("button", name="Choose among those there are").click()
    expect(page.get_by_role("checkbox", name="nope in no task")).to_be_checked()


def test_ids_that_nobody_knows_are_named(models: Product, open_page: Open, script: bool) -> None:
    page = open_page(models, script=script)
    page.get_by_label("Search").fill("0_1, 1_1 2_1 zz_8 zz_9")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**q=**")
    expect(page.get_by_text("2 of the 5 ids are not in the register: zz_8, zz_9.")).to_be_visible()
    _rows(page, 3)
    page.get_by_label("Search").fill("zz_9")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("zz_9 is the id of no task in the register.")).to_be_visible()
