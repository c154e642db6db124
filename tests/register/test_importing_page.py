"""What the page of imports shows of a file or of what was pasted, and what its button does."""

from __future__ import annotations

import gzip

import pytest

from dashboard.audit.models import AuditEvent
from dashboard.register.models import ImportBatch, TrackedTask
from dashboard.register.views import importing as page
from tests.factories import TrackedTaskFactory
from tests.register.importing_page import URL, check, press_import, text

pytestmark = pytest.mark.once


def test_the_form_names_its_fields(operator):
    content = text(operator.get(URL))
    for name in ['for="id_file">File<', 'for="id_rows">Or paste rows<', 'for="id_kind">Kind<', ">Check</button>"]:
        assert name in content
    assert "Import 0" not in content


def test_checking_shows_counts_and_problems(operator):
    TrackedTaskFactory(kind="image", task_id="known")
    content = text(check(operator, file=b"kind,task_id,seed\nimage,known,1\nimage,new,1\naudio,<script>,1\n"))
    assert "1 to add, 1 to update, 1 rejected" in content
    assert "<caption>Problems</caption>" in content
    assert '<td class="number">4</td> <td>The kind is “audio”. Use image or video.</td>' in content
    assert "Ignored: column seed." in content
    assert "Import 2 tasks</button>" in content


def test_checking_shows_the_first_rows_as_they_will_be_stored(operator):
    """The first ten good ones, in the words of the register."""
    rows = "".join(f"image,t{number:02},,,\n" for number in range(12))
    content = text(
        check(
            operator,
            file=b"taskid,kind,image_status,prompt,created_at,width,height,owner\n"
            b"'=a/b,Image,3,<b>fox</b>,2026-10-05 01:15:00,2048,1024,me\naudio,x,,,,,,\n"
            + rows.replace("image,", "").replace(",,,", ",image,,,,,,").encode(),
        )
    )
    sample = content.partition("<caption>Sample</caption>")[2].partition("</table>")[0]
    assert sample.count("<tr>") == 11
    first = sample.partition("<tbody>")[2].partition("</tr>")[0]
    for cell in ["image<", "=a/b<", "completed<", "&lt;b&gt;fox&lt;/b&gt;", "5 Oct 2026, 01:15:00 UTC", "2048 × 1024"]:
        assert cell in first
    assert "audio" not in sample
    assert "t08" in sample
    assert "t09" not in sample
    assert "Used: columns task_id, kind, image_status as status, prompt, created_at, width, height." in content
    assert "Ignored: column owner." in content


def test_what_is_ignored_is_said_although_it_is_nothing(operator):
    content = text(check(operator, "abcd_1", kind="video"))
    assert "Used: column task_id. <br> Ignored: nothing." in content


def test_a_check_without_good_rows_has_no_sample(operator):
    assert "Sample" not in text(check(operator, "kind,task_id\naudio,x\n"))


def test_one_task_is_called_one_task(operator):
    assert "Import 1 task</button>" in text(check(operator, "abcd_1", kind="video"))


def test_there_is_no_button_when_nothing_is_left_to_import(operator):
    content = text(check(operator, "kind,task_id\naudio,x\n"))
    assert "0 to add, 0 to update, 1 rejected" in content
    assert "</button> </form> <table>" not in content
    assert ">Import " not in content.partition('<section class="checked"')[2].partition("</section>")[0]


def test_what_was_pasted_is_shown_again_unless_it_is_very_long(operator):
    left_out = "What was pasted is too long to be shown again."
    rows = "kind,task_id\naudio,x\n"
    content = text(check(operator, rows))
    assert ("kind,task_id audio,x </textarea>" in content, left_out in content) == (True, False)
    operator.get(URL)
    content = text(check(operator, rows + "'" * page.SHOWN_AGAIN))
    assert ("</textarea>" in content, "audio,x </textarea>" in content, left_out in content) == (True, False, True)


def test_what_was_typed_is_shown_as_text(operator):
    content = text(check(operator, "kind,task_id\n<b>audio</b>,x\n"))
    assert "<b>audio" not in content
    assert "“&lt;b&gt;audio&lt;/b&gt;”" in content


def test_only_the_first_problems_are_listed(operator):
    content = text(check(operator, "kind,task_id\n" + "audio,x\n" * 1_300))
    assert content.count("The kind is “audio”.") == 200
    assert "And 1,100 more." in content


def test_importing_applies_and_goes_to_the_tasks(operator):
    check(operator, "kind,task_id\nimage,a\nimage,b\n")
    response = press_import(operator, ImportBatch.objects.get())
    assert (response.status_code, response.url) == (302, "/tasks/")
    assert [str(message) for message in response.wsgi_request._messages] == ["Imported 2 tasks: 2 added, 0 updated."]
    assert TrackedTask.objects.count() == 2
    event = AuditEvent.objects.get(action="tasks.imported")
    assert (event.actor, event.address, event.subject) == ("olga", "127.0.0.1", "pasted rows")


def test_nul_bytes_in_pasted_rows_cost_only_their_line(operator):
    content = text(check(operator, "kind,task_id\nimage,a\0\nimage,b\n"))
    assert "1 to add, 0 to update, 1 rejected" in content
    assert "The task id holds a NUL byte." in content


def test_ten_megabytes_of_file_are_read(operator):
    operator.get(URL)
    rows = b"".join(b"image,t%d,%s\n" % (number, b"x" * 4_000) for number in range(2_600))
    assert "2,600 to add, 0 to update, 0 rejected" in text(check(operator, file=b"kind,task_id,prompt\n" + rows))


def test_a_packed_file_is_read(operator):
    packed = gzip.compress(b"kind,task_id\nimage,a\n")
    assert "1 to add, 0 to update, 0 rejected" in text(check(operator, file=packed))


@pytest.mark.parametrize(
    ("rows", "kind", "counts", "heading"),
    [
        ("abcd_1\nabcd_2\n", "", "0 to add, 0 to update, 2 rejected", "Pasted ids"),
        ("abcd_1\nabcd_2\nab cd\n", "image", "2 to add, 0 to update, 1 rejected", "Pasted ids"),
        ("kind,task_id\nimage,abcd_1\n", "", "1 to add, 0 to update, 0 rejected", "Pasted rows"),
        ('{"kind": "image", "task_id": "abcd_1"}', "", "1 to add, 0 to update, 0 rejected", "Pasted rows"),
        ('["abcd_1", "abcd_2"]', "", "0 to add, 0 to update, 2 rejected", "Pasted text"),
    ],
)
def test_it_counts_and_names_what_was_pasted(operator, rows, kind, counts, heading):
    content = text(check(operator, rows, kind=kind))
    assert counts in content
    assert f'<h2 id="checked"><bdi>{heading}</bdi></h2>' in content
    assert "more.</p>" not in content


def test_a_file_goes_by_its_name(operator):
    content = text(check(operator, file=b"task_id\nabcd_1\n", kind="image"))
    assert '<h2 id="checked"><bdi>tasks.csv</bdi></h2>' in content
