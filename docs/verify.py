"""Checks a certificate or a receipt of the dashboard, without the dashboard: python verify.py FILE --keys keys.json

Needs Python 3.11 and `cryptography`, and nothing else of the product. It prints what it checked; exit status 1 and the
sentence that starts with WRONG say what does not hold. The format is described in certificates.md beside it.

  FILE               certificate.json, of a deletion or of forgetting, or receipt.json
  --keys FILE        the public keys that you trust: /audit/keys.json, fetched when you had reason to trust it
  --report FILE      report.json, fetched with the certificate: compares every item and every call
  --log FILE         the audit log as `manage.py verify_audit --export` writes it
  --audit-key FILE   the audit log's key: with it no entry can have been written by somebody else
  --before FILE      the certificate that this one says came before it
  --tasks FILE       for a certificate of forgetting: its tasks, a line `<kind> <task_id>` each, in any order
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import hmac
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import count, islice
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

RECEIPT_HAS = {"format", "item", "salt", "place", "path", "certificate"}
ITEM_HAS = {"kind", "task_id", "outcome", "evidence", "seen_at", "settled_at"}
CERTIFICATE, RECEIPT = "tensorslab-certificate/1", "tensorslab-receipt/1"
FORGETTING = "tensorslab-forgetting/1"
WIDTH, SALT = 16, 16
BLOCK = WIDTH**2
LEAF, NODE = hashlib.sha256(b"\0"), b"\1"
SORTED_AT_ONCE = 200_000
PSEUDONYM = re.compile(r"erased-[0-9a-f]{8}", re.ASCII)
GENESIS = "0" * 64
ASKED = {"requested_by": "actor", "reason": "reason"}
KINDS, EVIDENCE = {"image", "video"}, {"said", "seen", None}
OUTCOMES = {"waiting", "sent", "deleted", "already_gone", "refused", "unknown", "skipped", "kept"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class Wrong(Exception):
    """The text says what does not hold."""


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("file", type=Path)
    words.add_argument("--keys", type=Path, required=True)
    for name in ("report", "log", "audit-key", "before", "tasks"):
        words.add_argument(f"--{name}", type=Path)
    given = words.parse_args()
    try:
        for sentence in checked(given):
            print(f"ok     {sentence}")
    except Wrong as wrong:
        sys.exit(f"WRONG  {wrong}")
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, OSError) as error:
        sys.exit(f"WRONG  Something can't be read: {type(error).__name__}: {error}")
    print("It holds.")


def checked(given: argparse.Namespace) -> Iterator[str]:
    whole = read(given.file.read_text(encoding="utf-8"))
    receipt = whole if whole.get("format") == RECEIPT else None
    certificate = receipt["certificate"] if receipt else whole
    said = certificate["signed"]
    if set(whole) - (RECEIPT_HAS if receipt else {"signed", "signature", "opened"}):
        raise Wrong("Something stands beside the signature that it does not cover.")
    yield from signature(certificate, read(given.keys.read_text(encoding="utf-8")))
    if receipt:
        yield from item(receipt, said)
    else:
        yield from people(certificate)
    if given.before:
        other = canonical(read(given.before.read_text(encoding="utf-8"))["signed"])
        if hashlib.sha256(other.encode()).hexdigest() != (said["previous"] or {}).get("sha256"):
            raise Wrong("The certificate that came before is another one.")
        yield f"certificate {said['previous']['number']} came before it"
    if given.tasks:
        yield same_tasks(said, given.tasks)
    if given.report:
        yield from report(certificate, given.report)
    if given.log:
        keys = given.audit_key.read_text(encoding="utf-8").split() if given.audit_key else []
        yield from log(said, given.log, keys)


# What is signed


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Otherwise two readers could read two things."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Wrong("A key stands twice in the same object.")
    return found


def read(text: str) -> Any:
    return json.loads(text, object_pairs_hook=once)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def signature(certificate: dict[str, Any], trusted: dict[str, Any]) -> Iterator[str]:
    said = certificate["signed"]
    if said["format"] not in {CERTIFICATE, FORGETTING}:
        raise Wrong(f"The format is “{said['format']}”, not {CERTIFICATE} or {FORGETTING}.")
    key = said["key"]
    known = {one["id"]: one["public_key"] for one in trusted["keys"]}
    if known.get(key["id"]) != key["public_key"] or key["algorithm"] != "Ed25519":
        raise Wrong(f"The key {key['id']} is not among those that you trust.")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public_key"]))
    try:
        public.verify(bytes.fromhex(certificate["signature"]), canonical(said).encode())
    except InvalidSignature:
        raise Wrong("The signature is not that of this text: the certificate was altered.") from None
    is_forgetting = said["format"] == FORGETTING
    of = f"of forgetting {said['forgetting']}" if is_forgetting else f"{said['number']} of deletion {said['deletion']}"
    yield f"certificate {of}, signed with the key {key['id']}"
    numbers = {"tasks": said["tasks"]["total"], **said["erased"]} if is_forgetting else said["outcomes"]
    yield ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number)


def same_tasks(said: dict[str, Any], file: Path) -> str:
    """One who was forgotten can show that a task of theirs was among these, to who knows the others."""
    ids = sorted(file.read_bytes().splitlines())
    if hashlib.sha256(b"".join(b"%b\n" % line for line in ids)).hexdigest() != said["fingerprint"]:
        raise Wrong("The tasks are not those of the certificate: their fingerprint is another.")
    return f"the fingerprint of {len(ids):,} tasks"


def people(certificate: dict[str, Any]) -> Iterator[str]:
    if set(certificate["opened"]) != set(certificate["signed"]["people"]):
        raise Wrong("It names others than were signed.")
    for name, commitment in certificate["signed"]["people"].items():
        opened = certificate["opened"][name]
        if (commitment is None) != (opened is None):
            raise Wrong(f"What it says as “{name}” was added or left out.")
        if opened is None:
            continue
        value, salt = opened["value"], opened["salt"]
        if salt is None:
            # A person who was erased: nothing can be proven, and nothing may be said but the pseudonym.
            if value and not PSEUDONYM.fullmatch(value):
                raise Wrong(f"“{value}” stands as “{name}” and nothing proves it.")
            yield f"{name}: erased{f', now “{value}”' if value else ''}"
        elif committed(salt, value) != commitment:
            raise Wrong(f"“{value}” is not what was signed as “{name}”.")
        else:
            yield f"{name}: {value}"


def committed(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt} {value}".encode()).hexdigest()


# The tree over all items


def line_of(item: dict[str, Any]) -> str:
    if item["outcome"] not in OUTCOMES or item["evidence"] not in EVIDENCE:
        raise Wrong(f"No item can be {item['outcome']} and {item['evidence']}.")
    seen_at, settled_at = moment(item["seen_at"]), moment(item["settled_at"])
    return f"{item['outcome']}|{item['evidence'] or '-'}|{seen_at}|{settled_at}|{frozen(item)}"


def moment(text: str | None) -> str:
    if text and not MOMENT.fullmatch(text):
        raise Wrong(f"“{text}” is no moment in UTC.")
    return text[:19].replace("T", " ") if text else "-"


def frozen(item: dict[str, Any]) -> str:
    if item["kind"] not in KINDS:
        raise Wrong(f"“{item['kind']}” is no kind of task.")
    skipped = item["outcome"] == "skipped" and item["settled_at"] is None
    return f"{'-' if skipped else '+'}{item['kind']} {item['task_id']}"


def leaf(salt: bytes, line: str) -> bytes:
    digest = LEAF.copy()
    digest.update(salt + line.encode())
    return digest.digest()


def above(nodes: list[bytes]) -> list[bytes]:
    return [
        hashlib.sha256(NODE + b"".join(nodes[start : start + WIDTH])).digest() for start in range(0, len(nodes), WIDTH)
    ]


def widths(leaves: int) -> list[int]:
    """How many nodes each level has, from the leaves up to the one below the root. There are two levels at least."""
    found = [leaves, -(-leaves // WIDTH)]
    while (number := -(-found[-1] // WIDTH)) > 1:
        found.append(number)
    return found


def item(receipt: dict[str, Any], said: dict[str, Any]) -> Iterator[str]:
    one, place, levels = receipt["item"], receipt["place"], widths(said["tree"]["leaves"])
    if not 0 <= place < said["tree"]["leaves"] or len(receipt["path"]) != len(levels):
        raise Wrong("The receipt's path does not lead to a place in this tree.")
    if set(one) != ITEM_HAS:
        raise Wrong("The receipt's item has other fields than a certificate proves.")
    here = leaf(bytes.fromhex(receipt["salt"]), line_of(one))
    at = place
    for siblings, number in zip(receipt["path"], levels, strict=True):
        first = at - at % WIDTH
        nodes = [bytes.fromhex(one) for one in siblings]
        nodes.insert(at - first, here)
        if len(nodes) != min(WIDTH, number - first) or any(len(node) != 32 for node in nodes):
            raise Wrong("The receipt's path does not fit the tree.")
        [here], at = above(nodes), at // WIDTH
    if here.hex() != said["tree"]["root"]:
        raise Wrong("The receipt's item is not in the certificate's tree as it is told here.")
    told = f"{one['kind']} {one['task_id']}: {one['outcome']}" + (f", {one['evidence']}" if one["evidence"] else "")
    yield f"item {place + 1:,} of {said['tree']['leaves']:,}: {told}"


# All items and calls


def report(certificate: dict[str, Any], file: Path) -> Iterator[str]:
    said = certificate["signed"]
    with file.open(encoding="utf-8") as lines:
        head = read(next(lines).rstrip().removesuffix(",") + "}")
        named = head["certificate"] or {"number": None}
        if (head["id"], named["number"]) != (said["deletion"], said["number"]):
            raise Wrong(f"The report is not that of this certificate: it names {head['id']}, {named['number']}.")
        hashes, numbers = read_items(listed(lines, "items"), bytes.fromhex(named["salts"]))
        yield from same_items(said, hashes, numbers)
        yield from calls(said["calls"], listed(lines, "calls"))
        yield from same_head(certificate, head, read("{" + next(lines)))


def read_items(items: Iterator[dict[str, Any]], secret: bytes) -> tuple[dict[str, str], Counter[str]]:
    manifest, numbers, nodes, ids, in_order = hashlib.sha256(), Counter[str](), list[bytes](), list[bytes](), []
    for block in count():
        some = list(islice(items, BLOCK))
        tasks = [frozen(one) for one in some]
        manifest.update("".join([f"{task}\n" for task in tasks]).encode())
        ids += [f"{task[1:]}\n".encode() for task in tasks if task[0] == "+"]
        if len(ids) >= SORTED_AT_ONCE or not some:
            in_order.append(BytesIO(b"".join(sorted(ids))))
            ids = []
        if not some:
            break
        salts = hashlib.shake_256(secret + block.to_bytes(8, "big")).digest(SALT * BLOCK)
        leaves = [leaf(salts[SALT * place :][:SALT], line_of(one)) for place, one in enumerate(some)]
        nodes += above(above(leaves))
        numbers.update([one["outcome"] for one in some])
        numbers.update([f"evidence {one['evidence']}" for one in some])
    while len(nodes) > 1:
        nodes = above(nodes)
    fingerprint, merged = hashlib.sha256(), heapq.merge(*in_order)
    while lines := list(islice(merged, 1000)):
        fingerprint.update(b"".join(lines))
    hashes = {"root": b"".join(nodes), "hash": manifest.digest(), "fingerprint": fingerprint.digest()}
    return {name: digest.hex() for name, digest in hashes.items()}, numbers


def same_items(said: dict[str, Any], hashes: dict[str, str], numbers: Counter[str]) -> Iterator[str]:
    for name, known in {**said["manifest"], **said["tree"]}.items():
        if name in hashes and hashes[name] != known:
            raise Wrong(f"The report's items are not those of the certificate: its {name} is another.")
    counted = {name: numbers[name] for name in said["outcomes"]}
    known = {name: said["evidence"][name] for name in ("said", "seen")}
    if counted != said["outcomes"] or known != {name: numbers[f"evidence {name}"] for name in known}:
        raise Wrong("The report's items do not add up to the certificate's numbers.")
    yield f"the report's {said['manifest']['total']:,} items: tree, manifest, fingerprint and numbers"


def same_head(certificate: dict[str, Any], head: dict[str, Any], end: dict[str, Any]) -> Iterator[str]:
    said = certificate["signed"]
    known = {name: said[name] for name in ("state", "host")} | {"inspections": said["evidence"]["inspections"]}
    known |= {name: certificate["opened"][name]["value"] for name in ("requested_by", "reason")}
    for name, value in [*known.items(), ("counts", said["outcomes"])]:
        if {**head, **end}[name] != value:
            raise Wrong(f"The report says of {name}: {({**head, **end})[name]}; the certificate: {value}.")
    yield "the report's head"


def listed(lines: Iterator[str], name: str) -> Iterator[dict[str, Any]]:
    """One list of the report, as the dashboard writes it: an object in each line."""
    first = next(lines).rstrip()
    if first == f' "{name}": [],':
        return
    if first != f' "{name}": [':
        raise Wrong(f"The report is not written as the dashboard does it: “{name}” is missing.")
    decoder = json.JSONDecoder(object_pairs_hook=once)
    for line in lines:
        found, end = decoder.raw_decode(line, 2)
        yield found
        if (rest := line[end:].rstrip()) == "],":
            return
        if rest != ",":
            raise Wrong(f"The report is not written as the dashboard does it: {line[:60].strip()} …")


def calls(said: dict[str, Any], rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    digest, statuses = hashlib.sha256(), Counter[str]()
    for row in islice(rows, said["count"]):
        digest.update(f"{canonical(row)}\n".encode())
        statuses[row["status"] or "none"] += 1
    if digest.hexdigest() != said["hash"] or statuses != said["by_status"]:
        raise Wrong("The report's calls are not those of the certificate.")
    later = sum(1 for _ in rows)
    yield f"the report's {said['count']:,} calls" + (f"; {later:,} more were made since" if later else "")


# The audit log


def log(said: dict[str, Any], file: Path, keys: list[str]) -> Iterator[str]:
    place, previous, number, key_told = said["log"], GENESIS, 0, False
    wanted: dict[int, list[str]] = {}
    for name, named in place.items():
        if named and name != "beginning":
            wanted.setdefault(named["sequence"], []).append(name)
    with file.open(encoding="utf-8") as lines:
        for text in lines:
            entry, number = read(text), number + 1
            if entry["sequence"] != number or entry["previous_hash"] != previous:
                raise Wrong(f"Line {number} of the log does not follow the one before it.")
            if reason := wrong_entry(entry, keys):
                raise Wrong(f"Entry {number} of the log: {reason}")
            if number == 1 and entry["hash"] != place["beginning"]:
                raise Wrong("This is another log: it does not begin as the certificate says.")
            for name in wanted.pop(number, []):
                same_entry(said, name, entry)
            told = entry["action"] == "certificate.key" and entry["subject"] == said["key"]["id"]
            key_told = key_told or (told and entry["detail"]["public_key"] == said["key"]["public_key"])
            previous = entry["hash"]
    if wanted:
        raise Wrong(f"The log ends before entry {min(wanted)}, which the certificate names.")
    if not key_told:
        raise Wrong(f"The log does not tell of the key {said['key']['id']}.")
    yield f"the log's {number:,} entries follow each other, and those that it names say what it says"
    if keys:
        yield "the log's entries were written with the audit key"


def wrong_entry(entry: dict[str, Any], keys: list[str]) -> str:
    commitments = entry.get("commitments", {})
    values = {**entry, "reason": str(entry["detail"].get("reason", ""))}
    for name, salt in entry.get("salts", {}).items():
        if committed(salt, values[name]) != commitments[name]:
            return f"its {name} is not what it was."
    rest = {name: value for name, value in entry.items() if name not in {"hash", "salts", *commitments}}
    if "reason" in commitments:
        rest["detail"] = {name: value for name, value in entry["detail"].items() if name != "reason"}
    text = canonical(rest).encode()
    if keys and all(hmac.new(key.encode(), text, "sha256").hexdigest() != entry["hash"] for key in keys):
        return "it was not written with the audit key, or its fields were changed."
    return ""


def same_entry(said: dict[str, Any], name: str, entry: dict[str, Any]) -> None:
    detail, manifest = entry["detail"], said.get("manifest", {})
    pairs = [(entry["hash"], said["log"][name]["hash"])]
    if name != "head":
        pairs.append((entry["subject"], said["forgetting" if said["format"] == FORGETTING else "deletion"]))
    if name == "confirmed":
        pairs += [(detail["fingerprint"], manifest["fingerprint"]), (detail["manifest"], manifest["hash"])]
        pairs += [(entry["commitments"].get("actor"), said["people"]["requested_by"])]
        pairs += [(entry["commitments"].get("reason"), said["people"]["reason"])]
    elif name == "asked":
        pairs += [(entry["action"], "task.forgotten")]
        pairs += [(entry["commitments"].get(field), said["people"][one]) for one, field in ASKED.items()]
    elif name == "erased":
        pairs += [(detail["fingerprint"], said["fingerprint"]), (detail["erased"], said["erased"])]
        pairs += [(detail["tasks"], said["tasks"]["total"])]
    elif name == "approved":
        pairs += [(entry["commitments"].get("actor"), said["people"]["approved_by"])]
    elif name == "closed":
        pairs += [(detail["root"], said["tree"]["root"]), (detail["counts"], said["outcomes"])]
        pairs += [(detail["state"], said["state"]), (detail["manifest"], manifest["hash"])]
    if any(told != known for told, known in pairs):
        raise Wrong(f"Entry {entry['sequence']} of the log is not the one that the certificate names as “{name}”.")


if __name__ == "__main__":
    main()
