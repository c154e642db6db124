"""The four documented calls. The only module that speaks HTTP; what an answer means is `verdict`'s to say."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests
import urllib3

from tensorslab_api import errors
from tensorslab_api.replies import delete_reply, look_up_reply
from tensorslab_api.transport import Attempt, Session
from tensorslab_api.types import DeleteReply, LookUpReply, TaskKind

DELETE_PATHS = {TaskKind.IMAGE: "/v1/images/deleteimagestask", TaskKind.VIDEO: "/v1/video/deletevideotask"}
LOOK_UP_PATHS = {TaskKind.IMAGE: "/v1/images/infobytaskid", TaskKind.VIDEO: "/v1/video/infobytaskid"}

CHUNK = 16 * 1024


class Authorization(requests.auth.AuthBase):
    """Puts the key into the header last of all, so that it is in no session, argument or `repr`."""

    def __init__(self, value: str) -> None:
        self.__value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self.__value
        return request


class Client:
    """Deletes and looks up tasks of one account.

    Make one and keep it: it may be used from any number of threads, each of which keeps its own connection. No call is
    ever repeated by itself, no redirect is followed, and no proxy or credential is read from the environment.

    `timeout` bounds each call in all, in seconds: connecting, sending, and the whole answer, however slowly it drips.
    Only a name server that does not answer can hold a call longer, and then nothing is sent. Connecting is further
    bounded by `connect_timeout`. A body beyond `body_limit` bytes is not read on. `auth_scheme` is the word before the
    key; `none`, or nothing, sends the bare key. `uid` goes with image deletes when it is set.
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
        self.host = urlsplit(self.base_url).netloc
        self.uid = uid
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.body_limit = body_limit
        self.__authorization = authorization(api_key.strip(), auth_scheme)
        self.__threads = threading.local()

    def __repr__(self) -> str:
        return f"<Client {self.base_url}>"

    def delete(self, kind: TaskKind, task_ids: Sequence[str], *, deadline: float | None = None) -> DeleteReply:
        """Ask to delete these tasks of one kind, in one request (`deleteImageTasks`, `deleteVideoTasks`).

        `deadline` is a moment of `time.monotonic()` that shortens the call's time. Raises ValueError, before anything
        is sent, for an empty list, a blank id or one id twice; NotSent when the request never left; Unanswered when it
        may have been done.
        """
        ids = checked(task_ids)
        kind = TaskKind(kind)
        payload: dict[str, object] = {"taskids": ids}
        if self.uid and kind is TaskKind.IMAGE:
            payload["uid"] = self.uid
        http_status, retry_after, body = self._post(DELETE_PATHS[kind], payload, deadline)
        return delete_reply(http_status=http_status, body=body, retry_after=retry_after)

    def look_up(self, kind: TaskKind, task_id: str, *, deadline: float | None = None) -> LookUpReply:
        """Ask what is known of one task (`imageInfoByTaskId`, `videoInfoByTaskId`). Raises as `delete` does."""
        (task_id,) = checked([task_id])
        kind = TaskKind(kind)
        http_status, retry_after, body = self._post(LOOK_UP_PATHS[kind], {"taskid": task_id}, deadline)
        return look_up_reply(http_status=http_status, body=body, retry_after=retry_after, kind=kind, task_id=task_id)

    def close(self) -> None:
        """Close this thread's connection. Other threads' close when those threads end."""
        session: Session | None = getattr(self.__threads, "session", None)
        if session is not None:
            session.close()

    def _post(self, path: str, payload: dict[str, object], deadline: float | None) -> tuple[int, str | None, bytes]:
        if isinstance(self.__authorization, errors.NotSent):
            raise type(self.__authorization)()
        limit = time.monotonic() + self.timeout
        if deadline is not None and deadline < limit:
            limit = deadline
        if limit <= time.monotonic():
            raise errors.TooLate
        with Attempt(deadline=limit) as attempt:
            answer = self._attempt(path, json.dumps(payload, separators=(",", ":")).encode("ascii"), attempt)
        # Raised here and not `from` its cause: the library's exceptions and frames hold the request, and so the key.
        if isinstance(answer, errors.TensorsLabError):
            raise answer.with_traceback(None)
        return answer

    def _attempt(
        self, path: str, payload: bytes, attempt: Attempt
    ) -> tuple[int, str | None, bytes] | errors.TensorsLabError:
        response = None
        try:
            response = self._session().post(
                self.base_url + path,
                data=payload,
                headers={
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                },
                auth=self.__authorization if isinstance(self.__authorization, Authorization) else None,
                timeout=(min(self.connect_timeout, attempt.remaining), attempt.remaining),
                allow_redirects=False,
                stream=True,
            )
            body = self._read(response)
        except errors.TensorsLabError as error:
            return error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            return self._failure(error, attempt, response)
        finally:
            if response is not None:
                response.close()
        if attempt.cut:
            # A body without a length ends with the connection, so what the cut left looks whole.
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
        """Name what went wrong. Whether anything left is the attempt's to say, never the exception's."""
        if attempt.sent:
            http_status = None if response is None else response.status_code
            if attempt.late or isinstance(error, requests.Timeout):
                return errors.DeadlineExceeded(attempt.allowed, http_status=http_status)
            return errors.ConnectionLost(http_status=http_status)
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(error, requests.exceptions.SSLError):
            return errors.TlsFailed(self.host)
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            return errors.NameNotFound(self.host)
        if isinstance(error, requests.Timeout) or attempt.late:
            return errors.ConnectTimedOut(self.host, min(self.connect_timeout, attempt.allowed))
        cause = reason.__cause__ if reason is not None else None
        detail = cause.strerror if isinstance(cause, OSError) and cause.strerror else "the connection failed"
        return errors.ConnectionFailed(self.host, detail)

    def _session(self) -> Session:
        session: Session | None = getattr(self.__threads, "session", None)
        if session is None:
            session = self.__threads.session = Session()
        return session


def authorization(api_key: str, scheme: str) -> Authorization | errors.UnusableKey:
    """The header's value, or why there can be none. Checked here: HTTP libraries quote a bad header in their errors."""
    if not api_key:
        return errors.MissingKey()
    if not api_key.isascii() or not api_key.isprintable():
        return errors.UnusableKey()
    return Authorization(api_key if scheme.lower() in ("", "none") else f"{scheme} {api_key}")


def checked(task_ids: Sequence[str]) -> list[str]:
    """The ids exactly as given. Raises ValueError when they are not a list of different, non-blank texts."""
    ids: list[str] = [] if isinstance(task_ids, str) else list(task_ids)
    if not ids:
        raise ValueError("No task id. An empty list is never sent.")
    if any(not isinstance(task_id, str) or not task_id.strip() for task_id in ids):
        raise ValueError("A task id is blank. Nothing was sent.")
    if len(set(ids)) != len(ids):
        raise ValueError("A task id is there twice. Nothing was sent.")
    return ids
