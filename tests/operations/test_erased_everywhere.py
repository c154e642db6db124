"""A person who is named wherever rows can name one is looked for, after the erasure, in every column of every table."""

from __future__ import annotations

import io
import zlib
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, models
from django.utils import timezone

from dashboard.access import throttle
from dashboard.access.models import Answered, Limits, OpenSession
from dashboard.access.sessions import SessionStore
from dashboard.audit.models import AuditEvent
from dashboard.calls import accounts
from dashboard.calls.models import Account
from dashboard.database.prompt_reading import GRAMS
from dashboard.deletions import actions
from dashboard.deletions.dispatch import arming, closing
from dashboard.deletions.drafts import freezing
from dashboard.deletions.forgetting import pressing
from dashboard.deletions.models import Deletion, DeletionItem
from dashboard.media.models import AllowedHost
from dashboard.operations import erasing
from dashboard.register import importing, starring
from dashboard.register.filters.filter import Filter
from dashboard.register.holding import asking as holding
from dashboard.register.holding import placing, releasing, rules
from dashboard.register.holding.asking import By as HeldBy
from dashboard.register.importing import batches, jobs
from dashboard.register.models import ImportBatch, ImportPiece, SavedView, Selection, TrackedTask
from dashboard.register.saved_views import keeping
from dashboard.rules import making
from dashboard.rules.making import Terms
from tests.api.program import Program
from tests.audit.test_verify_audit import wrong
from tests.conftest import Person
from tests.factories import PASSWORD, SelectionFactory, TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

