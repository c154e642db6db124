"""Names of columns in files: ours, those of TensorsLab's API and of its Chinese pages, in any spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from dashboard.register.importing.cells.entries import Columns
from dashboard.register.importing.cells.words import shown

REQUIRED = ("kind", "task_id")
IN_BRACKETS = re.compile(r"\([^()]*\)")
NOT_A_LETTER = re.compile(r"[\W_]+")

ALIASES = {
    "kind": ("kind", "类型", "种类", "任务类型"),
    "task_id": ("taskid", "任务id", "任务编号"),
    "status code": ("imagestatus", "taskstatus"),
    "status": ("generationstatus", "状态", "任务状态", "图片状态", "视频状态", "status"),
    "model": ("模型", "模型名称", "model"),
    "prompt": ("提示词", "prompt"),
    "url": ("resulturls", "图片url", "视频url", "图片地址", "视频地址", "链接", "地址", "urls", "url"),
    "starttime": ("starttime", "开始时间"),
    "created_at": ("创建时间", "createdat"),
    "width": ("宽度", "图片宽度", "视频宽度", "width"),
    "height": ("高度", "图片高度", "视频高度", "height"),
    "duration": ("时长", "视频时长", "duration"),
    "error": ("errormessage", "错误信息", "失败原因", "error"),
}
"""By column. Its own name is last, because of several cells for one column the last one counts."""
OF_THE_API = {"category": "model", "source": "model", "message": "error"}
"""Common words, which have this meaning only beside a name that only the API has."""
ONLY_THE_API = {"taskid", "image_status", "task_status"}
KIND_OF = {"imagestatus": "image", "taskstatus": "video"}
NAMES = {name: column for column, names in ALIASES.items() for name in names}
ORDER = {name: place for names in ALIASES.values() for place, name in enumerate(names)}
ID_WORDS = {*ALIASES["task_id"], "id", "ids", "taskids"}
SHOWN_AS = {"status code": "status", "starttime": "created_at"}


def letters(name: str) -> str:
    """The form in which names are compared: Task ID, task_id and TASK-ID (text) are equal."""
    plain = IN_BRACKETS.sub("", unicodedata.normalize("NFKC", name))
    return NOT_A_LETTER.sub("", plain).casefold()


def names_an_id(word: str) -> bool:
    """Whether a word is a header for ids, and so not itself an id."""
    # This is called a million times, and most ids are longer.
    return len(word) < 20 and letters(word) in ID_WORDS


class Names(NamedTuple):
    """The places of columns in a header, or in an object."""

    given: Sequence[str]
    places: dict[str, list[int]]
    """By column, in the order in which its cells count."""
    kind: str
    """The kind that the names imply; empty if they imply none."""

    def place(self, column: str) -> int | None:
        places = self.places.get(column)
        return places[0] if places else None

    def missing(self, *, kind: str) -> list[str]:
        told = kind or self.kind
        return [name for name in REQUIRED if name not in self.places and not (name == "kind" and told)]

    def twice(self) -> list[str]:
        """Columns with equal names, so that it is unclear which of their cells counts."""
        spelled = {column: [letters(self.given[place]) for place in places] for column, places in self.places.items()}
        return sorted(
            SHOWN_AS.get(column, column)
            for column, words in spelled.items()
            if len(words) > (1 if column in REQUIRED else len(set(words)))
        )

    def told(self) -> Columns:
        used = {place: column for column, places in self.places.items() for place in places}
        return Columns(
            used=tuple(_used(self.given[place], used[place]) for place in sorted(used)),
            ignored=tuple(shown(name) for place, name in enumerate(self.given) if place not in used and name.strip()),
        )


def named(given: Sequence[str]) -> Names:
    of_the_api = any(name.strip().lower() in ONLY_THE_API for name in given)
    words = [letters(name) for name in given]
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        column = NAMES.get(word) or (OF_THE_API.get(word) if of_the_api else None)
        if column is not None:
            places.setdefault(column, []).append(place)
    for found in places.values():
        found.sort(key=lambda place: ORDER.get(words[place], -1))
    for column in REQUIRED:
        own = [place for place in places.get(column, []) if words[place] == letters(column)]
        # Beside our own name, the other names may mean anything.
        if own:
            places[column] = own
    kinds = {KIND_OF[word] for word in words if word in KIND_OF}
    return Names(given, places, kinds.pop() if len(kinds) == 1 else "")


def listed(names: Sequence[str]) -> str:
    """Names in words. They are ours, or were made safe by `told`."""
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names[:10])}{' …' if len(names) > 10 else ''}"


def _used(name: str, column: str) -> str:
    own = SHOWN_AS.get(column, column)
    return own if letters(name) == letters(own) else f"{shown(name.strip())} as {own}"
