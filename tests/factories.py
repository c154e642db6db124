from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import factory
from django.contrib.auth.models import Group, User
from django.utils import timezone
from factory.django import DjangoModelFactory

from dashboard.calls import accounts
from dashboard.calls.models import Account, Kind, ProviderCall
from dashboard.database.folding import fold
from dashboard.deletions.models import Deletion, DeletionItem, Outcome, State
from dashboard.register import membership
from dashboard.register.importing import pieces
from dashboard.register.importing.cells.entries import Row
from dashboard.register.importing.pieces import ROLE
from dashboard.register.importing.storing import packed
from dashboard.register.models import ImportBatch, Presence, Selection, Status, TrackedTask

PASSWORD = "correct horse battery staple"


class UserFactory(DjangoModelFactory[User]):
    """`UserFactory(role="operator")` puts the person into that group."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"person{n}")
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def role(self, create: bool, extracted: str | None, **kwargs: Any) -> None:
        if extracted:
            self.groups.add(Group.objects.get(name=extracted))


class TrackedTaskFactory(DjangoModelFactory[TrackedTask]):
    class Meta:
        model = TrackedTask

    class Params:
        video = factory.Trait(kind=Kind.VIDEO, model="seedancev2", duration=5.0)
        held = factory.Trait(held_by="admin", held_reason="Legal case 12")
        deleted = factory.Trait(
            presence=Presence.DELETED, deleted_at=factory.LazyFunction(timezone.now), last_outcome=Outcome.DELETED
        )

    kind = Kind.IMAGE
    task_id = factory.Sequence(lambda n: f"abcd_{n:016x}")
    status = Status.COMPLETED
    model = "seedreamv4"
    prompt = factory.Sequence(lambda n: f"A lighthouse at dusk, number {n}")
    width = 1024
    height = 1024
    # One minute apart, so that “newest first” is a definite order.
    created_at = factory.Sequence(lambda n: timezone.now() - timedelta(days=90) + timedelta(minutes=n))
    tracked_at = factory.LazyFunction(timezone.now)


class SelectionFactory(DjangoModelFactory[Selection]):
    """`SelectionFactory(user=…, tasks=[…])`: those are ticked."""

    class Meta:
        model = Selection
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)

    @factory.post_generation
    def tasks(self, create: bool, extracted: list[TrackedTask] | None, **kwargs: Any) -> None:
        membership.change(self, entered=[task.pk for task in extracted or []], left=())
        self.save()


class ImportBatchFactory(DjangoModelFactory[ImportBatch]):
    """One that was checked: `ImportBatchFactory(ids=["a", "b"])` found these images to add."""

    class Meta:
        model = ImportBatch
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    source = "tasks.csv"
    state = ImportBatch.State.CHECKED

    @factory.post_generation
    def ids(self, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        if extracted:
            rows = [Row(line, "image", task_id) for line, task_id in enumerate(extracted, 1)]
            pieces.save(self, ROLE.ROWS, packed(rows).encode(), number=0, count=len(rows))
            self.to_add = len(rows)
            self.save(update_fields=["to_add"])


class AccountFactory(DjangoModelFactory[Account]):
    class Meta:
        model = Account

    host = factory.Sequence(lambda n: f"https://api{n}.example.com")


class ProviderCallFactory(DjangoModelFactory[ProviderCall]):
    class Meta:
        model = ProviderCall

    kind = Kind.IMAGE
    operation = ProviderCall.Operation.DELETE
    ids = 1
    digest = hashlib.sha256(b"abcd_0\n").hexdigest()
    sent_at = factory.LazyFunction(timezone.now)
    answered_at = factory.SelfAttribute("sent_at")
    http_status = 200
    code = 1000
    status = "Success"
    state = ProviderCall.State.ANSWERED


class DeletionFactory(DjangoModelFactory[Deletion]):
    """Only the row: counters are what the caller says. For a true one, freeze a selection."""

    class Meta:
        model = Deletion

    class Params:
        draft = factory.Trait(state=State.DRAFT, confirmed_at=None, starts_at=None, finished_at=None, reason="")
        running = factory.Trait(state=State.RUNNING, finished_at=None)

    actor = factory.SubFactory(UserFactory)
    actor_name = factory.LazyAttribute(lambda deletion: deletion.actor.username if deletion.actor else "gone")
    reason = "Cleaning up after the spring campaign"
    reason_folded = factory.LazyAttribute(lambda deletion: fold(deletion.reason))
    host = "https://api.tensorslab.com"
    key = factory.LazyFunction(accounts.current_key)
    state = State.FINISHED
    created_at = factory.LazyFunction(timezone.now)
    confirmed_at = factory.SelfAttribute("created_at")
    starts_at = factory.SelfAttribute("created_at")
    finished_at = factory.SelfAttribute("created_at")


class DeletionItemFactory(DjangoModelFactory[DeletionItem]):
    class Meta:
        model = DeletionItem
        skip_postgeneration_save = True

    deletion = factory.SubFactory(DeletionFactory)
    tracked = factory.SubFactory(TrackedTaskFactory)
    kind = factory.SelfAttribute("tracked.kind")
    task_id = factory.SelfAttribute("tracked.task_id")
    outcome = Outcome.DELETED

    @factory.post_generation
    def within(self, create: bool, extracted: None, **kwargs: Any) -> None:
        deletion = Deletion.objects.get(pk=self.deletion_id)
        deletion.first_item, deletion.last_item = deletion.first_item or self.pk, self.pk
        deletion.save(update_fields=["first_item", "last_item"])
