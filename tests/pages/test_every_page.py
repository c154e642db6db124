"""Every page of a world in which all that others wrote is hostile: each time names a zone, each text keeps its box."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.utils import timezone

from dashboard.access.roles import ROLES
from dashboard.audit import chain
from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.deletions.models import Deletion
from tests.conftest import Person
from tests.factories import (
    DeletionFactory,
    DeletionItemFactory,
    ProviderCallFactory,
    TrackedTaskFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TURNED = "אבג"
"""Letters that turn what follows them."""
HOSTILE = f"{TURNED}\u202e\u2067\u200b\u2800\U000e0041<b>&"
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\U000e0000-\U000e0fff]"
)
BOXED = re.compile("\u2068[^\u2068\u2069]*\u2069")
READ_ALOUD = ("title", "alt", "aria-label", "placeholder", "data-blocked", "data-alt", "data-exact")
ZONED = re.compile(
    r"(\d{1,2} \w{3} \d{4}, |\d{4}-\d\d-\d\dT)?\d\d:\d\d(:\d\d)?(\.\d+)?( UTC([+-]\d\d:\d\d)?|[+-]\d\d:\d\d)"
    r"|(\d{1,2} \w{3}( \d{4})? – )?\d{1,2} \w{3} \d{4} UTC([+-]\d\d:\d\d)?"
)
TIME = re.compile(r"\b\d{1,2}:\d\d\b|\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")


class Reader(HTMLParser):
    """What a page shows, and what of it stands outside of any box."""

    BOXES = ("bdi", "textarea")
    WITHOUT_END = ("input", "img", "br", "meta", "link", "hr", "rect", "path")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.outside: list[str] = []
        self.words = ""
        self.marks = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.marks += tag == "mark"
        self.outside += [named[name] or "" for name in READ_ALOUD if name in named]
        self.words += " " + " ".join(named[name] or "" for name in READ_ALOUD if name in named) + " "
        if tag not in self.WITHOUT_END:
            self.open.append(tag in self.BOXES or named.get("dir") == "auto")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.WITHOUT_END and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.words += data
        if not any(self.open) or (UNSEEN.search(data) and not data.strip().startswith(HOSTILE)):
            self.outside.append(data)


def troubles(page: str) -> Iterator[str]:
    read = Reader(page)
    for text in read.outside:
        bare = BOXED.sub("", text)
        if TURNED in bare or UNSEEN.search(bare):
            yield f"outside of a box: {text.strip()!a}"
    words = ZONED.sub("", read.words)
    for found in TIME.finditer(words):
        yield f"no zone: {words[max(0, found.start() - 30) : found.end() + 20]!r}"


@pytest.fixture
def person(db: None) -> Person:
    person = Person.signed_in(UserFactory(username=f"{TURNED}1", is_staff=True, is_superuser=True))
    person.post("/account/", {"time_zone": "Asia/Kathmandu"})
    return person


@pytest.fixture
def world(person: Person) -> dict[str, Deletion]:
    user = User.objects.get()
    now = timezone.now()
    Account.objects.create(host=accounts.current_host(), doubt=f"Doubt of {HOSTILE}", rest_reason=HOSTILE)
    texts = {"task_id": f"{TURNED}_1", "prompt": HOSTILE, "model": HOSTILE, "error": HOSTILE}
    task = TrackedTaskFactory(**texts, last_outcome="refused", last_message=HOSTILE, checked_at=now, deleted_at=now)
    TrackedTaskFactory(**texts | {"task_id": f"{TURNED}_2"}, held_by=HOSTILE, held_reason=HOSTILE)
    TrackedTaskFactory(**texts | {"task_id": f"{TURNED}_3"}, created_at=None, created_raw=HOSTILE)
    own = {"actor": user, "actor_name": HOSTILE, "reason": HOSTILE, "host": accounts.current_host(), "total": 3}
    made = {
        "finished": DeletionFactory(**own, refused=1, unknown=1, skipped=1, finished_at=now, stopped_at=now),
        "paused": DeletionFactory(**own, state="paused", waiting=3, paused_reason=HOSTILE),
        "running": DeletionFactory(**own, state="running", waiting=3),
        "discarded": DeletionFactory(**own, state="discarded", waiting=3),
        "draft": DeletionFactory(
            **own,
            state="draft",
            waiting=2,
            skipped=1,
            facts={
                "oldest": (now - timedelta(days=400)).isoformat(),
                "newest": now.isoformat(),
                "thumbnails": [task.pk],
                "skipped": [[f"Held: {HOSTILE}", 1], ["Already deleted", 1]],
                "models": [HOSTILE],
            },
        ),
    }
    for outcome in ("refused", "unknown", "skipped"):
        seen = {"settled_at": now, "seen_at": now, "evidence": "seen"} if outcome == "refused" else {}
        item = {"task_id": task.task_id, "message": f"{HOSTILE}; {HOSTILE}", "outcome": outcome}
        DeletionItemFactory(deletion=made["finished"], tracked=TrackedTaskFactory(), **item, **seen)
    made["finished"].inspections.create(due_at=now, at=now)
    made["finished"].inspections.create(due_at=now + timedelta(hours=1))
    ProviderCallFactory(deletion=made["finished"].uuid, status=HOSTILE)
    ProviderCallFactory(deletion=made["finished"].uuid, http_status=None, error=HOSTILE, state="lost")
    chain.append(actor=HOSTILE, action="deletion.confirmed", subject=HOSTILE, detail={"reason": HOSTILE, HOSTILE: [1]})
    return made


PAGES = [
    "/tasks/",
    "/tasks/?presence=present&q={hostile}",
    "/tasks/?model={hostile}&created_before=-1d&created_after=2020-01-01",
    "/tasks/?day=2026-01-01",
    "/tasks/?model={hostile}1&model={hostile}",
    "/tasks/?q={turned}_1+{turned}_2+{hostile}",
    "/tasks/?q={turned}_1+{hostile}+{turned}_9",
    "/tasks/?q={turned}_9",
    "/tasks/facets/?q={turned}_1",
    "/tasks/facets/?model={hostile}",
    "/tasks/models/?model={hostile}1&model={hostile}",
    "/tasks/?kind={hostile}",
    "/tasks/?{hostile}=1",
    "/tasks/?day={hostile}",
    "/tasks/?sort={hostile}",
    "/tasks/?created_after={hostile}",
    "/tasks/image/{turned}_1/",
    "/tasks/image/{turned}_2/",
    "/tasks/image/{turned}_3/",
    "/tasks/image/{hostile}/",
    "/tasks/import/",
    "/deletions/",
    "/deletions/?task={turned}_1",
    "/deletions/?task={hostile}&q={hostile}&by={hostile}",
    "/deletions/?kind={hostile}",
    "/deletions/?{hostile}=1",
    "/deletions/strip/",
    "/audit/",
    "/audit/?actor={hostile}",
    "/audit/?action={hostile}",
    "/audit/?{hostile}=1",
    "/account/",
    "/admin/audit/auditevent/",
    "/admin/audit/auditevent/{event}/change/",
    "/admin/deletions/deletion/",
    "/admin/deletions/deletion/{deletion}/change/",
    "/nowhere/{hostile}",
]


def shown(response: HttpResponse) -> str:
    return response.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_on_every_page_foreign_text_stays_in_its_box_and_times_name_a_zone(
    person: Person, world: dict[str, Deletion], path: str
) -> None:
    numbers = {"event": AuditEvent.objects.earliest("-sequence").pk, "deletion": world["finished"].pk}
    address = path.format(hostile=quote(HOSTILE), turned=quote(TURNED), **numbers)
    assert list(troubles(shown(person.get(address, follow=True)))) == []


@pytest.mark.parametrize("state", ["finished", "paused", "running", "discarded", "draft"])
def test_on_the_page_of_every_deletion_too(person: Person, world: dict[str, Deletion], state: str) -> None:
    address = world[state].get_absolute_url()
    for path in (
        address,
        f"{address}?outcome=refused",
        f"{address}?outcome={TURNED}\u202e",
        f"{address}?from={TURNED}",
    ):
        assert list(troubles(shown(person.get(path)))) == []
    if state == "finished":
        assert list(troubles(shown(person.get(f"{address}?part=live")))) == []


def test_in_the_answers_to_presses_too(settings, person: Person, world: dict[str, Deletion]) -> None:
    settings.DELETION_TYPED_ABOVE = 0
    draft = world["draft"]
    for headers in ({}, {"HX-Request": "true"}):
        for typed in (HOSTILE, "7"):
            answer = person.post(
                f"/deletions/{draft.uuid}/confirm/", {"reason": HOSTILE, "typed": typed}, headers=headers
            )
            assert answer.status_code == 422
            assert list(troubles(shown(answer))) == []
    Deletion.objects.filter(pk=draft.pk).update(actor=UserFactory())
    assert list(troubles(shown(person.post(f"/deletions/{draft.uuid}/confirm/", {"reason": "x", "typed": "2"})))) == []


def test_in_what_an_import_says_too(person: Person) -> None:
    rows = f"kind,task_id,model\nimage,{TURNED},{HOSTILE}\n{HOSTILE},b,\nimage,{HOSTILE},\n"
    file = SimpleUploadedFile(f"{TURNED}\u202egpj.csv", rows.encode())
    answer = person.post("/tasks/import/", {"file": file})
    assert "1 to add" in shown(answer)
    assert list(troubles(shown(answer))) == []
    assert list(troubles(shown(person.post("/tasks/import/", {"rows": HOSTILE, "kind": HOSTILE})))) == []


@pytest.mark.parametrize(
    ("page", "trouble"),
    [
        (f"<p>{TURNED}: 3</p>", "outside of a box"),
        (f"<p><bdi>{TURNED}</bdi></p><p title='{TURNED}'></p>", "outside of a box"),
        ("<bdi>a\u202eb</bdi>", "outside of a box"),
        ("<p>at 15:10</p>", "no zone"),
        ("<p>3 Jan 2026</p>", "no zone"),
        ("<p title='28 Nov 2026, 14:45'></p>", "no zone"),
    ],
)
def test_this_test_notices_what_it_looks_for(page: str, trouble: str) -> None:
    found, *_ = troubles(page)
    assert found.startswith(trouble)


def test_it_lets_pass_what_is_right() -> None:
    assert not list(troubles(f"<p title='\u2068{TURNED}\u2069 3'><bdi>{TURNED}</bdi> at 15:10 UTC+05:45</p>"))
    assert not list(troubles("<p>3 Jan – 2 Jun 2026 UTC, 2026-01-01T10:00:00+00:00</p>"))


def test_groups_and_people_whose_names_nobody_sees_are_refused(person: Person) -> None:
    for name in ("\u3164", "\u1160", "a\u115fb"):
        answer = person.post(
            "/admin/auth/user/add/", {"username": name, "password1": "Xk29-lighthouse", "password2": "Xk29-lighthouse"}
        )
        assert answer.status_code == 200
    for name in ("\u2800", "\u200b \u2060"):
        assert person.post("/admin/auth/group/add/", {"name": name}).status_code == 200
    assert not Group.objects.exclude(name__in=ROLES).exists()
    assert User.objects.count() == 1
