"""Whatever is sent to any address by somebody with rights: no failure, no flood of an answer, no runaway query.

The same requests every time; `FUZZ_EXAMPLES=200` makes up so many new ones for each address.
"""

from __future__ import annotations

import os

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from dashboard.deletions.models import State
from dashboard.pages.bodies import MEGABYTE
from dashboard.register.models import TrackedTask
from dashboard.register.samples import add_samples
from tests.api.program import Program
from tests.conftest import Person
from tests.factories import DeletionFactory, DeletionItemFactory, ImportBatchFactory, SelectionFactory
from tests.fuzz.hostile import one_by_one, requests
from tests.fuzz.product import Address, Product
from tests.fuzz.sending import Answer, Request, send
from tests.fuzz.words import MARK

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
TASKS = 2_000
MOST_STATEMENTS = 100
MOST_STEPS = 300_000
"""On SQLite. To read all tasks once takes some ten thousand."""
OUTCOMES = ("refused", "deleted", "kept", "skipped")

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(operator: Person, administrator: Person, settings: Settings) -> Product:
    """With 2,000 tasks, a deletion in every state, an import and a selection."""
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    settings.API_CALLS_PER_MINUTE = 1_000_000
    add_samples(count=TASKS, seed=7, now=timezone.now())
    tasks = list(TrackedTask.objects.order_by("pk")[: len(OUTCOMES)])
    counts = {"total": len(OUTCOMES), **dict.fromkeys(OUTCOMES, 1)}
    deletions = [DeletionFactory(actor=administrator.user, state=state, **counts) for state in State]
    for deletion in deletions:
        for task, outcome in zip(tasks, OUTCOMES, strict=True):
            DeletionItemFactory(deletion=deletion, tracked=task, outcome=outcome, open=False)
    for person in (operator, administrator):
        # Below /api/ it is this that asks.
        person.token = Program(person.user).token
    batch = ImportBatchFactory(user=administrator.user, ids=["new"])
    selection = SelectionFactory(user=administrator.user, tasks=tasks)
    beginning = [f"/tasks/import/{batch.uuid}/progress/", f"/tasks/?selection={selection.uuid}"]
    return Product(administrator, beginning=[*beginning, *(deletion.get_absolute_url() for deletion in deletions)])


@pytest.mark.timeout(600)
def test_no_request_fails_floods_or_runs_away(
    product: Product, operator: Person, administrator: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    _is_known(product)
    answers: list[tuple[Answer, Request]] = []
    for address in product.addresses.values():
        _fuzz(product, address, [operator, administrator], answers)
    slowest, asked = max(answers, key=lambda pair: pair[0].seconds)
    with capsys.disabled():
        # No clock is asserted: this is for who reads along.
        print(f"\n{len(answers):,} requests over {TASKS:,} tasks; the slowest took {slowest.seconds:.2f} s: ", end="")
        print(asked.method, asked.path[:80])


def _is_known(product: Product) -> None:
    """Or there would be nothing to break."""
    assert product.addresses["tasks/"].names >= {"q", "model", "created_after", "sort", "cursor", "day", "selection"}
    assert product.addresses["deletions/<uuid:uuid>/confirm/"].names >= {"reason", "typed"}
    assert product.addresses["tasks/import/"].names >= {"rows", "kind"}
    assert product.addresses["tasks/import/<uuid:uuid>/"].methods == ["POST"]
    assert len(product.addresses["deletions/<uuid:uuid>/"].places) == len(State)
    assert any(cursor.startswith("a") for cursor in product.values["cursor"])


def _fuzz(product: Product, address: Address, people: list[Person], answers: list[tuple[Answer, Request]]) -> None:
    @profile(
        max_examples=EXAMPLES or 5 + len(address.names),
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(person=st.sampled_from(people), request=requests(product, address))
    def asked(person: Person, request: Request) -> None:
        answers.append((_checked(person, request), request))

    if connection.vendor == "sqlite":
        # Whether a value becomes a part of a statement is decided before any database is asked.
        answers += [(_checked(people[-1], request), request) for request in one_by_one(address)]
    asked()


def _checked(person: Person, request: Request) -> Answer:
    answer = send(person, request)
    assert answer.status != 500
    assert answer.is_export or len(answer.body) <= MEGABYTE
    assert len(answer.work.statements) <= MOST_STATEMENTS
    assert answer.work.steps <= MOST_STEPS
    # What is sent is a value, and never a part of a statement.
    assert [statement for statement in answer.work.statements if MARK in statement] == []
    return answer
