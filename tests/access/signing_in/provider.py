"""An OpenID provider on loopback that answers as a test wants it to, also as none should."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "tasks", "the client's secret, long enough"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(name: str = "its") -> dict[str, Any]:
    return {**jwt.algorithms.RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True), "kid": "its", "use": "sig"}


@dataclass
class Provider:
    claims: dict[str, Any] = field(default_factory=dict)
    """What the ID token says besides, or instead of, what it should. None leaves a claim out."""
    userinfo: dict[str, Any] = field(default_factory=lambda: {"sub": "42"})
    algorithm: str = "RS256"
    signed_by: str = "its"
    header: dict[str, Any] = field(default_factory=lambda: {"kid": "its"})
    config: dict[str, Any] = field(default_factory=dict)
    padding: int = 0
    """Bytes before each answer."""
    moved: bool = False
    asked: list[str] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    """What the browser brought when the person signed in here."""

    def __enter__(self) -> Provider:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def signs_in(self, location: str) -> dict[str, str]:
        """The person signs in here. Returns what the browser brings back."""
        where = urlsplit(location)
        assert location.startswith(f"{self.url}/authorize?")
        self.params = {name: values[0] for name, values in parse_qs(where.query).items()}
        return {"code": "the code", "state": self.params["state"]}

    def token(self) -> str:
        now = int(datetime.now(UTC).timestamp())
        usual = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "42",
            "exp": now + 60,
            "iat": now,
            "nonce": self.params["nonce"],
        }
        claims = {name: value for name, value in (usual | self.claims).items() if value is not None}
        secret: Any = key(self.signed_by)
        if self.algorithm == "none":
            secret = None
        elif self.algorithm == "HS256":
            # What everybody knows, taken for a secret.
            return by_hand(claims, {"alg": "HS256", **self.header}, json.dumps(public()).encode())
        return jwt.encode(claims, secret, algorithm=self.algorithm, headers=self.header)

    def answer(self, path: str, body: dict[str, list[str]]) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            places = {f"{name}_endpoint": f"{self.url}/{place}" for name, place in names.items()}
            return {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "scopes_supported": ["openid", "groups"],
                **places,
            } | self.config
        if path == "/keys":
            return {"keys": [public()]}
        if path == "/userinfo":
            return self.userinfo
        challenge = base64.urlsafe_b64encode(hashlib.sha256(body["code_verifier"][0].encode()).digest()).rstrip(b"=")
        assert challenge.decode() == self.params["code_challenge"]
        assert (self.params["code_challenge_method"], self.params["client_id"]) == ("S256", CLIENT)
        assert (body["client_id"], body["client_secret"], body["code"]) == ([CLIENT], [SECRET], ["the code"])
        return {"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": self.token()}


def handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = provider.answer(self.path, parse_qs(self.rfile.read(length).decode()))
            content = b" " * provider.padding + json.dumps(body).encode()
            self.send_response(302 if provider.moved else 200)
            if provider.moved:
                self.send_header("Location", f"{provider.url}/keys")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def by_hand(claims: dict[str, Any], header: dict[str, Any], secret: bytes) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)]
    signature = hmac.digest(secret, ".".join(parts).encode(), "sha256")
    return ".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])
