"""Readers of option values from JSON. Each raises ValueError, which names the option, if the value is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Read = Callable[[str, Any], Any]
"""Takes the name of the option and the value."""


def text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is {value!r}. Use a text.")
    return str(value)


def listed(name: str, value: Any) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise ValueError(f"{name} is {value!r}. Use a list.")
    return list(value)


def ids(name: str, value: Any) -> list[str]:
    several = listed(name, value)
    if not all(isinstance(one, str) for one in several):
        raise ValueError(f"{name} is {value!r}. Use a list of texts.")
    return several


def texts(name: str, value: Any) -> frozenset[str]:
    return frozenset(ids(name, value))


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}. Use true or false.")
    return value


def whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is {value!r}. Use a whole number from 0.")
    return value


def number(most: int) -> Read:
    """Reads a number from 0 to `most`."""

    def read(name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise ValueError(f"{name} is {value!r}. Use a number from 0 to {most:,}.")
        return float(value)

    return read


share = number(1)


def mapping(read_value: Read) -> Read:
    """Reads an object whose keys are texts."""

    def read(name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise ValueError(f"{name} is {value!r}. Use an object.")
        return {key: read_value(f"{name} of {key}", one) for key, one in value.items()}

    return read