NAME, ADDRESS, REASON, HOLD = "olga.quixote", "198.51.100.77", "Zebras of the spring", "Lawsuit over a quagga"
WORDS = [NAME, ADDRESS, REASON, HOLD]
PERSONAL = {
    "access_answered": {"body"},
    "access_token": {"name"},
    "access_opensession": {"address"},
    "access_signinattempt": {"name", "network"},
    "audit_auditevent": {"actor", "address", "subject", "detail"},
    "auth_user": {"username", "first_name", "last_name", "email"},
    "calls_account": {"accepted_by"},
    "deletions_deletion": {
        *("actor_name", "decider_name", "declined_reason", "facts", "paused_reason", "reason", "reason_folded"),
        "rule_name",
    },
    "deletions_deletionitem": {"message"},
    "deletions_forgetting": {"by", "reason"},
    "django_admin_log": {"object_repr"},
    "media_allowedhost": {"allowed_by"},
    "mfa_authenticator": {"data"},
    "register_hold": {"by", "reason", "stopped_by", "stopped_reason"},
    "register_holdrelease": {"by", "reason"},
    "register_importbatch": {"actor", "address"},
    "register_savedview": {"folded", "name"},
    "register_star": {"by"},
    "register_trackedtask": {"added_by", "held_by", "held_reason", "last_message"},
    "rules_rule": {"name", "reason"},
}
"""Where people are named, by table."""
NAMELESS = {
    "access_answered": {"digest", "headers", "key"},
    "access_token": {"beginning", "digest", "scopes"},
    "access_limits": {"only_kinds", "only_models"},
    "access_invitation": {"digest"},
    "access_opensession": {"browser", "session_data", "session_key"},
    # allauth's: nothing writes to the first four, and of an account at an issuer there are hashes.
    "account_emailaddress": {"email"},
    "account_emailconfirmation": {"key"},
    "socialaccount_socialapp": {"client_id", "key", "name", "provider", "provider_id", "secret", "settings"},
    "socialaccount_socialtoken": {"token", "token_secret"},
    "socialaccount_socialaccount": {"extra_data", "provider", "uid"},
    "mfa_authenticator": {"type"},
    "access_profile": {"card_size", "density", "hidden_columns", "task_view", "time_zone"},
    "audit_auditevent": {"action", "commitments", "hash", "previous_hash", "salts"},
    "audit_audithead": {"hash"},
    "auth_group": {"name"},
    "auth_permission": {"codename", "name"},
    "auth_user": {"password"},
    "calls_account": {"doubt", "host", "key", "paused_reason", "rest_reason"},
    "calls_control": {"forms", "kind", "lost", "missed", "proven_form", "witness"},
    "calls_providercall": {
        *("digest", "error", "form", "kind", "message", "operation", "purpose", "state", "status"),
    },
    "calls_worker": {"name"},
    "deletions_certificate": {"blocks", "key", "root", "salts", "signature", "signed"},
    "deletions_deletion": {
        *("approval_reasons", "decision"),
        *("back", "canary_kind", "filter", "fingerprint", "host", "key", "manifest_hash", "retried_outcome", "state"),
    },
    "deletions_forgetting": {"erased", "phase", "signature", "signed"},
    "deletions_deletionitem": {"evidence", "if_there", "kind", "outcome", "picked", "task_id", "verified"},
    "django_admin_log": {"change_message", "object_id"},
    "django_content_type": {"app_label", "model"},
    "django_session": {"session_data", "session_key"},
    "django_tasks_database_dbtaskresult": {
        *("args_kwargs", "backend_name", "exception_class_path", "queue_name", "return_value", "status", "task_path"),
        *("traceback", "worker_ids"),
    },
    "media_allowedhost": {"name"},
    "media_picture": {"detail", "film", "reason", "source", "state", "token"},
    "register_hold": {"filter"},
    "register_holdrelease": {"cause", "holds"},
    "register_importbatch": {
        *("digest", "ignored", "kind", "notes", "problems", "sample", "source", "state", "used", "zone"),
    },
    "register_importpiece": {"data", "role"},
    "register_prompts": {"folded"},
    "register_savedview": {"query"},
    "register_selection": {"filter", "role"},
    "rules_plan": {"counts", "fingerprint", "numbers"},
    "rules_rule": {"query", "stopped"},
    "rules_run": {"pictures", "query", "state", "why"},
    "register_selectionpress": {"meaning", "verb"},
    "register_lookup": {"stopped"},
    "register_totals": {"groups"},
    "register_watchedfile": {"name", "place", "stamp"},
    "register_trackedtask": {
        *("created_raw", "error", "kind", "last_outcome", "model", "presence", "prompt", "status", "task_id", "urls"),
    },
}
"""All other columns that hold text. What a file, a model or TensorsLab says may name anybody, and is no one's."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, settings, tmp_path) -> None:
    monkeypatch.setattr(erasing, "PAUSE", 0.0)
    monkeypatch.setattr(batches, "AT_ONCE", 1)
    settings.VAR_DIR = tmp_path
    settings.DELETION_GRACE_SECONDS = 0


@pytest.fixture
def paul() -> User:
    return UserFactory(username="paul", role="operator")


@pytest.fixture
def olga(paul: User) -> User:
    """She signed in, held tasks, deleted, imported, and was spoken of."""
    names = {"first_name": NAME, "last_name": NAME, "email": f"{NAME}@example.com"}
    olga = UserFactory(username=NAME, role="approver", **names)
    for password in ("guessed", PASSWORD):
        Person().post("/login/", {"username": NAME, "password": password}, REMOTE_ADDR=ADDRESS)
    _her_deletions(olga, paul)
    _her_holds(paul)
    TrackedTask.objects.filter(pk=TrackedTask.objects.latest("pk").pk).update(added_by=NAME)
    batch = importing.check(source="tasks.csv", stream=io.BytesIO(b"kind,task_id\nimage,a\nimage,b\n"), user=olga)
    jobs.go_on.call(str(batch.uuid))
    batch.refresh_from_db()
    assert importing.apply(batch=batch, actor=olga, address=ADDRESS).state == "importing"
    Authenticator.objects.create(user=olga, type="webauthn", data={"name": f"{NAME}'s laptop"})
    accounts.current()
    Account.objects.update(accepted_by=NAME)
    AllowedHost.objects.create(name="cdn.example.com", allowed_by=NAME, allowed_at=timezone.now())
    for shared in (True, False):
        named = f"{NAME} {'for all' if shared else ''}"
        keeping.save(query="", name=named, shared=shared, by=HeldBy(user=olga, address=ADDRESS), now=timezone.now())
    about = {"name": f"{NAME}'s rule", "reason": REASON, "weekday": None, "hour": 3, "cap": 1}
    terms = Terms(**about, view=SavedView.objects.get(name="Never finished"))
    making.make(terms=terms, by=actions.By(user=olga, address=ADDRESS), now=timezone.now())
    Deletion.objects.filter(actor=olga).update(rule_name=f"{NAME}'s rule")
    SelectionFactory(user=olga, tasks=TrackedTask.objects.all()[:2])
    starring.star([TrackedTask.objects.earliest("pk").pk], actor=NAME, address=ADDRESS)
    _her_rows_of_holds(olga, paul)
    _programs_of_both(olga, paul)
    content = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=paul, content_type=content, object_id=olga.pk, object_repr=NAME, action_flag=CHANGE)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    return olga


def _her_deletions(olga: User, paul: User) -> None:
    """One of which a task was refused, and that paul is about to retry; one that paul made and she paused; a draft."""
    by = actions.By(user=olga, address=ADDRESS)
    hers, pauls, draft = (_draft(TrackedTaskFactory.create_batch(2), person) for person in (olga, paul, olga))
    _confirm(hers, by, REASON)
    _confirm(pauls, actions.By(user=paul), "Cleaning up")
    Deletion.objects.filter(pk=pauls.pk).update(state="running")
    actions.pause(deletion=pauls, by=by)
    for deletion in (hers, pauls):
        actions.stop_rest(deletion=deletion, by=by, now=timezone.now() + timedelta(seconds=1))
    refused = hers.items.order_by("pk")[:1]
    DeletionItem.objects.filter(pk__in=refused).update(outcome="refused")
    Deletion.objects.filter(pk=hers.pk).update(refused=1, kept=1)
    hers.refresh_from_db()
    assert actions.retry_refused(deletion=hers, by=actions.By(user=paul), now=timezone.now()).reason == REASON
    _her_decision(by, paul)
    closing.Closer().tick(now=timezone.now())
    Deletion.objects.filter(pk=pauls.pk).update(paused_reason=f"Paused by {NAME}.")
    assert draft.state == "draft"
    first = draft.items.order_by("pk").values_list("pk", flat=True)[0]
    actions.remove_item(deletion=draft, item=first, by=by, now=timezone.now())
    draft.refresh_from_db()
    assert NAME in str(draft.facts)


def _her_decision(by: actions.By, paul: User) -> None:
    """She declined one that paul asked for, and withdrew one of her own."""
    for asking in (paul, by.user):
        row = _draft(TrackedTaskFactory.create_batch(1), asking)
        Limits.objects.update_or_create(user=asking, defaults={"most_tasks": 0})
        _confirm(row, actions.By(user=asking), REASON if asking == by.user else "Cleaning up")
        Limits.objects.all().delete()
        if asking == paul:
            actions.decline(deletion=row, by=by, reason=REASON, now=timezone.now())
        else:
            actions.withdraw(deletion=row, by=by, now=timezone.now())
        arming.in_chunks(arming.undo_chunk, row, now=timezone.now())


def _her_holds(paul: User) -> None:
    """One that kept a task in a deletion, and one that a draft skips; the items of another such draft are gone."""
    tasks = TrackedTaskFactory.create_batch(3)
    deletion = _draft(tasks, paul)
    _confirm(deletion, actions.By(user=paul), "Cleaning up")
    hold = {"held_by": NAME, "held_reason": HOLD}
    TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]).update(**hold)
    actions.stop_rest(deletion=deletion, by=actions.By(user=paul), now=timezone.now() + timedelta(seconds=1))
    # As it is when the hold is what kept them.
    deletion.items.update(message=f"Held: {HOLD}")
    TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]).update(last_message=f"Held: {HOLD}")
    for _ in range(2):
        gone = _draft([TrackedTaskFactory(), *TrackedTaskFactory.create_batch(2, **hold)], paul)
    gone.items.all().delete()
    assert gone.facts["skipped"] == [[f"Held: {HOLD}", 2]]
    closing.Closer().tick(now=timezone.now())


def _her_rows_of_holds(olga: User, paul: User) -> None:
    """One whose reason a draft copied before she released it, and a rule that she stopped."""
    by, now, task = HeldBy(user=olga, address=ADDRESS), timezone.now(), TrackedTaskFactory()
    selection = holding.frozen_of_one(task.pk, user=olga)
    hold = placing.place(selection=selection, by=by, reason=HOLD, until=None, now=now)
    _draft([task, TrackedTaskFactory()], paul)
    releasing.release_hold(hold=hold, seen=1, by=by, reason=HOLD, now=now + timedelta(seconds=1))
    rule = rules.make(filter=Filter(q="zebra"), by=by, reason=HOLD, until=None, now=now)
    rules.stop(rule=rule, by=by, reason=HOLD, now=now)
    forgotten = holding.frozen_of_one(TrackedTaskFactory().pk, user=olga)
    pressing.press(selection=forgotten, by=by, reason=HOLD, typed="", now=now)


def _programs_of_both(olga: User, paul: User) -> None:
    """Hers, under a name that tells of her, added a task; his was answered with her name."""
    hers, his = Program(olga, name=f"{NAME}'s laptop"), Program(paul)
    assert hers.post("/tasks/", {"tasks": [{"kind": "image", "task_id": "hers"}]}).status_code == 200
    assert his.post("/tasks/", {"tasks": []}, Idempotency_Key="one").status_code == 200
    Answered.objects.update(body=f'{{"requested_by": "{NAME}"}}')


def _draft(tasks: list[TrackedTask], actor: User) -> Deletion:
    draft = freezing.freeze_tasks(tasks=TrackedTask.objects.filter(pk__in=[task.pk for task in tasks]), actor=actor)
    draft.refresh_from_db()
    return draft


def _confirm(draft: Deletion, by: actions.By, reason: str) -> None:
    typed = str(draft.size)
    actions.confirm(deletion=draft, by=by, reason=reason, typed=typed, now=timezone.now())


def found(*words: str) -> dict[str, set[str]]:
    """The columns, by table, in which one of them stands."""
    places: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        # SQLite's index of prompts can be searched, and not read.
        for table in {*connection.introspection.table_names(cursor)} - {GRAMS}:
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column.name if hasattr(column, "name") else column[0] for column in cursor.description or []]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    if any(word.casefold() in str(value).casefold() for word in words):
                        places.setdefault(table, set()).add(column)
    return places


def text_columns() -> dict[str, set[str]]:
    texts = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
    columns: dict[str, set[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        fields = [field for field in model._meta.concrete_fields if isinstance(field, texts)]
        for field in fields if model._meta.label != "access.Role" else []:
            columns.setdefault(model._meta.db_table, set()).add(field.column)
    return columns


def test_of_each_column_it_is_known_whether_it_names_people() -> None:
    known = {table: PERSONAL.get(table, set()) | NAMELESS.get(table, set()) for table in PERSONAL | NAMELESS}
    assert text_columns() == known


def test_who_was_erased_is_named_nowhere(olga: User, capsys) -> None:
    hashed = throttle._name(NAME)
    assert found(*WORDS, hashed) == PERSONAL
    sessions = [SessionStore().decode(session.session_data) for session in OpenSession.objects.all()]
    assert [session["_auth_user_id"] for session in sessions] == [str(olga.pk)]
    assert wrong(capsys, "--reconcile") == ""
    deletions = Deletion.objects.count()

    call_command("erase_person", NAME)

    assert found(*WORDS, hashed) == {}
    assert not OpenSession.objects.exists()
    assert not Selection.objects.exists()
    left = SavedView.objects.get(shipped=False)
    assert (left.name, left.shared, left.owner) == (f"View {left.pk}", True, None)
    capsys.readouterr()
    assert wrong(capsys, "--reconcile") == ""
    pseudonym = AuditEvent.objects.get(action="person.erased").subject
    assert Deletion.objects.count() == deletions
    assert Deletion.objects.filter(actor_name=pseudonym).count() == 3
    decided = Deletion.objects.filter(decider_name=pseudonym).values_list("actor_name", "decision", "declined_reason")
    assert {*decided} == {("paul", "declined", ""), (pseudonym, "withdrawn", "")}
    assert DeletionItem.objects.filter(message="Held").count() == 6
    facts = Deletion.objects.order_by("pk").values_list("facts", flat=True)
    assert [summed["skipped"] for summed in facts][-3:] == [[["Held", 2]], [["Held", 2]], [["Held", 1]]]


def test_her_import_goes_on_and_its_entry_tells_of_the_pseudonym(olga: User, capsys) -> None:
    call_command("erase_person", NAME)
    batch = ImportBatch.objects.get()
    assert b"image" in zlib.decompress(ImportPiece.objects.get().data)
    jobs.go_on.call(str(batch.uuid))
    event = AuditEvent.objects.get(action="tasks.imported", subject="tasks.csv")
    assert (event.actor, event.address, event.detail["added"]) == (batch.actor, "", 2)
    assert batch.actor.startswith("erased-")
    assert TrackedTask.objects.filter(task_id__in="ab", added_by=batch.actor).count() == 2
    assert found(*WORDS) == {}
    capsys.readouterr()
    assert wrong(capsys, "--reconcile") == ""


def test_what_others_say_in_words_of_their_own_stays(olga: User, paul: User) -> None:
    """As the documents have it: reasons that others gave or confirmed, names of files, addresses of nobody."""
    draft = Deletion.objects.get(retry_of__isnull=False)
    _confirm(draft, actions.By(user=paul), draft.reason)
    other = _draft([TrackedTaskFactory()], paul)
    _confirm(other, actions.By(user=paul), f"{NAME} asked for it")
    Person().post("/login/", {"username": "olga", "password": "guessed"}, REMOTE_ADDR=ADDRESS)
    call_command("erase_person", NAME)
    assert found(*WORDS) == {
        "access_signinattempt": {"network"},
        "audit_auditevent": {"address", "detail"},
        "deletions_deletion": {"reason", "reason_folded"},
    }
    reasons = Deletion.objects.filter(actor_name="paul").values_list("reason", flat=True)
    assert {REASON, f"{NAME} asked for it"} < set(reasons)
