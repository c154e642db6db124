"""Small charts, drawn on the server: what a template needs to draw one as SVG, in percent of its width and height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a bar, from its beginning on."""

    name: str
    """Of its colour, in the style sheet."""
    words: str
    number: int
    begin: str
    length: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    label: str
    number: int
    pieces: list[Piece]


def bars(rows: Sequence[tuple[str, Sequence[tuple[str, str, int]]]]) -> list[Bar]:
    """Of rows `(label, [(name, words, number), …])`. The longest fills the width."""
    sums = [sum(number for _, _, number in parts) for _, parts in rows]
    most = max(sums, default=0) or 1
    return [
        Bar(label=label, number=total, pieces=_pieces(parts, of=most))
        for (label, parts), total in zip(rows, sums, strict=True)
    ]


def _pieces(parts: Sequence[tuple[str, str, int]], *, of: int) -> list[Piece]:
    pieces, before = [], 0
    for name, words, number in parts:
        if number:
            begin, length = (f"{100 * part / of:.2f}" for part in (before, number))
            pieces.append(Piece(name=name, words=words, number=number, begin=begin, length=length))
        before += number
    return pieces


@dataclass(frozen=True, kw_only=True)
class Column:
    words: str
    number: int
    x: str
    y: str
    height: str


def columns(rows: Sequence[tuple[str, int]]) -> list[Column]:
    """One beside the other, the highest of them of full height. What is not nothing can be seen."""
    most = max((number for _, number in rows), default=0) or 1
    heights = [max(100 * number / most, 2.0) if number else 0.0 for _, number in rows]
    return [
        Column(words=words, number=number, x=f"{place}", y=f"{100 - height:.2f}", height=f"{height:.2f}")
        for place, ((words, number), height) in enumerate(zip(rows, heights, strict=True))
    ]
