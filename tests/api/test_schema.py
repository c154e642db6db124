"""The served schema, asked by schemathesis for all that it allows and all that it does not, and by hand.

`API_EXAMPLES=200` makes up so many new requests for each address. Beside a running product:
`SCHEMATHESIS_HOOKS=tests.api.hooks schemathesis --config-file tests/api/schemathesis.toml run …/api/openapi.json -H …`
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as profile
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from dashboard.register.samples import add_samples
from dashboard.wsgi import application
from tests.api import hooks
from tests.api.program import Program
from tests.fuzz.sending import connection_kept

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("API_EXAMPLES", "0"))
TASKS = 30
_ = hooks
USUAL_PROFILE: dict[str, Any] = {
    "derandomize": not EXAMPLES,
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture
def schema(program: Program, settings: Any) -> Iterator[Any]:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    settings.API_CALLS_PER_MINUTE = 1_000_000
    add_samples(count=TASKS, seed=7, now=timezone.now())
    with connection_kept():
        config = SchemathesisConfig.from_path(Path(__file__).parent / "schemathesis.toml")
        loaded = schemathesis.openapi.from_wsgi("/api/openapi.json", application, config=config)
        yield loaded


@pytest.mark.timeout(600)
def test_what_it_says_holds_for_every_address(schema: Any, program: Program) -> None:
    headers = {"Authorization": f"Bearer {program.token}"}
    asked: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @profile(max_examples=EXAMPLES or 6, **USUAL_PROFILE)
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                asked[case.operation.label] = asked.get(case.operation.label, 0) + 1
                case.call_and_validate(headers=headers)

            ask()
    assert len(asked) == 12


@pytest.mark.timeout(600)
def test_its_links_lead_through_a_deletion(schema: Any, program: Program) -> None:
    headers = {"Authorization": f"Bearer {program.token}"}

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
            case.validate_response(response, headers=headers)

    limits = {"max_examples": EXAMPLES or 3, "stateful_step_count": 6}
    run_state_machine_as_test(Machine, settings=profile(**limits, **USUAL_PROFILE))
