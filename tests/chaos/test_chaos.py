from __future__ import annotations

import pytest
from django.db import connection

from tests.chaos.__main__ import run
from tests.chaos.one_run import Plan
from tests.cluster import Cluster


@pytest.mark.database  # One of its own, of the same kind.
@pytest.mark.timeout(300)
def test_the_rows_agree_with_the_provider_after_trouble_of_every_kind() -> None:
    """One short run; `make chaos` plays many."""
    if connection.vendor == "postgresql" and not Cluster.available():
        pytest.skip("PostgreSQL's programs are not installed here.")
    short = {"tasks": 300, "seconds": 6, "kill_every": 1.2, "inspect_after": "1s,4s", "longest": 240}
    result = run(Plan(seed=1, database=connection.vendor, **short))
    assert result["violations"] == []
    # It was no walk in the park.
    assert (result["troubles"]["kill"], result["troubles"]["bad_weather"]) == (5, 2)
    assert result["looked_again"] > 0
    assert result["items"] >= 150
    # Most of it only after somebody had agreed.
    assert result["people"]["deletion.approved"] > 0
    assert result["lost"] > 0
