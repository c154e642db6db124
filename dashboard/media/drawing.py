"""Pictures as HTML. In Python where a page has hundreds: templates take ten times as long."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from dashboard.access.templatetags.icons import icon
from dashboard.calls.models import Kind
from dashboard.calls.texts import cut
from dashboard.media import hosts, showing
from dashboard.media.models import Reason
from dashboard.media.showing import Shown
from dashboard.pages import foreign
from dashboard.register.models import TrackedTask

MOST_TRIES = 60
"""After which a page asks no more by itself; then the pictures are there when it is loaded again."""
QUICK_TRIES = 15
SET_LOOKS = {"set": "small", "set-gallery": "card"}
"""How a deletion shows pictures, and the size of its boxes."""
ICONS = {
    Reason.NOT_ALLOWED: "eye-slash",
    Reason.GONE: "link-slash",
    Reason.FORGOTTEN: "eye-slash",
    Reason.NO_FILE: "",
    Reason.NOT_YET: "",
    Reason.NONE_KEPT: "",
    Reason.EXPIRED: "",
}
"""Of placeholders; the kind's own where it is empty, and a warning for the rest."""


def delay(tries: int) -> int:
    """Seconds before a page asks again: at once at first, and less often as time goes by."""
    return 0 if not tries else 1 if tries < QUICK_TRIES else 4


def goes_on(is_coming: bool, *, tries: int) -> bool:
    """Whether a page asks for pictures, which has them fetched."""
    return is_coming and tries <= MOST_TRIES and not settings.READ_ONLY


def poll(coming: list[int], *, tries: int, look: str = "") -> SafeString:
    """Empty once no picture is yet to come, so that it ends. `look` says in which form the page shows them."""
    # A dialog that shows a set lies above a list that may wait for its own.
    named = "hidden" if look in SET_LOOKS else 'id="pictures-poll"'
    if not goes_on(bool(coming), tries=tries):
        return SafeString("" if look in SET_LOOKS else f"<div {named}></div>")  # nosec B703 # words of ours
    trigger = f"load delay:{delay(tries)}s"
    numbers = ",".join(map(str, coming))
    return SafeString(  # nosec B703 # numbers, our own address, and a word of ours
        f'<div {named} data-poll="post" hx-post="{reverse("media-wanted")}?seen=1" hx-trigger="{trigger}"'
        f' hx-vals=\'{{"tasks": "{numbers}", "tries": "{tries}", "look": "{look}"}}\''
        ' hx-target="this" hx-swap="outerHTML"></div>'
    )


def box(task: TrackedTask, shown: Shown, *, look: str) -> SafeString:
    """The picture that takes the place of every box of this task and size on the page."""
    size = SET_LOOKS[look]
    context = {"task": task, "shown": shown, "size": size, "words": size == "card", "oob": True}
    return render_to_string("media/_box.html", context)


def thumb(task: TrackedTask, shown: Shown, *, swap: bool = False, named: bool = False) -> SafeString:
    """A box of 32 × 26 px: the picture, or an icon with the reason."""
    name = f' id="picture-{task.pk}"' if swap or named else ""
    oob = ' hx-swap-oob="true"' if swap else ""
    kind = " film" if task.kind == Kind.VIDEO else ""
    if not shown.tiny:
        words = escape(shown.words)
        said = f'{placeholder(shown.reason, task.kind)}<span class="visually-hidden">{words}</span>'
        return SafeString(f'<span class="thumb none"{name}{oob} title="{words}">{said}</span>')  # nosec B703 # escaped above
    alt = escape(foreign.plain(cut(task.excerpt, 60)))
    picture = f'<img src="{shown.tiny}" alt="{alt}" width="32" height="26" loading="lazy" decoding="async">'
    return SafeString(f'<span class="thumb{kind}"{name}{oob}>{picture}</span>')  # nosec B703 # escaped above


@cache
def placeholder(reason: Reason | None, kind: str, size: int = 16) -> SafeString:
    own = "film" if kind == Kind.VIDEO else "photo"
    found: SafeString = icon(ICONS.get(reason, "exclamation-triangle") or own if reason else own, size)
    return found


def panel(task: TrackedTask, *, tries: int) -> dict[str, Any]:
    shown = showing.of_task(task)
    return {
        "task": task,
        "pictures": shown,
        "tries": tries,
        "delay": delay(tries),
        "goes_on": goes_on(any(one.is_coming for one in shown), tries=tries),
        "stoppable": sorted(hosts.clicked() & {hosts.name_of(url) for url in task.web_urls}),
        "may_forget": any(one.reason != Reason.FORGOTTEN for one in shown),
    }
