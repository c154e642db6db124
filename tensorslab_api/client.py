"""The four documented calls. Only this module speaks HTTP; `verdict` decides what an answer means."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Sequence
from contextlib import closing
from functools import cached_property
from urllib.parse import urlsplit

import certifi
import requests
import urllib3

from tensorslab_api import errors
from tensorslab_api.replies import delete_reply, look_up_reply
from tensorslab_api.transport import Adapter, Attempt
from tensorslab_api.types import DeleteReply, LookUpReply, TaskKind

DELETE_PATHS = {TaskKind.IMAGE: "/v1/images/deleteimagestask", TaskKind.VIDEO: "/v1/video/deletevideotask"}
LOOK_UP_PATHS = {TaskKind.IMAGE: "/v1/images/infobytaskid", TaskKind.VIDEO: "/v1/video/infobytaskid"}

CHUNK = 16 * 1024
SHORTEST_KEY = 8

HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "tensorslab-tasks",
}


class Authorization(requests.auth.AuthBase):
    """Puts the key into the header last, so that it is in no argument, no `repr` and no `vars` of a client.

    It also removes the key from answers, because some services repeat it there.
    """

    def __init__(self, value: str, key: str) -> None:
        self.__value = value
        # A key this short is no secret, and would match parts of ordinary words.
        self.__key = key if len(key) >= SHORTEST_KEY else ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.__value
        return request

    def redact(self, text: str) -> str:
        return text.replace(self.__key, "[API key]") if self.__key else text


class Client:
    """Deletes and looks up tasks of one account.

    Make one client and reuse it: it may be used from any number of threads, and reads the TLS authorities only once.
    Each call has its own connection, since a server may answer twice, and unread data must end with its call. No call
    is repeated automatically, no redirect is followed, and no proxy or credential is read from the environment.

    `timeout` limits each whole call, in seconds: connecting, sending, and the complete answer, even if it comes very
    slowly. Only a name server that does not answer can delay a call longer, and then nothing is sent. `connect_timeout`
    also limits connecting. A body longer than `body_limit` bytes is not read further. `auth_scheme` is the word before
    the key; `none`, or an empty text, sends the bare key. If `uid` is set, image deletes contain it.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        auth_scheme: str = "Bearer",
        uid: str = "",
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        body_limit: int = 1024 * 1024,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(self.base_url).netloc.rpartition("@")[2]
        self.uid = uid
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.body_limit = body_limit
        self.__authorization = authorization(api_key.strip(), auth_scheme)

    def __repr__(self) -> str:
        return f"<Client {self.base_url}>"

    def delete(self, kind: TaskKind, task_ids: Sequence[str], *, deadline: float | None = None) -> DeleteReply:
        """Asks to delete these tasks of one kind, in one request (`deleteImageTasks`, `deleteVideoTasks`).

        `deadline` is a moment of `time.monotonic()` that shortens the call's time. Raises ValueError, before anything
        is sent, for an empty list, a blank or repeated id; NotSent if the request never left; else Unanswered.
        """
        ids = checked(task_ids)
        kind = TaskKind(kind)
        payload: dict[str, object] = {"taskids": ids}
        if self.uid and kind is TaskKind.IMAGE:
            payload["uid"] = self.uid
        http_status, retry_after, body = self._post(DELETE_PATHS[kind], payload, deadline)
        return delete_reply(http_status=http_status, body=body, retry_after=retry_after, redact=self.__redact)

    def look_up(self, kind: TaskKind, task_id: str, *, deadline: float | None = None) -> LookUpReply:
        """Asks what is known of one task (`imageInfoByTaskId`, `videoInfoByTaskId`).

        Raises ValueError for a blank id, NotSent if the request never left, Unanswered if no complete reply came.
        """
        (task_id,) = checked([task_id])
        kind = TaskKind(kind)
        http_status, retry_after, body = self._post(LOOK_UP_PATHS[kind], {"taskid": task_id}, deadline)
        return look_up_reply(
            http_status=http_status,
            body=body,
            retry_after=retry_after,
            kind=kind,
            task_id=task_id,
            redact=self.__redact,
        )

    def __redact(self, text: str) -> str:
        # Without a usable key nothing was sent, so nothing came back.
        return self.__authorization.redact(text) if isinstance(self.__authorization, Authorization) else text

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Trusts certifi's authorities, for the name in the address. Reading them takes longer than a call."""
        return ssl.create_default_context(cafile=certifi.where())

    def _post(self, path: str, payload: dict[str, object], deadline: float | None) -> tuple[int, str | None, bytes]:
        if isinstance(self.__authorization, errors.NotSent):
            raise type(self.__authorization)()
        now = time.monotonic()
        limit = now + self.timeout if deadline is None else min(now + self.timeout, deadline)
        if limit <= now:
            raise errors.TooLate
        with Attempt(started=now, deadline=limit) as attempt:
            body = json.dumps(payload, separators=(",", ":")).encode("ascii")
            answer = self._attempt(self.base_url + path, body, self.__authorization, attempt)
        # Raised here and not `from` its cause: the library's exceptions and frames contain the request, and so the key.
        if isinstance(answer, errors.TensorsLabError):
            raise answer.with_traceback(None)
        return answer

    def _attempt(
        self, url: str, payload: bytes, authorization: Authorization, attempt: Attempt
    ) -> tuple[int, str | None, bytes] | errors.TensorsLabError:
        response = None
        try:
            request = requests.Request("POST", url, headers=HEADERS, data=payload, auth=authorization).prepare()
            tls = self.tls if url.lower().startswith("https:") else None
            timeout = (min(self.connect_timeout, attempt.remaining), attempt.remaining)
            with closing(Adapter(attempt, tls)) as adapter:
                response = adapter.send(request, stream=True, timeout=timeout)
                with closing(response):
                    body = self._read(response)
        except errors.TensorsLabError as error:
            return error
        except (OSError, urllib3.exceptions.HTTPError) as error:
            # All exceptions of `requests` are OSErrors.
            return self._failure(error, attempt, response)
        if attempt.cut:
            # A body without a length ends with the connection, so a body that was cut off would look complete.
            return errors.DeadlineExceeded(attempt.allowed, http_status=response.status_code)
        return response.status_code, response.headers.get("Retry-After"), body

    def _read(self, response: requests.Response) -> bytes:
        body = b""
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > self.body_limit:
                raise errors.BodyTooLarge(self.body_limit, http_status=response.status_code)
        return body

    def _failure(
        self, error: Exception, attempt: Attempt, response: requests.Response | None
    ) -> errors.TensorsLabError:
        """The error for a failure. The attempt tells whether anything left; an exception can't."""
        late = attempt.late or isinstance(error, requests.Timeout)
        if attempt.sent:
            http_status = None if response is None else response.status_code
            if late:
                return errors.DeadlineExceeded(attempt.allowed, http_status=http_status)
            return errors.ConnectionLost(http_status=http_status)
        # urllib3's own exception, without the MaxRetryError around it.
        reason = error.args[0] if error.args else None
        reason = getattr(reason, "reason", reason)
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            return errors.NameNotFound(self.host)
        if late:
            return errors.ConnectTimedOut(self.host, min(self.connect_timeout, attempt.allowed))
        if isinstance(error, requests.exceptions.SSLError):
            return errors.TlsFailed(self.host)
        if isinstance(error, ValueError):
            return errors.ConnectionFailed(self.host, "it is no address of the web")
        causes = [reason.__cause__, *reason.args] if isinstance(reason, Exception) else [error]
        told = [cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror]
        return errors.ConnectionFailed(self.host, told[0] if told else "the connection failed")


def authorization(api_key: str, scheme: str) -> Authorization | errors.UnusableKey:
    """The header's value, or why it can't be made. Checked here, since HTTP libraries quote a bad header in errors."""
    if not api_key:
        return errors.MissingKey()
    value = api_key if scheme.lower() in ("", "none") else f"{scheme} {api_key}"
    if not value.isascii() or not value.isprintable():
        return errors.UnusableKey()
    return Authorization(value, api_key)


def checked(task_ids: Sequence[str]) -> list[str]:
    """The ids exactly as given. Raises ValueError if they are not a list of different, non-blank texts."""
    ids: list[str] = [] if isinstance(task_ids, str) else list(task_ids)
    if not ids:
        raise ValueError("No task id. An empty list is never sent.")
    if any(not isinstance(task_id, str) or not task_id.strip() for task_id in ids):
        raise ValueError("A task id is blank. Nothing was sent.")
    if len(set(ids)) != len(ids):
        raise ValueError("A task id is there twice. Nothing was sent.")
    return ids
