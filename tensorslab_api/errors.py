"""Why a call has no answer. The question that matters is whether the request may have left.

TensorsLabError
├── NotSent               it certainly never left: nothing can have been deleted
│   ├── UnusableKey
│   │   └── MissingKey
│   ├── TooLate           its deadline passed before it could be sent
│   ├── NameNotFound      DNS
│   ├── ConnectionFailed  refused, no route
│   ├── ConnectTimedOut
│   └── TlsFailed
└── Unanswered            it left, or may have: the provider may have done it
    ├── DeadlineExceeded
    ├── ConnectionLost    reset, closed early, not HTTP, or no final answer
    └── BodyTooLarge

The text of each is a sentence for people. None contains the key, a header, or the exception of the library underneath,
whose request object has both.
"""

from __future__ import annotations


class TensorsLabError(Exception):
    """A call without a reply. `str()` is a sentence for people."""

    @property
    def sentence(self) -> str:
        """The sentence for people."""
        return str(self)


class NotSent(TensorsLabError):
    """The request certainly never left."""


class UnusableKey(NotSent):
    """The key has a character that a header can't have."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(
            sentence or "The API key holds a character that can't be sent. Put a valid key in TENSORSLAB_API_KEY."
        )


class MissingKey(UnusableKey):
    """There is no key to send."""

    def __init__(self) -> None:
        super().__init__("The API key is missing. Nothing was sent. Put a key in TENSORSLAB_API_KEY.")


class TooLate(NotSent):
    """The deadline passed before the request could be sent."""

    def __init__(self) -> None:
        super().__init__("Its time was up before the request could be sent. Nothing was sent.")


class NameNotFound(NotSent):
    """DNS knows no such host, or did not answer."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The name {host} was not found. Nothing was sent.")


class ConnectionFailed(NotSent):
    """Refused, no route, or broken off before the request."""

    def __init__(self, host: str, detail: str) -> None:
        super().__init__(f"Can't connect to {host}: {detail}. Nothing was sent.")


class ConnectTimedOut(NotSent):
    """The host accepted no connection in time."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} took no connection in {seconds:.3g} s. Nothing was sent.")


class TlsFailed(NotSent):
    """There is no trusted, encrypted connection, so the key was not sent to that host."""

    def __init__(self, host: str) -> None:
        super().__init__(f"No trusted TLS connection to {host}. Nothing was sent.")


class Unanswered(TensorsLabError):
    """The request left, or may have, and no complete reply came."""

    def __init__(self, sentence: str, *, http_status: int | None = None) -> None:
        super().__init__(sentence)
        self.http_status = http_status
        """Known if the reply broke off after its first line."""


class DeadlineExceeded(Unanswered):
    """No complete reply within the call's time."""

    def __init__(self, seconds: float, *, http_status: int | None = None) -> None:
        super().__init__(f"No answer in {seconds:.3g} s.", http_status=http_status)


class ConnectionLost(Unanswered):
    """Reset, closed before the reply was complete, or answered without a final HTTP answer."""

    def __init__(self, *, http_status: int | None = None) -> None:
        super().__init__("The connection broke before the answer was complete.", http_status=http_status)


class BodyTooLarge(Unanswered):
    """The reply's body was longer than any documented answer needs."""

    def __init__(self, limit: int, *, http_status: int | None = None) -> None:
        super().__init__(f"The answer was longer than {limit:,} bytes and was not read.", http_status=http_status)
