from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.media import fetching
from dashboard.media.fetching import Fetch, Rules
from dashboard.media.models import Reason
from tests.certificates import certificate
from tests.media.files import picture
from tests.media.host import Host, head, ok, redirect

METADATA = "http://169.254.169.254/latest/meta-data/"


def ended(fetch: Fetch) -> Fetch:
    end = time.monotonic() + 30
    while not fetch.is_done():
        assert time.monotonic() < end
        time.sleep(0.005)
    return fetch


def fetched(url: str, folder: Path, **rules: object) -> Fetch:
    return ended(Fetch(url, folder / "fetched", Rules(**rules)))


@pytest.fixture
def elsewhere() -> Iterator[Host]:
    """Another host on this machine, which is none of the sandbox's."""
    with Host({"/": ok(picture("PNG"))}) as host:
        yield host


def test_a_file_is_there_afterwards(host: Host, tmp_path: Path) -> None:
    host.answers["/a.png"] = ok(picture("PNG"))
    fetch = fetched(f"{host.url}/a.png", tmp_path)
    assert (fetch.reason, fetch.into.read_bytes()) == (None, picture("PNG"))


def test_nothing_of_us_goes_along(host: Host, tmp_path: Path) -> None:
    cookie = "Set-Cookie: a=b; Path=/"
    host.answers |= {"/a": redirect("/b?x=1", cookie), "/b": ok(b"x", cookie)}
    assert fetched(f"{host.url}/a", tmp_path).reason is None
    lines, headers = zip(*host.asked, strict=True)
    assert lines == ("GET /a HTTP/1.1", "GET /b?x=1 HTTP/1.1")
    assert headers[0] == headers[1] == {"Host": host.name, **fetching.HEADERS}
    assert set(headers[0]) == {"Host", "Accept", "Accept-Encoding", "User-Agent"}


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *(("404 Not Found", Reason.GONE), ("410 Gone", Reason.GONE), ("451 Unavailable", Reason.GONE)),
        *(("403 Forbidden", Reason.REFUSED), ("429 Slow", Reason.REFUSED), ("500 Oops", Reason.REFUSED)),
        *(("204 Nothing", Reason.REFUSED), ("206 Part", Reason.REFUSED), ("302 Found", Reason.REFUSED)),
    ],
)
def test_a_dead_link_is_told_from_a_refusal(host: Host, tmp_path: Path, status: str, reason: Reason) -> None:
    host.answers["/"] = head(status, "Content-Length: 0")
    fetch = fetched(host.url, tmp_path)
    assert (fetch.reason, fetch.detail) == (reason, status[:3])


def test_a_host_that_is_not_allowed_is_not_even_looked_up(host: Host, tmp_path: Path) -> None:
    fetch = fetched("https://cdn.example.com/a.png", tmp_path, resolve=never)
    assert (fetch.reason, fetch.detail) == (Reason.NOT_ALLOWED, "cdn.example.com")


def never(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up.")


@pytest.mark.parametrize("name", ["cdn.example.com", "*.example.com"])
def test_an_allowed_host_that_leads_to_this_machine_is_not_asked(
    elsewhere: Host, settings, tmp_path: Path, name: str
) -> None:
    settings.MEDIA_HOSTS = [f"{name}:{elsewhere.port}"]
    url = f"http://cdn.example.com:{elsewhere.port}/"
    fetch = fetched(url, tmp_path, resolve=lambda host, port: ["127.0.0.1"])
    assert (fetch.reason, elsewhere.asked) == (Reason.NOT_PUBLIC, [])


@pytest.mark.parametrize("allowed", [True, False])
def test_a_redirect_to_this_machine_is_not_followed(
    host: Host, elsewhere: Host, settings, tmp_path: Path, allowed: bool
) -> None:
    """Whoever allows an address in numbers gets no further either."""
    settings.MEDIA_HOSTS = [elsewhere.name] if allowed else []
    host.answers["/a.png"] = redirect(f"{elsewhere.url}/")
    fetch = fetched(f"{host.url}/a.png", tmp_path)
    assert fetch.reason == (Reason.NOT_PUBLIC if allowed else Reason.NOT_ALLOWED)
    assert elsewhere.asked == []


@pytest.mark.parametrize("allowed", [True, False])
def test_a_redirect_to_where_clouds_keep_their_keys_is_not_followed(
    host: Host, settings, tmp_path: Path, allowed: bool
) -> None:
    settings.MEDIA_HOSTS = ["169.254.169.254"] if allowed else []
    host.answers["/a.png"] = redirect(METADATA)
    reason = fetched(f"{host.url}/a.png", tmp_path).reason
    assert reason == (Reason.NOT_PUBLIC if allowed else Reason.NOT_ALLOWED)


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://127.0.0.1/", "//me:pw@cdn.example.com/", "http://[/"]
)
def test_a_redirect_to_what_is_no_web_address_is_not_followed(host: Host, tmp_path: Path, location: str) -> None:
    host.answers["/"] = redirect(location)
    assert fetched(host.url, tmp_path).reason in {Reason.NOT_PUBLIC, Reason.NO_ANSWER}


