"""Heads of the audit log are published where who has the database can't reach them."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from dashboard.audit import anchors
from dashboard.audit.models import AuditEvent, AuditHead
from dashboard.database import append_only
from dashboard.env import Env, Mistyped
from tests.audit.test_chain import append_some
from tests.audit.test_verify_audit import wrong

pytestmark = pytest.mark.django_db

NOW = timezone.now()


class Notary(HTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.status, self.told = 200, list[dict[str, object]]()


class _Desk(BaseHTTPRequestHandler):
    server: Notary

    def do_POST(self) -> None:
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def notary(settings) -> Iterator[Notary]:
    with Notary() as server:
        settings.AUDIT_ANCHOR = f"http://127.0.0.1:{server.server_port}/heads"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def heed(publisher: anchors.Publisher, minutes: float) -> None:
    publisher.heed(now=NOW + timedelta(minutes=minutes))
    if publisher.thread:
        publisher.thread.join()


def test_a_file_grows_by_a_line_for_each_head_as_the_log_grows(settings, tmp_path: Path) -> None:
    settings.AUDIT_ANCHOR = f"file:{tmp_path}/heads.txt"
    publisher, hashes = anchors.Publisher(), []
    heed(publisher, 0)
    for minutes in (1, 5, 12, 20):
        if minutes in {1, 5}:
            hashes.append(append_some(2)[-1].hash)
        heed(publisher, minutes)
    # The second waits for its turn; an unchanged head is not told again.
    assert [(head.sequence, head.hash) for head in anchors._noted()] == [(2, hashes[0]), (4, hashes[1])]
    assert (tmp_path / "heads.txt").stat().st_mode & 0o077 == 0


def test_a_log_that_was_cut_off_lacks_what_the_file_holds(settings, tmp_path: Path, capsys) -> None:
    settings.AUDIT_ANCHOR = f"file:{tmp_path}/heads.txt"
    last = append_some(3)[-1]
    heed(anchors.Publisher(), 0)
    with (tmp_path / "heads.txt").open("a") as file:
        file.write("2026-11-29T04:00:00 4:ab")
    assert wrong(capsys) == ""
    append_only.drop(connection)
    AuditEvent.objects.filter(sequence__gt=1).delete()
    AuditHead.objects.update(sequence=1, hash=AuditEvent.objects.get().hash)
    append_only.create(connection)
    assert wrong(capsys) == f"Entry 3 was published with the hash {last.hash}, and the log lacks it."


def test_it_is_posted_and_tried_again_after_a_minute(notary: Notary, caplog) -> None:
    last = append_some(2)[-1]
    publisher = anchors.Publisher()
    notary.status = 503
    heed(publisher, 0)
    assert f"http://127.0.0.1:{notary.server_port}: it answers 503." in caplog.text
    notary.status = 200
    heed(publisher, 0.5)
    assert len(notary.told) == 1
    heed(publisher, 1.1)
    assert notary.told[1:] == [{"sequence": 2, "hash": last.hash, "at": last.at.isoformat()}]


def test_a_server_that_is_not_there_holds_nothing_up(settings, caplog) -> None:
    settings.AUDIT_ANCHOR = "http://127.0.0.1:9/heads"
    append_some(1)
    heed(anchors.Publisher(), 0)
    assert "can't be published" in caplog.text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:9/t0ken?key=t0ken", "to http://127.0.0.1:9: ConnectionError"),
        ("https://me:t0ken@127.0.0.1:9/#t0ken", "to https://127.0.0.1:9: ConnectionError"),
    ],
)
def test_what_may_be_a_token_is_not_logged(settings, caplog, address: str, shown: str) -> None:
    settings.AUDIT_ANCHOR = address
    append_some(1)
    heed(anchors.Publisher(), 0)
    assert caplog.messages == [f"The head of the audit log can't be published {shown}"]


def test_syslog_is_told(settings) -> None:
    last = append_some(1)[-1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        settings.AUDIT_ANCHOR = f"syslog:127.0.0.1:{daemon.getsockname()[1]}"
        heed(anchors.Publisher(), 0)
        daemon.settimeout(10)
        told = daemon.recv(1000).decode()
    assert f"tensorslab-tasks audit log 1:{last.hash}" in told


def test_syslog_that_is_not_there_is_a_warning(settings, caplog, monkeypatch) -> None:
    monkeypatch.setattr(anchors, "LOCAL_SYSLOG", "/nowhere/log")
    settings.AUDIT_ANCHOR = "syslog:"
    append_some(1)
    heed(anchors.Publisher(), 0)
    assert "can't be published to syslog:" in caplog.text


def test_the_sandbox_publishes_nothing(settings, tmp_path: Path) -> None:
    """Its register is another database, and one file has the heads of one."""
    settings.AUDIT_ANCHOR, settings.SANDBOX = f"file:{tmp_path}/heads.txt", True
    append_some(1)
    heed(anchors.Publisher(), 0)
    assert not (tmp_path / "heads.txt").exists()


@pytest.mark.parametrize(
    "word",
    ["", "file:/var/log/heads", "syslog:", "syslog:loghost:514", "https://notary.example/x", "http://127.0.0.1:5/"],
)
def test_where_it_may_be_published(tmp_path: Path, word: str) -> None:
    assert Env(tmp_path / ".env", {"AUDIT_ANCHOR": word}).anchor("AUDIT_ANCHOR") == word


@pytest.mark.parametrize("word", ["file:", "ftp://x", "http://notary.example", "https://", "syslog:a:b", "heads.txt"])
def test_where_it_may_not(tmp_path: Path, word: str) -> None:
    with pytest.raises(Mistyped, match="Use file:PATH") as caught:
        Env(tmp_path / ".env", {"AUDIT_ANCHOR": word}).anchor("AUDIT_ANCHOR")
    assert word not in str(caught.value).partition("Use ")[0]
