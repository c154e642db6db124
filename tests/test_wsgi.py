"""The product's WSGI application, where it differs from Django's."""

from __future__ import annotations

from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.test import RequestFactory

from dashboard.wsgi import Utf8Request, application


def environ(content_type: str) -> dict[str, Any]:
    found: dict[str, Any] = {"PATH_INFO": "/healthz", "QUERY_STRING": "q=%C3%A4", "CONTENT_TYPE": content_type}
    setup_testing_defaults(found)
    return found


@pytest.mark.parametrize("charset", ["hex", "undefined", "utf-16", "unicode_escape", "latin-1", "no such", "utf-8"])
def test_what_is_sent_is_utf_8_whatever_it_says(charset: str) -> None:
    request = Utf8Request(environ(f"text/plain; charset={charset}"))
    assert request.GET["q"] == "ä"
    assert request.content_type == "text/plain"


@pytest.mark.parametrize("content_type", ["a; b*=undefined''%41", "a; b*=no-such''%41", "a; =", ";", "a\nb; c=d"])
def test_a_content_type_that_can_not_be_read_is_none(content_type: str) -> None:
    assert Utf8Request(environ(content_type)).GET["q"] == "ä"


def test_the_web_server_s_application_reads_so() -> None:
    assert application.request_class is Utf8Request


def test_a_multipart_body_keeps_its_boundary() -> None:
    sent = RequestFactory().post("/tasks/import/", {"rows": "ä"})
    assert Utf8Request(sent.environ).POST["rows"] == "ä"