def test_a_circle_of_redirects_ends(host: Host, tmp_path: Path) -> None:
    host.answers["/"] = redirect("/")
    assert fetched(host.url, tmp_path).reason == Reason.REFUSED
    assert len(host.asked) == fetching.MOST_HOPS + 1


def test_a_name_is_looked_up_once_a_hop_and_that_answer_is_used(host: Host, settings, tmp_path: Path) -> None:
    """A name server that answers differently the next time (DNS rebinding) is not asked a next time."""
    settings.SANDBOX_MEDIA_URL = f"http://media.example:{host.port}"
    host.answers |= {"/a": redirect("/b"), "/b": ok(b"x")}
    answers = itertools.chain([["127.0.0.1"], ["127.0.0.1"]], itertools.repeat(["127.0.0.2"]))
    asked = []

    def resolve(name: str, port: int) -> list[str]:
        asked.append(name)
        return next(answers)

    assert fetched(f"http://media.example:{host.port}/a", tmp_path, resolve=resolve).reason is None
    assert asked == ["media.example"] * 2
    assert [headers["Host"] for _, headers in host.asked] == [f"media.example:{host.port}"] * 2


def test_a_name_that_leads_elsewhere_at_the_second_hop_is_not_followed(
    host: Host, elsewhere: Host, settings, tmp_path: Path
) -> None:
    settings.MEDIA_HOSTS = [f"rebinding.example:{elsewhere.port}"]
    host.answers["/"] = redirect(f"http://rebinding.example:{elsewhere.port}/")
    places = {"127.0.0.1": ["127.0.0.1"], "rebinding.example": ["8.8.8.8", "127.0.0.1"]}
    fetch = fetched(host.url, tmp_path, resolve=lambda name, port: places[name])
    assert (fetch.reason, elsewhere.asked) == (Reason.NOT_PUBLIC, [])


