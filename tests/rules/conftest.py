from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from dashboard.audit.models import AuditEvent
from dashboard.deletions import actions
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, DeletionItem, State
from dashboard.register.holding.asking import By as KeptBy
from dashboard.register.models import SavedView, TrackedTask
from dashboard.register.saved_views import keeping
from dashboard.rules import making, running, tending
from dashboard.rules.making import Terms
from dashboard.rules.models import Rule, Run
from tests.factories import TrackedTaskFactory, UserFactory

MADE = datetime(2026, 3, 1, 10, tzinfo=UTC)
"""A Sunday."""
AT = timedelta(hours=17)
"""From then to the first run, at 03:00."""


class Life:
    """A rule that runs every day at 03:00, its owner, and a clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = MADE
        self.owner: User = UserFactory(username="olga", role="operator")
        kept_by = KeptBy(user=self.owner)
        self.view: SavedView = keeping.save(
            query="status=failed&created_before=-30d&view=table", name="Failed", shared=True, by=kept_by, now=MADE
        )
        self.rule = making.make(terms=self.terms(), by=self.by, now=MADE)

    @property
    def by(self) -> actions.By:
        return actions.By(user=User.objects.get(pk=self.owner.pk))

    def terms(self, **changed: object) -> Terms:
        about: dict[str, object] = {"name": "Old failures", "view": self.view, "weekday": None, "hour": 3}
        about |= {"reason": "Failed anyway", "cap": 50, "by_itself": True}
        return Terms(**{**about, **changed})  # type: ignore[arg-type]

    def failed(self, number: int, *, day: int, **traits: object) -> list[TrackedTask]:
        """Tasks that are old enough on that day, and not on the day before."""
        made_at = self.day(day) - timedelta(days=30, hours=12)
        about = {"status": "failed", "model": "zimage", "created_at": made_at, "tracked_at": made_at}
        return TrackedTaskFactory.create_batch(number, **{**about, **traits})

    def tick(self, *, at: datetime | None = None) -> None:
        """What a worker does at that moment: it tends, and does the jobs that are asked for."""
        self.now = at or self.now
        tending.tend(self.now)
        for run in Run.objects.filter(state=Run.State.DRAFTING):
            self.work(run)
        # What is announced for the next run follows from what is known by then.
        tending.tend(self.now)

    def work(self, run: Run) -> None:
        while running.step(run, now=self.now):
            pass

    def day(self, number: int, **hours: int) -> datetime:
        """So many hours, or minutes, after the run of that day."""
        return MADE + AT + timedelta(days=number - 1, **hours)

    @property
    def run(self) -> Run:
        """The last that began."""
        return Run.objects.filter(started_at__isnull=False).select_related("deletion").latest("started_at")

    def draft(self) -> Deletion:
        deletion = self.run.deletion
        assert deletion is not None
        return deletion

    def confirm(self, draft: Deletion | None = None) -> None:
        """By hand, as its owner does on its page."""
        draft = draft or self.draft()
        said = {"reason": draft.reason, "typed": str(draft.size), "seen": draft.fingerprint}
        actions.confirm(deletion=draft, by=self.by, **said, asks=False, now=self.now)
        self.done()

    def done(self) -> None:
        """TensorsLab has deleted what was confirmed."""
        confirmed = Deletion.objects.filter(state=State.SCHEDULED)
        items = DeletionItem.objects.filter(deletion__in=confirmed)
        TrackedTask.objects.filter(pk__in=items.values("tracked")).update(presence="deleted")
        items.update(open=False, outcome="deleted")
        confirmed.update(state=State.FINISHED)

    def to_the_third_consent(self) -> None:
        """Three days of five tasks each, confirmed an hour after their runs; the next run is announced."""
        for number in (1, 2, 3, 4):
            self.failed(5, day=number)
        for number in (1, 2, 3):
            self.tick(at=self.day(number))
            self.tick(at=self.day(number, hours=1))
            self.confirm()
        self.tick()

    def again(self) -> Rule:
        self.rule.refresh_from_db()
        return self.rule


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def life(db: None, settings: object, monkeypatch: pytest.MonkeyPatch) -> Life:
    settings.TENSORSLAB_API_KEY = "key"  # type: ignore[attr-defined]
    monkeypatch.setattr(freezing, "MOST_DRAFTS", 1000)
    return Life()


def told(*, beginning: str = "rule.") -> list[str]:
    events = AuditEvent.objects.filter(action__startswith=beginning).order_by("sequence")
    return [event.action for event in events]
