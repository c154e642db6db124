from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from dashboard.register.models import TrackedTask
from dashboard.register.templatetags.task_cards import task_cards, task_shot
from tests.factories import TrackedTaskFactory


@dataclass(frozen=True, kw_only=True)
class Picture:
    small: str = ""
    strip: str = ""
    frames: int = 0
    words: str = ""


MARKUP = '<b title="x">&'
SAFE = "&lt;b title=&quot;x&quot;&gt;&amp;"


def card(picture: Picture | None = None, *, may_delete: bool = True, place: str = "", **values: object) -> str:
    task = TrackedTaskFactory.build(pk=7, **values)
    return task_cards([task], shown={7: picture or Picture(words="None")}, may_delete=may_delete, place=place)


@pytest.mark.parametrize("field", ["task_id", "prompt", "last_message", "held_reason"])
def test_what_a_task_brings_along_is_text(field: str) -> None:
    shown = card(**{"last_outcome": "refused", "held_by": "x", field: MARKUP})
    assert SAFE in shown
    assert MARKUP not in shown


@pytest.mark.parametrize("field", ["small", "strip", "words"])
def test_what_a_picture_brings_along_is_text(field: str) -> None:
    shown = card(Picture(**{"small": "a.png" if field == "strip" else "", field: MARKUP}))
    assert SAFE in shown
    assert MARKUP not in shown


def test_its_link_is_named_by_the_id_alone_and_leads_to_the_viewer() -> None:
    shown = card(task_id="abcd_1", place="kind=image&sort=created")
    link = re.search(r"<a [^>]*>(.*?)</a>", shown)
    assert link
    assert link[1] == "<bdi>abcd_1</bdi>"
    assert 'href="/tasks/viewer/7/?kind=image&amp;sort=created"' in link[0]


def test_it_has_the_box_that_a_row_has() -> None:
    box = '<input type="checkbox" name="task" value="7" aria-label="Select abcd_1" autocomplete="off">'
    assert box in card(task_id="abcd_1")
    assert 'name="task"' not in card(may_delete=False)
    assert ' disabled title="Being deleted">' in card(presence="deleting")
    task = TrackedTaskFactory.build(pk=7)
    task.selected = True
    assert " checked>" in task_cards([task], shown={7: Picture()}, may_delete=True)


def test_it_says_what_a_row_says() -> None:
    shown = card(prompt="A red kite", status="failed", duration=68.2, created_at=None)
    for words in ("A red kite", "Failed", 'id="presence-7"', 'data-deletable="yes"', "1:08", "unknown time"):
        assert words in shown


def test_its_box_has_its_size_before_the_picture_comes() -> None:
    shown = card(Picture(small="/a.webp"))
    assert '<img src="/a.webp" alt="" width="320" height="240" loading="lazy" decoding="async"' in shown


def test_a_film_shows_its_poster_and_what_can_be_leafed_through() -> None:
    shown = card(Picture(small="/p.webp", strip="/s.webp", frames=9), video=True)
    assert 'data-strip="/s.webp" data-frames="9"' in shown
    assert 'src="/p.webp"' in shown
    assert "/f.mp4" not in shown
    assert 'class="play"' in shown


def test_without_a_picture_it_says_why() -> None:
    assert "<span>Not finished yet</span>" in card(Picture(words="Not finished yet"))


def test_its_picture_can_be_sent_by_itself() -> None:
    task: TrackedTask = TrackedTaskFactory.build(pk=7)
    alone = task_shot(task, Picture(small="/a.webp"), oob=True)
    assert alone.startswith('<div id="shot-7" hx-swap-oob="true" class="shot">')
    assert alone.replace(' hx-swap-oob="true"', "") in card(Picture(small="/a.webp"))
