"""In every form that filters, the field that can't be used is marked, and its sentence belongs to it."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import Person

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NO_DAY = "is not a day"
UNSEEN = "%E2%80%8B"
WRONG = [
    ("/tasks/?created_after=soon", {"created_after": NO_DAY}),
    ("/tasks/?created_after=2026-01-31&created_before=2026-02-30", {"created_before": NO_DAY}),
    ("/tasks/?created_after=soon&created_before=late", {"created_after": "“soon”", "created_before": "“late”"}),
    ("/tasks/?kind=audio", {"kind": "is not one of image or video"}),
    ("/tasks/?status=lost&kind=image", {"status": "is not one of"}),
    ("/tasks/?presence=here", {"presence": "is not one of"}),
    (f"/tasks/?q={UNSEEN}", {"q": "Search: what stands there is invisible"}),
    (f"/tasks/?model={'m' * 1501}", {"model": "use at most 1500 characters"}),
    *(
        (f"/tasks/{part}/?created_after=soon&kind=image", {"created_after": NO_DAY})
        for part in ("models", "facets", "total")
    ),
    ("/deletions/?after=soon&before=2026-01-31", {"after": NO_DAY}),
    ("/deletions/?after=2026-01-31&before=2026-1-31", {"before": NO_DAY}),
    ("/deletions/?outcome=lost&kind=audio", {"outcome": "is not one of", "kind": "is not one of"}),
    (f"/deletions/?by={'b' * 151}", {"by": "use at most 150 characters"}),
    ("/audit/?after=soon", {"after": NO_DAY[3:]}),
    ("/audit/?after=2026-01-31&before=soon", {"before": NO_DAY[3:]}),
    ("/audit/?action=tasks.lost", {"action": "no entry of the audit log has this action"}),
    (f"/audit/?actor={'a' * 151}", {"actor": "can't be used as actor"}),
]
WITH_ZONE = {"created_after", "created_before", "after", "before"}


class Page(HTMLParser):
    """Its fields by name, and all that each element with an id says."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, dict[str, str | None]] = {}
        self.said: dict[str, str] = {}
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in {"input", "select"} and (name := named.get("name")):
            self.fields[name] = named
        if tag in {"p", "span"}:
            self.open.append(named.get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "span"} and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for name in filter(None, self.open):
            self.said[name] = self.said.get(name, "") + data


@pytest.mark.parametrize(("url", "wrong"), WRONG)
def test_the_wrong_field_is_marked_and_described_by_its_own_sentence(
    operator: Person, url: str, wrong: dict[str, str]
) -> None:
    response = operator.get(url)
    assert response.status_code == 400
    page = Page(response.content.decode())
    marked = {name for name, attrs in page.fields.items() if attrs.get("aria-invalid") == "true"}
    assert marked == set(wrong)
    for name, sentence in wrong.items():
        described_by = (page.fields[name]["aria-describedby"] or "").split()
        assert len(described_by) == 1 + (name in WITH_ZONE)
        assert sentence in page.said[described_by[-1]]
        assert not [other for other in wrong.values() if other != sentence and other in page.said[described_by[-1]]]


@pytest.mark.parametrize(("url", "wrong"), WRONG)
def test_in_place_the_answer_names_the_wrong_fields(
    operator: Person, htmx: dict[str, str], url: str, wrong: dict[str, str]
) -> None:
    response = operator.get(url, headers=htmx)
    assert (response.status_code, response.headers["HX-Retarget"]) == (400, "#notice")
    said = response.content.decode().replace("&#x27;", "'")
    assert f'data-wrong="{" ".join(f"id_{name}" for name in parse_qs(urlsplit(url).query) if name in wrong)}"' in said
    assert all(sentence in said for sentence in wrong.values())


@pytest.mark.parametrize("url", ["/tasks/", "/deletions/", "/audit/"])
def test_what_describes_a_field_is_there(operator: Person, url: str) -> None:
    page = Page(operator.get(url).content.decode())
    described = {name: attrs["aria-describedby"] for name, attrs in page.fields.items() if "aria-describedby" in attrs}
    assert set(described) & WITH_ZONE == set(page.fields) & WITH_ZONE
    assert all(page.said[name or ""] == "UTC" for name in described.values())
    assert not [name for name, attrs in page.fields.items() if "aria-invalid" in attrs]


@pytest.mark.parametrize("url", ["/tasks/", "/deletions/", "/audit/"])
def test_a_refusal_that_is_about_no_field_is_said_once(operator: Person, url: str) -> None:
    page = operator.get(f"{url}?colour=red").content.decode()
    assert page.count("“colour”") + page.count("“\u2068colour\u2069”") == 1
    assert "aria-invalid" not in page
