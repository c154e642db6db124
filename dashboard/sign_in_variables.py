"""The variables that say how people sign in."""

from __future__ import annotations

import re

from dashboard.env import Env, Mistyped

ROLES = ("viewer", "operator", "approver", "administrator")
EVERYBODY = "*"
"""In `OIDC_ROLES`, the group of everybody whom the issuer knows."""
EXAMPLE = "https://id.example.com"
LOOPBACK = r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/.*)?"


def roles(env: Env, name: str) -> tuple[str, ...]:
    found = tuple(word.strip() for word in env.text(name).split(",") if word.strip())
    for word in found:
        _require_role(name, word)
    return found


def openid(env: Env) -> tuple[str, str, str, dict[str, str]]:
    """Issuer, client, its secret, and the role of each group; all empty without an issuer."""
    if not env.text("OIDC_ISSUER"):
        return "", "", "", {}
    # Not without a slash that it ends with: what the issuer calls itself is compared to the letter.
    env.url("OIDC_ISSUER", EXAMPLE)
    issuer = env.text("OIDC_ISSUER")
    if not issuer.startswith("https://") and not re.fullmatch(LOOPBACK, issuer, re.ASCII):
        raise Mistyped(f"OIDC_ISSUER is “{issuer}”. Who signs in there must do so by https, such as {EXAMPLE}.")
    client, secret, by_group = env.text("OIDC_CLIENT_ID"), env.secret("OIDC_CLIENT_SECRET"), _role_by_group(env)
    given = {"OIDC_CLIENT_ID": client, "OIDC_CLIENT_SECRET": secret, "OIDC_ROLES": by_group}
    if missing := [name for name, value in given.items() if not value]:
        raise Mistyped(f"OIDC_ISSUER is set and {missing[0]} is not. Set both, or neither.")
    return issuer, client, secret, by_group


def remote_user_header(env: Env) -> str:
    """The key in `request.META` of the header in which a proxy names who is signed in; empty for none."""
    word = env.text("REMOTE_USER_HEADER")
    if word and not re.fullmatch(r"[A-Za-z0-9-]+", word, re.ASCII):
        raise Mistyped(f"REMOTE_USER_HEADER is “{word}”. Use the name of a header, such as X-Remote-User.")
    if word and not env.text("TRUSTED_PROXIES"):
        raise Mistyped("REMOTE_USER_HEADER is set and TRUSTED_PROXIES is not. No one else's word is taken for it.")
    return f"HTTP_{word.upper().replace('-', '_')}" if word else ""


def _role_by_group(env: Env) -> dict[str, str]:
    found = {}
    for word in env.text("OIDC_ROLES").split(","):
        group, equals, role = (part.strip() for part in word.rpartition("="))
        if word.strip() and not (group and equals):
            raise Mistyped(f"OIDC_ROLES holds “{word.strip()}”. Use pairs such as ops=administrator,ml=operator.")
        if word.strip():
            _require_role("OIDC_ROLES", role)
            found[group] = role
    return found


def _require_role(name: str, word: str) -> None:
    if word not in ROLES:
        raise Mistyped(f"{name} holds “{word}”. The roles are {', '.join(ROLES)}.")
