"""Random people, workers and faults against the engine in one process, judged by the rows and the provider's ledger."""

from __future__ import annotations

import os
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as profile
from hypothesis.stateful import run_state_machine_as_test

from dashboard.calls import clock
from dashboard.deletions import models
from dashboard.deletions.dispatch import arming, next_list, turns
from dashboard.deletions.evidence import inspecting, verifying
from tests.beginning import Beginning
from tests.deletions.game import Game
from tests.deletions.small_world import Clock
from tests.registered import committed

EXAMPLES = int(os.environ.get("STATE_MACHINE_EXAMPLES", "0"))
"""0 plays the same short games every time; any other number plays so many new ones."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)  # A failure is made small before it is shown.
def test_no_game_ends_with_rows_that_the_ledger_contradicts(settings, monkeypatch) -> None:
    own = Clock()
    monkeypatch.setattr(clock, "now", own.now)
    monkeypatch.setattr(arming, "CHUNK", 2)
    monkeypatch.setattr(verifying, "CHUNK", 2)
    monkeypatch.setattr(inspecting, "WINDOW", 5)
    monkeypatch.setattr(next_list, "CANARY_ABOVE", 4)
    for module in (models, turns):
        monkeypatch.setattr(module, "REFUSED_AT_LEAST", 4)
    settings.DELETION_GRACE_SECONDS = 60
    settings.DELETION_MAX_ATTEMPTS = 3
    settings.TENSORSLAB_BATCH_SIZE = 3
    settings.TENSORSLAB_CONCURRENCY = 4
    settings.TENSORSLAB_TIMEOUT = 1.0
    with committed() as known:
        run_state_machine_as_test(
            partial(Game, own, settings, Beginning(), known),
            settings=profile(
                max_examples=EXAMPLES or 6,
                stateful_step_count=30,
                derandomize=not EXAMPLES,
                database=None,
                deadline=None,
                print_blob=True,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            ),
        )
