from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from dashboard.inventory import listed, prompt_index


@register(Tags.database)
def what_triggers_keep_is_kept(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or []:
        found += [
            Error(
                f"A search would miss tasks: {name} is missing from the database “{alias}”.",
                hint="Run manage.py index_prompts.",
                id="inventory.E001",
            )
            for name in prompt_index.missing(connections[alias])
        ]
        found += [
            Error(
                f"The list would show deleted tasks: {name} is missing from the database “{alias}”.",
                hint="Run manage.py index_prompts.",
                id="inventory.E003",
            )
            for name in listed.missing(connections[alias])
        ]
        if prompt_index.reads_every_prompt(connections[alias]):
            found.append(
                Warning(
                    f"The database “{alias}” has no pg_trgm, so a search reads every prompt.",
                    hint="Run CREATE EXTENSION pg_trgm as its owner, then manage.py index_prompts.",
                    id="inventory.W002",
                )
            )
    return found
