"""A person with a browser that believes to be where it is told, whatever port that is in truth."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tests.browser.product import Product


class From(HTTPAdapter):
    """Connects from an address of this machine's loopback network."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, source_address=(self.address, 0), **options)


class Person:
    def __init__(self, base: str, *, origin: str, address: str = "127.0.0.3", certificate: str = "") -> None:
        self.base, self.origin, self.address = base, origin, address
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = certificate or True
        self.session.headers["Host"] = urlsplit(origin).netloc
        self.session.mount(base, From(address))

    def get(self, path: str, **options: Any) -> requests.Response:
        return self._ask("GET", path, **options)

    def post(self, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> requests.Response:
        """With the token of the page before, as its form sends it."""
        token = {"X-CSRFToken": self.session.cookies["csrftoken"], "Origin": self.origin}
        return self._ask("POST", path, headers=token | (headers or {}), **options)

    def sign_in(self, **headers: str) -> requests.Response:
        self.get("/login/")
        return self.post("/login/", data={"username": Product.username, "password": Product.password}, headers=headers)

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.session.cookies)

    def close(self) -> None:
        self.session.close()

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.base + path, allow_redirects=False, timeout=60, **options)
