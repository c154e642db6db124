"""Entries of the log, and what a page or a download shows of them."""

from __future__ import annotations

import re

from django.http import HttpResponse

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent


def append(
    subject: str = "", *, actor: str = "olga", action: str = "deletion.confirmed", **detail: object
) -> AuditEvent:
    return chain.append(actor=actor, address="127.0.0.1", action=action, subject=subject, detail=detail)


def sequences(response: HttpResponse) -> list[int]:
    return [int(number) for number in re.findall(r'id="event-(\d+)"', response.content.decode())]


def text_of(response: HttpResponse) -> str:
    body = b"".join(response) if response.streaming else response.content
    return body.decode()


def link(response: HttpResponse, name: str) -> str:
    match = re.search(rf'<a [^>]*href="([^"]+)"[^>]*>\s*{name}\s*</a>', response.content.decode())
    return match[1].replace("&amp;", "&") if match else ""
