"""Signs certificates (Ed25519), so that a reader outside of the product can check them with a public key alone.

The key is `CERTIFICATE_KEY`, the content of `CERTIFICATE_KEY_FILE`, or `VAR_DIR/certificate_key`. The audit log tells
of each key before anything is signed with it, so public keys of before stay known, and private ones need not be kept.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db import transaction

from dashboard.audit import chain
from dashboard.audit.models import AuditEvent

MADE = "certificate.key"
"""Action of the entry that tells of a key. Its subject is the key's id."""
ALGORITHM = "Ed25519"


@dataclass(frozen=True, kw_only=True)
class PublicKey:
    id: str
    public_key: str
    """In hexadecimal, like all bytes in certificates."""
    since: datetime
    entry: int
    """The entry of the audit log that tells of it."""


def public_key() -> str:
    return _key(settings.CERTIFICATE_KEY).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def key_id(public_key: str) -> str:
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def sign(text: str) -> str:
    return _key(settings.CERTIFICATE_KEY).sign(text.encode()).hex()


def introduce() -> None:
    """Tells the audit log of the present key, once. In a transaction of its own, before anything is signed with it."""
    present = public_key()
    if any(known.public_key == present for known in known_keys()):
        return
    with transaction.atomic():
        detail = {"algorithm": ALGORITHM, "public_key": present}
        chain.append(actor="", action=MADE, subject=key_id(present), detail=detail)


def known_keys() -> list[PublicKey]:
    """Every key that was ever used, the newest first. An entry that was not written by the product does not count."""
    return [
        PublicKey(id=event.subject, public_key=event.detail["public_key"], since=event.at, entry=event.sequence)
        for event in AuditEvent.objects.filter(action=MADE).order_by("-sequence")
        if chain.is_ours(event)
    ]


@lru_cache(maxsize=4)
def _key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
