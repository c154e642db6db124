from __future__ import annotations

import pytest
from django.urls import reverse

from dashboard.pages import downloads
from dashboard.pages.downloads import Download, TooMany


def test_a_person_has_few_at_once_and_again_when_one_has_ended() -> None:
    first, _second = (Download(1, iter(["a", "b"])) for _ in range(2))
    with pytest.raises(TooMany, match="You have 2 downloads under way"):
        Download(1, iter([]))
    assert list(Download(2, iter(["c"]))) == ["c"]
    assert list(first) == ["a", "b"]
    first.close()
    first.close()
    Download(1, iter([]))
    with pytest.raises(TooMany):
        Download(1, iter([]))


def test_all_together_leave_threads_for_pages() -> None:
    several = [Download(person, iter([])) for person in range(downloads.AT_ONCE)]
    with pytest.raises(TooMany, match="Others download just now"):
        Download(100, iter([]))
    several[0].close()
    Download(100, iter([]))


@pytest.mark.django_db
@pytest.mark.parametrize("htmx", [False, True])
def test_who_has_to_wait_reads_why(operator, monkeypatch, htmx: bool) -> None:
    monkeypatch.setattr(downloads, "PER_PERSON", 0)
    response = operator.get(reverse("audit-export-csv"), headers={"HX-Request": "true"} if htmx else {})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
    assert "Wait until one has ended." in response.content.decode()
