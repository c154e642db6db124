from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse
from django.template.loader import render_to_string


def in_place(sentence: str, *, status: int, wrong: Iterable[str] = ()) -> HttpResponse:
    """What htmx gets: it must not replace what the request was about to change, nor its address be pushed.

    `wrong` are the names of the filter's fields that the sentence is about.
    """
    headers = {
        "HX-Retarget": "#notice",
        "HX-Reswap": "innerHTML",
        "HX-Reselect": "[data-error]",
        "HX-Push-Url": "false",
    }
    context = {"sentence": sentence, "wrong": [f"id_{name}" for name in wrong]}
    return HttpResponse(render_to_string("_error.html", context), status=status, headers=headers)
