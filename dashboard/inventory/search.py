"""How `q` is read. Docs: `docs/listing.md`.

Exactly a task id: that id, in any presence. Otherwise every word of `q` occurs in the prompt, whatever its case; and a
single word also finds the task ids that begin with it, to the letter.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Q, QuerySet, TextField, When
from django.db.models.lookups import BuiltinLookup

from dashboard.inventory.models import IndexedPrompt, TrackedTask

INDEXED = 3
"""Characters from which on the text index, which is made of trigrams, can find a word."""
PREFIX = 4
"""Characters from which on a word is also looked for among the task ids."""
FEW = 5000
"""So many candidates are collected and sorted. More must be common enough to be met soon on a walk in order."""
LAST = chr(0x10FFFF)


@TextField.register_lookup
class Glob(BuiltinLookup[str]):
    lookup_name = "glob"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"GLOB {rhs}"


@TextField.register_lookup
class Match(BuiltinLookup[str]):
    """What FTS5 calls a match."""

    lookup_name = "match"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"MATCH {rhs}"


def matching(q: str) -> Q:
    """Whatever else narrows the list, in any order: by the index."""
    pool = found(q)
    return unindexed(q) if pool is None else unindexed(q) & Q(pk__in=pool)


def unindexed(q: str) -> Q:
    """What the index can't tell."""
    return Q(*(_holds(word) for word in q.split() if len(word) < INDEXED))


def walked(q: str) -> Q:
    """The same tasks, told by each row itself."""
    held = Q(*(_holds(word) for word in q.split()))
    if _may_be_prefix(q):
        held |= _begins_with(q)
    # PostgreSQL would guess too few, and sort the table.
    return opaque(held)


def opaque(condition: Q) -> Q:
    """In a CASE: no planner chooses an index for it, or guesses how many rows it leaves."""
    return Q(Case(When(condition, then=True), default=False, output_field=BooleanField()))


def candidates(q: str, *, limit: int) -> list[int] | None:
    """Numbers of tasks that the index finds; None when there are more, or no word that it knows."""
    pool = found(q)
    numbers = [] if pool is None else list(pool.values_list("rowid", flat=True)[: limit + 1])
    return None if pool is None or len(numbers) > limit else numbers


def _may_be_prefix(q: str) -> bool:
    return len(q) >= PREFIX and len(q.split()) == 1


def found(q: str) -> QuerySet[IndexedPrompt, Any] | None:
    """All that the index finds, each once; None when it knows no word of `q`."""
    words = [word for word in q.split() if len(word) >= INDEXED]
    if not words:
        return None
    prompts = IndexedPrompt.objects.all()
    if connection.vendor == "sqlite":
        quoted = [f'"{word}"' for word in (word.replace('"', '""') for word in words)]
        prompts = prompts.filter(prompt__match=" ".join(quoted))
    else:
        prompts = prompts.filter(*(_holds(word) for word in words))
    rows = prompts.values("rowid")
    if not _may_be_prefix(q):
        return rows
    by_id_alone = TrackedTask.objects.filter(_begins_with(q)).exclude(_holds(q))
    return rows.union(by_id_alone.values("pk"), all=True)


def _holds(word: str) -> Q:
    if connection.vendor == "sqlite" and any(len(_cases(character)) > 1 for character in word if character > "\x7f"):
        # LIKE knows the cases of ASCII only.
        return Q(prompt__glob=f"*{''.join(map(_in_any_case, word))}*")
    return Q(prompt__icontains=word)


def _in_any_case(character: str) -> str:
    """As GLOB writes it. Brackets also take the meaning from `*`, `?` and `[`; every other sign stands for itself."""
    cases = _cases(character)
    return f"[{''.join(sorted(cases))}]" if len(cases) > 1 or character in "*?[" else character


def _cases(character: str) -> set[str]:
    return {case for case in (character, character.lower(), character.upper()) if len(case) == 1}


def _begins_with(prefix: str) -> Q:
    """By bytes, over the index: SQLite's LIKE can't, and PostgreSQL's comparison follows the database's language."""
    if connection.vendor == "postgresql":
        return Q(task_id__startswith=prefix)
    return Q(task_id__gte=prefix, task_id__lte=prefix + LAST)
