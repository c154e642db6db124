from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from dashboard.database import listed, prompt_index

TRIGGERED = [
    (prompt_index, "A search would miss tasks", "register.E001"),
    (listed, "The list would show deleted tasks", "register.E003"),
]


@register(Tags.database)
def triggers_are_in_place(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or []:
        found += [
            Error(
                f"{trouble}: {name} is missing from the database “{alias}”.",
                hint="Run manage.py index_prompts.",
                id=id,
            )
            for made, trouble, id in TRIGGERED
            for name in made.missing(connections[alias])
        ]
        if prompt_index.reads_every_prompt(connections[alias]):
            found.append(
                Warning(
                    f"The database “{alias}” has no pg_trgm, so a search reads every prompt.",
                    hint="Run CREATE EXTENSION pg_trgm as its owner, then manage.py index_prompts.",
                    id="register.W002",
                )
            )
    return found