def test_over_tls_it_names_the_host_and_checks_its_certificate(settings, tmp_path: Path, monkeypatch) -> None:
    made = certificate(tmp_path, "DNS:media.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made, tmp_path / "key.pem")
    names = []
    server.sni_callback = lambda speaking, name, context: names.append(name)
    with Host({"/a": ok(b"x")}, tls=server) as host:
        settings.SANDBOX_MEDIA_URL = f"https://media.example:{host.port}"
        url, here = f"https://media.example:{host.port}/a", lambda name, port: ["127.0.0.1"]
        assert fetched(url, tmp_path, resolve=here).reason == Reason.NO_ANSWER
        monkeypatch.setattr(fetching, "_tls", lambda: ssl.create_default_context(cafile=made))
        assert fetched(url, tmp_path, resolve=here).reason is None
        assert names == ["media.example"] * 2
        settings.SANDBOX_MEDIA_URL = f"https://other.example:{host.port}"
        other = url.replace("media.", "other.")
        assert fetched(other, tmp_path, resolve=here).reason == Reason.NO_ANSWER


def endlessly(piece: bytes, pause: float) -> object:
    def write(connection: socket.socket, stopping: threading.Event) -> None:
        connection.sendall(head("200 OK", "Content-Type: image/png"))
        while not stopping.wait(pause):
            connection.sendall(piece)

    return write


def test_a_body_without_end_is_cut(host: Host, tmp_path: Path) -> None:
    host.answers["/"] = endlessly(b"x" * 65536, 0)
    assert fetched(host.url, tmp_path, most_bytes=1_000_000).reason == Reason.TOO_LARGE
    assert (tmp_path / "fetched").stat().st_size <= 1_000_000


def test_a_body_that_says_it_is_too_long_is_not_read(host: Host, tmp_path: Path) -> None:
    host.answers["/"] = head("200 OK", "Content-Length: 1000001")
    assert fetched(host.url, tmp_path, most_bytes=1_000_000).reason == Reason.TOO_LARGE


def test_a_body_that_ends_early_is_no_file(host: Host, tmp_path: Path) -> None:
    host.answers["/"] = head("200 OK", "Content-Length: 100") + b"x" * 99
    assert fetched(host.url, tmp_path).reason == Reason.NO_ANSWER


@pytest.mark.parametrize("what", ["body", "headers", "nothing"])
def test_what_drips_is_cut_when_its_time_is_up(host: Host, tmp_path: Path, what: str) -> None:
    def nothing(connection: socket.socket, stopping: threading.Event) -> None:
        stopping.wait()

    host.answers["/"] = {"body": endlessly(b"x", 0.01), "headers": dripping_headers, "nothing": nothing}[what]
    assert fetched(host.url, tmp_path, seconds=0.3).reason == Reason.TOO_SLOW


def test_what_drips_over_tls_is_cut_too(settings, tmp_path: Path, monkeypatch) -> None:
    made = certificate(tmp_path, "IP:127.0.0.1")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made, tmp_path / "key.pem")
    monkeypatch.setattr(fetching, "_tls", lambda: ssl.create_default_context(cafile=made))
    with Host({"/": dripping_headers}, tls=server) as host:
        settings.SANDBOX_MEDIA_URL = host.url
        fetch = Fetch(host.url, tmp_path / "fetched", Rules(seconds=0.5))
        assert ended(fetch).reason == Reason.TOO_SLOW
        fetch._thread.join(10)
        assert not fetch._thread.is_alive()


def dripping_headers(connection: socket.socket, stopping: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not stopping.wait(0.01):
        connection.sendall(b"x")


def test_a_name_server_that_does_not_answer_is_not_waited_for(settings, tmp_path: Path) -> None:
    settings.MEDIA_HOSTS = ["cdn.example.com"]
    answered = threading.Event()

    def silent(host: str, port: int) -> list[str]:
        answered.wait()
        return ["127.0.0.1"]

    assert fetched("http://cdn.example.com/", tmp_path, seconds=0.1, resolve=silent).reason == Reason.TOO_SLOW
    answered.set()


@pytest.mark.parametrize(
    "answer",
    [
        *(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 5000),
        *(
            b"",
            b"SSH-2.0-OpenSSH\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nTransfer-Encoding: chunked\r\n\r\nzz",
        ),
    ],
    ids=["a huge header", "headers without end", "nothing", "another protocol", "damaged chunks"],
)
def test_what_is_no_answer_is_none(host: Host, tmp_path: Path, answer: bytes) -> None:
    host.answers["/"] = answer
    assert fetched(host.url, tmp_path).reason == Reason.NO_ANSWER


def test_nobody_there_is_no_answer(host: Host, tmp_path: Path) -> None:
    host.close()
    assert fetched(host.url, tmp_path).reason == Reason.NO_ANSWER


def test_it_can_be_cut_at_any_moment(host: Host, tmp_path: Path) -> None:
    host.answers["/"] = endlessly(b"x", 0.01)
    fetch = Fetch(host.url, tmp_path / "fetched", Rules())
    fetch.cut(Reason.TOO_SLOW)
    assert ended(fetch).reason == Reason.TOO_SLOW
    fetch._thread.join(10)
    assert not fetch._thread.is_alive()
