"""The keys that authenticate the audit log: a hash under one of them can't be made by who has the database alone.

They are kept outside of it, in `AUDIT_KEY`, the file that `AUDIT_KEY_FILE` names, or `VAR_DIR/audit_key`; white space
stands between them. The first one is used; the others are older, and only recognise what was written with them.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from django.conf import settings


def authenticated(text: str) -> str:
    """HMAC-SHA256 of a text under the key that is used now, in hexadecimal."""
    return _under(settings.AUDIT_KEYS[0], text)


def recognised(text: str, hash: str) -> bool:
    """Whether this is the hash of a text under any of the keys."""
    return any(hmac.compare_digest(_under(key, text), hash) for key in settings.AUDIT_KEYS)


def numbers(text: str) -> list[int]:
    """The HMACs of a text as numbers, under each of the keys; the one that is used now comes first."""
    return [int(_under(key, text), 16) for key in settings.AUDIT_KEYS]


def _under(key: str, text: str) -> str:
    digest = _begun(key).copy()
    digest.update(text.encode())
    return digest.hexdigest()


@lru_cache
def _begun(key: str) -> hmac.HMAC:
    """To take in the key takes as long as to take in an entry."""
    return hmac.new(key.encode(), digestmod="sha256")
