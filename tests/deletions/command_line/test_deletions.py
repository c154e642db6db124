from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from dashboard.deletions.models import State
from tests.factories import DeletionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_it_lists_the_newest_first_as_lines_and_as_json(capsys) -> None:
    older = DeletionFactory(actor_name="olga", deleted=2, total=2, reason="First\nline")
    newer = DeletionFactory(actor_name="anna", state=State.PAUSED, finished_at=None, total=3, waiting=3)
    call_command("deletions")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(newer.code)
    assert "Paused" in first
    assert "2 deleted  First line" in second
    call_command("deletions", "--json", "--state", "finished")
    [line] = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["id"], told["requested_by"], told["counts"]["deleted"]) == (str(older.uuid), "olga", 2)


def test_it_filters_as_the_page_does(capsys) -> None:
    DeletionFactory(actor_name="olga")
    DeletionFactory(actor_name="anna")
    call_command("deletions", "--by", "OLGA")
    assert "olga" in capsys.readouterr().out
    call_command("deletions", "--limit", "1")
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["--after", "yesterday"], "After"), (["--limit", "0"], "--limit takes"), (["--limit", "99999"], "--limit takes")],
)
def test_bad_input_has_its_sentence(words: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("deletions", *words)
