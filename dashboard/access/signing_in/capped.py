"""Requests to the issuer: bounded in time and size, and led nowhere else."""

from __future__ import annotations

import time
from typing import Any

import requests

SECONDS = 10.0
"""For a whole answer."""
STEP = 5.0
"""For a connection, and for each piece of an answer."""
LONGEST = 256 * 1024
"""Bytes of an answer."""


class CappedSession(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        # No proxy, and no password of a `.netrc` in place of the client's.
        self.trust_env = False

    def request(self, *args: Any, **options: Any) -> requests.Response:
        ends = time.monotonic() + SECONDS
        response = super().request(*args, **options | {"timeout": STEP, "allow_redirects": False, "stream": True})
        with response:
            if response.is_redirect:
                raise requests.TooManyRedirects("It led elsewhere.", response=response)
            content = b""
            for piece in response.iter_content(4096):
                content += piece
                if len(content) > LONGEST or time.monotonic() > ends:
                    raise requests.ConnectionError("It was too long, or took too long.", response=response)
        response._content = content
        return response
