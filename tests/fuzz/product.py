"""What can be asked of the product, found out from the product: a new address or field needs no line here.

The resolver names the addresses. A walk over the pages' links and forms finds what their arguments and fields usually
hold, and the dictionaries of a request tell which fields are read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from django.http import QueryDict
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from tests.conftest import Person
from tests.fuzz.sending import Request, send

LINK = re.compile(r'(?:href|action|hx-get|hx-post)="(/[^"]*)"')
FIELD = re.compile(r'<(?:input|select|textarea|button)\b[^>]*?\bname="([^"]+)"(?:[^>]*?\bvalue="([^"]*)")?')
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>.*?\)")
SAMPLES = 8
"""Places of one address that are looked at."""
Place = dict[str, str]
"""The arguments of an address."""


@dataclass(kw_only=True)
class Address:
    """One line of the URL configuration, such as `deletions/<uuid:uuid>/undo/`."""

    route: str
    places: list[Place] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Fields of the query or the body that are read there."""
    methods: list[str] = field(default_factory=list)
    """Of GET and POST those that it takes."""

    @property
    def arguments(self) -> list[str]:
        return [typed or matched for typed, matched in ARGUMENT.findall(self.route)]

    def path(self, arguments: dict[str, bytes], *, safe: str = "") -> str:
        def given(match: re.Match[str]) -> str:
            return quote(arguments[match[1] or match[2]], safe=safe)

        return "/" + ARGUMENT.sub(given, self.route.removesuffix("$"))


class Product:
    def __init__(self, person: Person, *, beginning: list[str]) -> None:
        """Found out with the eyes of that person, from the pages without arguments and those given."""
        self.addresses = {route: Address(route=route) for route in _routes(get_resolver())}
        self.values: dict[str, set[str]] = defaultdict(set)
        """What the pages themselves put into a field."""
        unseen = [address.path({}) for address in self.addresses.values() if not address.arguments]
        unseen += [path for path in beginning if self._is_news(path)]
        while unseen:
            unseen += self._links(person, unseen.pop(0))
        found = [place for address in self.addresses.values() for place in address.places]
        for address in self.addresses.values():
            address.places = address.places or _borrowed(address.arguments, found)
            self._find_fields(person, address)

    def _links(self, person: Person, path: str) -> list[str]:
        """Where a page leads that was not looked at often enough."""
        parts = urlsplit(path)
        answer = send(person, Request(method="GET", path=parts.path, query=parts.query))
        page = "" if answer.is_export else answer.body.decode()
        for name, value in FIELD.findall(page):
            self.values[unescape(name)].add(unescape(value))
        links = [unescape(link) for link in LINK.findall(page)]
        return [link for link in [*links, answer.location] if link and self._is_news(link)]

    def _is_news(self, link: str) -> bool:
        parts = urlsplit(link)
        for name, value in parse_qsl(parts.query):
            self.values[name].add(value)
        try:
            match = resolve(parts.path)
        except Resolver404:
            return False
        places = self.addresses[match.route].places
        place = {name: str(value) for name, value in match.kwargs.items()}
        if place in places or len(places) >= SAMPLES:
            return False
        places.append(place)
        return True

    def _find_fields(self, person: Person, address: Address) -> None:
        """Some are asked for only once others are there: so twice."""
        path = address.path({name: value.encode() for name, value in address.places[0].items()})
        for _ in range(2):
            given = urlencode({name: max(self.values[name], default="") for name in sorted(address.names)})
            with _read_fields() as read:
                got = send(person, Request(method="GET", path=path, query=given))
                posted = send(person, Request(method="POST", path=path, body=given.encode()))
            address.names |= read
            address.methods = [method for method, answer in (("GET", got), ("POST", posted)) if answer.status != 405]


def _borrowed(arguments: list[str], found: list[Place]) -> list[Place]:
    """Places of others that have the same arguments, where no page leads to the address itself."""
    places: list[Place] = []
    for place in found:
        same = {name: place[name] for name in arguments if name in place}
        if len(same) == len(arguments) and same not in places:
            places.append(same)
    return places[:SAMPLES] or [dict.fromkeys(arguments, "1")]


def _routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        # As `resolve` names the two of Django's admin that are regular expressions.
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from _routes(pattern, route)


@contextmanager
def _read_fields() -> Iterator[set[str]]:
    """The names that anybody asks of a query or a body."""
    read: set[str] = set()

    def noting(method: Callable[..., Any]) -> Callable[..., Any]:
        def noted(query: QueryDict, name: str, *rest: Any, **further: Any) -> Any:
            read.add(name)
            return method(query, name, *rest, **further)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for method in ("__getitem__", "_getlist", "__contains__"):
            patch.setattr(QueryDict, method, noting(getattr(QueryDict, method)))
        yield read
