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
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.database import proposals
from dashboard.deletions.drafts.freezing import freeze
from dashboard.register import presses, walking
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.models import TrackedTask
from dashboard.register.search import stretches
from dashboard.register.search.query import read
from tests.factories import TrackedTaskFactory, UserFactory
from tests.register.one_set import agreed, naive, walked

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


SIZES = [
    {"SMALL": 0, "FEW": 0, "LOOKED_AT": 1, "LOOKED_AT_AGAIN": 0, "MOST": 1},
    {"SMALL": 0, "FEW": 1, "LOOKED_AT": 2, "LOOKED_AT_AGAIN": 0, "MOST": 1},
    {"SMALL": 0, "FEW": 0, "LOOKED_AT": 1, "LOOKED_AT_AGAIN": 0, "MOST": 4},
    {"SMALL": 0, "FEW": 1000, "LOOKED_AT": 1, "LOOKED_AT_AGAIN": 0, "MOST": 4},
    {"SMALL": 0, "FEW": 0, "LOOKED_AT": 200, "LOOKED_AT_AGAIN": 2000, "MOST": 4},
    {"SMALL": 50_000, "FEW": 1000, "LOOKED_AT": 1, "LOOKED_AT_AGAIN": 0, "MOST": 4},
]
"""What decides how a search is carried out: by sorting, by walking, or by stretches of some length."""


@contextmanager
def sized(sizes: dict[str, int]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as changed:
        for name, value in sizes.items():
            changed.setattr({"FEW": proposals, "MOST": stretches}.get(name, walking), name, value)
        changed.setattr(walking, "READ_WHOLE", min(sizes["FEW"], 200))
        yield


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), register=st.lists(tasks, min_size=1, max_size=12), sizes=st.sampled_from(SIZES))
def test_pages_count_selection_and_frozen_set_are_one(
    data: st.DataObject, register: list[One], sizes: dict[str, int]
) -> None:
    """`test_stretches.py` holds the order of the pages against Python's."""
    with undone(), sized(sizes), override_settings(TASKS_PER_PAGE=3):
        TrackedTask.objects.bulk_create([TrackedTaskFactory.build(**vars(one)) for one in register])
        q = data.draw(queries(register))
        filter = Filter(
            q=q if read(q).groups else "",
            kind=data.draw(st.sampled_from(["", "image"])),
            created_after=data.draw(st.sampled_from([None, date(2026, 3, 2)])),
        )
        assert agreed(filter) == naive(filter)


@pytest.mark.parametrize("q", ["50µm", "50μm", "50ΜM"])
def test_a_sign_with_two_forms_selects_what_it_shows(q: str, monkeypatch) -> None:
    """A micro sign, a small mu and a capital one: the list showed five tasks, and 5,105 were selected."""
    monkeypatch.setattr(proposals, "FEW", 3)
    for form, tasks in (("μ", 12), ("µ", 5)):
        TrackedTask.objects.bulk_create(TrackedTaskFactory.build_batch(tasks, prompt=f"macro of moss at 50{form}m"))
    filter = Filter.from_query(QueryDict(f"q={q}"))
    selection = presses.select_all(user=UserFactory(), filter=filter)
    assert (len(walked(filter, "-created", back=False)), count(filter).number, selection.count) == (17, 17, 17)
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
