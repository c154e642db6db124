from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString

from dashboard.register.models import TrackedTask
from dashboard.register.templatetags.task_cells import kind_icon, presence_cell, task_rows, task_status
from tests.factories import TrackedTaskFactory

MARKUP = '<b title="x">&'
SAFE = "&lt;b title=&quot;x&quot;&gt;&amp;"


def row(**values: object) -> str:
    return task_rows([TrackedTaskFactory.build(pk=7, **values)], may_delete=True)


@pytest.mark.parametrize("field", ["task_id", "model", "prompt", "created_raw", "last_message", "held_reason"])
def test_what_a_task_brings_along_is_text(field: str) -> None:
    values = {"last_outcome": "refused", "held_by": "x", "created_at": None, field: MARKUP}
    shown = row(**values)
    assert SAFE in shown
    assert MARKUP not in shown


def test_only_who_may_delete_gets_boxes() -> None:
    task = TrackedTaskFactory.build(pk=7)
    assert 'name="task"' in task_rows([task], may_delete=True)
    assert 'name="task"' not in task_rows([task], may_delete=False)


def test_a_box_is_ticked_or_says_why_it_can_not_be() -> None:
    task = TrackedTaskFactory.build(pk=7)
    task.selected = True
    assert " checked>" in task_rows([task], may_delete=True)
    assert ' disabled title="Being deleted">' in row(presence="deleting")


def test_the_cell_of_a_row_is_the_one_that_is_sent_by_itself() -> None:
    task = TrackedTaskFactory.build(pk=7, presence="deleting")
    alone = presence_cell(task, oob=True)
    assert 'id="presence-7" hx-swap-oob="true"' in alone
    assert alone.replace(' hx-swap-oob="true"', "") in task_rows([task], may_delete=True)


def test_a_held_task_says_so_in_its_cell() -> None:
    cell = presence_cell(TrackedTaskFactory.build(pk=7, held=True))
    assert 'class="presence present held"' in cell
    assert 'data-deletable="no"' in cell
    assert "Present · Held: Legal case 12" in cell


def test_a_long_prompt_is_cut() -> None:
    shown = row(prompt="a" * 400)
    assert f'title="{"a" * 299}…"' in shown
    assert f">{'a' * 159}…<" in shown


@pytest.mark.parametrize("status", TrackedTask._meta.get_field("status").choices or [])
def test_every_status_has_a_word_and_an_icon(status: tuple[str, str]) -> None:
    shown = task_status(TrackedTaskFactory.build(status=status[0]))
    assert shown.endswith(f"{status[1]}</span>")
    assert "<svg" in shown


def test_templates_take_them_as_they_are() -> None:
    template = Template("{% load task_cells %}{% task_status task %}")
    task = TrackedTaskFactory.build(kind="video")
    assert template.render(Context({"task": task})) == task_status(task)


def test_a_row_shows_the_picture_that_it_is_given_or_its_kind() -> None:
    tasks = [TrackedTaskFactory.build(pk=pk, kind="video") for pk in (7, 8)]
    shown = task_rows(tasks, may_delete=False, thumbs={7: SafeString("<img>")})
    assert [kind_icon("video") in row for row in shown.split("</tr>")[:2]] == [False, True]
    assert shown.count('<td class="c-thumb"><img></td>') == 1
