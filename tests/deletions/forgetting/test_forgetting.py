"""What is erased, what stays, and what the log and the certificate say of it."""

from __future__ import annotations

import hashlib
import json

import pytest
from django.apps import apps
from django.db import connection, models
from django.http import QueryDict
from django.utils import timezone

from dashboard.audit import chain, commitments, rewriting
from dashboard.audit.models import AuditEvent
from dashboard.database import append_only
from dashboard.deletions.forgetting import jobs, pressing, steps
from dashboard.deletions.models import Deletion, DeletionItem, Forgetting, Outcome
from dashboard.media import storing
from dashboard.media.models import Picture, State
from dashboard.register import refreshing
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import placing, releasing
from dashboard.register.holding.asking import By, Invalid, Refused
from dashboard.register.importing import pieces
from dashboard.register.importing.cells.entries import Row
from dashboard.register.importing.storing import Stored, packed, store
from dashboard.register.models import Hold, ImportPiece, TrackedTask
from tensorslab_api.types import TaskInfo, TaskKind, TaskStatus
from tensorslab_api.verdict import Ruling, Verdict
from tests.deletions.forgetting.conftest import frozen, press
from tests.factories import DeletionFactory, DeletionItemFactory, ImportBatchFactory, TrackedTaskFactory

pytestmark = pytest.mark.django_db
WORDS = ["quagga", "zebra of the spring", "quagga.example", "lawsuit over it"]


def task(number: int = 1, **fields: object) -> TrackedTask:
    words = {"prompt": "A quagga by the sea", "urls": ["https://quagga.example/1.png"], "error": "No quagga was found"}
    return TrackedTaskFactory(task_id=f"task_{number}", **words | fields)


def hold(by: By, *tasks: TrackedTask, reason: str = "A lawsuit over it") -> Hold:
    now = timezone.now()
    return placing.place(selection=frozen(by.user, list(tasks)), by=by, reason=reason, until=None, now=now)


