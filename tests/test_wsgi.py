"""The product's WSGI application, where it differs from Django's."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings
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


LOADED = """
import sys, threading
import dashboard.wsgi
from django.db import connections
print("dashboard.api.urls" in sys.modules, [one.connection for one in connections.all()], threading.active_count())
"""


def test_all_is_loaded_before_the_processes_part_and_nothing_that_can_t_be_shared() -> None:
    found = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=settings.BASE_DIR, check=True, capture_output=True, text=True
    )
    assert found.stdout == "True [None] 1\n"


def test_a_multipart_body_keeps_its_boundary() -> None:
    sent = RequestFactory().post("/tasks/import/", {"rows": "ä"})
    assert Utf8Request(sent.environ).POST["rows"] == "ä"
