"""Receipts: one item of a deletion, with the path that proves it to whoever sees no other."""

from __future__ import annotations

import json
from bisect import bisect_right

from dashboard.deletions.certificates import reading, tree
from dashboard.deletions.certificates.issued import NotIssued, newest
from dashboard.deletions.models import Deletion, DeletionItem

FORMAT = "tensorslab-receipt/1"
CHANGED = "This part of the deletion is being looked at again. Ask for the receipt when a new certificate is made."


def receipt(deletion: Deletion, *, kind: str, task_id: str) -> str | None:
    """The receipt as JSON; None if the task is not in the deletion. Reads one block of items, whatever their number."""
    certificate = newest(deletion)
    item = DeletionItem.objects.filter(deletion=deletion, tracked__kind=kind, tracked__task_id=task_id).first()
    if item is None:
        return None
    blocks, secret = tree.unpacked(bytes(certificate.blocks)), bytes(certificate.salts)
    number = bisect_right([block.first for block in blocks], item.pk) - 1
    following = blocks[number + 1].first - 1 if number + 1 < len(blocks) else deletion.last_item
    some = reading.between(deletion, blocks[number].first, following)
    place = reading.keys(some).index(item.pk)
    leaves = tree.hashes(secret, number, reading.leaves(some))
    if tree.above(tree.above(leaves)) != [blocks[number].hash]:
        raise NotIssued(CHANGED)
    salt = tree.salts(secret, number)[place * tree.SALT :][: tree.SALT]
    whole = {
        "format": FORMAT,
        "item": _said(some[place]),
        "place": number * tree.BLOCK + place,
        "salt": salt.hex(),
        "path": tree.path(leaves, place, [block.hash for block in blocks], number),
    }
    beside = f'"certificate": {{"signed": {certificate.signed},\n "signature": "{certificate.signature}"}}'
    return f"{json.dumps(whole, ensure_ascii=False)[:-1]},\n {beside}}}\n"


def _said(one: reading.Written) -> dict[str, str | None]:
    """The item in the report's words, from the text that is hashed."""
    _, task, outcome, known = one
    evidence, seen_at, settled_at = (None if word == "-" else word for word in known.split("|"))
    kind, task_id = task[1:].split(" ", 1)
    moments = {"seen_at": _moment(seen_at), "settled_at": _moment(settled_at)}
    return {"kind": kind, "task_id": task_id, "outcome": outcome, "evidence": evidence, **moments}


def _moment(text: str | None) -> str | None:
    return f"{text.replace(' ', 'T')}Z" if text else None
