"""Ways to forge or alter a certificate, a receipt, or what is compared with them, and what the script says of each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dashboard.audit import chain
from tests.deletions.certificates.conftest import Files

Forge = Callable[[Files], None]
OF_CERTIFICATES: dict[str, tuple[Forge, str]] = {}
OF_RECEIPTS: dict[str, tuple[Forge, str]] = {}


def certificate(told: str) -> Callable[[Forge], Forge]:
    return _in(OF_CERTIFICATES, told)


def receipt(told: str) -> Callable[[Forge], Forge]:
    return _in(OF_RECEIPTS, told)


def _in(where: dict[str, tuple[Forge, str]], told: str) -> Callable[[Forge], Forge]:
    def remember(forge: Forge) -> Forge:
        where[forge.__name__] = (forge, told)
        return forge

    return remember


@certificate("The signature is not that of this text")
def more_were_deleted_than_it_says(files: Files) -> None:
    files.certificate["signed"]["outcomes"] |= {"deleted": 4, "kept": -1}


@certificate("The signature is not that of this text")
def the_root_is_that_of_other_items(files: Files) -> None:
    files.certificate["signed"]["tree"]["root"] = "0" * 64


@certificate("The signature is not that of this text")
def a_fact_is_added(files: Files) -> None:
    files.certificate["signed"]["witness"] = "A notary"


@certificate("is not among those that you trust")
def it_is_signed_with_a_key_of_their_own(files: Files) -> None:
    sign_anew(files.certificate)


@certificate("is not among those that you trust")
def their_own_key_has_the_id_of_ours(files: Files) -> None:
    ours = files.certificate["signed"]["key"]["id"]
    sign_anew(files.certificate, id=ours)


@certificate("is not what was signed as “requested_by”")
def somebody_else_requested_it(files: Files) -> None:
    files.certificate["opened"]["requested_by"]["value"] = "mallory"


@certificate("nothing proves it")
def somebody_else_requested_it_and_was_erased(files: Files) -> None:
    files.certificate["opened"]["requested_by"] = {"value": "mallory", "salt": None}


@certificate("was added or left out")
def an_approval_is_made_up(files: Files) -> None:
    files.certificate["opened"]["approved_by"] = {"value": "boss", "salt": "00"}


@certificate("It names others than were signed")
def a_witness_is_named(files: Files) -> None:
    files.certificate["opened"]["witnessed_by"] = {"value": "A notary", "salt": "00"}


@certificate("beside the signature that it does not cover")
def it_is_commented(files: Files) -> None:
    files.certificate["comment"] = "All copies were destroyed"


@certificate("the certificate: olga")
def the_report_names_somebody_else(files: Files) -> None:
    files.report = files.report.replace('"requested_by": "olga"', '"requested_by": "mallory"')


@certificate("items are not those of the certificate")
def an_item_ended_otherwise(files: Files) -> None:
    files.report = files.report.replace('"outcome": "deleted"', '"outcome": "refused"', 1)


@certificate("items are not those of the certificate")
def an_item_was_seen_that_was_only_said(files: Files) -> None:
    files.report = files.report.replace('"evidence": "said"', '"evidence": "seen"', 1)


@certificate("items are not those of the certificate")
def an_item_is_left_out(files: Files) -> None:
    lines = files.report.splitlines()
    files.report = "\n".join(lines[:2] + lines[3:]) + "\n"


@certificate("items are not those of the certificate")
def an_item_is_exchanged_for_another_task(files: Files) -> None:
    files.report = files.report.replace('"task_id": "', '"task_id": "x', 1)


@certificate("A key stands twice")
def an_item_says_two_things(files: Files) -> None:
    files.report = files.report.replace('"outcome": "deleted"', '"outcome": "kept", "outcome": "deleted"', 1)


@certificate("The report's calls are not those")
def a_call_is_left_out(files: Files) -> None:
    head, tail = files.report.split(' "calls": [', 1)
    _, rest = tail.split("],\n", 1)
    files.report = f'{head} "calls": [],\n{rest}'


@certificate("The report is not that of this certificate")
def the_report_is_that_of_another_deletion(files: Files) -> None:
    files.report = files.report.replace(files.certificate["signed"]["deletion"], "00000000-0000-0000-0000-000000000000")


@certificate("does not follow the one before it")
def the_log_lacks_the_confirmation(files: Files) -> None:
    files.log = [line for line in files.log if '"deletion.confirmed"' not in line]


@certificate("is not the one that the certificate names")
def the_log_is_written_anew(files: Files) -> None:
    """By whoever has no key: the entries follow each other, and hold what they like."""
    previous = chain.GENESIS
    for number, line in enumerate(files.log):
        entry = json.loads(line) | {"previous_hash": previous}
        if number:
            entry["hash"] = hashlib.sha256(line.encode()).hexdigest()
        previous = entry["hash"]
        files.log[number] = chain.canonical(entry)


@certificate("The log ends before entry")
def the_log_is_cut_off(files: Files) -> None:
    files.log = files.log[:2]


@receipt("is not in the certificate's tree")
def its_task_is_another(files: Files) -> None:
    files.receipt["item"]["task_id"] = "abcd_mine"


@receipt("is not in the certificate's tree")
def its_outcome_is_another(files: Files) -> None:
    files.receipt["item"]["outcome"] = "kept"


@receipt("is not in the certificate's tree")
def its_moment_is_another(files: Files) -> None:
    files.receipt["item"]["settled_at"] = "2020-01-01T00:00:00Z"


@receipt("is no moment in UTC")
def its_moment_is_in_another_zone(files: Files) -> None:
    files.receipt["item"]["settled_at"] = files.receipt["item"]["settled_at"].replace("Z", "+08:00")


@receipt("No item can be")
def its_outcome_is_a_word_of_their_own(files: Files) -> None:
    files.receipt["item"]["outcome"] = "destroyed"


@receipt("is not in the certificate's tree")
def its_place_is_another(files: Files) -> None:
    files.receipt["place"] = 0


@receipt("does not fit the tree")
def its_path_has_a_node_more(files: Files) -> None:
    files.receipt["path"][0].append("0" * 64)


@receipt("does not lead to a place")
def a_node_passes_for_an_item(files: Files) -> None:
    files.receipt["path"] = files.receipt["path"][1:]


@receipt("has other fields")
def it_says_more_than_was_proven(files: Files) -> None:
    files.receipt["item"]["message"] = "Deleted at the owner's wish"


@receipt("The signature is not that of this text")
def its_certificate_is_altered(files: Files) -> None:
    files.receipt["certificate"]["signed"]["host"] = "https://elsewhere.example.com"


@receipt("is not among those that you trust")
def its_certificate_is_made_up(files: Files) -> None:
    sign_anew(files.receipt["certificate"])


def sign_anew(certificate: dict[str, Any], **key: str) -> None:
    own = Ed25519PrivateKey.generate()
    public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    certificate["signed"]["key"] |= {"id": hashlib.sha256(public).hexdigest()[:16], "public_key": public.hex(), **key}
    certificate["signature"] = own.sign(chain.canonical(certificate["signed"]).encode()).hex()
