"""The page of imports, as a person uses it."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from dashboard.register.models import ImportBatch

URL = "/tasks/import/"


def check(person: Client, rows: str = "", *, kind: str = "", file: bytes | None = None, **kwargs) -> HttpResponse:
    data = {"rows": rows, "kind": kind}
    if file is not None:
        data["file"] = SimpleUploadedFile("tasks.csv", file)
    return person.post(URL, data, **kwargs)


def press_import(person: Client, batch: ImportBatch) -> HttpResponse:
    return person.post(reverse("task-import-apply", args=[batch.uuid]))


def text(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())
