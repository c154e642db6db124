"""The same in a bucket that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from dashboard.buckets import Bucket
from dashboard.media import formats

if TYPE_CHECKING:
    from obstore.store import S3Config

PIECE = 4 * 1024 * 1024


class BucketStore:
    def __init__(self, bucket: Bucket, key: tuple[str, str]) -> None:
        access, secret = key
        config: S3Config = {"region": bucket.region, "virtual_hosted_style_request": not bucket.endpoint}
        if bucket.endpoint:
            config["endpoint"] = bucket.endpoint
        if access and secret:
            config |= {"access_key_id": access, "secret_access_key": secret}
        self._store = S3Store(
            bucket.name,
            prefix=bucket.prefix or None,
            config=config,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "timeout": timedelta(seconds=30),
                "connect_timeout": timedelta(seconds=5),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=30)},
        )

    def put(self, token: str, name: str, content: bytes | Path) -> None:
        with _told():
            obstore.put(self._store, _key(token, name), content, attributes={"Content-Type": formats.TYPES[name]})

    def size(self, token: str, name: str) -> int | None:
        try:
            with _told():
                return int(obstore.head(self._store, _key(token, name))["size"])
        except FileNotFoundError:
            return None

    def read(self, token: str, name: str, *, begin: int, length: int) -> Iterator[bytes]:
        for start in range(begin, begin + length, PIECE):
            until = min(start + PIECE, begin + length)
            with _told():
                piece = bytes(obstore.get_range(self._store, _key(token, name), start=start, end=until))
            yield piece

    def remove(self, token: str) -> None:
        for name in formats.TYPES:
            with suppress(FileNotFoundError), _told():
                obstore.delete(self._store, _key(token, name))


@contextmanager
def _told() -> Iterator[None]:
    """Failures in the words of a folder."""
    try:
        yield
    except NotFoundError as error:
        raise FileNotFoundError from error
    except BaseError as error:
        raise OSError("The bucket does not answer as it should.") from error


def _key(token: str, name: str) -> str:
    return f"{token[:2]}/{token}/{name}"
