"""The OpenID provider: where it is, how a sign-in there begins, and what its answer is worth.

allauth keeps the state, makes the PKCE challenge and exchanges the code. It asks for no nonce, and believes an ID token
of which it checked neither signature nor algorithm, because TLS brought it. Here both are checked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from dashboard.access.signing_in.capped import CappedSession

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""None of them signs with a secret: what is public would be one."""
SCOPES = ["openid", "profile", "email"]
LEEWAY = 60
"""Seconds by which the clocks may differ."""
NEEDED = ["iss", "aud", "sub", "exp", "iat"]

BROKEN = (
    *(requests.RequestException, OAuth2Error),
    *(KeyError, ValueError, TypeError, AttributeError, RecursionError),
)
"""What reading an answer raises that no provider gives."""
AWAY = "The OpenID provider did not answer as it should. Try again, or sign in with a password."
STALE = "This sign-in was begun elsewhere, is too old, or was used before. Begin it again here."
REFUSED = "The OpenID provider did not sign you in. Try again there."
NOT_SIGNED = "The OpenID provider's answer is not signed with its key. Nothing was believed."
SENTENCES: list[tuple[type[Exception], str]] = [
    (
        jwt.ExpiredSignatureError,
        "The OpenID provider's answer has expired. Sign in again; if it happens twice, a clock is wrong.",
    ),
    (jwt.ImmatureSignatureError, "The OpenID provider's answer comes from the future. A clock is wrong."),
    (jwt.InvalidIssuerError, "The answer comes from another issuer than the one in OIDC_ISSUER. Nothing was believed."),
    (
        jwt.InvalidAudienceError,
        "The OpenID provider's answer is for another client than this one. Nothing was believed.",
    ),
    (
        jwt.InvalidAlgorithmError,
        "The OpenID provider's answer is signed in a way that is not accepted. Nothing was believed.",
    ),
    (
        jwt.MissingRequiredClaimError,
        "The OpenID provider's answer lacks what every such answer has. Nothing was believed.",
    ),
    (jwt.PyJWTError, NOT_SIGNED),
]
OTHER_NONCE = "The OpenID provider's answer is for another sign-in than this one. Begin again here."
OTHER_PERSON = "The OpenID provider says two different things of who you are. Nothing was believed."


class Unbelieved(Exception):
    """The text is for the person who signs in."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    claims: dict[str, Any]
    state: dict[str, Any]

    @property
    def sub(self) -> str:
        return str(self.claims["sub"])

    @property
    def groups(self) -> list[str]:
        groups = self.claims.get("groups")
        return [group for group in groups if isinstance(group, str)] if isinstance(groups, list) else []


class Issuer(OpenIDConnectOAuth2Adapter):
    def get_provider(self) -> OpenIDConnectProvider:
        return _provider(self.request)

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("login-openid-callback"))


class Provider(OpenIDConnectProvider):
    def __init__(self, request: HttpRequest, app: SocialApp) -> None:
        super().__init__(request=request, app=app)
        # One for all, so that what it says of itself is asked for once.
        self.issuer = Issuer(request, app.provider_id)

    def get_oauth2_adapter(self, request: HttpRequest) -> Issuer:
        return self.issuer

    def get_scope(self) -> list[str]:
        """Some refuse a scope that they do not offer."""
        return [*SCOPES, *({"groups"} & set(self.issuer.openid_config.get("scopes_supported", [])))]


def begin(request: HttpRequest, *, onward: str, again: bool = False, connect: bool = False) -> HttpResponse:
    """Leads to the issuer. `again` has it ask the person anew, although they have a session there."""
    nonce = secrets.token_urlsafe(24)
    params = {"nonce": nonce} | ({"prompt": "login", "max_age": "0"} if again else {})
    try:
        return _provider(request).redirect(
            request, AuthProcess.LOGIN, onward, auth_params=params, nonce=nonce, connect=connect
        )
    except BROKEN as error:
        raise Unbelieved(AWAY) from error


def answered(request: HttpRequest) -> Answer:
    """What the issuer says of the person. Raises `Unbelieved` unless all of it holds."""
    provider = _provider(request)
    state = statekit.unstash_state(request, provider_id=provider.sub_id, state_id=request.GET.get("state", ""))
    if state is None:
        raise Unbelieved(STALE)
    if "code" not in request.GET:
        raise Unbelieved(REFUSED)
    issuer = provider.get_oauth2_adapter(request)
    client = issuer.get_client(request, provider.app)
    try:
        tokens = client.get_access_token(request.GET["code"], pkce_code_verifier=state["pkce_code_verifier"])
        claims = _verified(tokens["id_token"], issuer.openid_config, nonce=state["nonce"])
        if "groups" not in claims and "userinfo_endpoint" in issuer.openid_config:
            told = issuer._fetch_user_info(tokens["access_token"])
            if told.get("sub") != claims["sub"]:
                raise Unbelieved(OTHER_PERSON)
            claims = told | claims
    except jwt.PyJWTError as error:
        raise Unbelieved(next(sentence for kind, sentence in SENTENCES if isinstance(error, kind))) from error
    except BROKEN as error:
        raise Unbelieved(AWAY) from error
    return Answer(claims=claims, state=state)


def _verified(token: str, config: dict[str, Any], *, nonce: str) -> dict[str, Any]:
    if config["issuer"] != settings.OIDC_ISSUER:
        raise jwt.InvalidIssuerError
    header = jwt.get_unverified_header(token)
    if header["alg"] not in ALGORITHMS:
        raise jwt.InvalidAlgorithmError
    with CappedSession() as session:
        keys = jwt.PyJWKSet.from_dict(session.get(config["jwks_uri"]).json()).keys
    fitting = [key for key in keys if header.get("kid") in {None, key.key_id} and key.public_key_use != "enc"]
    if not fitting:
        raise jwt.InvalidSignatureError
    claims: dict[str, Any] = jwt.decode(
        token,
        # With the key comes the way it signs, to which the token's own word must agree.
        fitting[0],
        algorithms=[header["alg"]],
        audience=settings.OIDC_CLIENT_ID,
        issuer=settings.OIDC_ISSUER,
        leeway=LEEWAY,
        options={"require": NEEDED},
    )
    # One that was made for several clients names the one that it was given to.
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise jwt.InvalidAudienceError
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Unbelieved(OTHER_NONCE)
    return claims


def _provider(request: HttpRequest) -> Provider:
    app = SocialApp(
        provider="openid_connect",
        provider_id="openid",
        name="OpenID",
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={"server_url": settings.OIDC_ISSUER.rstrip("/"), "oauth_pkce_enabled": True},
    )
    return Provider(request=request, app=app)
