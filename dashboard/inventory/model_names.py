"""Which models there are, and which of them somebody means."""

from __future__ import annotations

from django.db import connection

from dashboard.folding import same

MOST_COUNTED = 50
"""Models, in the order of their names; a register has about ten."""
MOST_KNOWN = 1000
# One index probe for each; `SELECT DISTINCT` would read every task.
MODELS = """
    WITH RECURSIVE known(model) AS (
        SELECT min(model) FROM inventory_trackedtask WHERE listed = %(listed)s
        UNION ALL
        SELECT (SELECT min(model) FROM inventory_trackedtask WHERE listed = %(listed)s AND model > known.model)
        FROM known WHERE known.model IS NOT NULL
    ) SELECT model FROM known WHERE model > '' LIMIT %(most)s"""


def known(*, listed: bool, most: int = MOST_COUNTED) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(MODELS, {"listed": int(listed), "most": most})
        return [model for (model,) in cursor.fetchall()]


def meant(text: str) -> list[str]:
    """Models of the register that a text names, in any case: one, or several between commas."""
    names = {name for listed in (True, False) for name in known(listed=listed, most=MOST_KNOWN)}
    return sorted({name for wanted in [text, *text.split(",")] for name in same(wanted, names)})
