from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.media import keeping, making, storing, wanting
from dashboard.media.decoding import Decoder
from dashboard.media.models import Picture, Reason, Round, State
from dashboard.register.models import TrackedTask
from tests.factories import TrackedTaskFactory, UserFactory
from tests.media.files import picture
from tests.media.host import Host

pytestmark = pytest.mark.django_db
NAMES = ("64.webp", "320.webp", "large.webp")


def stored(**values: object) -> Picture:
    task = TrackedTaskFactory(**values)
    token = f"{task.pk:032x}"
    for name in NAMES:
        storing.store().put(token, name, b"x")
    return Picture.objects.create(
        task=task, state=State.STORED, token=token, width=4, height=3, fetched_at=timezone.now()
    )


def there(row: Picture) -> bool:
    found = {storing.store().size(row.token, name) is not None for name in NAMES}
    assert len(found) == 1
    return found.pop()


def test_what_is_forgotten_is_gone_at_once_and_for_good(django_capture_on_commit_callbacks, settings) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    row, other = stored(urls=["https://cdn.example.com/a.png"], task_id="abcd_1"), stored()
    user = UserFactory(username="olga")
    with django_capture_on_commit_callbacks(execute=True):
        assert keeping.forget(row.task, by=user, address="198.51.100.7") == 1
    assert (there(row), there(other)) == (False, True)
    found = Picture.objects.get(pk=row.pk)
    assert (found.state, found.reason, found.token, found.width) == (State.FORGOTTEN, Reason.FORGOTTEN, "", None)
    event = AuditEvent.objects.get()
    assert (event.actor, event.address, event.action) == ("olga", "198.51.100.7", "picture.forgotten")
    assert (event.subject, event.detail) == ("image abcd_1", {"pictures": 1})
    assert wanting.want([row.task_id], every=True) == 0
    assert keeping.forget(row.task, by=user, address="") == 0
    assert AuditEvent.objects.count() == 1


def test_it_can_be_forgotten_before_anybody_has_seen_it(host: Host) -> None:
    task = TrackedTaskFactory(urls=[f"{host.url}/a.png"])
    keeping.forget(task, by=UserFactory(), address="")
    while wanting.walk(now=timezone.now()):
        pass
    assert wanting.want([task.pk]) == 0
    assert Picture.objects.get().state == State.FORGOTTEN


def test_what_is_forgotten_while_it_is_fetched_stays_forgotten(host: Host, tmp_path, monkeypatch) -> None:
    task = TrackedTaskFactory(urls=[f"{host.url}/a.png"])
    wanting.want([task.pk])
    row = wanting.claim(now=timezone.now())
    assert row is not None
    (tmp_path / "file").write_bytes(picture("PNG"))
    keeping.forget(task, by=UserFactory(), address="")
    with Decoder() as decoder:
        making.make(row, tmp_path / "file", decoder, now=timezone.now(), may_go_on=lambda: True)
    assert Picture.objects.get().state == State.FORGOTTEN
    assert not list((tmp_path / "media").rglob("*.webp"))


def test_tombstones_keep_their_pictures_for_so_many_days(settings) -> None:
    settings.MEDIA_KEEP_DAYS = 30
    now = timezone.now()
    rows = [
        stored(deleted=True, deleted_at=now - timedelta(days=days), created_at=now - timedelta(days=900))
        for days in (29, 31)
    ]
    present = stored(created_at=now - timedelta(days=900))
    Round.objects.create()
    assert keeping.sweep(now=now) == 1
    assert [there(row) for row in [*rows, present]] == [True, False, True]
    found = Picture.objects.get(pk=rows[1].pk)
    assert (found.state, found.reason, found.token) == (State.EXPIRED, Reason.EXPIRED, "")
    assert keeping.sweep(now=now) == 0


def test_it_goes_round_step_by_step(monkeypatch) -> None:
    monkeypatch.setattr(keeping, "STEP", 2)
    now = timezone.now()
    Round.objects.create()
    for _ in range(5):
        stored(deleted=True, deleted_at=now - timedelta(days=1000))
    assert [keeping.sweep(now=now) for _ in range(4)] == [2, 2, 1, 0]
    assert TrackedTask.objects.count() == 5
