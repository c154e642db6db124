from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from math import comb

import pytest

from dashboard.deletions.evidence import sampling
from dashboard.deletions.evidence.sampling import Sample, at_most, picks
from dashboard.deletions.history import progress
from dashboard.deletions.models import Deletion, DeletionItem

Picked = DeletionItem.Picked


def exactly(total: int, looked_up: int, there: int) -> int:
    """The bound by whole numbers, one after the other."""
    so_few = Fraction(1, 20)
    ways = comb(total, looked_up)
    return max(
        marked
        for marked in range(there, total - (looked_up - there) + 1)
        if Fraction(sum(comb(marked, n) * comb(total - marked, looked_up - n) for n in range(there + 1)), ways) > so_few
    )


@pytest.mark.parametrize(
    ("total", "looked_up", "there"),
    [(2000, 60, 0), (1, 1, 0), (30, 30, 0), (31, 30, 0), (60, 20, 3), (200, 200, 12), (500, 30, 1), (7, 0, 0)],
)
def test_the_bound_is_the_exact_one(total: int, looked_up: int, there: int) -> None:
    assert at_most(total, looked_up, there) == exactly(total, looked_up, there)


def test_the_bound_of_the_documents() -> None:
    sample = Sample(said=1940, looked_up=60, gone=60, there=0)
    assert (sample.of, sample.at_most_there) == (2000, 95)
    assert progress.sample_sentence(sample) == (
        "60 of 2,000 looked up at random, all gone: with 95 % confidence at most 95 are not."
    )


def test_a_million_is_no_trouble() -> None:
    assert 285 <= at_most(1_000_000, 10_000, 0) <= 300


def test_the_bound_holds_in_95_of_100_deletions(settings, monkeypatch) -> None:
    """A thousand deletions of each kind, of which a provider silently kept some: by chance, by shard, or in a row."""
    settings.DELETION_VERIFY = "sample"
    dice = random.Random(20261128)
    monkeypatch.setattr(sampling.secrets, "randbelow", dice.randrange)
    for size, kept in [(300, 12), (1000, 40), (2000, 95), (2000, 300), (600, 1)]:
        held = 0
        for _ in range(1000):
            start = dice.randrange(size)
            in_a_row = {(start + place) % size for place in range(kept)}
            there = in_a_row if kept % 2 else set(dice.sample(range(size), kept))
            picked = [pick for _ in range(0, size, 100) for pick in picks(100, size=size, everything=False)]
            # What is looked up besides is known, and belongs to neither side.
            unknown = [place for place, pick in enumerate(picked) if pick is not Picked.BESIDES]
            looked_up = [place for place in unknown if picked[place]]
            bound = at_most(len(unknown), len(looked_up), len(there.intersection(looked_up)))
            held += len(there.intersection(unknown)) <= bound
        assert held >= 950, (size, kept, held)


def test_each_task_is_as_likely_to_be_picked_and_the_ends_always_are(settings) -> None:
    settings.DELETION_VERIFY = "sample"
    drawn = [picks(100, size=1000, everything=False) for _ in range(2000)]
    number = [sum(pick[place] is Picked.RANDOM for pick in drawn) for place in range(100)]
    # 6 in 100 on average: 120 of 2,000, give or take 11.
    assert 60 < min(number) < 120 < max(number) < 190
    assert all(pick[0] and pick[-1] for pick in drawn)


@pytest.mark.parametrize(
    ("verify", "everything", "expected"),
    [("none", False, {None: 50}), ("all", False, {Picked.RANDOM: 50}), ("sample", True, {Picked.BESIDES: 50})],
)
def test_all_or_nothing_of_a_list(settings, verify: str, everything: bool, expected: dict[object, int]) -> None:
    settings.DELETION_VERIFY = verify
    assert Counter(picks(50, size=5000, everything=everything)) == expected


def test_a_small_deletion_is_looked_up_whole(settings) -> None:
    settings.DELETION_VERIFY = "sample"
    assert Counter(picks(60, size=60, everything=False)) == {Picked.RANDOM: 60}


def test_without_a_success_there_is_nothing_to_sample(settings) -> None:
    settings.DELETION_VERIFY = "sample"
    assert sampling.sample_of(Deletion(said=0)) is None
    settings.DELETION_VERIFY = "none"
    assert sampling.sample_of(Deletion(said=5, deleted=5)) is None
