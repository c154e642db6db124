"""Policies as code: planned and applied in a script, as CI would."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.audit.models import AuditEvent
from dashboard.deletions.drafts import freezing
from dashboard.deletions.models import Deletion, State
from dashboard.register.models import Star, TrackedTask
from dashboard.rules.models import Plan
from tests.audit.test_verify_audit import wrong
from tests.factories import TrackedTaskFactory, UserFactory

pytestmark = pytest.mark.django_db
POLICY = """
name = "Failed"
filter = "status=failed&created_before=-30d"
reason = "Failed anyway"
cap = 10
owner = "olga"
"""
OTHER = POLICY.replace("Failed", "Videos", 1).replace("status=failed&created_before=-30d", "kind=video")


@pytest.fixture
def folder(tmp_path: Path, settings) -> Path:
    settings.TENSORSLAB_API_KEY = "key"
    UserFactory(username="olga", role="operator")
    (tmp_path / "failed.toml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def failed(number: int, **traits: object) -> list[TrackedTask]:
    made_at = timezone.now() - timedelta(days=60)
    return TrackedTaskFactory.create_batch(number, status="failed", created_at=made_at, **traits)


def run(name: str, folder: Path, capsys, *options: str) -> tuple[int, str]:
    """How it ended, and what it printed."""
    capsys.readouterr()
    try:
        call_command(name, "--dir", str(folder), *options)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
        told = "" if isinstance(ended.code, int) else str(ended.code)
        return code, told or capsys.readouterr().out
    return 0, capsys.readouterr().out


def plan(folder: Path, capsys) -> tuple[int, dict]:
    code, told = run("plan_policies", folder, capsys, "--json")
    return code, json.loads(told)


def test_a_script_plans_looks_and_applies(folder: Path, capsys) -> None:
    tasks = failed(3)
    code, told = run("plan_policies", folder, capsys)
    assert code == 2
    assert "Failed: 3 tasks, of 3 images, 0 videos" in told
    assert f"  image {tasks[0].task_id}" in told
    assert "3 would be deleted on" in told
    assert not Deletion.objects.exists()
    fingerprint = told.split("Plan ")[1].strip()

    code, told = run("apply_policies", folder, capsys, "--plan", fingerprint)
    row = Deletion.objects.get()
    assert (code, row.size, row.state, row.by_itself) == (0, 3, State.SCHEDULED, True)
    assert (row.actor_name, row.reason, row.drafted_by) == ("olga", "Failed anyway", "policy “Failed”")
    assert row.filter.startswith("status=failed&created_before=20")
    assert row.get_absolute_url() in told
    confirmed = AuditEvent.objects.get(action="deletion.confirmed")
    assert (confirmed.actor, confirmed.detail["policy"], confirmed.detail["by_itself"]) == ("olga", True, True)
    applied = AuditEvent.objects.get(action="policies.applied")
    assert applied.detail == {"plan": fingerprint, "deletions": [str(row.uuid)]}

    # What is under way is not there for the next plan.
    code, told = plan(folder, capsys)
    assert (code, told["total"]) == (0, 0)
    # And that plan can be applied, too.
    assert run("apply_policies", folder, capsys, "--plan", told["plan"]) == (0, "There is nothing to delete.\n")


def test_the_log_vouches_for_who_confirmed_it(folder: Path, capsys, settings) -> None:
    settings.VAR_DIR = folder
    failed(2)
    run("apply_policies", folder, capsys, "--plan", plan(folder, capsys)[1]["plan"])
    assert wrong(capsys, "--reconcile") == ""
    Deletion.objects.update(by_itself=False)
    assert "in: by_itself" in wrong(capsys, "--reconcile")


@pytest.mark.once
@pytest.mark.parametrize("change", ["came", "went", "held", "reason", "cap", "file"])
def test_only_that_plan_is_applied(folder: Path, capsys, change: str) -> None:
    tasks = failed(3)
    _, told = plan(folder, capsys)
    policy = folder / "failed.toml"
    match change:
        case "came":
            failed(1)
        case "went":
            TrackedTask.objects.filter(pk=tasks[0].pk).update(presence="deleted")
        case "held":
            TrackedTask.objects.filter(pk=tasks[0].pk).update(held_by="anna")
        case "reason":
            policy.write_text(POLICY.replace("anyway", "indeed"), encoding="utf-8")
        case "cap":
            policy.write_text(POLICY.replace("10", "2"), encoding="utf-8")
        case "file":
            (folder / "videos.toml").write_text(OTHER, encoding="utf-8")
    code, said = run("apply_policies", folder, capsys, "--plan", told["plan"])
    assert (code, said.startswith("This is not what the policies would delete now")) == (1, True)
    assert not Deletion.objects.exists()


def test_the_difference_to_the_last_plan(folder: Path, capsys) -> None:
    tasks = failed(3)
    assert plan(folder, capsys)[1]["difference"] is None
    TrackedTask.objects.filter(pk=tasks[0].pk).update(presence="deleted")
    failed(2)
    _, told = plan(folder, capsys)
    assert (told["total"], told["difference"]["came"], told["difference"]["went"]) == (4, 2, 1)
    assert "0 came, 0 went." in run("plan_policies", folder, capsys)[1]
    assert Plan.objects.count() == 1


@pytest.mark.once
def test_above_its_cap_nothing_of_a_policy_goes(folder: Path, capsys) -> None:
    failed(11)
    (folder / "videos.toml").write_text(OTHER, encoding="utf-8")
    TrackedTaskFactory.create_batch(2, kind="video")
    code, told = plan(folder, capsys)
    assert (code, told["total"]) == (2, 2)
    assert [(one["count"], one["over_cap"]) for one in told["policies"]] == [(11, True), (2, False)]
    assert "More than its cap of 10: nothing of it goes." in run("plan_policies", folder, capsys)[1]
    assert run("apply_policies", folder, capsys, "--plan", told["plan"])[0] == 0
    assert Deletion.objects.get().rule_name == "Videos"


def test_what_several_policies_match_goes_once(folder: Path, capsys) -> None:
    failed(2, kind="video")
    TrackedTaskFactory(kind="video")
    (folder / "videos.toml").write_text(OTHER, encoding="utf-8")
    _, told = plan(folder, capsys)
    assert [one["count"] for one in told["policies"]] == [2, 1]
    assert run("apply_policies", folder, capsys, "--plan", told["plan"])[0] == 0
    assert [*Deletion.objects.order_by("pk").values_list("rule_name", "total")] == [("Failed", 2), ("Videos", 1)]


def test_starred_held_and_busy_tasks_are_in_no_plan(folder: Path, capsys) -> None:
    starred, held, *_ = failed(5)
    Star.objects.create(task=starred, by="anna", starred_at=timezone.now())
    TrackedTask.objects.filter(pk=held.pk).update(held_by="anna")
    failed(1, presence="deleting")
    assert plan(folder, capsys)[1]["total"] == 3


def test_a_set_that_changes_while_it_is_applied_is_given_up_whole(
    folder: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(2)
    task = TrackedTaskFactory(kind="video")
    (folder / "videos.toml").write_text(OTHER, encoding="utf-8")
    _, told = plan(folder, capsys)
    from dashboard.rules.policies import applying

    drafted = applying._draft

    def held_meanwhile(part, *, now):
        TrackedTask.objects.filter(pk=task.pk).update(held_by="anna")
        return drafted(part, now=now)

    monkeypatch.setattr(applying, "_draft", held_meanwhile)
    code, said = run("apply_policies", folder, capsys, "--plan", told["plan"])
    assert (code, said) == (1, "“Videos” would delete another set by now: plan again. Nothing was sent.")
    assert {*Deletion.objects.values_list("state", flat=True)} == {State.DISCARDED}


def test_a_large_one_is_frozen_without_a_worker(folder: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 2)
    monkeypatch.setattr(freezing, "STEP", 2)
    failed(7)
    _, told = plan(folder, capsys)
    assert run("apply_policies", folder, capsys, "--plan", told["plan"])[0] == 0
    assert (Deletion.objects.get().size, Deletion.objects.get().state) == (7, State.SCHEDULED)


def test_what_its_owner_has_to_show_themselves_for_is_not_applied(folder: Path, capsys, settings) -> None:
    failed(3)
    _, told = plan(folder, capsys)
    settings.DELETION_REAUTH_ABOVE = 2
    code, said = run("apply_policies", folder, capsys, "--plan", told["plan"])
    assert (code, "for so many its owner has to confirm on the page" in said) == (1, True)
    assert not Deletion.objects.exclude(state=State.DISCARDED).exists()


@pytest.mark.once
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (POLICY + 'colour = "red"\n', "failed.toml: there is no key called “colour”."),
        (POLICY.replace("cap = 10\n", ""), "failed.toml: “cap” is missing."),
        (POLICY.replace("cap = 10", 'cap = "ten"'), "failed.toml: “cap” is no whole number up to 1,000,000."),
        (POLICY.replace("cap = 10", "cap = true"), "failed.toml: “cap” is no whole number up to 1,000,000."),
        (POLICY.replace("cap = 10", "cap = -1"), "failed.toml: “cap” is no whole number up to 1,000,000."),
        (POLICY.replace('"Failed anyway"', "7"), "failed.toml: “reason” is no text."),
        (POLICY.replace("Failed anyway", " "), "failed.toml: Give a reason."),
        (POLICY.replace('name = "Failed"', 'name = ""'), "failed.toml: “name” needs 1 to 80 characters."),
        (POLICY.replace("status=failed&created_before=-30d", "color=red"), "There is no filter called “color”."),
        (
            POLICY.replace("status=failed&created_before=-30d", ""),
            "its filter narrows nothing, so it would delete everything.",
        ),
        (
            POLICY.replace("status=failed&created_before=-30d", "presence=present&held=no&starred=no"),
            "its filter narrows nothing, so it would delete everything.",
        ),
        (
            POLICY.replace("status=failed", "selected=1&status=failed"),
            "This address shows what somebody selected on a page, which no command knows. Leave selected out.",
        ),
        (POLICY.replace("olga", "nobody"), "“nobody” may not delete tasks."),
        ("name = ", "failed.toml: it can't be read:"),
    ],
)
def test_what_is_not_understood_is_refused(folder: Path, capsys, text: str, sentence: str) -> None:
    (folder / "failed.toml").write_text(text, encoding="utf-8")
    for code, said in (run("plan_policies", folder, capsys), run("apply_policies", folder, capsys, "--plan", "x")):
        assert (code, sentence in said) == (1, True), said
    assert not Plan.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("planted", ["a link to a device", "large", "nested"])
def test_a_file_that_would_take_all_memory_is_refused(folder: Path, capsys, planted: str) -> None:
    file = folder / "more.toml"
    if planted == "a link to a device":
        file.symlink_to("/dev/zero")
    else:
        file.write_text("#" * 100_001 if planted == "large" else "a = " + "[" * 50_000)
    code, said = run("plan_policies", folder, capsys)
    assert (code, "more.toml: it " in said, "Traceback" in said) == (1, True, False)


def test_what_can_not_be_drafted_leaves_no_draft_of_those_before(folder: Path, capsys, monkeypatch) -> None:
    failed(2)
    TrackedTask.objects.filter(pk=failed(1)[0].pk).update(status="queued")
    second = POLICY.replace('"Failed"', '"Queued"').replace("status=failed", "status=queued")
    (folder / "queued.toml").write_text(second, encoding="utf-8")
    _, planned = plan(folder, capsys)
    monkeypatch.setattr(freezing, "MOST_DRAFTS", 1)
    code, said = run("apply_policies", folder, capsys, "--plan", planned["plan"])
    assert (code, "“Queued” was not confirmed: You asked for 1 deletions" in said) == (1, True)
    assert [row.state for row in Deletion.objects.all()] == ["discarded"]


@pytest.mark.once
def test_two_of_one_name_and_none_at_all_are_refused(folder: Path, tmp_path: Path, capsys) -> None:
    (folder / "again.toml").write_text(POLICY, encoding="utf-8")
    assert run("plan_policies", folder, capsys) == (1, "Two policies are called “Failed”.")
    code, said = run("plan_policies", tmp_path / "nothing", capsys)
    assert (code, "holds no policy" in said) == (1, True)


def test_one_without_an_owner_is_answered_for_by_name(folder: Path, capsys) -> None:
    failed(1)
    (folder / "failed.toml").write_text(POLICY.replace('owner = "olga"\n', ""), encoding="utf-8")
    assert run("plan_policies", folder, capsys)[0] == 1
    code, said = run("plan_policies", folder, capsys, "--as", "olga", "--json")
    assert (code, json.loads(said)["policies"][0]["owner"]) == (2, "olga")


def test_it_is_only_planned_while_nothing_may_be_changed(folder: Path, capsys, settings) -> None:
    failed(1)
    settings.READ_ONLY = True
    code, told = plan(folder, capsys)
    assert (code, Plan.objects.count()) == (2, 0)
    with pytest.raises(CommandError, match="READ_ONLY is on"):
        call_command("apply_policies", "--dir", str(folder), "--plan", told["plan"])
