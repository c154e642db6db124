"""Requests that no browser of ours would send, but some client could."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dashboard.pages.bodies import USUAL
from tests.fuzz.product import Address, Place, Product
from tests.fuzz.sending import Request
from tests.fuzz.words import CHARSETS, COOKIES, HEADERS, MARK, METHODS, TYPES, WORDS

Pairs = list[tuple[bytes, bytes]]
BOUNDARY = "b0undary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
LONGEST_QUERY = 24_000
"""Characters: a longer head is not let in."""


def requests(product: Product, address: Address) -> SearchStrategy[Request]:
    fields = _fields(product, address)
    return st.builds(
        _request,
        path=_paths(address),
        # Mostly as the address wants to be asked, or no more would be tried than whether it does.
        method=st.sampled_from([*address.methods * 20, *METHODS]),
        query=fields,
        form=fields,
        body=st.sampled_from(["urlencoded", "urlencoded", "multipart", "multipart", "json", "raw"]),
        content_type=st.sampled_from(TYPES),
        charset=st.sampled_from([*[""] * len(CHARSETS), *CHARSETS]),
        headers=st.dictionaries(st.sampled_from(HEADERS), _odd([]).map(_sendable), max_size=2),
        htmx=st.booleans(),
        cookies=st.lists(st.tuples(st.sampled_from(COOKIES), _odd([]).map(_sendable)), max_size=1),
    )


def one_by_one(address: Address) -> Iterator[Request]:
    """Each field alone: what would be SQL, and a whole body of what a page writes as six characters."""
    path = address.path({name: value.encode() for name, value in address.places[0].items()})
    for name in map(_encoded, sorted(address.names)):
        if "GET" in address.methods:
            yield Request(method="GET", path=path, query=_urlencoded([(name, _encoded(MARK))]))
        if "POST" in address.methods:
            for value in (_encoded(MARK), b"'" * (USUAL - 1000)):
                yield Request(method="POST", path=path, body=_multipart([(name, value)]), content_type=MULTIPART)


def _paths(address: Address) -> SearchStrategy[str]:
    known = sorted({value for place in address.places for value in place.values()})

    def path(place: Place, odd: bytes, which: int, safe: str) -> str:
        arguments = {name: value.encode() for name, value in place.items()}
        if which < len(arguments):
            arguments[address.arguments[which]] = odd
        return address.path(arguments, safe=safe)

    return st.builds(path, st.sampled_from(address.places), _odd(known), st.integers(0, 5), st.sampled_from(["", "/"]))


def _fields(product: Product, address: Address) -> SearchStrategy[Pairs]:
    """Names and values: some as the pages send them, then up to two that are odd, which may repeat a name."""
    known = {name: sorted(product.values[name]) or [""] for name in sorted(address.names)}
    usual = [st.tuples(st.just(name), st.sampled_from(values)) for name, values in known.items()]
    odd = [st.tuples(st.just(name).map(_encoded), _odd(values)) for name, values in known.items()]
    stray = st.tuples(st.sampled_from([*sorted(product.values), *WORDS]).map(_encoded), _odd([]))
    return st.builds(
        lambda plain, pairs: [(_encoded(name), _encoded(value)) for name, value in plain] + pairs,
        # Some addresses read no field, but the body as it is.
        st.lists(st.one_of(usual), max_size=5, unique_by=lambda pair: pair[0]) if usual else st.just([]),
        st.lists(st.one_of(*odd, *odd, stray), max_size=2),
    )


def _odd(known: list[str]) -> SearchStrategy[bytes]:
    """A value that is nothing usual, or something usual with a change."""
    word = st.sampled_from(WORDS).map(_encoded)
    # Lone surrogates too, as the bytes that encode them.
    text = st.text(st.characters(), max_size=20).map(_encoded)
    usual = st.sampled_from(known or WORDS).map(_encoded)
    changed = st.builds(_changed, usual, st.integers(0, 40), st.integers(0, 3), word | st.binary(max_size=3))
    return st.one_of(word, word, changed, text, st.binary(max_size=12))


def _request(
    *,
    path: str,
    method: str,
    query: Pairs,
    form: Pairs,
    body: str,
    content_type: str,
    charset: str,
    headers: dict[str, str],
    htmx: bool,
    cookies: list[tuple[str, str]],
) -> Request:
    kind, sent = {
        "urlencoded": ("application/x-www-form-urlencoded", _urlencoded(form).encode()),
        "multipart": (MULTIPART, _multipart(form)),
        "json": ("application/json", _json(form)),
        "raw": (content_type, b"".join(value for _, value in form)),
    }[body]
    return Request(
        method=method,
        path=path,
        query=_urlencoded(query)[:LONGEST_QUERY],
        body=b"" if method == "GET" else sent,
        content_type=f"{kind}; charset={charset}" if charset else kind,
        headers=headers | ({"HX-Request": "true"} if htmx else {}),
        cookies="; ".join(f"{name}={value}" for name, value in cookies),
    )


def _urlencoded(pairs: Pairs) -> str:
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs)


def _multipart(pairs: Pairs) -> bytes:
    """The third field is a file; one that is alone is cut off at its end."""
    parts = []
    for number, (name, value) in enumerate(pairs):
        file = b'; filename="' + value[:60] + b'"\r\nContent-Type: text/csv; charset=hex' if number == 2 else b""
        head = b'Content-Disposition: form-data; name="' + name[:200] + b'"' + file
        parts.append(b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY.encode(), head, value))
    whole = b"".join(parts) + b"--%s--\r\n" % BOUNDARY.encode()
    return whole if len(pairs) != 1 else whole[:-4]


def _json(pairs: Pairs) -> bytes:
    return json.dumps({name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}).encode()


def _changed(value: bytes, at: int, taken: int, put: bytes) -> bytes:
    return value[:at] + put + value[at + taken :]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _sendable(value: bytes) -> str:
    """As a server hands a header on: it lets no line end and no NUL through, and about this much."""
    return value.translate(None, b"\r\n\0")[:8_000].decode("latin-1")
