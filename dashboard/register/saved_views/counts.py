"""How many tasks match each view of a rail: up to a cap, and not counted again within a minute."""

from __future__ import annotations

import hashlib

from django.core.cache import cache
from django.http import QueryDict

from dashboard.pages import moments
from dashboard.pages.filter_forms import BadFilter
from dashboard.register.counting import count
from dashboard.register.filters.filter import Filter
from dashboard.register.models import SavedView

CAP = 10_000
KEPT_FOR = 60
"""Seconds for which a process shows the same number."""


def in_words(view: SavedView) -> str:
    """“1,204”, or “10,000+”; empty where another version, with other filters, wrote the view."""
    query = QueryDict(view.query)
    # A day begins when the person's day does.
    about = f"{moments.zone_name()} {query.urlencode()}"
    key = f"view-count-{hashlib.sha256(about.encode()).hexdigest()}"
    words: str | None = cache.get(key)
    if words is None:
        try:
            counted = count(Filter.from_query(query))
        except BadFilter:
            return ""
        words = f"{min(counted.number, CAP):,}" + ("+" if counted.at_least or counted.number > CAP else "")
        cache.set(key, words, KEPT_FOR)
    return words