def named_anywhere() -> list[str]:
    """Tables and columns in which one of the words stands."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        kinds = (models.CharField, models.TextField, models.JSONField)
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, kinds)]
        for row in model._base_manager.values(*names) if model._meta.managed or names == ["folded"] else []:
            texts = {name: json.dumps(value, default=str).lower() for name, value in row.items()}
            found += [f"{model._meta.db_table}.{name}" for name in names if any(word in texts[name] for word in WORDS)]
    return found


def test_words_are_nowhere_afterwards_and_ids_and_endings_stay(by: By) -> None:
    shown = task(presence="deleted", last_outcome="refused", last_message="This quagga is protected")
    hold(by, shown_too := task(2))
    deletion = DeletionFactory(reason="Zebra of the spring", reason_folded="zebra of the spring", total=2)
    for one, message in ((shown, "This quagga is protected"), (shown_too, "")):
        DeletionItemFactory(deletion=deletion, tracked=one, outcome=Outcome.REFUSED, message=message)
    Deletion.objects.update(
        first_item=DeletionItem.objects.earliest("pk").pk, last_item=DeletionItem.objects.latest("pk").pk
    )
    detail = {"reason": "Zebra of the spring"}
    chain.append(actor="olga", action="deletion.confirmed", subject=str(deletion.uuid), detail=detail)
    other = task(3, prompt="A lighthouse")
    assert set(named_anywhere()) >= {"register_trackedtask.prompt", "audit_auditevent.detail", "register_hold.reason"}
    TrackedTask.objects.filter(pk=other.pk).update(urls=[], error="")

    forgetting = press(by, shown, shown_too)

    assert named_anywhere() == []
    rows = TrackedTask.objects.in_bulk([shown.pk, shown_too.pk])
    assert [(row.prompt, row.urls, row.error, row.last_message) for row in rows.values()] == [("", [], "", "")] * 2
    assert [rows[shown.pk].presence, rows[shown.pk].last_outcome, rows[shown.pk].model] == [
        *("deleted", "refused", "seedreamv4"),
    ]
    assert list(DeletionItem.objects.order_by("pk").values_list("task_id", "outcome", "message")) == [
        *(("task_1", "refused", ""), ("task_2", "refused", "")),
    ]
    assert rows[shown_too.pk].held_by == "alice"
    assert TrackedTask.objects.get(pk=other.pk).prompt == "A lighthouse"
    assert forgetting.erased == {
        **{"prompts": 2, "addresses": 2, "errors": 2, "pictures": 0, "messages": 1, "reasons": 2, "entries": 2}
    }
    assert chain.verify() is None


def test_search_finds_nothing_by_words_that_were_erased(by: By) -> None:
    one, other = task(), task(2)
    assert Filter.from_query(QueryDict("q=quagga")).queryset().count() == 2
    press(by, one)
    assert list(Filter.from_query(QueryDict("q=quagga")).queryset()) == [other]


def test_reasons_of_others_stay(by: By) -> None:
    one, other = task(), task(2)
    both = hold(by, one, other)
    deletion = DeletionFactory(reason="Spring", total=2)
    for each in (one, other):
        DeletionItemFactory(deletion=deletion, tracked=each, outcome=Outcome.DELETED)
    pks = DeletionItem.objects.order_by("pk").values_list("pk", flat=True)
    Deletion.objects.update(first_item=pks[0], last_item=pks[1])
    press(by, one)
    both.refresh_from_db()
    deletion.refresh_from_db()
    assert (both.reason, deletion.reason) == ("A lawsuit over it", "Spring")
    # All of it, by two presses.
    press(by, other)
    both.refresh_from_db()
    deletion.refresh_from_db()
    assert (both.reason, deletion.reason) == ("", "")
    assert TrackedTask.objects.filter(held_reason="").count() == 2
    assert releasing.release_hold(hold=both, seen=2, by=by, reason="Over", now=timezone.now()).released == 2


def test_the_log_has_who_and_how_many_and_no_prompt(by: By) -> None:
    forgetting = press(by, task(), task(2, kind="video"))
    fingerprint = hashlib.sha256(b"image task_1\nvideo task_2\n").hexdigest()
    asked = AuditEvent.objects.get(action="task.forgotten")
    assert (asked.actor, asked.address, asked.subject) == ("alice", "192.0.2.7", str(forgetting.uuid))
    told = {"tasks": 2, "fingerprint": fingerprint}
    assert asked.detail == told | {"reason": "Asked for by who is in them"}
    assert AuditEvent.objects.get(action="task.words_erased").detail == told | {"erased": forgetting.erased}
    said = json.loads(forgetting.signed)
    assert (said["fingerprint"], said["tasks"]) == (fingerprint, {"total": 2, "images": 1, "videos": 1})
    assert said["people"]["requested_by"] == asked.commitments["actor"]
    assert said["log"]["asked"] == {"sequence": asked.sequence, "hash": asked.hash}


@pytest.mark.once
def test_pictures_go_with_their_files(by: By) -> None:
    one, store = task(), storing.store()
    store.put("ab" * 16, "64.webp", b"picture")
    Picture.objects.create(task=one, source="1" * 16, state=State.STORED, token="ab" * 16)
    assert press(by, one).erased["pictures"] == 1
    assert store.size("ab" * 16, "64.webp") is None
    picture = Picture.objects.get()
    assert (picture.state, picture.token, picture.source) == (State.FORGOTTEN, "", "")


def test_an_import_brings_no_word_back(by: By) -> None:
    one, other = task(), task(2)
    press(by, one)
    rows = [
        Row(1, "image", f"task_{n}", {"prompt": "New words", "urls": ["https://a.b/c"], "width": 5}) for n in (1, 2)
    ]
    assert store(packed(rows), number=2, now=timezone.now()) == Stored(added=0, updated=2, unchanged=0)
    one.refresh_from_db()
    other.refresh_from_db()
    assert [(row.prompt, row.urls, row.width) for row in (one, other)] == [
        *(("", [], 5), ("New words", ["https://a.b/c"], 5)),
    ]


def test_an_import_that_was_checked_before_loses_the_same_words(by: By) -> None:
    one = task()
    batch = ImportBatchFactory(user=by.user, ids=["task_1"])
    rows = packed([Row(1, "image", "task_1", {"prompt": "A quagga again", "width": 5}), Row(2, "image", "new", {})])
    pieces.replace(batch.pieces.get(role="rows"), rows.encode())
    batch.sample = [{"kind": "image", "task_id": "task_1", "prompt": "A quagga again", "details": "Error: quagga"}]
    batch.save()
    press(by, one)
    assert "quagga" not in pieces.content(ImportPiece.objects.get(batch=batch, role="rows")).decode()
    batch.refresh_from_db()
    assert (batch.sample[0]["task_id"], batch.sample[0]["prompt"], batch.sample[0]["details"]) == ("task_1", "", "")


def test_a_look_up_brings_no_word_back(by: By) -> None:
    info = TaskInfo(task_id="", kind=TaskKind.IMAGE, status=TaskStatus.COMPLETED, prompt="New words", width=7)
    one, other = task(), task(2)
    press(by, one)
    for each in (one, other):
        refreshing.store(each, Verdict(ruling=Ruling.THERE, sentence="", info=info), gone=False, now=timezone.now())
        each.refresh_from_db()
    assert [(each.prompt, each.width) for each in (one, other)] == [("", 7), ("New words", 7)]


def test_a_large_set_is_forgotten_by_a_job_in_steps(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressing, "AT_ONCE", 2)
    monkeypatch.setattr(steps, "MARKED", 2)
    monkeypatch.setattr(steps, "ERASED", 2)
    tasks = [task(number) for number in range(5)]
    left = task(9)
    forgetting = press(by, *tasks)
    assert (forgetting.is_done, TrackedTask.objects.filter(prompt="").count()) == (False, 0)
    for _ in range(5):
        # Then its worker is killed.
        assert steps.step(forgetting, now=timezone.now())
    assert 0 < TrackedTask.objects.filter(prompt="").count() < 5
    jobs.go_on.call(str(forgetting.uuid))
    forgetting.refresh_from_db()
    assert (forgetting.is_done, forgetting.erased["prompts"], forgetting.moved_at) == (True, 5, None)
    assert list(TrackedTask.objects.exclude(prompt="")) == [left]
    assert AuditEvent.objects.get(action="task.forgotten").detail["tasks"] == 5
    assert json.loads(forgetting.signed)["tasks"]["total"] == 5


def test_two_processes_that_take_the_same_step_do_it_once(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressing, "AT_ONCE", 0)
    forgetting = press(by, task(), task(2))
    late = Forgetting.objects.get()
    while steps.step(forgetting, now=timezone.now()):
        steps.step(late, now=timezone.now())
        late = Forgetting.objects.get()
        forgetting = Forgetting.objects.get()
    assert forgetting.erased["prompts"] == 2
    assert AuditEvent.objects.filter(action="task.words_erased").count() == 1


def test_one_that_stands_still_gets_another_job(by: By, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressing, "AT_ONCE", 0)
    forgetting = press(by, task())
    later = timezone.now() + 2 * jobs.PATIENCE
    jobs.wake_stuck(now=later)
    forgetting.refresh_from_db()
    assert forgetting.moved_at == later


def test_a_reason_that_is_taken_from_the_log_without_an_entry_is_told(by: By) -> None:
    event = chain.append(actor="olga", action="hold.placed", subject="1", detail={"reason": "Legal"})
    commitments.erase_reason(event)
    with append_only.lifted(connection):
        rewriting.save(event)
    broken = chain.verify()
    assert broken is not None
    assert (broken.sequence, broken.reason) == (event.sequence, "its reason is gone, and no entry tells of that.")


@pytest.mark.parametrize(
    ("reason", "typed", "field"), [("", "2", "reason"), ("x" * 501, "2", "reason"), ("Why", "3", "typed")]
)
def test_what_is_typed_wrongly_erases_nothing(by: By, settings, reason: str, typed: str, field: str) -> None:
    settings.DELETION_TYPED_ABOVE = 1
    with pytest.raises(Invalid) as wrong:
        press(by, task(), task(2), reason=reason, typed=typed)
    assert (list(wrong.value.errors), Forgetting.objects.count()) == ([field], 0)
    assert TrackedTask.objects.exclude(prompt="").count() == 2


def test_it_is_done_once(by: By) -> None:
    selection = frozen(by.user, [task()])
    asked = {"selection": selection, "by": by, "reason": "Why", "typed": "", "now": timezone.now()}
    pressing.press(**asked)
    with pytest.raises(Refused, match="by an earlier press"):
        pressing.press(**asked)
