"""What a search shows, counts, selects and freezes is one set, on both databases, whatever finds it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.database import proposals
from dashboard.deletions.drafts.freezing import NothingSelected, freeze
from dashboard.register import selecting, walking
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
from dashboard.register.search import stretches
from dashboard.register.search.query import read
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.one_set import naive, walked

pytestmark = pytest.mark.django_db

BEGINNING = datetime(2026, 3, 1, 22, tzinfo=UTC)
# Letters with several small forms, with marks of their own, without case, in two widths, and of other scripts.
FRAGMENTS = [
    *("fox", "FOX", "red fox", "in", "IN the", "a", "x", "7", "50µm", "50μm", "50ΜM"),
    *("ſ", "ß", "SS", "ς", "Σ", "ı", "İ"),
    *("café", "cafe\u0301", "e", "\u0301", "é", "バス停", "ハ\u3099ス停", "ﾊﾞｽ", "狐", "狐狸", "雪地里的红狐狸", "红"),
    *("각", "\u1100\u1161", "مرحبا", "הי", "\u200b", "\u00ad", "❤\ufe0f", "😀", "👩\u200d🚀", "—", "ﬁ", "Ⅷ"),
    *('"', "'", "%", "_", "\\", "*", "?", "[a]", "^", "--seed", "-", "OR", "AND", "NEAR(", "(", ":", "{"),
    *("\u3000", "\n", "  "),
]
words = st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4))
joined = st.lists(words, max_size=4).flatmap(
    lambda parts: st.sampled_from(["", " ", ", "]).map(lambda by: by.join(parts))
)
texts = joined.filter(lambda text: "\0" not in text and not any(unicodedata.category(one) == "Cs" for one in text))
times = st.one_of(st.none(), st.integers(0, 400).map(lambda hours: BEGINNING + timedelta(hours=hours // 8 * 8)))


@dataclass(frozen=True, kw_only=True)
class One:
    prompt: str
    kind: str
    created_at: datetime | None
    presence: str


tasks = st.builds(
    One,
    prompt=texts,
    kind=st.sampled_from(["image", "video"]),
    created_at=times,
    presence=st.sampled_from(["present", "present", "present", "deleted"]),
)


@st.composite
def queries(draw: st.DrawFn, register: list[One]) -> str:
    """Of what the prompts say, or of anything, as words, phrases, alternatives and what is unwanted."""
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        text = draw(st.one_of(texts, st.sampled_from([one.prompt for one in register])))
        start = draw(st.integers(0, max(len(text) - 1, 0)))
        piece = text[start : start + draw(st.integers(1, 8))]
        if draw(st.booleans()):
            piece = f'"{piece}"'
        terms.append(
            draw(st.sampled_from(["", "", "-"])) + draw(st.sampled_from([str, str.upper, str.casefold]))(piece)
        )
    return draw(st.sampled_from([" ", " OR ", " "])).join(terms).strip()


@contextmanager
def undone() -> Iterator[None]:
    """What is written in it goes again."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def order(task: TrackedTask) -> tuple[bool, datetime, int]:
    return (task.created_at is not None, task.created_at or BEGINNING, task.pk)


@pytest.mark.parametrize(
    ("small", "few", "looked_at", "most"),
    [(0, 0, 1, 1), (0, 1, 2, 1), (0, 0, 1, 4), (0, 1000, 1, 4), (0, 0, 200, 4), (50_000, 1000, 1, 4)],
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_pages_count_selection_and_frozen_set_are_one(
    data: st.DataObject, small: int, few: int, looked_at: int, most: int, monkeypatch, settings
) -> None:
    monkeypatch.setattr(walking, "SMALL", small)
    if looked_at < 200:
        # Or the walk would find all of so few, and no stretch be looked through.
        monkeypatch.setattr(walking, "LOOKED_AT_AGAIN", 0)
    monkeypatch.setattr(stretches, "MOST", most)
    monkeypatch.setattr(proposals, "FEW", few)
    monkeypatch.setattr(walking, "READ_WHOLE", min(few, 200))
    monkeypatch.setattr(walking, "LOOKED_AT", looked_at)
    settings.TASKS_PER_PAGE = 3
    register = data.draw(st.lists(tasks, min_size=1, max_size=12))
    with undone():
        TrackedTask.objects.bulk_create([TrackedTaskFactory.build(**vars(one)) for one in register])
        q = data.draw(queries(register))
        filter = Filter(
            q=q if read(q).groups else "",
            kind=data.draw(st.sampled_from(["", "image"])),
            created_after=data.draw(st.sampled_from([None, date(2026, 3, 2)])),
        )
        wanted = naive(filter)
        for sort in (walking.NEWEST_FIRST, walking.OLDEST_FIRST):
            known = [task for task in TrackedTask.objects.filter(pk__in=wanted) if task.created_at]
            unknown = [task for task in TrackedTask.objects.filter(pk__in=wanted) if not task.created_at]
            falling = sort == walking.NEWEST_FIRST
            expected = [*sorted(known, key=order, reverse=falling), *sorted(unknown, key=order, reverse=falling)]
            rows = [task.pk for task in expected]
            assert walked(filter, sort, back=False) == rows, (q, register)
            assert walked(filter, sort, back=True) == rows[::-1], (q, register)
        assert count(filter).number == len(wanted)
        assert {task.pk for task in filter.queryset()} == wanted
        selection = selecting.select_all(user=UserFactory(), filter=filter)
        assert selecting.summary(selection).count == len(wanted)
        assert {task.pk for task in selecting.selected(selection)} == wanted
        try:
            frozen = freeze(selection=selection, actor=UserFactory(), back="")
        except NothingSelected:
            assert not wanted
        else:
            assert set(frozen.items.values_list("tracked_id", flat=True)) == wanted


@pytest.mark.parametrize("q", ["50µm", "50μm", "50ΜM"])
def test_a_sign_with_two_forms_selects_what_it_shows(q: str, monkeypatch) -> None:
    """A micro sign, a small mu and a capital one: the list showed five tasks, and 5,105 were selected."""
    monkeypatch.setattr(proposals, "FEW", 3)
    for form, tasks in (("μ", 12), ("µ", 5)):
        TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(tasks, prompt=f"macro of moss at 50{form}m"))
    filter = Filter.from_query(QueryDict(f"q={q}"))
    selection = selecting.select_all(user=UserFactory(), filter=filter)
    assert (len(walked(filter, "-created", back=False)), count(filter).number, selection.matched) == (17, 17, 17)
    assert freeze(selection=selection, actor=UserFactory(), back="").total == 17


@pytest.mark.parametrize("few", [0, 5000])
@pytest.mark.parametrize("q", ["café", "cafe\u0301", "CAFÉ", "バス停", "ハ\u3099ス停", "ﾊﾞｽ停"])
def test_composed_and_decomposed_texts_are_one(q: str, few: int, monkeypatch) -> None:
    monkeypatch.setattr(walking, "SMALL", 0)
    monkeypatch.setattr(proposals, "FEW", few)
    for prompt in ("café at night", "cafe\u0301 at night", "バス停", "ハ\u3099ス停"):
        TrackedTaskFactory(prompt=prompt)
    filter = Filter(q=q)
    assert len(walked(filter, "-created", back=False)) == count(filter).number == filter.queryset().count() == 2
