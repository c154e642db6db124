from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.browser.product import Product
from tests.deploy.nginx import NAME, PROGRAM, Nginx
from tests.deploy.person import Person

TASKS = 10_000
PRODUCTION = {"HTTPS": "on", "ALLOWED_HOSTS": NAME, "TRUSTED_PROXIES": "127.0.0.1", "SAMPLE_TASKS": str(TASKS)}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """With the variables that docs/deploy.md tells to set, and tasks enough for a report of some megabytes."""
    if not PROGRAM:
        if os.environ.get("CI") == "true" and os.geteuid() == 0:
            pytest.fail("nginx is missing: .ci/programs installs it.")
        pytest.skip("nginx is not installed.")
    with Product(tmp_path_factory.mktemp("product"), **PRODUCTION) as product:
        yield product


@pytest.fixture(scope="session")
def nginx(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with Nginx(tmp_path_factory.mktemp("nginx"), product.port) as nginx:
        yield nginx


@pytest.fixture
def come(nginx: Nginx) -> Iterator[Callable[..., Person]]:
    """`come("127.0.0.7")`: somebody at that address, who has not signed in."""
    people: list[Person] = []

    def come(address: str = "127.0.0.3") -> Person:
        certificate = str(nginx.certificate)
        people.append(Person(nginx.url, origin=f"https://{NAME}", address=address, certificate=certificate))
        return people[-1]

    yield come
    for person in people:
        person.close()


@pytest.fixture
def stranger(come: Callable[..., Person]) -> Person:
    return come()


@pytest.fixture
def signed_in(come: Callable[..., Person]) -> Person:
    person = come()
    person.sign_in()
    return person
