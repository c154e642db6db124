from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.http import QueryDict

from dashboard.pages.filter_forms import BadFilter
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory

pytestmark = pytest.mark.django_db
HOW = "Write it as YYYY-MM-DD, or as an age such as -30d (h, d, w, m or y)."


def found(query: str) -> set[str]:
    return {task.task_id for task in Filter.from_query(QueryDict(query)).queryset()}


def refusal(query: str) -> str:
    with pytest.raises(BadFilter) as refused:
        Filter.from_query(QueryDict(query))
    return str(refused.value)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("kind=video", {"kind": "video"}),
        ("status=failed", {"status": "failed"}),
        ("model=zimage", {"model": "zimage"}),
        ("presence=deleting", {"presence": "deleting"}),
        ("presence=deleted", {"presence": "deleted"}),
        ("presence=missing", {"presence": "missing"}),
    ],
)
def test_each_filter_finds_only_its_own(query: str, values: dict[str, str]) -> None:
    TrackedTaskFactory(task_id="wanted", **values)
    TrackedTaskFactory(task_id="other")
    assert found(query) == {"wanted"}


def test_filters_narrow_one_another() -> None:
    TrackedTaskFactory(task_id="both", kind="video", status="failed")
    TrackedTaskFactory(kind="video")
    TrackedTaskFactory(status="failed")
    assert found("kind=video&status=failed") == {"both"}


def test_without_presence_it_lists_present_and_deleting() -> None:
    for presence in ("present", "deleting", "deleted", "missing"):
        TrackedTaskFactory(task_id=presence, presence=presence)
    assert found("") == {"present", "deleting"}


def test_a_model_must_match_whole() -> None:
    TrackedTaskFactory(model="seedreamv45")
    assert found("model=seedreamv4") == set()


@pytest.mark.parametrize(
    ("query", "models"),
    [
        ("model=SEEDREAMv4", {"seedreamv4"}),
        ("model=seedreamv4&model=ZImage", {"seedreamv4", "zimage"}),
        ("model=seedreamv4,+zimage", {"seedreamv4", "zimage"}),
        ("model=zimage&model=nothing", {"zimage"}),
        ("model=Grün&presence=deleted", {"GRÜN"}),
        ("model=nothing", set()),
    ],
)
def test_models_are_chosen_in_any_case_and_several_at_once(query: str, models: set[str]) -> None:
    for model in ("seedreamv4", "seedreamv45", "zimage", ""):
        TrackedTaskFactory(task_id=model or "none", model=model)
    TrackedTaskFactory(task_id="GRÜN", model="GRÜN", presence="deleted")
    assert found(query) == models
    assert count(Filter.from_query(QueryDict(query))).number == len(models)


def test_several_models_have_one_query_string() -> None:
    one = Filter.from_query(QueryDict("model=a&model=b"))
    assert one.query_string() == "model=a%2C+b"
    assert Filter.from_query(QueryDict(one.query_string())) == one
    assert [(chip.label, chip.value) for chip in one.chips()] == [("Model", "a"), ("Model", "b")]
    assert [chip.rest.query_string() for chip in one.chips()] == ["model=b", "model=a"]


def test_ids_that_were_pasted_are_found_in_any_presence() -> None:
    for task_id, presence in (("ab_1", "present"), ("ab_2", "deleted"), ("ab_3", "missing"), ("ab_4", "present")):
        TrackedTaskFactory(task_id=task_id, presence=presence, prompt="ab_1 ab_2")
    for q in ("ab_1+ab_2+ab_3", "ab_1,ab_2,ab_3", "ab_1,+ab_2;%0Aab_3", "ab_1+ab_2+ab_3+zz_9"):
        assert found(f"q={q}") == {"ab_1", "ab_2", "ab_3"}, q
    assert found("q=ab_1+zz_8+zz_9") == set()
    assert found("q=ab_1+ab_2&presence=deleted") == {"ab_2"}


def test_what_is_invisible_is_refused() -> None:
    assert refusal("q=%E2%80%8B") == "Search: what stands there is invisible. Write a word, or a task id."


def test_every_word_must_occur_in_the_prompt() -> None:
    TrackedTaskFactory(task_id="both", prompt="A red Fox in the SNOWfall")
    TrackedTaskFactory(task_id="one", prompt="A red fox in the rain")
    assert found("q=snow+fox") == {"both"}


@pytest.mark.parametrize("mark", ["%", "_", "\\"])
def test_a_word_is_text_and_not_a_pattern(mark: str) -> None:
    TrackedTaskFactory(task_id="marked", prompt=f"half{mark}off")
    TrackedTaskFactory(prompt="half, quite off")
    assert {task.task_id for task in Filter(q=f"half{mark}off").queryset()} == {"marked"}


def test_words_are_found_inside_a_text_without_spaces() -> None:
    TrackedTaskFactory(task_id="snow", prompt="雪地里的红狐狸")
    assert {task.task_id for task in Filter(q="红狐").queryset()} == {"snow"}


def test_a_task_id_finds_its_tasks_in_any_presence_and_nothing_else() -> None:
    TrackedTaskFactory(kind="image", task_id="abcd_1", presence="deleted")
    TrackedTaskFactory(kind="video", task_id="abcd_1", presence="missing")
    TrackedTaskFactory(task_id="mentions", prompt="like abcd_1")
    tasks = Filter.from_query(QueryDict("q=abcd_1")).queryset()
    assert sorted(task.kind for task in tasks) == ["image", "video"]


