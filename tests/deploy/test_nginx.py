"""The product as `manage.py run` starts it, behind nginx with the file that docs/deploy.md tells to use."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.browser.product import Product
from tests.deploy.conftest import TASKS
from tests.deploy.nginx import NAME, Nginx
from tests.deploy.person import Person

SECURITY = [
    "Content-Security-Policy",
    "Referrer-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
]
ORIGIN = f"https://{NAME}"
PIECE = b"x" * 65_536


def answer(client) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(client)
    response.begin()
    return response


def test_people_sign_in_over_https(stranger: Person) -> None:
    signed_in = stranger.sign_in()
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/tasks/")
    assert all(cookie.secure for cookie in stranger.session.cookies)
    assert f"{TASKS:,}" in stranger.get("/tasks/").text


def test_who_comes_without_https_is_sent_there(nginx: Nginx) -> None:
    plain = http.client.HTTPConnection("127.0.0.1", nginx.plain, timeout=20)
    plain.request("GET", "/tasks/?q=cat", headers={"Host": NAME, "X-Forwarded-Proto": "https"})
    response = plain.getresponse()
    plain.close()
    assert (response.status, response.headers["Location"]) == (301, f"{ORIGIN}/tasks/?q=cat")


@pytest.mark.parametrize("path", ["/", "/tasks/", "/tasks", "/admin/"])
def test_redirects_stay_on_https(stranger: Person, path: str) -> None:
    response = stranger.get(path, headers={"X-Forwarded-Proto": "http"})
    assert response.status_code in {301, 302}
    assert urljoin(ORIGIN, response.headers["Location"]).startswith(f"{ORIGIN}/")


def test_the_audit_log_tells_the_address_that_nginx_saw(
    come: Callable[..., Person], product: Product, tmp_path: Path
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    come("127.0.0.7").sign_in(**forged)
    product.manage("verify_audit", "--export", str(tmp_path / "log"))
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    last = json.loads(lines[-1])
    assert (last["action"], last["address"]) == ("user.signed_in", "127.0.0.7")


@pytest.mark.parametrize("path", ["/login/", "/tasks/import/"])
def test_a_body_that_is_too_long_is_refused_before_it_is_sent(nginx: Nginx, path: str) -> None:
    with nginx.connect() as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 300000000\r\n\r\n".encode())
        response = answer(client)
        assert response.status == 413
        assert "larger than the server accepts" in response.read().decode()


def test_who_sends_it_all_the_same_still_reads_the_answer(nginx: Nginx) -> None:
    with nginx.connect() as client:
        client.sendall(f"POST /login/ HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 50000000\r\n\r\n".encode())
        for _ in range(50_000_000 // len(PIECE)):
            client.sendall(PIECE)
        assert answer(client).status == 413


def test_a_large_file_is_imported_and_lain_down_nowhere(signed_in: Person, nginx: Nginx) -> None:
    signed_in.get("/tasks/import/")
    rows = "kind,task_id\n" + "".join(f"image,abcd_{number:016d}\n" for number in range(4000)) + "\n" * 3_000_000
    checked = signed_in.post("/tasks/import/", files={"file": ("tasks.csv", rows)})
    assert checked.status_code in {200, 303}, checked.text
    assert "buffered to a temporary file" not in nginx.errors.read_text(encoding="utf-8")


def test_a_report_waits_for_its_reader_and_is_lain_down_nowhere(signed_in: Person, nginx: Nginx) -> None:
    report = f"{draft_of_everything(signed_in)}report.csv"
    head = f"GET {report} HTTP/1.1\r\nHost: {NAME}\r\nCookie: {signed_in.cookies}\r\nConnection: close\r\n\r\n"
    with nginx.connect(reads_little=True) as client:
        client.sendall(head.encode())
        response = answer(client)
        # Had the first report gone anywhere but to its reader, it would be there by the end of the second.
        whole = signed_in.get(report).content
        assert "buffered to a temporary file" not in nginx.errors.read_text(encoding="utf-8")
        assert response.read() == whole
    assert whole.count(b"\n") == TASKS + 1


@pytest.mark.parametrize("path", ["/login/", "/tasks/", "/nowhere/", "/healthz"])
def test_each_security_header_comes_once(signed_in: Person, path: str) -> None:
    answered = signed_in.get(path).raw.headers
    assert {name: len(answered.getlist(name)) for name in SECURITY} == dict.fromkeys(SECURITY, 1)
    assert answered["Server"] == "nginx"


def test_a_style_sheet_is_kept_by_browsers_and_has_no_header_twice(stranger: Person) -> None:
    sheet = re.findall(r'href="(/static/css/[^"]+)"', stranger.get("/login/").text)[0]
    answered = stranger.get(sheet).raw.headers
    assert "immutable" in answered["Cache-Control"]
    assert [name for name in set(answered) if len(answered.getlist(name)) > 1] == []


def draft_of_everything(person: Person) -> str:
    """The path of a deletion of all tasks that nobody confirmed."""
    person.get("/tasks/")
    selected = person.post("/tasks/selection/", data={"action": "all", "selection": "", "shown": ""})
    (selection,) = parse_qs(urlsplit(selected.headers["Location"]).query)["selection"]
    asked = person.post("/deletions/new/", data={"selection": selection, "shown": ""})
    assert asked.status_code == 303, asked.text
    return asked.headers["Location"]
