"""The keys that authenticate the audit log: without one an attacker who has only the database can't make a hash.

They come from `AUDIT_KEY`, the file that `AUDIT_KEY_FILE` names, or `VAR_DIR/audit_key`, separated by white space. The
first key is used for new entries; older keys only verify entries that were written with them.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from django.conf import settings


def authenticated(text: str) -> str:
    """HMAC-SHA256 of a text under the first key, in hexadecimal."""
    return _under(settings.AUDIT_KEYS[0], text)


def recognised(text: str, hash: str) -> bool:
    """Whether `hash` is the hash of a text under any of the keys."""
    return any(hmac.compare_digest(_under(key, text), hash) for key in settings.AUDIT_KEYS)


def numbers(text: str) -> list[int]:
    """The HMACs of a text as numbers, one for each key, that of the first key first."""
    return [int(_under(key, text), 16) for key in settings.AUDIT_KEYS]


def _under(key: str, text: str) -> str:
    digest = _begun(key).copy()
    digest.update(text.encode())
    return digest.hexdigest()


@lru_cache
def _begun(key: str) -> hmac.HMAC:
    """Cached, because starting an HMAC takes as long as hashing an entry."""
    return hmac.new(key.encode(), digestmod="sha256")