def test_an_explicit_presence_applies_to_a_task_id_too() -> None:
    TrackedTaskFactory(task_id="abcd_1", presence="deleted")
    assert found("q=abcd_1&presence=present") == set()
    assert found("q=abcd_1&presence=deleted") == {"abcd_1"}


def test_a_word_also_finds_the_task_ids_that_begin_with_it() -> None:
    TrackedTaskFactory(task_id="abcd_1", prompt="a boat")
    TrackedTaskFactory(task_id="other", prompt="it says ABCD_ there")
    for task_id in ("ABCD_2", "abce_1", "xabcd_1", "abc"):
        TrackedTaskFactory(task_id=task_id, prompt="a boat")
    assert found("q=abcd_") == {"abcd_1", "other"}
    assert found("q=abcd_+boat") == set()
    assert found("q=abc") == {"abc"}


def test_a_prefix_shows_only_what_is_listed() -> None:
    TrackedTaskFactory(task_id="abcd_1", presence="deleted")
    assert found("q=abcd_") == set()


def test_days_are_inclusive_and_in_utc_by_default() -> None:
    for day, hour, minute in ((1, 23, 59), (2, 0, 0), (3, 23, 59), (4, 0, 0)):
        TrackedTaskFactory(task_id=f"{day}.{hour}", created_at=datetime(2026, 3, day, hour, minute, tzinfo=UTC))
    assert found("created_after=2026-03-02&created_before=2026-03-03") == {"2.0", "3.23"}


def test_unknown_times_are_left_out_by_a_day_and_counted() -> None:
    TrackedTaskFactory(task_id="known", created_at=datetime(2026, 3, 2, tzinfo=UTC))
    TrackedTaskFactory(task_id="unknown", created_at=None)
    TrackedTaskFactory(kind="video", created_at=None)
    narrowed = Filter.from_query(QueryDict("kind=image&created_after=2026-03-01"))
    assert [task.task_id for task in narrowed.queryset()] == ["known"]
    assert [task.task_id for task in narrowed.left_out()] == ["unknown"]


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    TrackedTaskFactory(task_id="known")
    assert found("created_after=0001-01-01&created_before=9999-12-31") == {"known"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=audio", "Kind: “audio” is not one of image or video."),
        ("kind=Image", "Kind: “Image” is not one of image or video."),
        (
            "status=faild",
            "Status: “faild” is not one of unknown, queued, processing, uploading, completed, failed or unfinished.",
        ),
        ("presence=gone", "Presence: “gone” is not one of present, deleting, deleted or missing."),
        ("created_after=yesterday", f"Created from: “yesterday” is not a day. {HOW}"),
        ("created_before=2026-02-30", f"Created until: “2026-02-30” is not a day. {HOW}"),
        ("created_after=2026-3-1", f"Created from: “2026-3-1” is not a day. {HOW}"),
        ("statuss=failed", "There is no filter called “statuss”."),
        ("=failed", "There is no filter called “”."),
        ("kind=image&kind=video", "“kind” stands 2 times in the address. Once is clear."),
        (f"q={'x' * 1001}", "Search: use at most 1000 characters."),
        ("q=a%00b", "Search: Null characters are not allowed."),
    ],
)
def test_what_it_does_not_know_is_refused_with_a_sentence(query: str, sentence: str) -> None:
    assert refusal(query) == sentence


def test_a_filter_that_could_not_be_stored_is_refused() -> None:
    assert refusal("q=" + "红" * 250) == "This filter is too long. Search for fewer words."
    assert "at most 1000 characters" in refusal("q=" + "a" * 1001)


def test_empty_fields_are_no_filter() -> None:
    assert Filter.from_query(QueryDict("q=&kind=&status=&presence=&model=&created_after=&created_before=")) == Filter()


def test_the_same_filter_has_one_query_string() -> None:
    one = Filter.from_query(QueryDict("model=zimage&q=+red+fox+&kind=image&cursor=&sort=created"))
    other = Filter.from_query(QueryDict("kind=image&q=red+fox&model=zimage&status="))
    assert one.query_string() == other.query_string() == "q=red+fox&kind=image&model=zimage"


def test_a_query_string_reads_back_as_the_same_filter() -> None:
    narrowed = Filter(q="50% & more=less", status="failed", created_after=date(2026, 1, 5))
    assert Filter.from_query(QueryDict(narrowed.query_string())) == narrowed


def test_it_is_worded_for_people() -> None:
    narrowed = Filter(q="fox", kind="image", created_after=date(2026, 1, 5))
    assert narrowed.words == "Search: fox · Kind: Image · Created from: 2026-01-05 UTC"
    assert Filter().words == "All tasks"


def test_one_part_can_be_taken_away() -> None:
    narrowed = Filter(q="abcd_1", kind="image", by_task_id=True)
    assert narrowed.without("kind") == Filter(q="abcd_1", by_task_id=True)
    assert narrowed.without("q") == Filter(kind="image")


def test_words_cost_no_look_for_a_task_id(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        Filter.from_query(QueryDict("q=red+fox"))


def test_an_empty_register_matches_nothing() -> None:
    assert not TrackedTask.objects.exists()
    assert found("q=fox") == set()
