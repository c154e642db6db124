"""A game of random people, workers and faults against the engine in one process.

What is drawn never depends on what happened; only which row a drawn number means does. So a failure can be replayed,
although keys and moments differ from run to run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from pytest_django.fixtures import Settings

from dashboard.calls import accounts, clock, doubts
from dashboard.deletions import actions
from dashboard.deletions.actions import By, Changed, Invalid, Refused
from dashboard.deletions.approvals.decisions import expires_at
from dashboard.deletions.dispatch import agenda
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register import importing
from dashboard.register.importing.cells.entries import Row
from dashboard.register.models import TrackedTask
from tensorslab_api.sandbox.existence import in_shard
from tensorslab_api.sandbox.world import Known
from tests.beginning import Beginning
from tests.deletions.drawn import ACTS, LATE, NATURES, OTHERS, TASKS, index, steps
from tests.deletions.small_world import Clock, Hand, SmallWorld, meant
from tests.factories import TrackedTaskFactory, UserFactory
from tests.tensorslab_api.contract import CheckedSandbox

JUDGED_EVERY = 4
"""Moves from one judgement of all rows to the next: what is wrong seldom mends itself, and the end is judged too."""


@contextmanager
def expected(accepted: bool) -> Iterator[None]:
    """A request that must be carried out, or refused with a sentence."""
    if accepted:
        yield
    else:
        with pytest.raises(Refused):
            yield


class Game(RuleBasedStateMachine):
    def __init__(self, clock: Clock, settings: Settings, beginning: Beginning, known: Known) -> None:
        super().__init__()
        self.settings = settings
        self.beginning = beginning
        self.moves = 0
        sandbox = CheckedSandbox(known=known, clock=clock.epoch).start()
        settings.TENSORSLAB_API_URL = sandbox.url
        self.world = SmallWorld(sandbox=sandbox, clock=clock)
        self.people = [By(user=UserFactory(username=name, role="operator")) for name in ("olga", "otto")]
        self.approver = By(user=UserFactory(username="anna", role="approver"))
        images = TrackedTaskFactory.build_batch(TASKS - 3)
        TrackedTask.objects.bulk_create(images + TrackedTaskFactory.build_batch(3, video=True))
        self.tasks = list(TrackedTask.objects.order_by("pk"))
        self.has_others = False

    @initialize(
        nature=st.sampled_from([*3 * ["honest"], *NATURES]),
        mode=st.sampled_from(["all_or_nothing", "all_or_nothing", "partial", "partial", "lenient"]),
        already_gone=st.sampled_from(["failure", "success"]),
        failure=st.sampled_from(["code", "status", "http"]),
        missing=st.sampled_from(["http", "code", "bad_request", "null_data"]),
        echo=st.sampled_from(["same", "same", "upper", "lower"]),
        verify=st.sampled_from(["none", "sample", "all"]),
        canary=st.sampled_from([0, 2]),
        inspected=st.sampled_from([(), (60.0,), (60.0, 3600.0)]),
        above=st.sampled_from([None, 0, 4]),
        others=st.booleans(),
        poisonous=st.sets(index, max_size=3),
        chosen=st.sets(index, min_size=6),
    )
    def begin(
        self,
        nature: str,
        verify: str,
        canary: int,
        inspected: tuple[float, ...],
        above: int | None,
        others: bool,
        poisonous: set[int],
        chosen: set[int],
        **options: str,
    ) -> None:
        self.settings.DELETION_VERIFY = verify
        self.settings.DELETION_CANARY = canary
        self.settings.DELETION_INSPECT_AFTER = inspected
        self.settings.DELETION_APPROVAL_ABOVE = above
        self.world.sandbox.control(**NATURES[nature], **options, retry_after="30", hang_seconds=0.1)
        self.late = nature == "late"
        self.world.lag = NATURES[nature].get("replica_lag", 0.0)
        self.world.lies = options["mode"] == "lenient" or nature.startswith(("takes", "loses", "cuts"))
        hidden = NATURES[nature].get("replica_lacks", 0)
        self.world.hidden = frozenset((t.kind, t.task_id) for t in self.tasks if in_shard(t.task_id, hidden))
        self.has_others = others
        if others:
            more = TrackedTaskFactory.build_batch(OTHERS - 1)
            TrackedTask.objects.bulk_create([*more, TrackedTaskFactory.build(video=True)])
        self.poison([self.tasks[index] for index in poisonous])
        self.freeze(0, chosen, then="now")

    @rule(
        waited=st.sampled_from([*2 * [0, 1, 1, 20, 20, 90, 90, 4000], 200_000]),
        worker=st.sampled_from(["begins", "begins", "begins", "goes on", "goes on", "sleeps"]),
        before=steps,
        act=ACTS,
        after=steps,
    )
    def move(self, waited: int, worker: str, before: int, act: tuple[str, dict[str, Any]], after: int) -> None:
        """Some act, most often while a call is at some point of its life.

        One rule for all: a game leaves some of its rules out, and there are too few games for that.
        """
        name, drawn = act
        self.world.pass_time(waited)
        if worker == "begins":
            self.world.look_round()
        hand = None if worker == "sleeps" else self.world.take()
        if hand:
            self.go_on(hand, before)
        getattr(self, name)(**drawn)
        if hand:
            self.go_on(hand, after)

    def frozen(self, who: int, chosen: set[int]) -> Deletion:
        tasks = TrackedTask.objects.filter(pk__in=[self.tasks[index].pk for index in chosen])
        return freezing.freeze_tasks(tasks=tasks, actor=self.people[who].user, now=self.world.now())

    def freeze(self, who: int, chosen: set[int], then: str) -> None:
        """`less`: somebody looks at the set, and takes one task out of it first."""
        draft = self.frozen(who, chosen)
        if then == "less":
            self.remove(draft, min(chosen))
            draft.refresh_from_db()
        if draft.size and then != "draft":
            self.confirm_draft(draft)
            draft.refresh_from_db()
            if then in {"now", "less"} and draft.state == State.AWAITING_APPROVAL and min(chosen) % 2:
                self.approve(draft)
                draft.refresh_from_db()
            if then in {"now", "less"} and draft.state == State.SCHEDULED:
                Deletion.objects.filter(pk=draft.pk).update(starts_at=self.world.now())

    def confirm_draft(self, draft: Deletion) -> None:
        by = By(user=draft.actor)
        actions.confirm(deletion=draft, by=by, reason="Spring", typed=str(draft.size), now=self.world.now())

    def press(self, drawn: int, button: str, late: int) -> None:
        """A button of any deletion, most often one that its page shows."""
        by_state = {
            "confirm": [State.DRAFT],
            "remove": [State.DRAFT],
            "delete_kept": [State.FINISHED, State.CANCELLED],
            **{button: [State.AWAITING_APPROVAL] for button in ("approve", "decline", "withdraw")},
            "undo": [State.SCHEDULED],
            "pause": [State.RUNNING],
            "resume": [State.PAUSED],
        }
        fitting = Deletion.objects.filter(state__in=by_state.get(button, [State.RUNNING, State.PAUSED, State.FINISHED]))
        anyone = Deletion.objects.exclude(state__in=[State.DRAFT, State.DISCARDED])
        if deletion := meant(drawn, (anyone if drawn % 4 == 0 else fitting).order_by("-pk")):
            if button == "undo":
                self.undo(deletion, late)
            elif button == "remove":
                self.remove(deletion, drawn)
            else:
                getattr(self, button)(deletion)

    def confirm(self, draft: Deletion) -> None:
        new = draft.state == State.DRAFT
        young = draft.created_at > self.world.now() - freezing.DRAFT_LIFETIME
        try:
            with expected(new and young):
                self.confirm_draft(draft)
        except Changed:
            draft.refresh_from_db()
            assert draft.state == State.DRAFT
        except Invalid:
            assert not draft.size

    def undo(self, deletion: Deletion, late: int) -> None:
        now = deletion.starts_at + timedelta(microseconds=late)
        with expected(deletion.state == State.SCHEDULED and late < 0):
            actions.undo(deletion=deletion, by=self.people[0], now=now)

    def approve(self, deletion: Deletion) -> None:
        """By somebody else, of the set as it is; a task of it that is not free any more voids it."""
        waits = self.waits(deletion)
        shown = {"fingerprint": deletion.fingerprint, "count": str(deletion.size)}
        try:
            with expected(waits):
                actions.approve(deletion=deletion, by=self.approver, **shown, now=self.world.now())
        except Changed:
            deletion.refresh_from_db()
            assert deletion.decision == "changed"

    def decline(self, deletion: Deletion) -> None:
        with expected(self.waits(deletion)):
            actions.decline(deletion=deletion, by=self.approver, reason="Not these", now=self.world.now())

    def withdraw(self, deletion: Deletion) -> None:
        with expected(deletion.state == State.AWAITING_APPROVAL):
            actions.withdraw(deletion=deletion, by=By(user=deletion.actor), now=self.world.now())

    def waits(self, deletion: Deletion) -> bool:
        expired = deletion.approval_asked_at and self.world.now() >= expires_at(deletion)
        return deletion.state == State.AWAITING_APPROVAL and not expired

    def pause(self, deletion: Deletion) -> None:
        with expected(deletion.state == State.RUNNING and deletion.stopped_at is None):
            actions.pause(deletion=deletion, by=self.people[0])

    def resume(self, deletion: Deletion) -> None:
        with expected(deletion.state == State.PAUSED):
            actions.resume(deletion=deletion, by=self.people[0], now=self.world.now())

    def stop(self, deletion: Deletion) -> None:
        now = self.world.now()
        overdue = deletion.state == State.SCHEDULED and deletion.starts_at <= now
        running = deletion.state == State.RUNNING and deletion.stopped_at is None
        with expected(overdue or running or deletion.state == State.PAUSED):
            actions.stop_rest(deletion=deletion, by=self.people[0], now=now)

    def retry(self, deletion: Deletion) -> None:
        with expected(deletion.state == State.FINISHED and deletion.refused > 0):
            actions.retry_refused(deletion=deletion, by=self.people[1], now=self.world.now())

    def delete_kept(self, deletion: Deletion) -> None:
        over = deletion.state in {State.FINISHED, State.CANCELLED} and not deletion.is_being_undone
        with expected(over and deletion.kept > 0):
            actions.delete_kept(deletion=deletion, by=self.people[1], now=self.world.now())

    def remove(self, draft: Deletion, drawn: int) -> None:
        """By whoever drafted it, of a deletion in any state."""
        young = draft.created_at > self.world.now() - freezing.DRAFT_LIFETIME
        item = meant(drawn, draft.items.order_by("pk"))
        with expected(draft.state == State.DRAFT and young):
            by = By(user=draft.actor)
            actions.remove_item(deletion=draft, item=item.pk if item else 0, by=by, now=self.world.now())

    def check(self, deletion: Deletion) -> None:
        with expected(deletion.state == State.FINISHED and deletion.unknown > 0):
            actions.check_unknown(deletion=deletion, by=self.people[1], now=self.world.now())

    def accept(self, deletion: Deletion) -> None:
        """Where look-ups can't be vouched for. Nobody accepts the answers of another account."""
        if self.world.weather == "clear":
            stopped = deletion.state == State.PAUSED and deletion.paused_by_account
            with expected(stopped and doubts.may_accept(accounts.current(), now=self.world.now())):
                actions.accept(deletion=deletion, by=self.people[0], now=self.world.now())

    def turn(self, weather: str) -> None:
        """Under the key of another account only a task that should exist can show that."""
        if self.has_others or weather != "foreign":
            self.world.turn(weather)

    def meddle(self, indices: set[int], what: str) -> None:
        getattr(self, what)([self.tasks[index] for index in indices])

    def hold(self, tasks: list[TrackedTask]) -> None:
        words = {"held_by": "alice", "held_reason": "Legal case"}
        TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]).update(**words)

    def lift(self, tasks: list[TrackedTask]) -> None:
        TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]).update(held_by="", held_reason="")

    def poison(self, tasks: list[TrackedTask]) -> None:
        self.world.sandbox.control(refuse={task.task_id: "Task is running" for task in tasks})

    def import_again(self, tasks: list[TrackedTask]) -> None:
        before = list(TrackedTask.objects.order_by("pk").values_list("pk", "presence"))
        rows = [Row(line=1, kind=task.kind, task_id=task.task_id, values={"status": "completed"}) for task in tasks]
        importing.take_in(source="tasks.csv", digest="", entries=rows, actor="olga")
        assert list(TrackedTask.objects.order_by("pk").values_list("pk", "presence")) == before

    def delete_elsewhere(self, tasks: list[TrackedTask]) -> None:
        for task in tasks[:2]:
            if task.task_id not in self.world.sandbox.deleted(task.kind):
                self.world.gone_elsewhere.add((task.kind, task.task_id))
                self.world.sandbox.control(gone={task.kind: [task.task_id]})

    def spoil(self, faults: list[str]) -> None:
        late = self.late and bool(len(faults) % 2)
        queue = [LATE[len(fault) % len(LATE)] if late else fault for fault in faults if fault]
        self.world.sandbox.control(queue=queue)

    def go_on_with_a_call(self, drawn: int, steps: int) -> None:
        if hand := meant(drawn, self.world.hands):
            self.go_on(hand, steps)

    def leave_or_release(self, drawn: int) -> None:
        self.world.leave_or_release(drawn)

    def go_on(self, hand: Hand, steps: int) -> None:
        for _ in range(steps):
            if hand in self.world.hands:
                self.world.go_on(hand)

    def lose_a_worker(self, drawn: int) -> None:
        if hand := meant(drawn, self.world.hands):
            self.world.hands.remove(hand)
            self.world.forgotten.append(hand)

    def find_it_alive(self, drawn: int, steps: int) -> None:
        if hand := meant(drawn, self.world.forgotten):
            self.world.forgotten.remove(hand)
            self.world.hands.append(hand)
            self.go_on(hand, steps)

    def run_a_worker(self, what: str) -> None:
        getattr(self.world, what)()

    @invariant()
    def rows_and_ledger_agree(self) -> None:
        self.moves += 1
        if self.moves % JUDGED_EVERY == 0:
            assert self.world.wrong(ended=False) == []
            assert not (agenda.at_rest() and agenda.is_due(by=clock.now(), now=clock.now()))

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.world.drain(self.people[0], approver=self.approver)
                wrong = self.world.wrong(ended=True)
                assert wrong == [], wrong
        finally:
            self.world.sandbox.stop()
            self.beginning.restore()
