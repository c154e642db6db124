"""A Merkle tree over a deletion's items: its root stands for all of them, and a short path proves one.

As in RFC 6962 the hashes of leaves and of nodes begin with different bytes, so that no node can pass for a leaf. Other
than there a node has up to 16 children: a path is some 2 KB longer, and the tree costs half as much to make. Each leaf
has a salt of its own: whoever sees its hash beside a path can't guess which task it is. `docs/certificates.md`
describes the format, and `docs/verify.py` checks it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 16
BLOCK = WIDTH**2
"""Items whose common hash is kept, so that a path needs only the items of one block to be read again."""
SALT = 16
LEAF, NODE = hashlib.sha256(b"\0"), b"\1"

Path = list[list[str]]
"""By level, from the leaves up: the other children of the same node, in their order."""


class Block(NamedTuple):
    first: int
    """The key of its first item."""
    hash: bytes

    def packed(self) -> bytes:
        return self.first.to_bytes(8, "big") + self.hash


class Growing:
    """Takes items in their order, and keeps a hash for each block of them."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.leaves = 0
        self.blocks: list[Block] = []
        self._keys: list[int] = []
        self._lines: list[str] = []

    def add(self, keys: Sequence[int], lines: Sequence[str]) -> None:
        self._keys += keys
        self._lines += lines
        self.leaves += len(lines)
        whole = len(self._lines) - len(self._lines) % BLOCK
        self._take(whole)
        del self._keys[:whole], self._lines[:whole]

    def root(self) -> bytes:
        self._take(len(self._lines))
        self._lines = []
        return root_of([block.hash for block in self.blocks])

    def packed(self) -> bytes:
        return b"".join(block.packed() for block in self.blocks)

    def _take(self, number: int) -> None:
        for start in range(0, number, BLOCK):
            own = hashes(self.secret, len(self.blocks), self._lines[start : min(start + BLOCK, number)])
            self.blocks.append(Block(self._keys[start], above(above(own))[0]))


def unpacked(packed: bytes) -> list[Block]:
    size = 8 + LEAF.digest_size
    pieces = (packed[start : start + size] for start in range(0, len(packed), size))
    return [Block(int.from_bytes(piece[:8], "big"), piece[8:]) for piece in pieces]


def salts(secret: bytes, block: int) -> bytes:
    """The salts of a block's items, one after the other."""
    return hashlib.shake_256(secret + block.to_bytes(8, "big")).digest(SALT * BLOCK)


def hashes(secret: bytes, block: int, lines: Sequence[str]) -> list[bytes]:
    """The leaves of a block."""
    salted, start, found = salts(secret, block), 0, []
    for line in lines:
        digest = LEAF.copy()
        digest.update(salted[start : start + SALT] + line.encode())
        start += SALT
        found.append(digest.digest())
    return found


def above(nodes: Sequence[bytes]) -> list[bytes]:
    """The next level of the tree."""
    parts = (nodes[start : start + WIDTH] for start in range(0, len(nodes), WIDTH))
    return [hashlib.sha256(NODE + b"".join(part)).digest() for part in parts]


def root_of(blocks: Sequence[bytes]) -> bytes:
    while len(blocks) > 1:
        blocks = above(blocks)
    return blocks[0] if blocks else NODE.ljust(LEAF.digest_size, b"\0")


def path(leaves: Sequence[bytes], place: int, blocks: Sequence[bytes], block: int) -> Path:
    """Of the leaf at `place` in a block, up to the root."""
    siblings, nodes = [], leaves
    # A block has two levels, however few items it has.
    for _ in range(2):
        siblings.append(_siblings(nodes, place))
        nodes, place = above(nodes), place // WIDTH
    nodes, place = blocks, block
    while len(nodes) > 1:
        siblings.append(_siblings(nodes, place))
        nodes, place = above(nodes), place // WIDTH
    return siblings


def _siblings(nodes: Sequence[bytes], place: int) -> list[str]:
    start = place - place % WIDTH
    return [node.hex() for number, node in enumerate(nodes[start : start + WIDTH], start) if number != place]
